use crate::checks::CHECKS;
use proctor_ugmathbench::builtin::{TEMPLATES, problems};
use proctor_ugmathbench::{Problem, SUBJECTS, TYPES, Version};
use std::collections::{BTreeSet, HashMap, HashSet};

/// The numbers of a statement in order: digits with an optional decimal part; a minus right before them is their sign.
pub fn numbers(statement: &str) -> Vec<f64> {
    let characters: Vec<char> = statement.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        if !characters[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < characters.len() && characters[at].is_ascii_digit() {
            at += 1;
        }
        if at + 1 < characters.len() && characters[at] == '.' && characters[at + 1].is_ascii_digit() {
            at += 1;
            while at < characters.len() && characters[at].is_ascii_digit() {
                at += 1;
            }
        }
        let value: f64 = characters[start..at].iter().collect::<String>().parse().unwrap();
        found.push(if start > 0 && characters[start - 1] == '-' { -value } else { value });
    }
    found
}

#[test]
fn there_are_enough_of_every_kind() {
    let problems = problems();
    assert!(problems.len() >= 60, "{}", problems.len());
    let subjects: BTreeSet<&str> = problems.iter().map(|problem| problem.subject.as_str()).collect();
    assert_eq!(subjects, SUBJECTS.iter().map(|subject| subject.name).collect());
    let mut slots: HashMap<&str, usize> = HashMap::new();
    for code in problems.iter().flat_map(|problem| problem.versions.iter().flat_map(|version| &version.types)) {
        *slots.entry(code).or_default() += 1;
    }
    for code in TYPES {
        assert!(slots.get(code).is_some_and(|count| *count >= 6), "{code}: {:?}", slots.get(code));
    }
}

#[test]
fn ids_and_statements_are_unique_and_blanks_are_counted() {
    let (mut ids, mut statements) = (HashSet::new(), HashSet::new());
    for problem in problems() {
        assert!(ids.insert(problem.id.clone()), "{}", problem.id);
        assert!(problem.id.starts_with(&format!("{}_9", problem.subject)));
        for version in &problem.versions {
            assert!(statements.insert(version.problem.clone()), "{}: {}", problem.id, version.problem);
            let blanks = version.problem.matches("[ANS]").count();
            assert_eq!([blanks; 3], [version.answers.len(), version.types.len(), version.options.len()], "{}", problem.id);
            assert!(version.problem.matches('$').count() % 2 == 0, "{}: {}", problem.id, version.problem);
            for ((answer, code), options) in version.answers.iter().zip(&version.types).zip(&version.options) {
                match code.as_str() {
                    "MCS" => assert!(options.contains(answer), "{}: {answer}", problem.id),
                    "MCM" => assert!(!answer.is_empty() && answer.chars().all(|c| options.contains(&c.to_string()))),
                    _ => assert!(options.is_empty() && !answer.is_empty(), "{}", problem.id),
                }
            }
        }
    }
}

#[test]
fn rows_are_upstreams_schema_and_drawn_again_the_same() {
    let rows: Vec<_> = problems().iter().map(Problem::row).collect();
    assert_eq!(rows, problems().iter().map(Problem::row).collect::<Vec<_>>());
    for (row, problem) in rows.iter().zip(problems()) {
        assert_eq!(row.as_object().unwrap().len(), 18);
        assert_eq!(Problem::parse("here", row).unwrap(), problem);
    }
}

/// Every answer is found again from the statement alone, by another way than the one that made it.
#[test]
fn answers_are_right() {
    let mut checked = 0;
    let known: HashMap<&str, _> = CHECKS.iter().copied().flatten().copied().collect();
    let templates: usize = TEMPLATES.iter().map(|templates| templates.len()).sum();
    assert_eq!(known.len(), templates, "one check for each template");
    for problem in problems() {
        let check = known.get(problem.subtopic.as_str()).unwrap_or_else(|| panic!("no check of `{}`", problem.subtopic));
        for version in &problem.versions {
            let result = std::panic::catch_unwind(|| check(&numbers(&version.problem), version));
            assert!(result.is_ok(), "{}: {} {:?}", problem.id, version.problem, version.answers);
            checked += 1;
        }
    }
    assert_eq!(checked, 3 * templates);
}

/// A wrong answer in any slot is found by the check, so that a check that checks nothing is found too.
#[test]
fn checks_find_wrong_answers() {
    let known: HashMap<&str, _> = CHECKS.iter().copied().flatten().copied().collect();
    let mut missed = Vec::new();
    for problem in problems() {
        let check = known[problem.subtopic.as_str()];
        for (number, version) in problem.versions.iter().enumerate() {
            for slot in 0..version.answers.len() {
                let mut wrong = version.clone();
                wrong.answers[slot] = spoilt(version, slot);
                if std::panic::catch_unwind(|| check(&numbers(&version.problem), &wrong)).is_ok() {
                    missed.push(format!("{} v{} slot {slot}: {}", problem.id, number + 1, wrong.answers[slot]));
                }
            }
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

/// Another answer of the same type.
fn spoilt(version: &Version, slot: usize) -> String {
    let answer = &version.answers[slot];
    let options = &version.options[slot];
    match version.types[slot].as_str() {
        "NV" | "EX" => format!("({answer})+1"),
        "EQ" => format!("{answer}+1"),
        "TF" => if answer == "T" { "F" } else { "T" }.to_owned(),
        "MCS" => options.iter().find(|option| *option != answer).unwrap().clone(),
        "MCM" if answer == "A" => "B".to_owned(),
        "MCM" => answer[1..].to_owned(),
        "OE" => if answer == "stable" { "unstable" } else { "stable" }.to_owned(),
        "INT" => answer.replacen(',', "+1,", 1),
        _ => answer.replacen(',', "+1,", 1),
    }
}
