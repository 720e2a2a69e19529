//! Gates: what a policy may say, what it is held against, and what comes out.

mod common;

use common::golden;
use proctor_core::Outcome;
use proctor_reports::gate::*;
use proctor_reports::summary::{OutcomeCount, Unit, UsageTotals};
use proctor_statistics::{Interval, IntervalMethod};

fn evidence(model: &str, value: f64) -> Evidence {
    Evidence {
        run_id: format!("run-{model}"),
        benchmark: "tumlu:kazakh".into(),
        model: model.into(),
        value: Some(value),
        unit: Unit::Fraction,
        interval: Some(Interval { low: value - 0.05, high: value + 0.05, confidence: 0.95, method: IntervalMethod::Wilson }),
        withheld: None,
        planned: 200,
        graded: 200,
        outcomes: [(Outcome::InfraError, 2), (Outcome::Truncated, 10), (Outcome::Filtered, 4), (Outcome::Empty, 6)]
            .map(|(outcome, n)| OutcomeCount { outcome, n })
            .to_vec(),
        usage: UsageTotals {
            prompt_tokens: Some(1000),
            completion_tokens: Some(500),
            latency_s: 400.0,
            cost_usd: Some(1.25),
            ..UsageTotals::default()
        },
        baseline: None,
    }
}

fn check(rule: &str, expected: &[(&str, bool)]) {
    let policy = Policy::parse(&format!("[[rule]]\n{rule}\n")).unwrap();
    let found = checks(&policy.rules[0], "r", &[evidence("m", 0.6)]);
    let short: Vec<(&str, bool)> = found.iter().map(|check| (check.limit.as_str(), check.passed)).collect();
    assert_eq!(short, expected, "{rule}: {found:?}");
}

#[test]
fn limits_hold_or_not() {
    check("min_score = 0.6", &[("min_score", true)]);
    check("min_score = 0.61", &[("min_score", false)]);
    check("min_score_low = 0.54", &[("min_score_low", true)]);
    check("min_score_low = 0.56", &[("min_score_low", false)]);
    check("max_infra_errors = 2", &[("max_infra_errors", true)]);
    check("max_infra_errors = 1", &[("max_infra_errors", false)]);
    check("max_infra_error_share = 0.005", &[("max_infra_error_share", false)]);
    check("max_truncated_share = 0.05", &[("max_truncated_share", true)]);
    // What is filtered is refused, and what is empty cannot be read.
    check("max_refused_share = 0.02", &[("max_refused_share", true)]);
    check("max_refused_share = 0.01", &[("max_refused_share", false)]);
    check("max_filtered_share = 0.02", &[("max_filtered_share", true)]);
    check("max_filtered_share = 0.01", &[("max_filtered_share", false)]);
    check("max_unparsed_share = 0.02", &[("max_unparsed_share", false)]);
    check("max_empty_share = 0.03", &[("max_empty_share", true)]);
    check("max_cost_usd = 1.24", &[("max_cost_usd", false)]);
    check("max_tokens = 1500", &[("max_tokens", true)]);
    check("max_mean_latency_s = 1.9", &[("max_mean_latency_s", false)]);
    check("min_graded_share = 1.0", &[("min_graded_share", true)]);
    check("min_score = 0.1\nmax_tokens = 1", &[("min_score", true), ("max_tokens", false)]);
}

#[test]
fn unknown_and_withheld_fail() {
    let policy = Policy::parse("[[rule]]\nmax_cost_usd = 5\nmax_tokens = 9\nmin_score = 0").unwrap();
    let mut blank = evidence("m", 0.6);
    blank.usage = UsageTotals::default();
    blank.withheld = Some("references fail".into());
    let found = checks(&policy.rules[0], "r", &[blank]);
    assert!(found.len() == 3 && found.iter().all(|check| !check.passed), "{found:?}");
    let none = checks(&policy.rules[0], "r", &[]);
    assert!(none.len() == 1 && !none[0].passed && none[0].message.contains("no run"), "{none:?}");
}

#[test]
fn a_wrong_policy_is_one_sentence_with_its_line() {
    let fails = |text: &str, wanted: &[&str]| {
        let why = Policy::parse(text).unwrap_err();
        assert!(!why.contains('\n'), "{why}");
        wanted.iter().for_each(|word| assert!(why.contains(word), "{why}: no {word}"));
    };
    fails("", &["[[rule]]"]);
    fails("[[rule]]\nmin_scor = 1", &["line 2", "min_scor"]);
    fails("[[rule]]\nmin_score = \"high\"", &["line 2"]);
    fails("[[rule]]\nmin_score = 0.5\n\n[[rule]]\nmax_drop = 0.1", &["line 4", "rule 2", "baseline"]);
    fails("[[rule]]\nbaseline = \"m\"", &["max_drop"]);
    fails("[[rule]]\nname = \"x\"", &["no limit"]);
    fails("[[rule]]\nmax_drop = -0.1\nbaseline = \"m\"", &["below 0"]);
    fails("[[rule]]\nmax_truncated_share = 7", &["between 0 and 1"]);
    fails("[[rule]]\nmin_score = nan", &["not a number"]);
    fails("[[rule]", &["line 1"]);
    assert!(Policy::parse("[[rule]]\nmin_score = 1\nprove = \"regression\"\nmax_drop = 0\nbaseline = \"b\"").is_ok());
}

#[test]
fn a_variant_belongs_to_its_family() {
    assert!(names("tumlu", "tumlu:kazakh") && names("tumlu:kazakh", "tumlu:kazakh"));
    assert!(!names("tumlu:kazakh", "tumlu") && !names("tum", "tumlu"));
}

#[test]
fn junit_has_a_suite_for_each_rule() {
    let policy = Policy::parse("[[rule]]\nname = \"floor & <tag>\"\nmin_score = 0.65\n[[rule]]\nmax_tokens = 2000").unwrap();
    let covered = [evidence("a\u{1b}[0m", 0.7), evidence("b", 0.6)];
    let found = policy.rules.iter().enumerate().flat_map(|(i, rule)| checks(rule, &rule.title(i), &covered)).collect();
    let report = GateReport::of("policy.toml", found);
    assert!(!report.passed);
    golden("gate.xml", &junit(&report).unwrap());
    let style = proctor_reports::terminal::TerminalStyle { width: Some(80), colour: false };
    golden("gate.txt", &terminal(&report, style));
}
