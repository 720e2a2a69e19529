//! Summaries, and their forms for the terminal, Markdown and JSON.

mod common;

use common::{golden, mixed, pass_at_1, run, view};
use proctor_core::{GradedAttempt, Metric, MetricPoint, Outcome, Scale};
use proctor_reports::frames::AttemptRow;
use proctor_reports::summary::Unit;
use proctor_reports::terminal::{self, TerminalStyle};
use proctor_reports::text::figure;
use proctor_reports::{SampleView, Summary, json, markdown, summarise, summarise_rows};
use proctor_store::{FailedReference, GroundTruth};

const PLAIN: TerminalStyle = TerminalStyle { width: Some(100), colour: false };

fn summary(views: &[SampleView], planned: usize, truth: Option<&GroundTruth>) -> Summary {
    let rows: Vec<AttemptRow> = views.iter().map(AttemptRow::from).collect();
    summarise_rows(&run(planned), &rows, &pass_at_1(views), truth)
}

fn shortfall() -> GroundTruth {
    let failed = |id: &str| FailedReference {
        sample_id: id.into(),
        outcome: Outcome::Incorrect,
        explanation: "AssertionError in line 3".into(),
    };
    GroundTruth {
        samples: 25,
        checked: 25,
        failing: ["1", "2", "3", "4", "5", "6", "7"].map(failed).to_vec(),
        ..GroundTruth::default()
    }
}

#[test]
fn every_outcome_is_counted_and_infrastructure_errors_are_in_no_score() {
    let summary = summary(&mixed(), 25, None);
    let counts: Vec<usize> = summary.outcomes.iter().map(|c| c.n).collect();
    assert_eq!(counts, [5, 7, 1, 1, 1, 1, 1, 1, 1, 1]);
    assert_eq!(summary.outcomes.iter().map(|c| c.outcome).collect::<Vec<_>>(), Outcome::ALL);
    assert_eq!((summary.planned, summary.graded, summary.missing(), summary.infra_errors()), (25, 20, 5, 1));
    let headline = summary.headline().unwrap();
    assert_eq!((headline.successes, headline.n, headline.unit), (Some(5), 18, Unit::Fraction));
    assert!((headline.value.unwrap() - 5.0 / 18.0).abs() < 1e-12);
    assert_eq!(summary.categories.len(), 1);
    assert_eq!((summary.categories[0].category.as_str(), summary.categories[0].n), ("AssertionError", 7));
}

#[test]
fn tokens_time_and_cost_are_summed_and_unknown_ones_said() {
    let summary = summary(&mixed(), 25, None);
    // 21 attempts; the one with an infrastructure error has no answer.
    assert_eq!(summary.usage.prompt_tokens, Some(2000));
    assert_eq!(summary.usage.completion_tokens, Some(1000));
    assert_eq!(summary.usage.reasoning_tokens, None);
    assert_eq!(summary.usage.unreported, 1);
    assert!((summary.usage.latency_s - 30.0).abs() < 1e-9);
    assert!((summary.usage.cost_usd.unwrap() - 0.02).abs() < 1e-9);
}

#[test]
fn imported_answers_have_no_time_at_the_model() {
    let mut views = vec![view("0", Outcome::Correct, "p", "a")];
    if let Some(attempt) = &mut views[0].attempt.attempt {
        attempt.exchanges.clear();
    }
    assert_eq!(AttemptRow::from(&views[0]).latency_s, None);
    assert!(views[0].graded().is_some_and(|g| g.latency_s.is_sign_positive()));
    let text = terminal::summaries(&[summary(&views, 1, None)], PLAIN);
    assert!(!text.contains("time ") && !text.contains("tokens"), "{text}");
}

#[test]
fn nobody_is_told_to_repeat_a_command_for_answers_that_a_file_lacks() {
    let views = [view("0", Outcome::Correct, "p", "a")];
    let notes = |graded: bool| {
        let mut rows: Vec<AttemptRow> = views.iter().map(AttemptRow::from).collect();
        if !graded {
            rows[0].outcome = None;
        }
        let mut run = run(3);
        run.plan.model = "imported/samples.jsonl".into();
        summarise_rows(&run, &rows, &pass_at_1(&views), None).notes
    };
    assert_eq!(notes(true), ["Incomplete: the file answers 1 of 3 attempts; the score is over those."]);
    assert_eq!(notes(false), ["Incomplete: 0 of 3 attempts are graded; the same command continues the run."]);
}

#[test]
fn grades_alone_give_the_same_figures() {
    let views: Vec<SampleView> = mixed().into_iter().filter(|v| v.grade.is_some()).collect();
    let graded: Vec<GradedAttempt> = views.iter().filter_map(SampleView::graded).collect();
    let alone = summarise(&run(20), &graded, &pass_at_1(&views), None);
    let whole = summary(&views, 20, None);
    assert_eq!(alone.usage.cost_usd, None);
    assert_eq!((alone.metrics, alone.outcomes, alone.notes), (whole.metrics, whole.outcomes, whole.notes));
}

#[test]
fn a_run_without_grades_says_so_and_shows_no_number() {
    let summary = summary(&[], 164, None);
    assert_eq!(summary.headline(), None);
    assert_eq!(summary.notes, ["Incomplete: 0 of 164 attempts are graded; the same command continues the run."]);
    assert!(!terminal::summaries(std::slice::from_ref(&summary), PLAIN).contains('%'));
    assert!(markdown::summaries(&[summary]).contains("| – |"));
}

