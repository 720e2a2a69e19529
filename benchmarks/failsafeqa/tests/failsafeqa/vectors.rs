//! The figures against vectors, and against the paper's tables.

use crate::support::shared;
use proctor_failsafeqa::{Case, Cell, RecordRatings, Rule, Task, aggregate, llm_compliance};
use serde_json::Value;

fn record(value: &Value) -> RecordRatings {
    let cell = |case: Case| match value.get(case.id()) {
        None => Cell::Absent,
        Some(rating) => rating.as_u64().map_or(Cell::Unrated, |rating| Cell::Rated(rating as u8)),
    };
    RecordRatings { task: value["task_type"].as_str().and_then(Task::parse), cells: Case::ALL.map(cell) }
}

/// Each expected figure beside ours.
fn pairs(expected: &Value, records: &[RecordRatings]) -> Vec<(String, Option<f64>, Option<f64>)> {
    let rule = Rule {
        threshold: expected["threshold"].as_u64().map_or(4, |threshold| threshold as u8),
        beta: expected["beta"].as_f64().unwrap_or(0.5),
    };
    let ours = aggregate(records, &rule);
    let mut pairs = Vec::new();
    let mut known = vec!["beta", "threshold"];
    let mut pair = |name: &'static str, value: Option<f64>| {
        known.push(name);
        if let Some(wanted) = expected.get(name) {
            pairs.push((name.to_owned(), wanted.as_f64(), value));
        }
    };
    pair("n", Some(records.len() as f64));
    pair("robustness", ours.robustness);
    pair("robustness_delta", ours.robustness_delta);
    pair("context_grounding", ours.grounding);
    pair("context_grounding_qa", ours.grounding_by_task[0]);
    pair("context_grounding_tg", ours.grounding_by_task[1]);
    pair("robustness_qa", ours.robustness_by_task[0]);
    pair("robustness_tg", ours.robustness_by_task[1]);
    pair("llmc", ours.llmc);
    pair("unparsed", Some(ours.unrated as f64));
    for (name, values) in [("compliance", ours.compliance), ("delta", ours.delta)] {
        known.push(name);
        for case in Case::ALL {
            if let Some(wanted) = expected[name].get(case.id()) {
                pairs.push((format!("{name} {case}"), wanted.as_f64(), values[case.index()]));
            }
        }
    }
    known.push("relevance_hist");
    for (name, counts) in [("answerable", ours.answer_histogram), ("refuse", ours.decline_histogram)] {
        for (place, count) in counts.iter().enumerate() {
            let wanted = expected["relevance_hist"][name][place].as_f64();
            pairs.push((format!("{name} rated {}", place + 1), wanted, Some(*count as f64)));
        }
    }
    let unknown = expected.as_object().and_then(|map| map.keys().find(|key| !known.contains(&key.as_str())));
    assert_eq!(unknown, None, "a figure that is not compared");
    pairs
}

#[test]
fn metric_vectors() {
    let Some(document) = shared("metric_vectors.json") else { return };
    let tolerance = document["tolerance"].as_f64().expect("a tolerance");
    let vectors = document["vectors"].as_array().expect("vectors");
    assert!(!vectors.is_empty());
    for vector in vectors {
        let records: Vec<RecordRatings> = vector["scores"].as_array().expect("scores").iter().map(record).collect();
        for (name, wanted, ours) in pairs(&vector["expected"], &records) {
            let agree = match (wanted, ours) {
                (None, None) => true,
                (Some(wanted), Some(ours)) => (wanted - ours).abs() <= tolerance,
                _ => false,
            };
            assert!(agree, "{}: {name} is {ours:?} and not {wanted:?}", vector["name"]);
        }
    }
    for row in document["llmc_from_published"].as_array().into_iter().flatten() {
        let number = |name: &str| row[name].as_f64().expect("a number");
        let ours = llm_compliance(number("R"), number("G"), number("beta"));
        assert!((ours - number("llmc_exact")).abs() <= tolerance, "{row}");
        assert!((ours - number("published")).abs() <= 0.005 + 1e-9, "{row}");
    }
}

const PAPER: Rule = Rule { threshold: 4, beta: 0.5 };

fn rated(ratings: [u8; 7]) -> RecordRatings {
    RecordRatings { task: None, cells: ratings.map(Cell::Rated) }
}

