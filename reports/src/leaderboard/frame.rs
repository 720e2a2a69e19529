use super::entry::{Entry, Score, group_key};
use crate::ReportError;
use crate::compare::in_slices;
use crate::summary::UsageTotals;
use polars::prelude::*;
use std::collections::HashMap;

/// The name of the figure of a leaderboard of a table: a table knows outcomes and no benchmark's own figures.
pub const CORRECT: &str = "correct";

/// The runs in a table of grades (`docs/frames.md`), each scored by its share of attempts graded `correct`; infrastructure
/// errors and skipped attempts are in no score. `slices` narrow it to samples that are in all of these subsets.
pub fn entries_of_grades(grades: LazyFrame, slices: &[String]) -> Result<Vec<Entry>, ReportError> {
    let mut grades = narrowed(grades, slices)?;
    let has_conditions = grades.collect_schema()?.contains("conditions");
    let conditions = if has_conditions { col("conditions") } else { lit("") };
    // Text columns hold few different values or are keys: hashes of keys are enough here.
    let graded = grades.filter(col("outcome").is_not_null()).select([
        col("run_id"),
        col("benchmark"),
        col("model"),
        conditions.alias("conditions"),
        col("group"),
        col("outcome").eq(lit("correct")).alias("correct"),
        col("outcome").eq(lit("infra_error")).alias("infra"),
        col("outcome").neq(lit("infra_error")).and(col("outcome").neq(lit("skipped"))).alias("scored"),
        col("prompt_tokens"),
        col("completion_tokens"),
        col("reasoning_tokens"),
        col("cached_tokens"),
        col("latency_s"),
        col("cost_usd"),
    ]);
    let sum = |name: &str| col(name).sum().alias(name);
    let known = |name: &str| col(name).count().alias(format!("{name}_known"));
    let runs = graded.clone().group_by_stable([col("run_id")]).agg([
        col("benchmark").first(),
        col("model").first(),
        col("conditions").first(),
        len().alias("graded"),
        col("infra").sum(),
        col("correct").filter(col("scored")).sum().alias("successes"),
        col("completion_tokens").null_count().alias("unreported"),
        sum("prompt_tokens"),
        sum("completion_tokens"),
        sum("reasoning_tokens"),
        sum("cached_tokens"),
        sum("latency_s"),
        sum("cost_usd"),
        known("prompt_tokens"),
        known("completion_tokens"),
        known("reasoning_tokens"),
        known("cached_tokens"),
        known("cost_usd"),
    ]);
    let groups = graded
        .filter(col("scored"))
        .group_by([col("run_id"), col("group")])
        .agg([col("correct").sum().cast(DataType::Float64).alias("sum"), len().cast(DataType::UInt32).alias("n")])
        .group_by([col("run_id")])
        .agg([col("group"), col("sum"), col("n")]);
    let mut by_run = by_run(&groups.collect()?)?;
    rows(&runs.collect()?, &mut by_run)
}

/// The rows of samples that are in all of `slices`; see [`in_slices`].
pub fn narrowed(grades: LazyFrame, slices: &[String]) -> Result<LazyFrame, ReportError> {
    if slices.is_empty() {
        return Ok(grades);
    }
    // Many samples share few combinations of subsets: those are looked at one by one, the samples are not.
    let combinations = grades.clone().select([col("strata").unique()]).collect()?;
    let fits = |text: &str| in_slices(&text.split(';').map(str::to_owned).collect::<Vec<_>>(), slices);
    let fitting: Vec<&str> = combinations.column("strata")?.str()?.iter().flatten().filter(|text| fits(text)).collect();
    let fitting = DataFrame::new(fitting.len(), vec![Column::new("strata".into(), fitting)])?;
    Ok(grades.join(fitting.lazy(), [col("strata")], [col("strata")], JoinArgs::new(JoinType::Semi)))
}

type Groups = Vec<(u64, f64, usize)>;

/// The groups of each run with their sums.
fn by_run(lists: &DataFrame) -> Result<HashMap<String, Groups>, ReportError> {
    let mut found = HashMap::new();
    let runs = lists.column("run_id")?.str()?;
    let [names, sums, counts] =
        ["group", "sum", "n"].map(|name| lists.column(name).and_then(|column| Ok(column.list()?.clone())));
    let (names, sums, counts) = (names?, sums?, counts?);
    for (row, run) in runs.iter().enumerate() {
        let lists = (names.get_as_series(row), sums.get_as_series(row), counts.get_as_series(row));
        let (Some(run), (Some(names), Some(sums), Some(counts))) = (run, lists) else { continue };
        let names = names.cast(&DataType::String)?;
        let figures = sums.f64()?.iter().zip(counts.u32()?.iter());
        let mut groups: Groups = names
            .str()?
            .iter()
            .zip(figures)
            .filter_map(|(name, (sum, n))| Some((group_key(name.unwrap_or_default()), sum?, n? as usize)))
            .collect();
        // In the order of keys, so that the order of rows does not matter to any sum.
        groups.sort_unstable_by_key(|(key, _, _)| *key);
        found.insert(run.to_owned(), groups);
    }
    Ok(found)
}

fn rows(runs: &DataFrame, groups: &mut HashMap<String, Groups>) -> Result<Vec<Entry>, ReportError> {
    let text = |name: &str, row: usize| -> Result<String, ReportError> {
        Ok(runs.column(name)?.str()?.get(row).unwrap_or_default().to_owned())
    };
    let number = |name: &str, row: usize| -> Result<f64, ReportError> {
        Ok(runs.column(name)?.get(row)?.try_extract::<f64>().unwrap_or(0.0))
    };
    let known = |name: &str, row: usize| -> Result<Option<f64>, ReportError> {
        Ok(if number(&format!("{name}_known"), row)? > 0.0 { Some(number(name, row)?) } else { None })
    };
    let mut entries = Vec::new();
    for row in 0..runs.height() {
        let run_id = text("run_id", row)?;
        let whole = |name: &str| Ok::<_, ReportError>(known(name, row)?.map(|value| value as u64));
        let graded = number("graded", row)? as usize;
        let groups = groups.remove(&run_id).unwrap_or_default();
        entries.push(Entry {
            benchmark: text("benchmark", row)?,
            model: text("model", row)?,
            plan: None,
            conditions: text("conditions", row)?,
            // A table does not say when: the order of its rows has to do.
            created_at: format!("{row:09}"),
            score: Score::of_groups(CORRECT, groups, Some(number("successes", row)? as usize)),
            withheld: None,
            planned: graded,
            graded,
            infra_errors: number("infra", row)? as usize,
            usage: UsageTotals {
                prompt_tokens: whole("prompt_tokens")?,
                completion_tokens: whole("completion_tokens")?,
                reasoning_tokens: whole("reasoning_tokens")?,
                cached_tokens: whole("cached_tokens")?,
                unreported: number("unreported", row)? as usize,
                latency_s: number("latency_s", row)?,
                cost_usd: known("cost_usd", row)?,
            },
            run_id,
        });
    }
    Ok(entries)
}
