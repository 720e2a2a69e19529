use super::address::{Parameters, address};
use super::answer::PageResult;
use super::board::{Choice, subsets};
use super::layout;
use crate::ViewError;
use crate::server::App;
use axum::extract::{Query, State};
use proctor_reports::compare::{Comparison, ComparisonRow, Finding, Flip, sentence};
use proctor_reports::summary::Unit;
use proctor_reports::text::{count, figure, one_line};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Models that one is compared with at once.
const MOST_AGAINST: usize = 40;

#[derive(Serialize)]
struct Compare {
    a: Vec<Choice>,
    b: Vec<Choice>,
    benchmarks: Vec<Choice>,
    subsets: Vec<Choice>,
    /// For a second subset, which samples must be in as well.
    more_subsets: Vec<Choice>,
    /// A against B, benchmark by benchmark.
    rows: Vec<Row>,
    /// A against each other model, at one benchmark.
    against: Vec<Row>,
    title_a: String,
    title_b: String,
    over: String,
    notes: Vec<String>,
    trouble: Vec<String>,
    asked: bool,
    swap: String,
}

#[derive(Serialize)]
struct Row {
    title: String,
    href: String,
    /// The answer in a sentence or two.
    says: String,
    finding: &'static str,
    metric: String,
    a: String,
    b: String,
    difference: String,
    interval: String,
    p: String,
    paired: String,
    notes: Vec<String>,
    counts: String,
    flips: Vec<Line>,
    more_flips: usize,
}

#[derive(Serialize)]
struct Line {
    sample: String,
    a: String,
    b: String,
    href: String,
}

/// Two models side by side, or one against each other.
pub(super) async fn page(State(app): State<Arc<App>>, Query(parameters): Query<Vec<(String, String)>>) -> PageResult {
    let parameters = Parameters(parameters);
    let runs = app.index.runs().await?;
    let models: BTreeSet<&str> = runs.iter().map(|run| run.model.as_str()).collect();
    let names: BTreeSet<&str> = runs.iter().map(|run| run.benchmark.as_str()).collect();
    let (a, b) = (parameters.get("a"), parameters.get("b"));
    let benchmark = parameters.get("benchmark");
    let slices: Vec<String> = parameters.all("subset").map(str::to_string).collect();
    let choices = |names: &BTreeSet<&str>, chosen: Option<&str>| {
        names
            .iter()
            .map(|name| Choice { value: name.to_string(), words: one_line(name), chosen: Some(*name) == chosen })
            .collect::<Vec<_>>()
    };
    let mut data = Compare {
        a: choices(&models, a),
        b: choices(&models, b),
        benchmarks: choices(&names, benchmark),
        subsets: subsets(&app, slices.get(..1).unwrap_or_default()).await?,
        more_subsets: match slices.first() {
            Some(_) => subsets(&app, slices.get(1..2).unwrap_or_default()).await?,
            None => Vec::new(),
        },
        rows: Vec::new(),
        against: Vec::new(),
        title_a: a.map(one_line).unwrap_or_default(),
        title_b: b.map(one_line).unwrap_or_default(),
        over: [benchmark.map(one_line).unwrap_or_default(), slices.iter().map(|s| one_line(s)).collect::<Vec<_>>().join(" and ")]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(", "),
        notes: Vec::new(),
        trouble: Vec::new(),
        asked: a.is_some(),
        swap: match (a, b) {
            (Some(a), Some(b)) => {
                let swapped = Parameters(parameters.0.iter().filter(|(name, _)| name != "a" && name != "b").cloned().collect());
                let with_a = Parameters([swapped.0, vec![("a".into(), b.to_string())]].concat());
                with_a.with("/compare", "b", a)
            }
            _ => String::new(),
        },
    };
    match (a, b) {
        (Some(a), Some(b)) => match app.figures.compare(a, b, benchmark, &slices).await {
            Ok(found) => {
                data.notes = found.notes.iter().map(|note| one_line(note)).collect();
                data.rows = found.rows.iter().map(|row| line(row, &found, one_line(&row.benchmark), String::new())).collect();
            }
            Err(why) => data.trouble.push(one_line(&why)),
        },
        (Some(a), None) => against(&app, &mut data, &parameters, a, &models, &slices).await?,
        _ => {}
    }
    layout::page(&app, "Compare", "view-compare", &data).await
}

