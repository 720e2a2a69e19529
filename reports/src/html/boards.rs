use super::matrix::MatrixView;
use super::plots::{IntervalRow, PlotView, Scatter, ScatterPoint, intervals, scatter};
use super::templates::{Shell, Templates};
use crate::ReportError;
use crate::compare::{Comparison, ComparisonRow, Finding, Flip, sentence};
use crate::leaderboard::Leaderboard;
use crate::summary::Unit;
use crate::text::{count, figure, one_line, p_value};
use serde::Serialize;

/// Flips that are listed on each side.
const FLIPS: usize = 200;

/// A leaderboard as one self-contained page.
pub fn leaderboard(board: &Leaderboard) -> Result<String, ReportError> {
    let templates = Templates::new()?;
    let mut subtitle = format!("{} models · {} benchmarks", board.models.len(), board.benchmarks.len());
    if !board.slices.is_empty() {
        subtitle.push_str(&format!(" · only {}", one_line(&board.slices.join(", "))));
    }
    templates.page(Shell {
        title: "Leaderboard".into(),
        subtitle,
        body: templates.render("board", &LeaderboardView::of(board, |_, _| String::new()))?,
        ..Shell::default()
    })
}

/// A comparison as one self-contained page.
pub fn comparison(comparison: &Comparison) -> Result<String, ReportError> {
    let templates = Templates::new()?;
    let view = ComparisonView::of(comparison, |_, _, _| String::new());
    templates.page(Shell {
        title: format!("{} against {}", one_line(&comparison.a), one_line(&comparison.b)),
        body: templates.render("comparison", &view)?,
        ..Shell::default()
    })
}

/// A leaderboard as the template `board` shows it.
#[derive(Debug, Clone, Serialize)]
pub struct LeaderboardView {
    /// The matrix.
    pub matrix: MatrixView,
    /// Scores with intervals by benchmark, then quality and cost.
    pub plots: Vec<PlotView>,
}

impl LeaderboardView {
    /// The view of a leaderboard; `href` gives the address of a column (no run) or of a run, empty for none.
    pub fn of(board: &Leaderboard, href: impl Fn(&str, Option<&str>) -> String) -> Self {
        let mut plots: Vec<PlotView> = (0..board.benchmarks.len()).filter_map(|column| scores(board, column)).collect();
        plots.extend(frontier(board));
        LeaderboardView { matrix: MatrixView::of(board, href), plots }
    }
}

fn scores(board: &Leaderboard, column: usize) -> Option<PlotView> {
    let benchmark = board.benchmarks.get(column)?;
    let mut rows = Vec::new();
    for (model, cells) in board.models.iter().zip(&board.cells) {
        let Some(cell) = cells.get(column).and_then(Option::as_ref) else { continue };
        let comparable = cell.incomparable.is_empty();
        rows.push(IntervalRow {
            name: if comparable { model.model.clone() } else { format!("≠ {}", model.model) },
            value: cell.value,
            interval: cell.interval.map(|i| (i.low, i.high)),
            counts: match (cell.successes, cell.value) {
                (_, None) => cell.withheld.as_ref().map_or("no score".into(), |_| "withheld".into()),
                (Some(k), _) => format!("{}/{}", count(k as u64), count(cell.n as u64)),
                (None, _) => count(cell.n as u64),
            },
            chief: cell.may_be_best(),
        });
    }
    rows.sort_by(|a, b| b.value.unwrap_or(f64::NEG_INFINITY).total_cmp(&a.value.unwrap_or(f64::NEG_INFINITY)));
    let caption = format!("{}, with its 95% interval. Full dots: the best, or not told apart from it.", benchmark.metric);
    (rows.len() > 1).then(|| intervals(&benchmark.benchmark, &caption, "model", benchmark.unit, &rows))
}

/// Mean rank against cost, where at least two models have both.
pub(super) fn frontier(board: &Leaderboard) -> Option<PlotView> {
    let points = board.models.iter().filter_map(|row| {
        Some(ScatterPoint {
            name: row.model.clone(),
            x: row.usage.cost_usd.filter(|cost| *cost > 0.0)?,
            y: row.standing?.mean_rank,
            x_interval: None,
            y_interval: None,
            chief: row.on_frontier == Some(true),
        })
    });
    let plot = Scatter {
        x_title: "cost of all runs, US$ (logarithmic)".into(),
        y_title: "mean rank over benchmarks, the best at the top".into(),
        x_unit: Unit::Number,
        y_unit: Unit::Number,
        logarithmic: true,
        joined: true,
        falling: true,
        points: points.collect(),
    };
    let caption = "Full dots lie on the frontier: no other model is both better and cheaper.";
    (plot.points.len() > 1).then(|| scatter("Quality and cost over all benchmarks", caption, "model", &plot))
}

/// A comparison as the template `comparison` shows it.
#[derive(Debug, Clone, Serialize)]
pub struct ComparisonView {
    /// One side.
    pub a: String,
    /// The other.
    pub b: String,
    /// The subsets that the samples were narrowed to.
    pub slices: Vec<String>,
    /// Row by row.
    pub rows: Vec<ComparisonRowView>,
    /// The differences with their intervals.
    pub plot: Option<PlotView>,
    /// Sentences a reader must know.
    pub notes: Vec<String>,
}

