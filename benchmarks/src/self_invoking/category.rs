//! Error labels and the paper's error categories (spec section 5.2).

use proctor_core::{Execution, Verdict};

/// The categories of the paper's table 9.
pub const CATEGORIES: [&str; 6] = ["AssertionError", "NameError", "ValueError", "IndexError", "TypeError", "OtherError"];

/// Upstream's label of what a program came to: `Passed`, `Timeout`, or an error's name by the quirks of its rule.
pub fn label(execution: &Execution) -> String {
    match execution.verdict {
        Verdict::Ok => return "Passed".into(),
        Verdict::TimeLimit => return "Timeout".into(),
        _ => {}
    }
    let report = report(execution);
    if report.contains("AssertionError") {
        return "AssertionError".into();
    }
    // Upstream takes the text between the last two line ends.
    let last = report.rsplit('\n').nth(1).unwrap_or(&report);
    if last.is_empty() {
        return "OtherError".into();
    }
    let name: String = last.split("Error: ").next().unwrap_or_default().chars().take(200).collect();
    format!("{name}Error")
}

/// What upstream's runner would find on standard error. A guarded program's is swallowed, so there it is the last
/// line of the traceback.
fn report(execution: &Execution) -> String {
    if !execution.stderr.trim().is_empty() {
        return execution.stderr.clone();
    }
    match &execution.raised {
        Some(raised) if raised.message.is_empty() => format!("{}\n", raised.kind),
        Some(raised) => format!("{}: {}\n", raised.kind, raised.message),
        None => String::new(),
    }
}

/// The category of a label; `None` for `Passed`. An error without a message, whose label ends in `ErrorError`, counts
/// where it belongs.
pub fn category(label: &str) -> Option<&'static str> {
    if label == "Passed" {
        return None;
    }
    let name = label.strip_suffix("Error").filter(|name| name.ends_with("Error")).unwrap_or(label);
    CATEGORIES.into_iter().find(|category| *category == name).or(Some("OtherError"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proctor_core::Raised;

    fn check(verdict: Verdict, raised: Option<(&str, &str)>, stderr: &str, expected: &str, in_category: Option<&str>) {
        let execution = Execution {
            verdict,
            exit_status: None,
            raised: raised.map(|(kind, message)| Raised { kind: kind.into(), message: message.into() }),
            stdout: String::new(),
            stderr: stderr.into(),
            work: 0,
            peak_memory_bytes: 0,
            wall_s: 0.0,
            wall_net: false,
        };
        assert_eq!(label(&execution), expected);
        assert_eq!(category(expected), in_category);
    }

    #[test]
    fn labels_and_categories() {
        use Verdict::*;
        check(Ok, None, "a warning\n", "Passed", None);
        check(TimeLimit, None, "", "Timeout", Some("OtherError"));
        check(RuntimeError, Some(("AssertionError", "")), "", "AssertionError", Some("AssertionError"));
        check(RuntimeError, Some(("NameError", "name 'x' is not defined")), "", "NameError", Some("NameError"));
        check(RuntimeError, Some(("ValueError", "")), "", "ValueErrorError", Some("ValueError"));
        check(RuntimeError, Some(("StopIteration", "")), "", "StopIterationError", Some("OtherError"));
        check(RuntimeError, None, "Traceback\n  File\nIndexError: list index out of range\n", "IndexError", Some("IndexError"));
        check(RuntimeError, None, "AssertionError\n\nDuring handling\nTypeError: x\n", "AssertionError", Some("AssertionError"));
        check(CompileError, Some(("SyntaxError", "invalid syntax")), "", "SyntaxError", Some("OtherError"));
        check(MemoryLimit, None, "", "OtherError", Some("OtherError"));
        check(RuntimeError, Some(("TypeError", "two\nlines")), "", "linesError", Some("OtherError"));
    }
}
