use crate::leaderboard::{Cell, Leaderboard};
use crate::summary::{ScoredMetric, Summary, Unit};
use crate::text::{count, decimal, figure, one_line, score, seconds, successes};
use serde::Serialize;

/// Models by benchmarks as the template `matrix` shows them.
#[derive(Debug, Clone, Default, Serialize)]
pub struct MatrixView {
    /// The columns.
    pub columns: Vec<MatrixColumn>,
    /// The rows.
    pub rows: Vec<MatrixRow>,
    /// Whether places are known.
    pub ranked: bool,
    /// Whether a cost is known of any model.
    pub priced: bool,
    /// Sentences a reader must know.
    pub notes: Vec<String>,
}

/// A benchmark.
#[derive(Debug, Clone, Serialize)]
pub struct MatrixColumn {
    /// Its name.
    pub name: String,
    /// The figure shown.
    pub metric: String,
    /// Where it is told more of.
    pub href: String,
}

/// A model.
#[derive(Debug, Clone, Serialize)]
pub struct MatrixRow {
    /// Its name.
    pub model: String,
    /// Its place over all benchmarks, e.g. `2 (1–4)`.
    pub rank: String,
    /// The place as a number, for sorting.
    pub rank_value: Option<f64>,
    /// Cell by cell.
    pub cells: Vec<MatrixCell>,
    /// What all its answers cost.
    pub cost: String,
    /// The same in US dollars, for sorting.
    pub cost_value: Option<f64>,
    /// Tokens of its answers.
    pub tokens: String,
    /// The same, for sorting.
    pub tokens_value: Option<u64>,
    /// Time waited for it.
    pub time: String,
    /// Seconds, for sorting.
    pub time_value: f64,
    /// Whether it lies on the frontier of quality and cost.
    pub on_frontier: bool,
}

/// One model at one benchmark.
#[derive(Debug, Clone, Default, Serialize)]
pub struct MatrixCell {
    /// The figure, or a dash.
    pub score: String,
    /// The figure, for sorting.
    pub value: Option<f64>,
    /// Its interval, without the unit.
    pub interval: String,
    /// The interval on a line from 0 to 1.
    pub bar: Option<BarView>,
    /// Everything in words.
    pub title: String,
    /// Whether it is the best or not told apart from it.
    pub best: bool,
    /// A mark, e.g. `≠` for a score that cannot be compared.
    pub mark: String,
    /// Where the run is told of; empty where there is none.
    pub href: String,
}

/// An interval on a line from 0 to 1, in percent of the line.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BarView {
    /// Where it begins.
    pub low: f64,
    /// How long it is.
    pub span: f64,
    /// Where the figure lies.
    pub point: f64,
}

/// The bar of a share; `None` unless it is one with an interval.
pub(super) fn bar(value: Option<f64>, interval: Option<(f64, f64)>, unit: Unit) -> Option<BarView> {
    let (value, (low, high)) = (value?, interval?);
    let percent = |part: f64| (part.clamp(0.0, 1.0) * 1000.0).round() / 10.0;
    (unit == Unit::Fraction).then(|| BarView {
        low: percent(low),
        span: (percent(high) - percent(low)).max(0.5),
        point: percent(value),
    })
}

impl MatrixView {
    /// The view of a leaderboard; `href` gives the address of a column (no run) or of a run.
    pub fn of(board: &Leaderboard, href: impl Fn(&str, Option<&str>) -> String) -> Self {
        let columns = board.benchmarks.iter().map(|column| MatrixColumn {
            name: one_line(&column.benchmark),
            metric: one_line(&column.metric),
            href: href(&column.benchmark, None),
        });
        let rows = board.models.iter().zip(&board.cells).map(|(row, cells)| {
            let cells = cells.iter().zip(&board.benchmarks);
            MatrixRow {
                model: one_line(&row.model),
                rank: row.standing.map_or("–".into(), |s| place(s.rank, s.low, s.high)),
                rank_value: row.standing.map(|s| s.rank as f64),
                cells: cells
                    .map(|(cell, column)| match cell {
                        Some(cell) => board_cell(cell, &column.metric, href(&column.benchmark, Some(&cell.run_id))),
                        None => MatrixCell { score: "–".into(), title: "no run".into(), ..MatrixCell::default() },
                    })
                    .collect(),
                cost: row.usage.cost_usd.map_or("–".into(), dollars),
                cost_value: row.usage.cost_usd,
                tokens: row.usage.completion_tokens.map_or("–".into(), count),
                tokens_value: row.usage.completion_tokens,
                time: seconds(row.usage.latency_s),
                time_value: row.usage.latency_s,
                on_frontier: row.on_frontier == Some(true),
            }
        });
        MatrixView {
            columns: columns.collect(),
            rows: rows.collect(),
            ranked: board.models.iter().any(|row| row.standing.is_some()),
            priced: board.models.iter().any(|row| row.usage.cost_usd.is_some()),
            notes: board.notes.iter().map(|note| one_line(note)).collect(),
        }
    }

