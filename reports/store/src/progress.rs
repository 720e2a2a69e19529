use super::{Store, StoreError};
use proctor_core::Outcome;
use sqlx::Row;
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

impl RunCounts {
    /// Counts `progress`.
    pub fn of(progress: &[Progress]) -> Self {
        let mut counts = Self::default();
        for one in progress {
            counts.answered += usize::from(one.answered);
            match one.outcome {
                Some(Outcome::InfraError) => counts.infra_errors += 1,
                Some(_) => counts.graded += 1,
                None => counts.infra_errors += usize::from(!one.answered),
            }
            if let Some(outcome) = one.outcome {
                *counts.outcomes.entry(outcome).or_default() += 1;
            }
        }
        counts
    }
}

impl Store {
    /// How far each recorded attempt of a run has come, in the order of its plan.
    pub async fn progress(&self, run_id: &str) -> Result<Vec<Progress>, StoreError> {
        let rows = sqlx::query(
            "SELECT a.sample_id, a.epoch, a.error IS NULL AS answered, g.outcome FROM runs r \
             JOIN attempts a ON a.run = r.seq JOIN run_samples rs ON rs.run = r.seq AND rs.sample_id = a.sample_id \
             LEFT JOIN grades g ON g.run = r.seq AND g.grade_set = r.grade_set \
                 AND g.sample_id = a.sample_id AND g.epoch = a.epoch \
             WHERE r.id = ? ORDER BY rs.position, a.epoch",
        )
        .bind(run_id)
        .fetch_all(&self.readers)
        .await
        .map_err(|e| self.failed(e))?;
        let failed = |e| self.failed(e);
        rows.iter()
            .map(|row| {
                let graded = row.try_get::<Option<&str>, _>("outcome").map_err(failed)?.is_some();
                Ok(Progress {
                    sample_id: row.try_get("sample_id").map_err(failed)?,
                    epoch: row.try_get("epoch").map_err(failed)?,
                    answered: row.try_get("answered").map_err(failed)?,
                    outcome: if graded { Some(self.outcome(row)?) } else { None },
                })
            })
            .collect()
    }

    /// How far a run has come, in numbers.
    pub async fn counts(&self, run_id: &str) -> Result<RunCounts, StoreError> {
        Ok(RunCounts::of(&self.progress(run_id).await?))
    }
}
