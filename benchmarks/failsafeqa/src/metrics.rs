//! The figures of a run, from its grades (spec section 6).

use crate::case::{CASES, Case, Task};
use crate::grading::{
    COMPLIANCE, CONTEXT_OVERFLOW, JUDGE_UNPARSED, KEPT_SHARE, RATING, RATING_BY, SUSPECTED, TRUNCATED, UNRATED_BY,
};
use crate::intervals::{Figure, agreement, interval};
use crate::samples::case_of;
use crate::scorer::{Aggregates, Cell, RecordRatings, Rule, aggregate};
use crate::settings::Settings;
use proctor_core::{GradedAttempt, Metric, MetricPoint, Scale};
use std::collections::{BTreeMap, BTreeSet};

/// One attempt at all cases of a record.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// The record.
    pub(crate) group: String,
    /// Its ratings.
    pub(crate) ratings: RecordRatings,
}

/// All figures, LLM Compliance first.
pub fn metrics(settings: &Settings, grades: &[GradedAttempt]) -> Vec<Metric> {
    let rule = &settings.rule;
    let rows = rows(grades, |grade| grade.scores.get(RATING).copied());
    let table: Vec<RecordRatings> = rows.iter().map(|row| row.ratings).collect();
    let aggregates = aggregate(&table, rule);
    let mut metrics = Vec::new();
    let name = headline_name(rule);
    if let Some(value) = aggregates.llmc {
        let mut metric = figure(&name, value, &rows, rule, Figure::Llmc);
        metric.headline = true;
        metric.note = Some(notes(settings, grades, &rows, &aggregates).join("; "));
        metrics.push(metric);
    }
    metrics.extend(robustness(&rows, rule));
    metrics.extend(grounding(&rows, rule, &aggregates));
    metrics.extend(per_case(&rows, rule, &aggregates));
    metrics.extend(judges(grades, rule, &name));
    metrics.extend(histograms(&rows));
    metrics.extend(counters(grades));
    metrics
}

fn headline_name(rule: &Rule) -> String {
    format!("LLMC_{}", rule.beta)
}

/// The headline figure alone.
pub fn headline(settings: &Settings, grades: &[GradedAttempt]) -> Option<Metric> {
    let rule = &settings.rule;
    let rows = rows(grades, |grade| grade.scores.get(RATING).copied());
    let table: Vec<RecordRatings> = rows.iter().map(|row| row.ratings).collect();
    let value = aggregate(&table, rule).llmc?;
    Some(Metric { headline: true, ..figure(&headline_name(rule), value, &rows, rule, Figure::Llmc) })
}

/// The grades by record and epoch, in the order in which they first appear.
fn rows(grades: &[GradedAttempt], rating: impl Fn(&GradedAttempt) -> Option<f64>) -> Vec<Row> {
    let mut places = BTreeMap::new();
    let mut rows: Vec<Row> = Vec::new();
    for grade in grades.iter().filter(|grade| grade.outcome.is_scored()) {
        let Some(case) = case_of(&grade.sample_id) else { continue };
        let place = *places.entry((grade.group.as_str(), grade.epoch)).or_insert_with(|| {
            let task = Task::ALL.into_iter().find(|task| grade.strata.iter().any(|stratum| stratum == task.id()));
            let ratings = RecordRatings { task, cells: [Cell::Absent; CASES] };
            rows.push(Row { group: grade.group.clone(), ratings });
            rows.len() - 1
        });
        if let Some(row) = rows.get_mut(place) {
            row.ratings.cells[case.index()] = rating(grade).map_or(Cell::Unrated, |rating| Cell::Rated(rating as u8));
        }
    }
    rows
}

/// A figure that is no mean over points, with its interval.
fn figure(name: &str, value: f64, rows: &[Row], rule: &Rule, figure: Figure) -> Metric {
    Metric { interval: interval(rows, rule, figure), ..Metric::figure(name, value) }
}

fn point(row: &Row, value: f64) -> MetricPoint {
    MetricPoint { group: row.group.clone(), value }
}