#[test]
fn a_withheld_score_is_shown_nowhere_as_a_number() {
    let views = mixed();
    let mut metrics = pass_at_1(&views);
    metrics[0].note = Some("27.8% after sanitising".into());
    let rows: Vec<AttemptRow> = views.iter().map(AttemptRow::from).collect();
    let summary = summarise_rows(&run(20), &rows, &metrics, Some(&shortfall()));
    let reason = summary.withheld.clone().unwrap();
    assert!(reason.starts_with("7 of 25 reference solutions are not graded correct"), "{reason}");
    assert!(reason.contains("1, 2, 3, 4, 5, 2 more"), "{reason}");
    for text in [
        terminal::summaries(std::slice::from_ref(&summary), PLAIN),
        markdown::summaries(std::slice::from_ref(&summary)),
        json::summaries(std::slice::from_ref(&summary)).unwrap().to_string(),
    ] {
        assert!(text.contains("withheld"), "{text}");
        assert!(!text.contains("27.8") && !text.contains("0.2777") && !text.contains("5/18"), "{text}");
    }
    assert!(summary.metrics.iter().all(|m| m.value.is_none() && m.interval.is_none() && m.successes.is_none()));
}

#[test]
fn complete_references_withhold_nothing() {
    let checked = |checked| GroundTruth { samples: 20, checked, ..GroundTruth::default() };
    assert_eq!(checked(20).withheld(), None);
    assert_eq!(summary(&mixed(), 20, Some(&checked(20))).withheld, None);
    let unchecked = summary(&mixed(), 20, Some(&checked(17))).withheld;
    assert_eq!(unchecked.as_deref(), Some("3 of 20 reference solutions are not graded yet"));
}

#[test]
fn a_figure_that_is_no_fraction_is_a_plain_number() {
    let points = [1510.0, 1490.5].map(|value| MetricPoint { group: value.to_string(), value });
    let mut elo = Metric::mean("Elo", points.to_vec()).unwrap();
    let none = Metric { value: f64::NAN, points: Vec::new(), ..elo.clone() };
    let count = Metric { name: "errors".into(), value: 1.0, points: Vec::new(), scale: Scale::Plain, ..elo.clone() };
    elo.stratum = Some("rapid".into());
    let summary = summarise_rows(&run(0), &[], &[elo, none, count], None);
    assert_eq!((summary.metrics[2].unit, figure(1.0, summary.metrics[2].unit).as_str()), (Unit::Number, "1"));
    assert_eq!(summary.metrics[0].unit, Unit::Number);
    assert_eq!(summary.metrics[1].value, None);
    let text = terminal::summaries(&[summary], PLAIN);
    assert!(text.contains("1,500.25") && text.contains("Elo (rapid)"), "{text}");
}

#[test]
fn the_terminal_form_is_as_recorded() {
    golden("terminal.txt", &terminal::summaries(&[summary(&mixed(), 25, None)], PLAIN));
    golden("terminal-withheld.txt", &terminal::summaries(&[summary(&mixed(), 20, Some(&shortfall()))], PLAIN));
}

#[test]
fn lines_keep_to_the_width_and_colour_is_asked_for() {
    let summaries = [summary(&mixed(), 25, Some(&shortfall()))];
    for width in [60, 80, 120] {
        let text = terminal::summaries(&summaries, TerminalStyle { width: Some(width), colour: false });
        let longest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        assert!(longest <= usize::from(width), "{longest} > {width}:\n{text}");
        assert!(!text.contains('\u{1b}'));
    }
    assert!(terminal::summaries(&summaries, TerminalStyle { width: None, colour: true }).contains("\u{1b}[1m"));
    assert_eq!(terminal::summaries(&[], PLAIN), "No runs.\n");
}

#[test]
fn the_markdown_form_is_as_recorded() {
    golden("summary.md", &markdown::summaries(&[summary(&mixed(), 25, None)]));
    assert_eq!(markdown::summaries(&[]), "No runs.\n");
}

#[test]
fn the_json_form_has_its_schema_and_reads_back() {
    let summary = summary(&mixed(), 25, None);
    let document = json::summaries(std::slice::from_ref(&summary)).unwrap();
    assert_eq!(document["schema"], "proctor.summary/1");
    let read: Summary = serde_json::from_value(document["runs"][0].clone()).unwrap();
    assert_eq!(read, summary);
}

#[test]
fn foreign_text_commands_neither_terminal_nor_table() {
    let mut evil = view("0", Outcome::Incorrect, "p", "a");
    if let Some(grade) = &mut evil.grade {
        grade.category = Some("\u{1b}]0;owned\u{7}|<script>\n# x".into());
    }
    let mut record = run(1);
    record.plan.model = "a|b\u{1b}[2J\u{202e}<img src=x>".into();
    let rows = [AttemptRow::from(&evil)];
    let summary = summarise_rows(&record, &rows, &pass_at_1(&[evil]), None);
    let text = terminal::summaries(std::slice::from_ref(&summary), PLAIN);
    assert!(!text.contains('\u{1b}') && !text.contains('\u{7}') && !text.contains('\u{202e}'), "{text}");
    let text = markdown::summaries(&[summary]);
    assert!(text.contains(r"a\|b") && text.contains(r"\<img"), "{text}");
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
}
