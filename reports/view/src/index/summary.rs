use super::filter::outcome_word;
use super::{Index, UNGRADED};
use crate::ViewError;
use serde::Serialize;
use std::collections::BTreeMap;

/// How often an outcome came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// The outcome's word, `ungraded` for answers without a grade.
    pub outcome: &'static str,
    /// Attempts.
    pub n: i64,
}

/// A run in the list of runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunEntry {
    /// Its number in the index.
    #[serde(skip)]
    pub seq: i64,
    /// Its id.
    pub id: String,
    /// Its benchmark.
    pub benchmark: String,
    /// Its model.
    pub model: String,
    /// Hash of its plan.
    pub fingerprint: String,
    /// Whether every attempt is graded.
    pub finished: bool,
    /// When it began.
    pub created_at: String,
    /// Attempts in its plan.
    pub planned: i64,
    /// Attempts with an answer or an error.
    pub answered: i64,
    /// Attempts with a grade.
    pub graded: i64,
    /// The outcomes that came, in the order of `Outcome::ALL`.
    pub tallies: Vec<Tally>,
    /// The store's counter up to which it was read; -1 while it is being read for the first time.
    pub revision: i64,
}

type RunRow = (i64, String, String, String, String, bool, String, i64, Option<i64>);

impl Index {
    /// Every run, the newest first.
    pub async fn runs(&self) -> Result<Vec<RunEntry>, ViewError> {
        let rows: Vec<RunRow> = sqlx::query_as(
            "SELECT seq, id, benchmark, model, fingerprint, finished, created_at, planned, revision FROM runs ORDER BY seq DESC",
        )
        .fetch_all(self.readers())
        .await
        .map_err(|e| self.failed(e))?;
        let tallies: Vec<(i64, u8, i64)> =
            sqlx::query_as("SELECT run, outcome, n FROM tallies WHERE stratum = 0 ORDER BY outcome")
                .fetch_all(self.readers())
                .await
                .map_err(|e| self.failed(e))?;
        let mut by_run: BTreeMap<i64, Vec<(u8, i64)>> = BTreeMap::new();
        for (run, outcome, n) in tallies {
            by_run.entry(run).or_default().push((outcome, n));
        }
        let entry = |(seq, id, benchmark, model, fingerprint, finished, created_at, planned, revision): RunRow| {
            let counts = by_run.get(&seq).map(Vec::as_slice).unwrap_or_default();
            RunEntry {
                seq,
                id,
                benchmark,
                model,
                fingerprint,
                finished,
                created_at,
                planned,
                answered: counts.iter().map(|(_, n)| n).sum(),
                graded: counts.iter().filter(|(outcome, _)| *outcome != UNGRADED).map(|(_, n)| n).sum(),
                tallies: counts.iter().map(|(outcome, n)| Tally { outcome: outcome_word(*outcome), n: *n }).collect(),
                revision: revision.unwrap_or(-1),
            }
        };
        Ok(rows.into_iter().map(entry).collect())
    }

    /// Named subsets of the samples of `runs`, the most frequent first, with how many attempts each has.
    pub async fn strata(&self, runs: &[i64], most: i64) -> Result<Vec<(String, i64)>, ViewError> {
        let list = super::list::numbers(runs);
        let statement = format!(
            "SELECT s.name, sum(t.n) AS n FROM tallies t JOIN strata s ON s.key = t.stratum \
             WHERE t.stratum > 0 AND t.run IN ({list}) GROUP BY t.stratum ORDER BY s.name LIMIT {most}"
        );
        sqlx::query_as(sqlx::AssertSqlSafe(statement)).fetch_all(self.readers()).await.map_err(|e| self.failed(e))
    }

    /// Error categories in `runs` by name.
    pub async fn categories(&self, runs: &[i64], most: i64) -> Result<Vec<String>, ViewError> {
        // A name at a time from the index of each run, instead of every attempt.
        let mut names = std::collections::BTreeSet::new();
        for run in runs {
            let found: Vec<String> = sqlx::query_scalar(
                "WITH RECURSIVE distinct_keys (key) AS ( \
                   SELECT min(category) FROM attempts WHERE run = ?1 AND category > 0 \
                   UNION ALL \
                   SELECT (SELECT min(category) FROM attempts WHERE run = ?1 AND category > 0 AND category > key) \
                   FROM distinct_keys WHERE key IS NOT NULL LIMIT ?2) \
                 SELECT c.name FROM distinct_keys d JOIN categories c ON c.key = d.key",
            )
            .bind(run)
            .bind(most)
            .fetch_all(self.readers())
            .await
            .map_err(|e| self.failed(e))?;
            names.extend(found);
        }
        Ok(names.into_iter().take(usize::try_from(most).unwrap_or(usize::MAX)).collect())
    }

    /// How far the search has come.
    pub async fn text_progress(&self) -> Result<super::TextProgress, ViewError> {
        super::texts::progress(self).await
    }
}
