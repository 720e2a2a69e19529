use super::column::{column, finite};
use super::{AttemptRow, RunRows};
use crate::ReportError;
use polars::prelude::{Column, DataFrame};
use proctor_core::RunRecord;
use std::collections::BTreeSet;

type Row<'a> = (&'a RunRecord, &'a AttemptRow);

/// One row per attempt with its grade. Score `x` is column `score_x`; a score that some attempts lack is null there.
/// A figure that is not finite is null. Columns and types: `docs/results.md`.
pub fn grades(runs: &[RunRows<'_>]) -> Result<DataFrame, ReportError> {
    let rows = flat(runs);
    Ok(DataFrame::new(rows.len(), grade_columns(&rows))?)
}

/// The columns of [`grades`], then the texts: prompt, answer, reasoning, what was extracted, error.
pub fn attempts(runs: &[RunRows<'_>]) -> Result<DataFrame, ReportError> {
    let rows = flat(runs);
    let mut columns = grade_columns(&rows);
    columns.extend([
        column("exchanges", &rows, |(_, r)| Some(r.detail.exchanges)),
        column("finish", &rows, |(_, r)| r.detail.finish.clone()),
        column("prompt", &rows, |(_, r)| r.detail.prompt.clone()),
        column("answer", &rows, |(_, r)| r.detail.answer.clone()),
        column("reasoning", &rows, |(_, r)| r.detail.reasoning.clone()),
        column("extracted", &rows, |(_, r)| r.detail.extracted.clone()),
        column("error", &rows, |(_, r)| r.detail.error.clone()),
    ]);
    Ok(DataFrame::new(rows.len(), columns)?)
}

fn flat<'a>(runs: &[RunRows<'a>]) -> Vec<Row<'a>> {
    runs.iter().flat_map(|part| part.rows.iter().map(|row| (part.run, row))).collect()
}

fn grade_columns(rows: &[Row<'_>]) -> Vec<Column> {
    let mut columns = vec![
        column("run_id", rows, |(run, _)| Some(run.id.clone())),
        column("benchmark", rows, |(run, _)| Some(run.plan.benchmark.clone())),
        column("model", rows, |(run, _)| Some(run.plan.model.clone())),
        column("fingerprint", rows, |(run, _)| Some(run.fingerprint.0.clone())),
        column("sample_id", rows, |(_, r)| Some(r.sample_id.clone())),
        column("group", rows, |(_, r)| Some(r.group.clone())),
        column("strata", rows, |(_, r)| Some(r.strata.join(";"))),
        column("epoch", rows, |(_, r)| Some(r.epoch)),
        column("outcome", rows, |(_, r)| r.outcome.map(|o| o.as_str().to_string())),
        column("category", rows, |(_, r)| r.category.clone()),
        column("explanation", rows, |(_, r)| r.explanation.clone()),
    ];
    let names: BTreeSet<&String> = rows.iter().flat_map(|(_, r)| r.scores.keys()).collect();
    for name in names {
        columns.push(column(&format!("score_{name}"), rows, |(_, r)| r.scores.get(name).copied().and_then(finite)));
    }
    columns.extend([
        column("prompt_tokens", rows, |(_, r)| r.usage.prompt_tokens),
        column("completion_tokens", rows, |(_, r)| r.usage.completion_tokens),
        column("reasoning_tokens", rows, |(_, r)| r.usage.reasoning_tokens),
        column("cached_tokens", rows, |(_, r)| r.usage.cached_tokens),
        column("latency_s", rows, |(_, r)| r.latency_s.and_then(finite)),
        column("cost_usd", rows, |(_, r)| r.cost_usd.and_then(finite)),
    ]);
    columns
}