fn check(records: &[RecordRatings], robustness: f64, grounding: f64, llmc: f64) {
    let ours = aggregate(records, &PAPER);
    let close = |value: Option<f64>, wanted: f64| value.is_some_and(|value| (value - wanted).abs() < 1e-12);
    assert!(close(ours.robustness, robustness), "{ours:?}");
    assert!(close(ours.grounding, grounding), "{ours:?}");
    assert!(close(ours.llmc, llmc), "{ours:?}");
}

#[test]
fn worked_examples() {
    // One bad scan among two records.
    check(&[rated([5, 5, 5, 5, 3, 5, 5]), rated([5, 5, 5, 5, 5, 5, 5])], 0.5, 1.0, 0.625 / 0.75);
    // One bad question per record, another one each time: every column is 0.8 and yet nothing is robust.
    let spread: Vec<RecordRatings> =
        (0..5).map(|bad| rated(std::array::from_fn(|case| if case == bad { 1 } else { 6 }))).collect();
    check(&spread, 0.0, 1.0, 0.0);
    let ours = aggregate(&spread, &PAPER);
    assert!(ours.compliance[..5].iter().all(|value| value.is_some_and(|value| (value - 0.8).abs() < 1e-12)), "{ours:?}");
    // Neither: 0, not a division by nothing.
    check(&[rated([1; 7])], 0.0, 0.0, 0.0);
    assert!((llm_compliance(0.90, 0.59, 0.5) - 0.633_651_551_312_649_2).abs() < 1e-12);
}

#[test]
fn what_was_not_asked_counts_nowhere() {
    let mut some = rated([6, 1, 6, 6, 6, 6, 6]);
    some.cells[Case::Misspelled.index()] = Cell::Absent;
    some.cells[Case::MissingContext.index()] = Cell::Absent;
    let ours = aggregate(&[some, rated([6; 7])], &PAPER);
    assert_eq!(ours.counts, [2, 1, 2, 2, 2, 1, 2]);
    assert_eq!((ours.robustness, ours.grounding), (Some(1.0), Some(1.0)));
    let nothing = aggregate(&[RecordRatings { task: None, cells: [Cell::Absent; 7] }], &PAPER);
    assert_eq!((nothing.robustness, nothing.grounding, nothing.llmc), (None, None, None));
    assert_eq!(aggregate(&[], &PAPER).llmc, None);
}

/// Of the paper's table 2, all 24 rows: irrelevant and missing context, grounding, robustness and compliance.
const PUBLISHED: [(f64, f64, f64, f64, f64); 24] = [
    (0.81, 0.66, 0.74, 0.83, 0.76),
    (0.74, 0.64, 0.69, 0.84, 0.72),
    (0.52, 0.43, 0.47, 0.85, 0.52),
    (0.56, 0.55, 0.55, 0.81, 0.59),
    (0.67, 0.51, 0.59, 0.9, 0.63),
    (0.32, 0.27, 0.3, 0.64, 0.34),
    (0.49, 0.21, 0.35, 0.82, 0.4),
    (0.54, 0.24, 0.39, 0.86, 0.44),
    (0.5, 0.27, 0.38, 0.89, 0.43),
    (0.51, 0.22, 0.37, 0.8, 0.41),
    (0.67, 0.63, 0.65, 0.7, 0.66),
    (0.46, 0.47, 0.47, 0.8, 0.51),
    (0.5, 0.4, 0.45, 0.82, 0.49),
    (0.75, 0.64, 0.7, 0.75, 0.71),
    (0.75, 0.61, 0.68, 0.86, 0.71),
    (0.89, 0.68, 0.79, 0.85, 0.8),
    (0.69, 0.6, 0.64, 0.84, 0.67),
    (0.63, 0.58, 0.6, 0.74, 0.62),
    (0.78, 0.53, 0.65, 0.8, 0.68),
    (0.52, 0.48, 0.5, 0.82, 0.54),
    (0.54, 0.34, 0.44, 0.58, 0.46),
    (0.37, 0.26, 0.31, 0.7, 0.35),
    (0.36, 0.25, 0.3, 0.63, 0.34),
    (0.95, 0.66, 0.8, 0.83, 0.81),
];

#[test]
fn published_rows_follow_the_formulas() {
    for (irrelevant, missing, grounding, robustness, compliance) in PUBLISHED {
        assert!(((irrelevant + missing) / 2.0_f64 - grounding).abs() <= 0.005 + 1e-9, "{grounding}");
        assert!((llm_compliance(robustness, grounding, 0.5) - compliance).abs() <= 0.005 + 1e-9, "{compliance}");
    }
}
