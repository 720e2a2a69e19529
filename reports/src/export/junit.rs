//! Runs as JUnit XML, which every CI server shows: a suite per run, a case per attempt.

use crate::text::{bounded, interval, one_line, score, successes, visible};
use crate::{ReportError, SampleView, Summary};
use proctor_core::Outcome;
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};
use std::io::Write;
use std::time::Duration;

/// Most bytes of an answer in the file; CI servers cut or refuse large ones.
const MOST_BYTES: usize = 4 << 10;

/// Longest time that is written, in seconds.
const MOST_SECONDS: f64 = 1e9;

/// Writes runs. A right answer passes; a wrong one is a failure whose type is its outcome; what says nothing about the
/// model (an infrastructure error) is an error; what was not asked or not graded is skipped.
pub fn write(runs: &[(&Summary, &[SampleView])], out: &mut dyn Write) -> Result<(), ReportError> {
    let mut report = Report::new("proctor");
    for (summary, samples) in runs {
        report.add_test_suite(suite(summary, samples));
    }
    let mut bytes = Vec::new();
    report.serialize(&mut bytes).map_err(|e| ReportError::Junit(e.to_string()))?;
    out.write_all(&bytes)?;
    Ok(out.flush()?)
}

fn suite(summary: &Summary, samples: &[SampleView]) -> TestSuite {
    let plan = &summary.run.plan;
    let mut suite = TestSuite::new(one_line(&format!("{} {}", plan.benchmark, plan.model)));
    for (name, value) in [("run", summary.run.id.as_str()), ("model", &plan.model), ("fingerprint", &summary.run.fingerprint.0)] {
        suite.add_property(Property::new(name, one_line(value)));
    }
    for metric in summary.metrics.iter().filter(|metric| metric.stratum.is_none()) {
        let value = format!("{} ({}; 95% {})", score(metric, summary), successes(metric), interval(metric));
        suite.add_property(Property::new(one_line(&metric.name), value));
    }
    for note in &summary.notes {
        suite.add_property(Property::new("note", one_line(note)));
    }
    for view in samples {
        suite.add_test_case(case(plan.benchmark.as_str(), plan.epochs, view));
    }
    suite
}

fn case(benchmark: &str, epochs: u32, view: &SampleView) -> TestCase {
    let name = match epochs {
        1 => one_line(&view.sample.id),
        _ => format!("{} #{}", one_line(&view.sample.id), view.attempt.key.epoch),
    };
    let mut status = match view.outcome() {
        Some(Outcome::Correct) => TestCaseStatus::success(),
        Some(Outcome::Skipped) | None if view.attempt.error.is_none() => TestCaseStatus::skipped(),
        Some(Outcome::InfraError | Outcome::Skipped) | None => TestCaseStatus::non_success(NonSuccessKind::Error),
        Some(_) => TestCaseStatus::non_success(NonSuccessKind::Failure),
    };
    let why = match (&view.grade, &view.attempt.error) {
        (Some(grade), _) => grade.explanation.clone(),
        (None, Some(error)) => error.clone(),
        (None, None) => "answered, not graded yet".to_string(),
    };
    status.set_message(one_line(&why));
    if !matches!(view.outcome(), Some(Outcome::Correct | Outcome::Skipped)) {
        let kind = match view.grade.as_ref() {
            Some(grade) => grade.category.clone().unwrap_or_else(|| grade.outcome.to_string()),
            None => "infra_error".to_string(),
        };
        status.set_type(one_line(&kind));
    }
    let mut case = TestCase::new(name, status);
    case.set_classname(one_line(benchmark));
    if let Some(attempt) = &view.attempt.attempt {
        let seconds = attempt.latency_s();
        if seconds.is_finite() && seconds >= 0.0 {
            case.set_time(Duration::from_secs_f64(seconds.min(MOST_SECONDS)));
        }
        if view.outcome() != Some(Outcome::Correct) {
            case.set_system_out(visible(&bounded(&attempt.answer.text, MOST_BYTES).text).into_owned());
        }
    }
    case
}
