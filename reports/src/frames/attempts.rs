use super::column::{column, finite};
use super::{AttemptRow, RunRows};
use crate::ReportError;
use crate::leaderboard::conditions;
use polars::prelude::{AnyValue, Column, DataFrame, DataType, Scalar};
use std::collections::BTreeSet;

/// One row per attempt with its grade. Score `x` is column `score_x`; a score that some attempts lack is null there.
/// A figure that is not finite is null. Columns and types: `docs/results.md`.
pub fn grades(runs: &[RunRows<'_>]) -> Result<DataFrame, ReportError> {
    let names = score_names(runs);
    stacked(runs, |part| grade_columns(part, &names))
}

/// The columns of [`grades`], then the texts: prompt, answer, reasoning, error.
pub fn attempts(runs: &[RunRows<'_>]) -> Result<DataFrame, ReportError> {
    let names = score_names(runs);
    stacked(runs, |part| {
        let rows = part.rows;
        let mut columns = grade_columns(part, &names);
        columns.extend([
            column("exchanges", rows, |r| Some(r.detail.exchanges)),
            column("finish", rows, |r| r.detail.finish.clone()),
            column("prompt", rows, |r| r.detail.prompt.clone()),
            column("answer", rows, |r| r.detail.answer.clone()),
            column("reasoning", rows, |r| r.detail.reasoning.clone()),
            column("error", rows, |r| r.detail.error.clone()),
        ]);
        columns
    })
}

/// The rows of all runs, one run after the other.
fn stacked(runs: &[RunRows<'_>], columns: impl Fn(&RunRows<'_>) -> Vec<Column>) -> Result<DataFrame, ReportError> {
    let mut whole: Option<DataFrame> = None;
    for part in runs {
        let frame = DataFrame::new(part.rows.len(), columns(part))?;
        match &mut whole {
            Some(whole) => {
                whole.vstack_mut(&frame)?;
            }
            None => whole = Some(frame),
        }
    }
    match whole {
        Some(mut whole) => {
            whole.rechunk_mut();
            Ok(whole)
        }
        None => Ok(DataFrame::new(0, grade_columns_of(["", "", "", "", ""], &[], &BTreeSet::new()))?),
    }
}

/// The names of all scores, in order.
fn score_names<'a>(runs: &[RunRows<'a>]) -> BTreeSet<&'a str> {
    runs.iter().flat_map(|part| part.rows).flat_map(|row| row.scores.keys()).map(String::as_str).collect()
}

fn grade_columns(part: &RunRows<'_>, names: &BTreeSet<&str>) -> Vec<Column> {
    let plan = &part.run.plan;
    let of_run = [&part.run.id, &plan.benchmark, &plan.model, &part.run.fingerprint.0, &conditions(plan)];
    grade_columns_of(of_run.map(String::as_str), part.rows, names)
}

fn grade_columns_of(of_run: [&str; 5], rows: &[AttemptRow], names: &BTreeSet<&str>) -> Vec<Column> {
    let [run, benchmark, model, fingerprint, conditions] = of_run;
    let the_same = |name: &str, value: &str| {
        Column::new_scalar(name.into(), Scalar::new(DataType::String, AnyValue::StringOwned(value.into())), rows.len())
    };
    let mut columns = vec![
        the_same("run_id", run),
        the_same("benchmark", benchmark),
        the_same("model", model),
        the_same("fingerprint", fingerprint),
        the_same("conditions", conditions),
        column("sample_id", rows, |r| Some(r.sample_id.clone())),
        column("group", rows, |r| Some(r.group.clone())),
        column("strata", rows, |r| Some(r.strata.join(";"))),
        column("epoch", rows, |r| Some(r.epoch)),
        column("outcome", rows, |r| r.outcome.map(|o| o.as_str().to_string())),
        column("category", rows, |r| r.category.clone()),
        column("explanation", rows, |r| r.explanation.clone()),
        column("extracted", rows, |r| r.detail.extracted.clone()),
    ];
    for name in names {
        columns.push(column(&format!("score_{name}"), rows, |r| r.scores.get(*name).copied().and_then(finite)));
    }
    columns.extend([
        column("prompt_tokens", rows, |r| r.usage.prompt_tokens),
        column("completion_tokens", rows, |r| r.usage.completion_tokens),
        column("reasoning_tokens", rows, |r| r.usage.reasoning_tokens),
        column("cached_tokens", rows, |r| r.usage.cached_tokens),
        column("latency_s", rows, |r| r.latency_s.and_then(finite)),
        column("cost_usd", rows, |r| r.cost_usd.and_then(finite)),
    ]);
    columns
}
