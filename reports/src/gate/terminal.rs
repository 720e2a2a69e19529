use super::check::GateReport;
use crate::terminal::{TerminalStyle, wrapped_line};
use crate::text::count;

/// A gate's report for a terminal: a line for each check, those that failed last, then the verdict.
pub fn terminal(report: &GateReport, style: TerminalStyle) -> String {
    let mut out = String::new();
    for wanted in [true, false] {
        for check in report.checks.iter().filter(|check| check.passed == wanted) {
            let mark = if check.passed { "pass" } else { "FAIL" };
            let about: Vec<&str> =
                [check.benchmark.as_str(), check.model.as_str()].into_iter().filter(|p| !p.is_empty()).collect();
            let about = about.join(" · ");
            wrapped_line(&mut out, &format!("{mark}  {}: {about} {}: {}", check.rule, check.limit, check.message), style);
        }
    }
    let failed = report.checks.iter().filter(|check| !check.passed).count();
    out.push('\n');
    wrapped_line(
        &mut out,
        &match failed {
            0 => format!("passed: all {} checks of {}", count(report.checks.len() as u64), report.policy),
            n => format!("failed: {} of {} checks of {}", count(n as u64), count(report.checks.len() as u64), report.policy),
        },
        style,
    );
    out
}
