//! Leaderboards: who is ranked, who is not and why, ties, costs, and how they look.

mod common;

use common::{golden, run};
use polars::prelude::IntoLazy;
use proctor_core::{Metric, MetricPoint};
use proctor_reports::frames::{self, AttemptRow, RunRows};
use proctor_reports::leaderboard::{Entry, Leaderboard, Score, entries_of_grades, leaderboard, markdown, terminal};
use proctor_reports::terminal::TerminalStyle;

const PLAIN: TerminalStyle = TerminalStyle { width: Some(80), colour: false };

/// A run of `benchmark` by `model` in which the questions `right` of 200 are right.
fn entry(benchmark: &str, model: &str, right: impl Fn(usize) -> bool, cost: Option<f64>) -> Entry {
    let mut record = run(200);
    record.id = format!("{benchmark}-{model}");
    record.plan.benchmark = benchmark.into();
    record.plan.model = model.into();
    let value = |i: usize| f64::from(u8::from(right(i)));
    let points = (0..200).map(|i| MetricPoint { group: i.to_string(), value: value(i) }).collect();
    let mut entry =
        Entry { score: Metric::mean("pass@1", points).as_ref().and_then(Score::of), graded: 200, ..Entry::of(&record) };
    entry.usage.completion_tokens = Some(12_345);
    entry.usage.latency_s = 321.0;
    entry.usage.cost_usd = cost;
    entry
}

fn board() -> Leaderboard {
    let mut other_prompt = entry("mbpp-pro", "vendor/large", |i| i < 190, Some(9.0));
    if let Some(plan) = &mut other_prompt.plan {
        plan.prompt_sha256 = "f".repeat(64);
        other_prompt.conditions = proctor_reports::leaderboard::conditions(plan);
    }
    let rating = Metric {
        interval: Some(proctor_core::MetricInterval { low: 1100.0, high: 1300.0, method: "bootstrap".into() }),
        scale: proctor_core::Scale::Plain,
        ..Metric::figure("rating", 1200.0)
    };
    let elo = |model: &str, value: f64| {
        let score = Score::of(&Metric { value, ..rating.clone() });
        Entry { score, ..entry("codeelo", model, |_| true, Some(1.0)) }
    };
    leaderboard(
        vec![
            entry("humaneval-pro", "vendor/large", |i| i < 160, Some(10.0)),
            entry("humaneval-pro", "vendor/small", |i| i < 120, Some(1.0)),
            entry("humaneval-pro", "vendor/small-copy", |i| i < 120, Some(2.0)),
            entry("humaneval-pro", "local/tiny", |i| i % 10 == 0, None),
            other_prompt,
            entry("mbpp-pro", "vendor/small", |i| i < 150, Some(1.0)),
            entry("mbpp-pro", "vendor/small-copy", |i| i < 150, Some(2.0)),
            elo("vendor/large", 1200.0),
            elo("vendor/small", 1150.0),
            elo("vendor/small-copy", 400.0),
            elo("local/tiny", 300.0),
        ],
        &[],
    )
}

#[test]
fn places_have_intervals_and_equals_share_them() {
    let board = board();
    let place = |model: &str, benchmark: &str| board.cell(model, benchmark).and_then(|cell| cell.standing).unwrap();
    let best = place("vendor/large", "humaneval-pro");
    assert_eq!((best.rank, best.low, best.high), (1, 1, 1));
    for model in ["vendor/small", "vendor/small-copy"] {
        let tied = place(model, "humaneval-pro");
        assert_eq!((tied.rank, tied.low, tied.high, tied.mean_rank), (2, 2, 2, 2.5), "{model}");
    }
    assert_eq!(place("local/tiny", "humaneval-pro").rank, 4);
    // Ratings whose intervals overlap are not told apart; those far off are.
    let first = place("vendor/large", "codeelo");
    assert_eq!((first.rank, first.low, first.high), (1, 1, 2));
    assert_eq!(place("vendor/small", "codeelo").low, 1);
    assert!(place("local/tiny", "codeelo").low >= 3);
}

/// All right of a few questions could have been otherwise, though drawing the same questions again never shows it.
#[test]
fn few_questions_all_right_do_not_make_a_sure_place() {
    let few = |model: &str, wrong: usize| {
        let points = (0..20).map(|i| MetricPoint { group: i.to_string(), value: f64::from(u8::from(i >= wrong)) }).collect();
        Entry { score: Metric::mean("pass@1", points).as_ref().and_then(Score::of), ..entry("x", model, |_| true, None) }
    };
    let board = leaderboard(vec![few("a", 0), few("b", 0), few("c", 1), few("d", 19)], &[]);
    let standing = |model: &str| board.cell(model, "x").unwrap().standing.unwrap();
    for model in ["a", "b"] {
        assert_eq!((standing(model).rank, standing(model).low), (1, 1));
        assert!(standing(model).high >= 2, "{:?}", standing(model));
    }
    assert!(standing("c").low == 1 && standing("d").low == 4);
}