fn robustness(rows: &[Row], rule: &Rule) -> Vec<Metric> {
    let worst = |task: Option<Task>| -> Vec<MetricPoint> {
        let fits = |row: &&Row| task.is_none() || row.ratings.task == task;
        rows.iter().filter(fits).filter_map(|row| Some(point(row, row.ratings.worst(rule)?))).collect()
    };
    let mut metrics = Vec::new();
    metrics.extend(Metric::mean("Robustness", worst(None)));
    for task in Task::ALL {
        metrics.extend(Metric::mean("Robustness", worst(Some(task))).map(|metric| over(task.id(), metric)));
    }
    metrics
}

/// Context Grounding is a mean of two means; where both are over equally many records it is also the mean over all
/// their cases.
fn grounding(rows: &[Row], rule: &Rule, aggregates: &Aggregates) -> Vec<Metric> {
    let pooled = |task: Option<Task>| -> Vec<MetricPoint> {
        let mut points = Vec::new();
        for row in rows.iter().filter(|row| task.is_none() || row.ratings.task == task) {
            let declined = Case::ALL.into_iter().filter(|case| case.must_decline());
            points.extend(declined.filter_map(|case| Some(point(row, row.ratings.cell(case).compliance(rule)?))));
        }
        points
    };
    let [missing, irrelevant] = [Case::MissingContext, Case::IrrelevantContext].map(|case| aggregates.counts[case.index()]);
    let whole = match aggregates.grounding {
        Some(value) if missing != irrelevant && missing.min(irrelevant) > 0 => {
            Some(figure("Context Grounding", value, rows, rule, Figure::Grounding))
        }
        _ => Metric::mean("Context Grounding", pooled(None)),
    };
    let by_task = Task::ALL
        .into_iter()
        .filter_map(|task| Metric::mean("Context Grounding", pooled(Some(task))).map(|metric| over(task.id(), metric)));
    whole.into_iter().chain(by_task).collect()
}

fn per_case(rows: &[Row], rule: &Rule, aggregates: &Aggregates) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for case in Case::ALL {
        let points = rows.iter().filter_map(|row| Some(point(row, row.ratings.cell(case).compliance(rule)?))).collect();
        metrics.extend(Metric::mean("Compliance", points).map(|metric| over(case.id(), metric)));
    }
    let mut delta = |name: &str, stratum: Option<Case>, value: Option<f64>, kind: Figure| {
        let Some(value) = value else { return };
        let mut metric = figure(name, value, rows, rule, kind);
        metric.scale = Scale::Plain;
        metrics.push(match stratum {
            Some(case) => over(case.id(), metric),
            None => metric,
        });
    };
    for case in Case::ALL {
        delta("Compliance less baseline", Some(case), aggregates.delta[case.index()], Figure::Delta(case));
    }
    delta("Robustness less baseline", None, aggregates.robustness_delta, Figure::RobustnessDelta);
    metrics
}

/// Of a panel: each member's own headline, how often it gave no rating, and how far they agree.
fn judges<'a>(grades: &'a [GradedAttempt], rule: &Rule, name: &str) -> Vec<Metric> {
    let scores = grades.iter().flat_map(|grade| grade.scores.keys());
    let member = |score: &'a String| score.strip_prefix(RATING_BY).or_else(|| score.strip_prefix(UNRATED_BY));
    let members: BTreeSet<&str> = scores.filter_map(member).collect();
    if members.is_empty() {
        return Vec::new();
    }
    let mut metrics = Vec::new();
    for member in members {
        let score = format!("{RATING_BY}{member}");
        let own = rows(grades, |grade| grade.scores.get(&score).copied());
        let table: Vec<RecordRatings> = own.iter().map(|row| row.ratings).collect();
        if let Some(value) = aggregate(&table, rule).llmc {
            metrics.push(over(member, figure(name, value, &own, rule, Figure::Llmc)));
        }
        let silent = format!("{UNRATED_BY}{member}");
        metrics.extend(share(grades, "judge unparsed", &|grade| grade.scores.contains_key(&silent)).map(|m| over(member, m)));
    }
    metrics.extend(agreement(grades, rule));
    metrics
}