/// A row of a comparison.
#[derive(Debug, Clone, Serialize)]
pub struct ComparisonRowView {
    /// The benchmark.
    pub benchmark: String,
    /// The subset, or empty.
    pub stratum: String,
    /// The figure.
    pub metric: String,
    /// A's score.
    pub a: String,
    /// B's score.
    pub b: String,
    /// A less B.
    pub difference: String,
    /// Its interval.
    pub interval: String,
    /// The p-value after adjustment.
    pub p: String,
    /// The smallest difference that would be found.
    pub detectable: String,
    /// Questions paired.
    pub paired: String,
    /// `better`, `worse`, or `open`.
    pub finding: &'static str,
    /// What it says, in a sentence.
    pub sentence: String,
    /// What differs between the runs besides the model.
    pub differs: Vec<String>,
    /// The runs compared, A's and B's.
    pub runs: (String, String),
    /// Who got samples right that the other did not, the first of them, and how many there are; first A, then B.
    pub flips: Vec<(String, Vec<FlipView>, usize)>,
}

/// A sample on which two runs differ.
#[derive(Debug, Clone, Serialize)]
pub struct FlipView {
    /// The sample.
    pub sample: String,
    /// Where both transcripts are, or empty.
    pub href: String,
    /// What the first attempts came to.
    pub outcomes: String,
}

impl ComparisonView {
    /// The view of a comparison; `href` gives the address of a sample in two runs (A's, B's, sample), empty for none.
    pub fn of(comparison: &Comparison, href: impl Fn(&str, &str, &str) -> String) -> Self {
        let rows = comparison.rows.iter().map(|row| row_view(row, comparison, &href));
        ComparisonView {
            a: one_line(&comparison.a),
            b: one_line(&comparison.b),
            slices: comparison.slices.iter().map(|s| one_line(s)).collect(),
            rows: rows.collect(),
            plot: differences(comparison),
            notes: comparison.notes.iter().map(|n| one_line(n)).collect(),
        }
    }
}

fn differences(comparison: &Comparison) -> Option<PlotView> {
    let rows = comparison.rows.iter().filter(|row| row.unit == Unit::Fraction);
    let rows = rows.filter_map(|row| {
        let found = row.difference.as_ref()?;
        let name = row.stratum.as_ref().map_or(row.benchmark.clone(), |s| format!("{} {s}", row.benchmark));
        Some(IntervalRow {
            name,
            value: Some(found.difference * 100.0),
            interval: found.interval.map(|i| (i.low * 100.0, i.high * 100.0)),
            counts: format!("{} questions", count(row.paired as u64)),
            chief: matches!(row.finding, Finding::Better | Finding::Worse),
        })
    });
    let rows: Vec<IntervalRow> = rows.collect();
    let caption = "Percentage points by which the first is ahead (right of 0) or behind, with the 95% interval. Full dots: shown after \
                   adjustment for several tests.";
    (rows.len() > 1).then(|| intervals("Differences", caption, "benchmark", Unit::Number, &rows))
}

fn row_view(row: &ComparisonRow, comparison: &Comparison, href: &impl Fn(&str, &str, &str) -> String) -> ComparisonRowView {
    let score = |value: Option<f64>| value.map_or("–".to_string(), |value| figure(value, row.unit));
    let found = row.difference.as_ref();
    let signed = |value: f64| crate::text::difference(value, row.unit);
    let flips = &row.flips;
    let list = |wanted: fn(&Flip) -> bool| {
        let view = |flip: &Flip| FlipView {
            sample: one_line(&flip.sample_id),
            href: href(&row.a.run_id, &row.b.run_id, &flip.sample_id),
            outcomes: format!("{} against {}", flip.a, flip.b),
        };
        flips.list.iter().filter(|flip| wanted(flip)).take(FLIPS).map(view).collect::<Vec<_>>()
    };
    ComparisonRowView {
        benchmark: one_line(&row.benchmark),
        stratum: row.stratum.as_deref().map(one_line).unwrap_or_default(),
        metric: one_line(&row.metric),
        a: score(row.a.value),
        b: score(row.b.value),
        difference: found.map_or("–".into(), |found| signed(found.difference)),
        interval: found.and_then(|f| f.interval).map_or("–".into(), |i| format!("{} to {}", signed(i.low), signed(i.high))),
        p: row.p_adjusted.or(found.map(|f| f.p_value)).map_or("–".into(), p_value),
        detectable: found.and_then(|f| f.detectable).map_or("–".into(), |d| signed(d).trim_start_matches('+').to_string()),
        paired: count(row.paired as u64),
        finding: match row.finding {
            Finding::Better => "better",
            Finding::Worse => "worse",
            _ => "open",
        },
        sentence: one_line(&sentence(row, comparison)),
        differs: row.differs.iter().map(|d| one_line(&format!("{}: {} against {}", d.what, d.a, d.b))).collect(),
        runs: (one_line(&row.a.run_id), one_line(&row.b.run_id)),
        flips: vec![
            (one_line(&comparison.a), list(|flip| share(flip.right_a) > share(flip.right_b)), flips.only_a),
            (one_line(&comparison.b), list(|flip| share(flip.right_a) <= share(flip.right_b)), flips.only_b),
        ],
    }
}

/// The share of attempts that are right.
fn share((right, attempts): (usize, usize)) -> f64 {
    right as f64 / attempts.max(1) as f64
}
