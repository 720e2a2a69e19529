//! Which plots a benchmark's runs have.

use super::plots::{
    Curve, CurvePoint, IntervalRow, OutcomeRow, PlotView, Scatter, ScatterPoint, SpreadRow, curves, intervals, outcomes, scatter,
    spreads,
};
use super::rows::Rows;
use crate::Summary;
use crate::summary::{ScoredMetric, Unit};
use crate::text::{count, seconds, successes};
use proctor_core::{Figure, HeatMap, Outcome, Plot};
use proctor_statistics::{CONFIDENCE, mean_interval, pass_at_k_points};

/// Subsets that are drawn; with more the table has them all.
const SUBSETS: usize = 48;

/// A run with its number in the page.
pub(super) type Numbered<'a> = (usize, &'a Summary);

/// The headline figures of several runs with their intervals; `best` tells which are not told apart from the best.
pub(super) fn scores(runs: &[Numbered<'_>], best: impl Fn(usize) -> bool) -> Option<PlotView> {
    let metric = runs.iter().find_map(|(_, summary)| summary.headline())?;
    let rows = runs.iter().map(|(number, summary)| match summary.headline() {
        Some(metric) if metric.value.is_some() => IntervalRow { chief: best(*number), ..row(&summary.run.plan.model, metric) },
        _ => IntervalRow {
            name: summary.run.plan.model.clone(),
            value: None,
            interval: None,
            counts: if summary.withheld.is_some() { "withheld".into() } else { "no score yet".into() },
            chief: false,
        },
    });
    let caption = "The bar is the 95% interval. A full dot is the best score, or one that is not told apart from it.";
    Some(intervals(&format!("{} with interval", metric.name), caption, "model", metric.unit, &rows.collect::<Vec<_>>()))
}

fn row(name: &str, metric: &ScoredMetric) -> IntervalRow {
    let interval = metric.interval.map(|i| (i.low, i.high));
    IntervalRow { name: name.to_string(), value: metric.value, interval, counts: successes(metric), chief: false }
}

/// All plots of a benchmark but the first, each with whether it needs the width of the page.
pub(super) fn of_runs(runs: &[Numbered<'_>], rows: &Rows) -> Vec<PlotView> {
    let mut plots = Vec::new();
    plots.extend(subsets(runs));
    plots.extend(attempts(runs, rows));
    plots.extend(robustness(runs));
    plots.push(outcome_bars(runs));
    plots.extend(cost(runs));
    let of = |spread: fn(&Rows, usize) -> Option<super::plots::Spread>| -> Vec<SpreadRow> {
        let row = |(number, summary): &Numbered<'_>| {
            Some(SpreadRow { name: summary.run.plan.model.clone(), spread: spread(rows, *number)? })
        };
        runs.iter().filter_map(row).collect()
    };
    let how = "Line: 5th to 95th percentile; box: the middle half; bar and figure: the median. Logarithmic.";
    let tokens = of(Rows::token_spread);
    if !tokens.is_empty() {
        plots.push(spreads("Tokens of an answer", how, "model", &tokens, |value| count(value.round() as u64)));
    }
    let times = of(Rows::time_spread);
    if !times.is_empty() {
        plots.push(spreads("Time for an answer", how, "model", &times, seconds_short));
    }
    plots
}

/// The headline by subset: with its interval for one model, as a map for several.
fn subsets(runs: &[Numbered<'_>]) -> Option<PlotView> {
    let (_, first) = runs.iter().find(|(_, summary)| summary.headline().is_some())?;
    let headline = first.headline()?;
    let of = |summary: &Summary, stratum: &str| -> Option<ScoredMetric> {
        let found = summary.metrics.iter().find(|m| m.name == headline.name && m.stratum.as_deref() == Some(stratum));
        found.filter(|m| m.value.is_some()).cloned()
    };
    let mut names: Vec<&str> = Vec::new();
    for (_, summary) in runs {
        for metric in summary.metrics.iter().filter(|m| m.name == headline.name) {
            if let Some(stratum) = metric.stratum.as_deref().filter(|name| !names.contains(name)) {
                names.push(stratum);
            }
        }
    }
    let all = names.len();
    names.truncate(SUBSETS);
    if names.len() < 2 {
        return None;
    }
    let title = format!("{} by subset", headline.name);
    let more = if all > SUBSETS {
        format!(" The first {SUBSETS} of {all} subsets; the figures below have them all.")
    } else {
        String::new()
    };
    if let [(_, summary)] = runs {
        let rows = names.iter().filter_map(|name| Some(row(name, &of(summary, name)?)));
        let caption = format!("The bar is the 95% interval.{more}");
        return Some(intervals(&title, &caption, "subset", headline.unit, &rows.collect::<Vec<_>>()));
    }
    if headline.unit != Unit::Fraction {
        return None;
    }
    let map = HeatMap {
        row_title: "subset".into(),
        column_title: "model".into(),
        rows: names.iter().map(ToString::to_string).collect(),
        columns: runs.iter().map(|(_, summary)| summary.run.plan.model.clone()).collect(),
        values: names.iter().map(|name| runs.iter().map(|(_, s)| of(s, name).and_then(|m| m.value)).collect()).collect(),
        ..HeatMap::default()
    };
    let caption = format!("Percent. Empty where there is no score.{more}");
    Some(super::plots::of_benchmark(&Plot { title, caption, figure: Figure::HeatMap(map) }))
}

/// pass@k over k where samples were tried several times.
fn attempts(runs: &[Numbered<'_>], rows: &Rows) -> Option<PlotView> {
    let mut all = Vec::new();
    for (number, summary) in runs.iter().filter(|(_, summary)| summary.run.plan.epochs > 1 && summary.withheld.is_none()) {
        let tries = rows.tries(*number);
        let most = u64::from(summary.run.plan.epochs);
        let ks = (1..=most).filter(|k| most <= 16 || k.is_power_of_two() || *k == most);
        let point = |k: u64| {
            let enough: Vec<_> = tries.iter().filter(|(_, n, _)| *n >= k).cloned().collect();
            let points = pass_at_k_points(&enough, k).filter(|points| !points.is_empty())?;
            let value = points.iter().map(|p| p.value).sum::<f64>() / points.len() as f64;
            let interval = mean_interval(&points, CONFIDENCE).map(|i| (i.low, i.high));
            Some(CurvePoint { k: u32::try_from(k).ok()?, value, interval })
        };
        let points: Vec<CurvePoint> = ks.filter_map(point).collect();
        if points.len() > 1 {
            all.push(Curve { name: summary.run.plan.model.clone(), points });
        }
    }
    let caption = "The share of questions answered right by at least one of k attempts (unbiased estimator).";
    (!all.is_empty()).then(|| curves("pass@k", caption, "model", &all))
}

/// FailSafeQA's two sides, where a benchmark has both.
fn robustness(runs: &[Numbered<'_>]) -> Option<PlotView> {
    let (right, up) = ("Context Grounding", "Robustness");
    let of = |summary: &Summary, name: &str| summary.metrics.iter().find(|m| m.name == name && m.stratum.is_none()).cloned();
    let mut points = Vec::new();
    for (_, summary) in runs {
        let (Some(x), Some(y)) = (of(summary, right), of(summary, up)) else { continue };
        let (Some(x_value), Some(y_value)) = (x.value, y.value) else { continue };
        points.push(ScatterPoint {
            name: summary.run.plan.model.clone(),
            x: x_value,
            y: y_value,
            x_interval: x.interval.map(|i| (i.low, i.high)),
            y_interval: y.interval.map(|i| (i.low, i.high)),
            chief: true,
        });
    }
    let plot = Scatter {
        x_title: right.into(),
        y_title: up.into(),
        x_unit: Unit::Fraction,
        y_unit: Unit::Fraction,
        logarithmic: false,
        joined: false,
        falling: false,
        points,
    };
    let caption = "Up: answers stay right when the question is disturbed. Right: nothing is made up where the context lacks the \
                   answer. The lines are 95% intervals.";
    (!plot.points.is_empty()).then(|| scatter("Robustness against grounding", caption, "model", &plot))
}

fn outcome_bars(runs: &[Numbered<'_>]) -> PlotView {
    let rows = runs.iter().map(|(_, summary)| {
        let known = Outcome::ALL.into_iter().map(|outcome| (Some(outcome), summary.count(outcome)));
        OutcomeRow { name: summary.run.plan.model.clone(), counts: known.chain([(None, summary.missing())]).collect() }
    });
    let caption = "All attempts of the plan. Infrastructure errors, skipped and ungraded attempts are in no score.";
    outcomes("Outcomes", caption, "model", &rows.collect::<Vec<_>>())
}

/// Score against cost, where at least two models have both.
fn cost(runs: &[Numbered<'_>]) -> Option<PlotView> {
    let metric = runs.iter().find_map(|(_, summary)| summary.headline())?;
    let known = runs.iter().filter_map(|(_, summary)| {
        let metric = summary.headline()?;
        let cost = summary.usage.cost_usd.filter(|cost| *cost > 0.0)?;
        Some((summary.run.plan.model.clone(), cost, metric.value?, metric.interval.map(|i| (i.low, i.high))))
    });
    let known: Vec<_> = known.collect();
    if known.len() < 2 {
        return None;
    }
    let beaten =
        |cost: f64, value: f64| known.iter().any(|(_, c, v, _)| (*c < cost && *v >= value) || (*c <= cost && *v > value));
    let points = known.iter().map(|(name, cost, value, interval)| ScatterPoint {
        name: name.clone(),
        x: *cost,
        y: *value,
        x_interval: None,
        y_interval: *interval,
        chief: !beaten(*cost, *value),
    });
    let plot = Scatter {
        x_title: "cost of the run, US$ (logarithmic)".into(),
        y_title: metric.name.clone(),
        x_unit: Unit::Number,
        y_unit: metric.unit,
        logarithmic: true,
        joined: true,
        falling: false,
        points: points.collect(),
    };
    let caption = "Full dots lie on the frontier: no other model is both better and cheaper. The lines are 95% intervals.";
    Some(scatter("Quality and cost", caption, "model", &plot))
}

/// Seconds for an axis.
fn seconds_short(value: f64) -> String {
    match value {
        v if v < 0.0995 => format!("{:.0} ms", v * 1000.0),
        v if v < 9.95 => format!("{:.1} s", v).replace(".0 s", " s"),
        v if v < 120.0 => format!("{v:.0} s"),
        v => seconds(v),
    }
}