/// How often each rating was given (the paper's figure 3).
fn histograms(rows: &[Row]) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for (declined, stratum) in [(false, "cases to answer"), (true, "cases to decline")] {
        let mut rated = Vec::new();
        for row in rows {
            let cases = Case::ALL.into_iter().filter(|case| case.must_decline() == declined);
            rated.extend(cases.filter_map(|case| match row.ratings.cell(case) {
                Cell::Rated(rating) => Some((row, rating)),
                _ => None,
            }));
        }
        for value in (1..=6).rev() {
            let points = rated.iter().map(|(row, rating)| point(row, if *rating == value { 1.0 } else { 0.0 })).collect();
            metrics.extend(Metric::mean(format!("rated {value}"), points).map(|metric| over(stratum, metric)));
        }
    }
    metrics
}

/// The share of all attempts that count.
fn share(grades: &[GradedAttempt], name: &str, counts: &dyn Fn(&GradedAttempt) -> bool) -> Option<Metric> {
    let scored = grades.iter().filter(|grade| grade.outcome.is_scored());
    let value = |grade: &GradedAttempt| if counts(grade) { 1.0 } else { 0.0 };
    Metric::mean(name, scored.map(|grade| MetricPoint { group: grade.group.clone(), value: value(grade) }).collect())
}

/// What went otherwise than it should, as shares of all attempts that count.
fn counters(grades: &[GradedAttempt]) -> Vec<Metric> {
    let category = |name: &'static str| move |grade: &GradedAttempt| grade.category.as_deref() == Some(name);
    let has = |name: &'static str| move |grade: &GradedAttempt| grade.scores.contains_key(name);
    let always = [
        share(grades, "judge unparsed", &category(JUDGE_UNPARSED)),
        share(grades, "answers truncated", &has(TRUNCATED)),
        share(grades, "context overflow", &category(CONTEXT_OVERFLOW)),
    ];
    let sometimes = [share(grades, "context cut", &has(KEPT_SHARE)), share(grades, "server cut suspected", &has(SUSPECTED))];
    always.into_iter().flatten().chain(sometimes.into_iter().flatten().filter(|metric| metric.value > 0.0)).collect()
}

fn over(stratum: &str, metric: Metric) -> Metric {
    Metric { stratum: Some(stratum.to_owned()), ..metric }
}

/// What a reader must know of the headline.
fn notes(settings: &Settings, grades: &[GradedAttempt], rows: &[Row], aggregates: &Aggregates) -> Vec<String> {
    let show = |value: Option<f64>| value.map_or("none".to_owned(), |value| format!("{value:.2}"));
    let mut notes =
        vec![format!("Robustness {} against Context Grounding {}", show(aggregates.robustness), show(aggregates.grounding))];
    let mut deviations = settings.deviations();
    let incomplete = rows.iter().filter(|row| row.ratings.cells.contains(&Cell::Absent)).count();
    if incomplete > 0 {
        let counts: Vec<_> = Case::ALL.iter().map(|case| format!("{case} {}", aggregates.counts[case.index()])).collect();
        deviations.push(format!("{incomplete} of {} records lack some of their seven cases ({})", rows.len(), counts.join(", ")));
    }
    if !deviations.is_empty() {
        notes.push(format!("not comparable with the paper: {}", deviations.join("; ")));
    }
    let kept: Vec<f64> = grades.iter().filter_map(|grade| grade.scores.get(KEPT_SHARE)).copied().collect();
    if !kept.is_empty() {
        let mean = kept.iter().sum::<f64>() / kept.len() as f64;
        notes.push(format!("{} filings were cut, to {:.1} % of their characters in the mean", kept.len(), mean * 100.0));
    }
    let overflows = grades.iter().filter(|grade| grade.category.as_deref() == Some(CONTEXT_OVERFLOW)).count();
    if overflows > 0 {
        notes.push(format!("{overflows} filings did not fit into the model's window; -B overflow=cut would cut them"));
    }
    if aggregates.unrated > 0 {
        notes.push(format!("{} answers have no rating and count as not compliant", aggregates.unrated));
    }
    let unknown = rows.iter().filter(|row| row.ratings.task.is_none()).count();
    if unknown > 0 {
        notes.push(format!("{unknown} records have no task class and are in neither QA nor TG"));
    }
    let retried = grades.iter().filter(|grade| differs(grade)).count();
    if retried > 0 {
        notes.push(format!("{retried} answers are compliant only because a judge was asked twice"));
    }
    notes
}

fn differs(grade: &GradedAttempt) -> bool {
    grade.scores.get(COMPLIANCE) != grade.scores.get(crate::grading::FIRST_REPLY)
}
