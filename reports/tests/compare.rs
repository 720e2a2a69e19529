//! Comparisons: what is paired, what is refused, what is found, and how it looks.

mod common;

use common::{golden, run};
use proctor_core::{GradedAttempt, Metric, MetricInterval, MetricPoint, Outcome, RunRecord, Scale, Usage};
use proctor_reports::comparability::{Part, differences};
use proctor_reports::compare::*;
use proctor_reports::terminal::TerminalStyle;

const PLAIN: TerminalStyle = TerminalStyle { width: Some(80), colour: false };

fn grade(id: usize, outcome: Outcome) -> GradedAttempt {
    GradedAttempt {
        sample_id: format!("q/{id}"),
        group: format!("g{id}"),
        strata: vec![if id.is_multiple_of(2) { "kazakh" } else { "tatar" }.into(), format!("level {}", id % 3)],
        epoch: 0,
        outcome,
        scores: Default::default(),
        category: None,
        extracted: None,
        usage: Usage::default(),
        latency_s: 0.0,
    }
}

/// The run `id` of `model` over questions 0 to `n`, right where `right` says so.
fn side(id: &str, model: &str, n: usize, right: impl Fn(usize) -> bool) -> RunGrades {
    let mut record: RunRecord = run(n);
    record.id = id.into();
    record.plan.model = model.into();
    let outcome = |i: usize| if right(i) { Outcome::Correct } else { Outcome::Incorrect };
    RunGrades {
        run: record,
        grades: (0..n).map(|i| grade(i, outcome(i))).collect(),
        contents: (0..n).map(|i| (format!("q/{i}"), format!("hash {i}"))).collect(),
    }
}

fn accuracy(grades: &[GradedAttempt]) -> Option<Metric> {
    let value = |grade: &GradedAttempt| f64::from(u8::from(grade.outcome == Outcome::Correct));
    Metric::mean("accuracy", grades.iter().map(|g| MetricPoint { group: g.group.clone(), value: value(g) }).collect())
}

/// A figure that is no mean: the square of the share.
fn squared(grades: &[GradedAttempt]) -> Option<Metric> {
    let value = accuracy(grades)?.value.powi(2) * 1000.0;
    let interval = Some(MetricInterval { low: value - 1.0, high: value + 1.0, method: "made up".into() });
    Some(Metric { interval, scale: Scale::Plain, ..Metric::figure("squared", value) })
}

fn compared(a: RunGrades, b: RunGrades, headline: &Headline<'_>, options: &CompareOptions) -> Comparison {
    let (one, other) = (a.run.plan.model.clone(), b.run.plan.model.clone());
    comparison(&[Pair { a, b, headline }], &one, &other, options)
}

#[test]
fn a_clear_difference_is_found_and_named() {
    let (a, b) = (side("run-a", "model-a", 200, |i| i % 10 < 8), side("run-b", "model-b", 200, |i| i % 10 < 6));
    let found = compared(a, b, &accuracy, &CompareOptions { flips: 3, ..CompareOptions::default() });
    let row = &found.rows[0];
    let difference = row.difference.unwrap();
    assert!((difference.difference - 0.2).abs() < 1e-12 && difference.p_value < 1e-9);
    assert_eq!(row.finding, Finding::Better);
    assert_eq!((row.paired, row.flips.only_a, row.flips.only_b, row.flips.both, row.flips.neither), (200, 40, 0, 120, 40));
    assert_eq!(row.flips.list.len(), 3);
    assert_eq!(row.flips.list[0].show_a, "proctor show run-a --sample q/6");
    assert!(sentence(row, &found).starts_with("model-a is better than model-b, by +20.0 points"), "{}", sentence(row, &found));
}

#[test]
fn equals_are_not_told_apart_and_what_would_be_missed_is_said() {
    let (a, b) = (side("a", "x", 60, |i| i % 2 == 0), side("b", "y", 60, |i| i % 2 == 0 || i == 7));
    let found = compared(a, b, &accuracy, &CompareOptions { effect: Some(0.01), ..CompareOptions::default() });
    let row = &found.rows[0];
    assert_eq!(row.finding, Finding::Open);
    assert!(row.difference.unwrap().detectable.unwrap() > 0.0);
    assert!(row.groups_needed.unwrap() > 60);
    assert!(sentence(row, &found).starts_with("Not told apart"), "{}", sentence(row, &found));
}

#[test]
fn pairs_share_id_and_content() {
    let mut a = side("a", "x", 40, |i| i < 20);
    let mut b = side("b", "y", 30, |i| i < 10);
    b.contents.insert("q/3".into(), "changed".into());
    a.grades[5].outcome = Outcome::InfraError;
    let found = compared(a, b, &accuracy, &CompareOptions::default());
    let row = &found.rows[0];
    // 30 shared less one changed, less one that A has no answer to.
    assert_eq!((row.paired, row.only_a, row.only_b, row.changed), (28, 10, 1, 1));
    assert!(found.notes.iter().any(|note| note.contains("left out")), "{:?}", found.notes);
    let nothing = compared(side("a", "x", 0, |_| true), side("b", "y", 3, |_| true), &accuracy, &CompareOptions::default());
    assert_eq!(nothing.rows[0].finding, Finding::Nothing);
    assert_eq!(nothing.rows[0].p_adjusted, None);
}