#[test]
fn what_cannot_be_compared_is_shown_and_not_ranked() {
    let board = board();
    let cell = board.cell("vendor/large", "mbpp-pro").unwrap();
    assert!(cell.value.is_some() && cell.standing.is_none() && !cell.is_ranked());
    assert_eq!(cell.incomparable.len(), 1);
    assert_eq!(cell.incomparable[0].what, "prompt templates");
    assert_eq!(board.cell("local/tiny", "mbpp-pro"), None);
    let column = board.benchmarks.iter().find(|column| column.benchmark == "mbpp-pro").unwrap();
    assert_eq!((column.compared, column.models, column.decides), (2, 3, false));
}

#[test]
fn the_frontier_is_of_models_that_none_beats_in_score_and_cost() {
    let board = board();
    let on = |model: &str| board.cell(model, "humaneval-pro").unwrap().on_frontier;
    assert_eq!(on("vendor/large"), Some(true));
    assert_eq!(on("vendor/small"), Some(true));
    assert_eq!(on("vendor/small-copy"), Some(false));
    assert_eq!(on("local/tiny"), None);
}

#[test]
fn the_latest_comparable_run_counts() {
    let old = |right: usize, at: &str| Entry { created_at: at.into(), run_id: at.into(), ..entry("x", "m", |i| i < right, None) };
    let rival = entry("x", "rival", |i| i < 100, None);
    let board = leaderboard(vec![old(50, "2026-01-01"), old(60, "2026-01-03"), old(70, "2026-01-02"), rival], &[]);
    assert_eq!(board.cell("m", "x").unwrap().run_id, "2026-01-03");
    assert!(board.notes.iter().any(|note| note.contains("not shown")), "{:?}", board.notes);
}

#[test]
fn withheld_scores_and_empty_boards_say_so() {
    let mut withheld = entry("x", "m", |_| true, None);
    withheld.withheld = Some("2 of 164 reference solutions are not graded correct".into());
    let board = leaderboard(vec![withheld], &[]);
    let cell = board.cell("m", "x").unwrap();
    assert_eq!((cell.value, cell.standing), (None, None));
    assert!(terminal(&board, PLAIN).contains("withheld"), "{}", terminal(&board, PLAIN));
    assert!(!terminal(&board, PLAIN).contains("100.0%"));
    assert_eq!(terminal(&leaderboard(Vec::new(), &[]), PLAIN), "No runs with scores.\n");
}

#[test]
fn the_same_runs_give_the_same_board_in_any_order() {
    let entries = || {
        vec![
            entry("a", "one", |i| i % 3 == 0, Some(1.0)),
            entry("a", "two", |i| i % 2 == 0, None),
            entry("b", "two", |i| i < 9, None),
            entry("b", "one", |i| i < 8, Some(3.0)),
        ]
    };
    let mut backwards = entries();
    backwards.reverse();
    assert_eq!(leaderboard(entries(), &[]), leaderboard(backwards, &[]));
}

#[test]
fn it_fits_eighty_columns() {
    let text = terminal(&board(), PLAIN);
    golden("leaderboard.txt", &text);
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    golden("leaderboard.md", &markdown(&board()));
}

/// A table of grades gives the same counts, intervals and ranks as the points it is made of.
#[test]
fn a_table_of_grades_is_a_leaderboard_too() {
    let views = common::mixed();
    let rows: Vec<AttemptRow> = views.iter().map(AttemptRow::from).collect();
    let (mut one, mut other) = (run(21), run(21));
    (one.id, other.id) = ("one".into(), "other".into());
    other.plan.model = "other/model".into();
    let frame = frames::grades(&[RunRows { run: &one, rows: &rows }, RunRows { run: &other, rows: &rows }]).unwrap();
    let entries = entries_of_grades(frame.lazy(), &[]).unwrap();
    assert_eq!(entries.len(), 2);
    let entry = &entries[0];
    let score = entry.score.as_ref().unwrap();
    // 5 correct of 18 scored; an infrastructure error and a skipped one are in no score, an ungraded one nowhere.
    assert_eq!((score.successes, score.points(), entry.graded, entry.infra_errors), (Some(5), 18, 20, 1));
    let expected = proctor_statistics::wilson(5, 18, 0.95).unwrap();
    let interval = score.interval.unwrap();
    assert!((interval.low - expected.0).abs() < 1e-12 && (interval.high - expected.1).abs() < 1e-12);
    assert_eq!(entry.usage.completion_tokens, Some(19 * 50));
    let board = leaderboard(entries, &[]);
    assert!(board.models.iter().all(|row| row.standing.is_some_and(|standing| standing.rank == 1)));
    let none = entries_of_grades(frames::grades(&[RunRows { run: &one, rows: &rows }]).unwrap().lazy(), &["nowhere".to_owned()]);
    assert!(none.unwrap().is_empty());
}
