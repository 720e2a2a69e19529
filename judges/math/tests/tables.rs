//! Pairs of answers as other projects' judges and people meet them, and what the right verdict is.

use proctor_math::{AnswerKind, Settings, compare};

/// Each line of a table: `reference ¦ answer`; lines that begin with `#` are headings.
fn check(file: &str, kind: AnswerKind, equivalent: bool) {
    let path =
        std::path::Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("tests/tables").join(file);
    let text = std::fs::read_to_string(path).expect("the table is there");
    let mut wrong = Vec::new();
    let mut count = 0;
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let (reference, answer) = line.split_once('¦').unwrap_or_else(|| panic!("{file}:{}: no ¦", number + 1));
        count += 1;
        let verdict = compare(reference.trim(), answer.trim(), kind, &[], &Settings::default());
        if verdict.is_equivalent() != equivalent {
            wrong.push(format!(
                "{file}:{}: {line}    {:?} {:?} {:?} {:?}",
                number + 1,
                verdict.outcome,
                verdict.step,
                verdict.note,
                verdict.disagreement
            ));
        }
    }
    assert!(count > 0);
    assert!(wrong.is_empty(), "{} of {count} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn same_of_any_kind() {
    check("same.txt", AnswerKind::Any, true);
}

#[test]
fn different_of_any_kind() {
    check("different.txt", AnswerKind::Any, false);
}

#[test]
fn same_expressions() {
    check("same_expressions.txt", AnswerKind::Expression, true);
}

#[test]
fn different_expressions() {
    check("different_expressions.txt", AnswerKind::Expression, false);
}