#[test]
fn slices_narrow_and_split() {
    let sides = || (side("a", "x", 90, |i| i % 2 == 0), side("b", "y", 90, |i| i % 6 == 0));
    let narrow = |slices: &[&str], by_stratum| {
        let (a, b) = sides();
        let slices = slices.iter().map(|slice| (*slice).to_owned()).collect();
        compared(a, b, &accuracy, &CompareOptions { slices, by_stratum, ..CompareOptions::default() })
    };
    assert_eq!(narrow(&["language=Kazakh"], false).rows[0].paired, 45);
    assert_eq!(narrow(&["kazakh", "level=1"], false).rows[0].paired, 15);
    assert_eq!(narrow(&["level 1"], false).rows[0].paired, 30);
    let split = narrow(&[], true);
    let names: Vec<Option<&str>> = split.rows.iter().map(|row| row.stratum.as_deref()).collect();
    assert_eq!(names, [None, Some("kazakh"), Some("tatar"), Some("level 0"), Some("level 1"), Some("level 2")]);
    assert_eq!(split.tests, 6);
    // Holm never lowers a p-value.
    for row in &split.rows {
        assert!(row.p_adjusted.unwrap() >= row.difference.unwrap().p_value);
    }
}

#[test]
fn what_differs_is_named_and_decides_what_is_refused() {
    let base = run(10);
    let with = |change: &dyn Fn(&mut proctor_core::RunPlan)| {
        let mut other = base.plan.clone();
        change(&mut other);
        other
    };
    type Case<'a> = (&'a str, &'a dyn Fn(&mut proctor_core::RunPlan), Part, &'a str, bool);
    let cases: [Case; 8] = [
        ("prompt", &|p| p.prompt_sha256 = "f".repeat(64), Part::Prompt, "prompt templates", true),
        ("option", &|p| drop(p.options.insert("mode".into(), "strict".into())), Part::Options, "option mode", true),
        ("judge", &|p| p.judge_version = "2".into(), Part::Judge, "judge version", true),
        ("guest", &|p| p.judge_provenance["guest"]["sha256"] = "88bb".into(), Part::Judge, "judge guest sha256", true),
        ("sampling", &|p| p.sampling.temperature = Some(1.0), Part::Sampling, "sampling temperature", false),
        ("seed", &|p| p.seed = 8, Part::Seed, "seed", false),
        ("data", &|p| p.data_sha256 = "c".repeat(64), Part::Data, "data revision", false),
        (
            "samples",
            &|p| (p.data_sha256, p.sample_ids) = ("c".repeat(64), ["1"].into_iter().collect()),
            Part::Data,
            "samples",
            false,
        ),
    ];
    for (name, change, part, what, refused) in cases {
        // A model differs, too, so that nothing alone is what is compared.
        let other = with(&|plan| {
            change(plan);
            plan.model = "other".into();
        });
        let found = differences(&base.plan, &other);
        assert_eq!(
            found.iter().map(|d| (d.part, d.what.as_str())).collect::<Vec<_>>()[..],
            [(part, what), (Part::Model, "model")],
            "{name}"
        );
        assert_eq!(refusal(&base.plan, &other, &[]).is_some(), refused, "{name}");
        assert_eq!(refusal(&base.plan, &other, &[part]), None, "{name}");
    }
    assert!(differences(&base.plan, &base.plan).is_empty());
    // Two prompts with one model: the prompt is what is compared. Two judges never are.
    assert_eq!(refusal(&base.plan, &with(&|p| p.prompt_sha256 = "f".repeat(64)), &[]), None);
    assert!(refusal(&base.plan, &with(&|p| p.judge_version = "2".into()), &[]).is_some());
}

#[test]
fn figures_that_are_no_means_are_compared_by_leaving_groups_out() {
    let (a, b) = (side("a", "x", 300, |i| i * 7 % 10 < 8), side("b", "y", 300, |i| i * 7 % 10 < 4));
    let found = compared(a, b, &squared, &CompareOptions::default());
    let difference = found.rows[0].difference.unwrap();
    assert_eq!(difference.test, proctor_statistics::Test::Jackknife);
    assert!((difference.difference - 480.0).abs() < 1e-6 && difference.p_value < 0.001);
    // By the delta method: 2p·1000 times the standard error of each share, 0.49 of the pairs differing.
    let error = difference.standard_error.unwrap();
    assert!((20.0..60.0).contains(&error), "{error}");
    assert_eq!(found.rows[0].finding, Finding::Better);
    // The same answers differ by nothing, and that is a finding of nothing, not a lack of one.
    let same =
        compared(side("a", "x", 90, |i| i % 2 == 0), side("b", "y", 90, |i| i % 2 == 0), &squared, &CompareOptions::default());
    let difference = same.rows[0].difference.unwrap();
    assert_eq!((difference.difference, difference.p_value, same.rows[0].finding), (0.0, 1.0, Finding::Open));
}

#[test]
fn it_looks_as_it_should() {
    let (a, b) = (side("run-a", "vendor/model-a", 120, |i| i % 10 < 7), side("run-b", "vendor/model-b", 120, |i| i % 8 < 4));
    let options = CompareOptions { flips: 4, effect: Some(0.05), ..CompareOptions::default() };
    let found = compared(a, b, &accuracy, &options);
    let text = terminal(&found, options.effect, PLAIN);
    golden("comparison.txt", &text);
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    golden("comparison.md", &markdown(&found, options.effect));
}
