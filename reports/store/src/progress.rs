use super::database::sql;
use super::keys::{position_and_epoch, run_range};
use super::{Store, StoreError};
use futures::StreamExt;
use proctor_core::Outcome;
use std::collections::BTreeMap;

/// How far one attempt has come, without its transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The sample.
    pub sample_id: String,
    /// The k-th attempt, from 0.
    pub epoch: u32,
    /// Whether it has an answer; without one it ended in an infrastructure error.
    pub answered: bool,
    /// What it was graded as, if it was.
    pub outcome: Option<Outcome>,
}

/// How far one attempt has come, with the place of its sample instead of its id: a few bytes, for runs of any length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The sample's place in the plan, from 0.
    pub position: u32,
    /// The k-th attempt, from 0.
    pub epoch: u32,
    /// Whether it has an answer; without one it ended in an infrastructure error.
    pub answered: bool,
    /// What it was graded as, if it was.
    pub outcome: Option<Outcome>,
}

/// How far a run has come, in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunCounts {
    /// Attempts with an answer.
    pub answered: usize,
    /// Attempts with a grade that is not an infrastructure error.
    pub graded: usize,
    /// Attempts without an answer, or graded as infrastructure errors.
    pub infra_errors: usize,
    /// Grades by outcome.
    pub outcomes: BTreeMap<Outcome, usize>,
}

/// What the answers of a run cost and used.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spent {
    /// US dollars, over the attempts whose price is known; `None` where none is.
    pub cost_usd: Option<f64>,
    /// US dollars that kept answers saved.
    pub saved_usd: Option<f64>,
    /// Tokens of prompts and answers that were asked for, as far as they were reported.
    pub tokens: u64,
    /// Attempts with an answer.
    pub attempts: usize,
    /// Attempts among them with a price.
    pub priced: usize,
    /// Answers of all attempts.
    pub exchanges: u64,
    /// Answers among them that were kept from before.
    pub cached_exchanges: u64,
}

impl RunCounts {
    /// Counts attempts.
    pub fn of(standings: &[Standing]) -> Self {
        let mut counts = Self::default();
        for one in standings {
            counts.add(one.answered, one.outcome, 1);
        }
        counts
    }

    /// Adds `n` attempts that came equally far.
    fn add(&mut self, answered: bool, outcome: Option<Outcome>, n: usize) {
        self.answered += if answered { n } else { 0 };
        match outcome {
            Some(Outcome::InfraError) => self.infra_errors += n,
            Some(_) => self.graded += n,
            None => self.infra_errors += if answered { 0 } else { n },
        }
        if let Some(outcome) = outcome {
            *self.outcomes.entry(outcome).or_default() += n;
        }
    }
}

impl Store {
    /// How far each recorded attempt of a run has come, in the order of its plan.
    pub async fn progress(&self, run_id: &str) -> Result<Vec<Progress>, StoreError> {
        let statement = "SELECT a.id, rs.sample_id, CAST(CASE WHEN a.error IS NULL THEN 1 ELSE 0 END AS BIGINT) AS answered, \
                                g.outcome FROM attempts a JOIN run_samples rs ON rs.run = a.run AND rs.position = a.position \
                         LEFT JOIN grades g ON g.attempt = a.id WHERE a.id >= ?1 AND a.id < ?2 ORDER BY a.id";
        let mut rows = self.rows_of_run(run_id, move |run| {
            let (from, to) = run_range(run);
            sql(statement).bind(from).bind(to)
        });
        let failed = |e| self.failed(e);
        let mut progress = Vec::new();
        while let Some(row) = rows.next().await {
            let row = row?;
            let (_, epoch) = position_and_epoch(row.integer("id").map_err(failed)?);
            progress.push(Progress {
                sample_id: row.text("sample_id").map_err(failed)?,
                epoch,
                answered: row.integer("answered").map_err(failed)? == 1,
                outcome: row.maybe_str("outcome").map_err(failed)?.map(|word| self.outcome(&word)).transpose()?,
            });
        }
        Ok(progress)
    }

    /// The same without the ids.
    pub async fn standings(&self, run_id: &str) -> Result<Vec<Standing>, StoreError> {
        let statement = "SELECT a.id, CAST(CASE WHEN a.error IS NULL THEN 1 ELSE 0 END AS BIGINT), g.outcome \
                         FROM attempts a LEFT JOIN grades g ON g.attempt = a.id WHERE a.id >= ?1 AND a.id < ?2 ORDER BY a.id";
        let mut rows = self.rows_of_run(run_id, move |run| {
            let (from, to) = run_range(run);
            sql(statement).bind(from).bind(to)
        });
        let failed = |e| self.failed(e);
        let mut standings = Vec::new();
        while let Some(row) = rows.next().await {
            let row = row?;
            let (position, epoch) = position_and_epoch(row.integer(0).map_err(failed)?);
            standings.push(Standing {
                position,
                epoch,
                answered: row.integer(1).map_err(failed)? == 1,
                outcome: row.maybe_str(2).map_err(failed)?.map(|word| self.outcome(&word)).transpose()?,
            });
        }
        Ok(standings)
    }

