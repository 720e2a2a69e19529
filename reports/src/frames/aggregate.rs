use crate::ReportError;
use crate::summary::{CategoryCount, OutcomeCount, UsageTotals};
use polars::prelude::{ChunkAgg, DataFrame, DataType};
use proctor_core::Outcome;
use std::collections::BTreeMap;

/// Counts of every outcome in a frame of grades, all eight, in the order of [`Outcome::ALL`]. Attempts that are not
/// graded are not counted.
pub fn outcome_counts(frame: &DataFrame) -> Result<Vec<OutcomeCount>, ReportError> {
    let counts = counts(frame, "outcome")?;
    let n = |outcome: Outcome| counts.get(outcome.as_str()).copied().unwrap_or(0);
    Ok(Outcome::ALL.into_iter().map(|outcome| OutcomeCount { outcome, n: n(outcome) }).collect())
}

/// Counts of each error category in a frame of grades, the most frequent first, equals by name.
pub fn category_counts(frame: &DataFrame) -> Result<Vec<CategoryCount>, ReportError> {
    let counts = counts(frame, "category")?;
    let named = counts.into_iter().filter(|(category, _)| !category.is_empty());
    let mut categories: Vec<_> = named.map(|(category, n)| CategoryCount { category, n }).collect();
    categories.sort_by(|a, b| b.n.cmp(&a.n).then_with(|| a.category.cmp(&b.category)));
    Ok(categories)
}

/// Sums over a frame of grades. A sum over nothing but unknown values is unknown.
pub fn usage_totals(frame: &DataFrame) -> Result<UsageTotals, ReportError> {
    Ok(UsageTotals {
        prompt_tokens: whole(frame, "prompt_tokens")?,
        completion_tokens: whole(frame, "completion_tokens")?,
        reasoning_tokens: whole(frame, "reasoning_tokens")?,
        cached_tokens: whole(frame, "cached_tokens")?,
        unreported: frame.column("completion_tokens")?.null_count(),
        latency_s: real(frame, "latency_s")?.unwrap_or(0.0),
        cost_usd: real(frame, "cost_usd")?,
    })
}

/// How often each value of a text column occurs; nulls are left out.
fn counts(frame: &DataFrame, name: &str) -> Result<BTreeMap<String, usize>, ReportError> {
    if frame.height() == 0 {
        return Ok(BTreeMap::new());
    }
    let table = frame.group_by_stable([name])?.select(["sample_id"]).count()?;
    let keys = table.column(name)?.cast(&DataType::String)?;
    let sizes = table.column("sample_id_count")?.cast(&DataType::UInt64)?;
    let pairs = keys.str()?.iter().zip(sizes.u64()?.iter());
    Ok(pairs.filter_map(|(key, n)| Some((key?.to_string(), usize::try_from(n?).ok()?))).collect())
}

fn whole(frame: &DataFrame, name: &str) -> Result<Option<u64>, ReportError> {
    let values = frame.column(name)?.u64()?;
    Ok(if values.null_count() == values.len() { None } else { values.sum() })
}

fn real(frame: &DataFrame, name: &str) -> Result<Option<f64>, ReportError> {
    let values = frame.column(name)?.f64()?;
    Ok(if values.null_count() == values.len() { None } else { values.sum() })
}