    /// The view of summaries alone: models in the order of their first run, the latest run of each benchmark, no places.
    pub(super) fn of_summaries(summaries: &[&Summary], href: impl Fn(&str, Option<&str>) -> String) -> Self {
        let mut view = MatrixView::default();
        let mut models: Vec<&str> = Vec::new();
        let mut benchmarks: Vec<&str> = Vec::new();
        for summary in summaries {
            let (model, benchmark) = (summary.run.plan.model.as_str(), summary.run.plan.benchmark.as_str());
            if !models.contains(&model) {
                models.push(model);
            }
            if !benchmarks.contains(&benchmark) {
                benchmarks.push(benchmark);
            }
        }
        for benchmark in &benchmarks {
            let metric = summaries.iter().filter(|s| s.run.plan.benchmark == *benchmark).find_map(|s| s.headline());
            view.columns.push(MatrixColumn {
                name: one_line(benchmark),
                metric: metric.map_or(String::new(), |metric| one_line(&metric.name)),
                href: href(benchmark, None),
            });
        }
        for model in models {
            let own: Vec<&&Summary> = summaries.iter().filter(|s| s.run.plan.model == model).collect();
            let cells = benchmarks.iter().map(|benchmark| {
                let latest = own.iter().rev().find(|s| s.run.plan.benchmark == *benchmark);
                let missing = || MatrixCell { score: "–".into(), title: "no run".into(), ..MatrixCell::default() };
                latest.map_or_else(missing, |s| summary_cell(s, href(benchmark, Some(&s.run.id))))
            });
            let sum = |of: fn(&Summary) -> Option<u64>| own.iter().filter_map(|s| of(s)).reduce(|a, b| a + b);
            let cost = own.iter().filter_map(|s| s.usage.cost_usd).reduce(|a, b| a + b);
            let tokens = sum(|s| s.usage.completion_tokens);
            let time = own.iter().map(|s| s.usage.latency_s).sum::<f64>() + 0.0;
            view.priced |= cost.is_some();
            view.rows.push(MatrixRow {
                model: one_line(model),
                rank: "–".into(),
                rank_value: None,
                cells: cells.collect(),
                cost: cost.map_or("–".into(), dollars),
                cost_value: cost,
                tokens: tokens.map_or("–".into(), count),
                tokens_value: tokens,
                time: seconds(time),
                time_value: time,
                on_frontier: false,
            });
        }
        view
    }
}

/// A place and where it may plausibly be: `2 (1–4)`.
fn place(rank: usize, low: usize, high: usize) -> String {
    if low == high { rank.to_string() } else { format!("{rank} ({low}–{high})") }
}

fn dollars(cost: f64) -> String {
    format!(
        "${}",
        decimal(
            cost,
            if cost >= 10.0 {
                0
            } else if cost >= 0.1 {
                2
            } else {
                4
            }
        )
    )
}

fn board_cell(cell: &Cell, metric: &str, href: String) -> MatrixCell {
    let interval = cell.interval.map(|i| (i.low, i.high));
    let mut title = vec![match (cell.value, &cell.withheld) {
        (Some(value), _) => format!("{metric} {}", figure(value, cell.unit)),
        (None, Some(reason)) => format!("withheld: {reason}"),
        (None, None) => "no score".to_string(),
    }];
    if let (Some((low, high)), Some(method)) = (interval, cell.interval.map(|i| i.method)) {
        title.push(format!("95% interval {} ({method})", ends(low, high, cell.unit)));
    }
    match cell.successes {
        Some(successes) => title.push(format!("{} of {}", count(successes as u64), count(cell.n as u64))),
        None if cell.n > 0 => title.push(format!("{} points", count(cell.n as u64))),
        None => {}
    }
    if let Some(standing) = cell.standing {
        title.push(format!("place {}", place(standing.rank, standing.low, standing.high)));
    }
    let part = |cell: &Cell| cell.graded < cell.planned;
    if part(cell) {
        title.push(format!("{} of {} attempts graded", count(cell.graded as u64), count(cell.planned as u64)));
    }
    title.extend(cell.incomparable.iter().map(|d| format!("not comparable: another {}", d.what)));
    title.extend(cell.differs.iter().map(|d| format!("differs in {}", d.what)));
    MatrixCell {
        score: match cell.value {
            Some(value) => figure(value, cell.unit),
            None if cell.withheld.is_some() => "withheld".into(),
            None => "–".into(),
        },
        value: cell.value,
        interval: interval.map_or(String::new(), |(low, high)| ends(low, high, cell.unit)),
        bar: bar(cell.value, interval, cell.unit),
        title: one_line(&title.join(" · ")),
        best: cell.may_be_best() && cell.value.is_some(),
        mark: if !cell.incomparable.is_empty() {
            "≠".into()
        } else if part(cell) {
            "…".into()
        } else {
            String::new()
        },
        href,
    }
}

fn summary_cell(summary: &Summary, href: String) -> MatrixCell {
    let Some(metric) = summary.headline() else {
        return MatrixCell { score: "–".into(), title: "no figures yet".into(), href, ..MatrixCell::default() };
    };
    let interval = metric.interval.map(|i| (i.low, i.high));
    let shown = score(metric, summary);
    let mut title = format!("{} {shown}, {}", metric.name, successes(metric));
    if let Some(reason) = &summary.withheld {
        title = format!("withheld: {reason}");
    }
    MatrixCell {
        score: shown,
        value: metric.value,
        interval: interval_ends(metric),
        bar: bar(metric.value, interval, metric.unit),
        title: one_line(&title),
        best: false,
        mark: if summary.missing() > 0 { "…".into() } else { String::new() },
        href,
    }
}

/// The ends of a metric's interval, without the unit; empty where it has none.
pub(super) fn interval_ends(metric: &ScoredMetric) -> String {
    metric.interval.map_or(String::new(), |i| ends(i.low, i.high, metric.unit))
}

fn ends(low: f64, high: f64, unit: Unit) -> String {
    match unit {
        Unit::Fraction => format!("{:.1}–{:.1}", low * 100.0, high * 100.0),
        Unit::Number => {
            let places = if (high - low).abs() >= 10.0 { 0 } else { 2 };
            format!("{} to {}", decimal(low, places), decimal(high, places))
        }
    }
}