    /// How far a run has come, in numbers.
    pub async fn counts(&self, run_id: &str) -> Result<RunCounts, StoreError> {
        let Some(run) = self.seq(run_id).await? else { return Ok(RunCounts::default()) };
        let (from, to) = run_range(run);
        // Counted in one pass: to group them, all would be sorted first, which takes memory for each.
        let kinds = || {
            let outcomes = || std::iter::once(None).chain(Outcome::ALL.map(Some));
            [true, false].into_iter().flat_map(move |answered| outcomes().map(move |outcome| (answered, outcome)))
        };
        let of_kind = |(answered, outcome): (bool, Option<Outcome>)| {
            let error = if answered { "IS NULL" } else { "IS NOT NULL" };
            let outcome = outcome.map_or("IS NULL".to_owned(), |outcome| format!("= '{}'", outcome.as_str()));
            format!("count(*) FILTER (WHERE a.error {error} AND g.outcome {outcome})")
        };
        let columns: Vec<String> = kinds().map(of_kind).collect();
        let counted = sql(format!(
            "SELECT {}, count(*) FROM attempts a LEFT JOIN grades g ON g.attempt = a.id WHERE a.id >= ?1 AND a.id < ?2",
            columns.join(", ")
        ));
        let failed = |e| self.failed(e);
        let mut counts = RunCounts::default();
        let Some(row) = self.optional(counted.bind(from).bind(to)).await? else { return Ok(counts) };
        let mut left: usize = row.count(columns.len()).map_err(failed)?;
        for (place, (answered, outcome)) in kinds().enumerate() {
            let n: usize = row.count(place).map_err(failed)?;
            left = left.saturating_sub(n);
            if n > 0 {
                counts.add(answered, outcome, n);
            }
        }
        match left {
            0 => Ok(counts),
            _ => Err(self.damaged(format!("{left} grades of run {run_id} have an outcome that is not known here"))),
        }
    }

    /// Mean tokens and seconds of an answer to a benchmark, of one model or of all; `None` where none was counted.
    pub async fn mean_answer(&self, benchmark: &str, model: Option<&str>) -> Result<Option<(f64, f64)>, StoreError> {
        let of_model = if model.is_some() { "AND r.model = ?2" } else { "" };
        let statement = sql(format!(
            "SELECT CAST(avg(a.completion_tokens) AS DOUBLE PRECISION) AS tokens, avg(a.latency_s) AS latency \
             FROM runs r JOIN attempts a ON a.id >= (r.seq << 40) AND a.id < ((r.seq + 1) << 40) \
             WHERE r.benchmark = ?1 {of_model} AND a.completion_tokens IS NOT NULL AND a.cached_exchanges = 0"
        ));
        let statement = statement.bind(benchmark);
        let statement = if let Some(model) = model { statement.bind(model) } else { statement };
        let failed = |e| self.failed(e);
        let Some(row) = self.optional(statement).await? else { return Ok(None) };
        Ok(row.maybe_real("tokens").map_err(failed)?.zip(row.maybe_real("latency").map_err(failed)?))
    }

    /// What the answers of a run cost and used so far.
    pub async fn spent(&self, run_id: &str) -> Result<Spent, StoreError> {
        let Some(run) = self.seq(run_id).await? else { return Ok(Spent::default()) };
        let (from, to) = run_range(run);
        let summed = sql("SELECT sum(cost_usd) AS cost, sum(saved_usd) AS saved, \
                    CAST(sum(CASE WHEN cached_exchanges < exchanges \
                        THEN coalesce(prompt_tokens, 0) + coalesce(completion_tokens, 0) ELSE 0 END) AS BIGINT) AS tokens, \
                    count(cost_usd) AS priced, count(*) AS attempts, \
                    CAST(sum(cached_exchanges) AS BIGINT) AS kept, CAST(sum(exchanges) AS BIGINT) AS asked \
             FROM attempts WHERE id >= ?1 AND id < ?2 AND error IS NULL");
        let Some(row) = self.optional(summed.bind(from).bind(to)).await? else { return Ok(Spent::default()) };
        let read = || {
            Ok::<_, sqlx::Error>(Spent {
                cost_usd: row.maybe_real("cost")?,
                saved_usd: row.maybe_real("saved")?,
                tokens: row.tokens("tokens")?.unwrap_or(0),
                attempts: row.count("attempts")?,
                priced: row.count("priced")?,
                exchanges: row.tokens("asked")?.unwrap_or(0),
                cached_exchanges: row.tokens("kept")?.unwrap_or(0),
            })
        };
        read().map_err(|e| self.failed(e))
    }
}