/// A against each other model that has a run of the benchmark.
async fn against(
    app: &App,
    data: &mut Compare,
    parameters: &Parameters,
    a: &str,
    models: &BTreeSet<&str>,
    slices: &[String],
) -> Result<(), ViewError> {
    let Some(benchmark) = parameters.get("benchmark") else { return Ok(()) };
    let runs = app.index.runs().await?;
    let has = |model: &str| runs.iter().any(|run| run.model == model && run.benchmark == benchmark && run.graded > 0);
    for other in models.iter().filter(|other| **other != a && has(other)).take(MOST_AGAINST) {
        match app.figures.compare(a, other, Some(benchmark), slices).await {
            Ok(found) => {
                let href = parameters.with("/compare", "b", other);
                data.against.extend(found.rows.iter().map(|row| line(row, &found, one_line(other), href.clone())));
            }
            Err(why) => data.trouble.push(one_line(&format!("{other}: {why}"))),
        }
    }
    Ok(())
}

fn line(row: &ComparisonRow, comparison: &Comparison, title: String, href: String) -> Row {
    let side = |side: &proctor_reports::compare::Side| match side.value {
        Some(value) => match side.successes {
            Some(right) => format!("{} ({}/{})", figure(value, row.unit), count(right as u64), count(side.n as u64)),
            None => figure(value, row.unit),
        },
        None => "–".to_string(),
    };
    let signed = |value: f64| match row.unit {
        Unit::Fraction => format!("{:+.1}", value * 100.0),
        Unit::Number => format!("{value:+.2}"),
    };
    let found = row.difference.as_ref();
    let flip = |flip: &Flip| Line {
        sample: one_line(&flip.sample_id),
        a: flip.a.to_string(),
        b: flip.b.to_string(),
        href: address("/sample", &[("run", &row.a.run_id), ("sample", &flip.sample_id), ("with", &row.b.run_id)]),
    };
    let flips = &row.flips;
    Row {
        title: match &row.stratum {
            Some(stratum) => format!("{title}, {}", one_line(stratum)),
            None => title,
        },
        href,
        says: one_line(&sentence(row, comparison)),
        finding: match row.finding {
            Finding::Better => "better",
            Finding::Worse => "worse",
            Finding::Open => "open",
            Finding::Nothing => "nothing",
        },
        metric: one_line(&row.metric),
        a: side(&row.a),
        b: side(&row.b),
        difference: found.map_or("–".into(), |f| signed(f.difference)),
        interval: found.and_then(|f| f.interval).map_or("–".into(), |i| format!("{} to {}", signed(i.low), signed(i.high))),
        p: row.p_adjusted.map_or("–".into(), p_value),
        paired: count(row.paired as u64),
        notes: row.differs.iter().map(|d| format!("they also differ in {}", one_line(&d.what))).collect(),
        counts: format!(
            "right in both {}, only in {} {}, only in {} {}, in neither {}",
            count(flips.both as u64),
            one_line(&row.a.model),
            count(flips.only_a as u64),
            one_line(&row.b.model),
            count(flips.only_b as u64),
            count(flips.neither as u64)
        ),
        more_flips: (flips.only_a + flips.only_b).saturating_sub(flips.list.len()),
        flips: flips.list.iter().map(flip).collect(),
    }
}

/// A p-value in as many digits as mean something.
fn p_value(p: f64) -> String {
    if p < 0.001 { "< 0.001".into() } else { format!("{p:.3}") }
}
