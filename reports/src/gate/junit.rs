use super::check::GateReport;
use crate::ReportError;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// A gate's report as JUnit XML: a suite for each rule, a case for each limit and run.
pub fn junit(report: &GateReport) -> Result<String, ReportError> {
    let mut suites: Vec<TestSuite> = Vec::new();
    for check in &report.checks {
        let status = match check.passed {
            true => TestCaseStatus::success(),
            false => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(check.message.as_str()).set_type(check.limit.as_str());
                status
            }
        };
        let about: Vec<&str> = [check.benchmark.as_str(), check.model.as_str(), check.limit.as_str()]
            .into_iter()
            .filter(|p| !p.is_empty())
            .collect();
        let mut case = TestCase::new(about.join(" · "), status);
        case.set_classname(check.benchmark.as_str()).set_system_out(check.message.as_str());
        match suites.last_mut().filter(|suite| suite.name.as_str() == check.rule) {
            Some(suite) => {
                suite.add_test_case(case);
            }
            None => {
                let mut suite = TestSuite::new(check.rule.as_str());
                suite.add_test_case(case);
                suites.push(suite);
            }
        }
    }
    let mut document = Report::new("proctor gate");
    document.add_test_suites(suites);
    document.to_string().map_err(|error| ReportError::Junit(error.to_string()))
}
