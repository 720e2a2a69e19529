use super::regrade::judge_sha256;
use super::runs::now;
use super::{Store, StoreError};
use proctor_core::{Grade, Outcome, RunPlan, Sample, samples_sha256};
use serde::{Deserialize, Serialize};
use sqlx::Row;

/// Ids named in the reason for a withheld score.
const IDS_NAMED: usize = 5;

/// A reference solution that was not graded `correct`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedReference {
    /// Its sample.
    pub sample_id: String,
    /// What it came to.
    pub outcome: Outcome,
    /// Why.
    pub explanation: String,
}

/// What the judge makes of a run's reference solutions. Where it falls short, so would the score.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroundTruth {
    /// Samples of the run.
    pub samples: usize,
    /// Samples whose reference was graded with this run's judge, or that have none.
    pub checked: usize,
    /// Samples that have no reference.
    pub without_reference: usize,
    /// The references that failed.
    pub failing: Vec<FailedReference>,
}

impl GroundTruth {
    /// The sentence that stands in place of a score: a reference failed, or not all were graded yet. `None` when
    /// nothing speaks against the score.
    pub fn withheld(&self) -> Option<String> {
        let Some(first) = self.failing.first() else {
            let unchecked = self.samples.saturating_sub(self.checked);
            return (unchecked > 0).then(|| format!("{unchecked} of {} reference solutions are not graded yet", self.samples));
        };
        let mut names: Vec<String> = self.failing.iter().take(IDS_NAMED).map(|f| f.sample_id.clone()).collect();
        if self.failing.len() > IDS_NAMED {
            names.push(format!("{} more", self.failing.len() - IDS_NAMED));
        }
        Some(format!(
            "{} of {} reference solutions are not graded correct on this machine ({}); the first says: {}",
            self.failing.len(),
            self.samples,
            names.join(", "),
            first.explanation
        ))
    }
}

impl Store {
    /// What the reference solutions of a run's samples came to with the run's judge.
    pub async fn ground_truth(&self, run_id: &str) -> Result<GroundTruth, StoreError> {
        let run = self.run(run_id).await?;
        let failed = |e| self.failed(e);
        let rows = sqlx::query(
            "SELECT rs.sample_id, t.outcome, t.explanation FROM runs r JOIN run_samples rs ON rs.run = r.seq \
             JOIN samples s ON s.sha256 = rs.sample_sha256 \
             LEFT JOIN ground_truth t ON t.judge_sha256 = ?2 AND t.content_sha256 = s.content_sha256 \
             WHERE r.id = ?1 ORDER BY rs.position",
        )
        .bind(&run.id)
        .bind(judge_sha256(&run.plan))
        .fetch_all(&self.readers)
        .await
        .map_err(failed)?;
        let mut truth = GroundTruth { samples: rows.len(), ..GroundTruth::default() };
        for row in &rows {
            if row.try_get::<Option<&str>, _>("outcome").map_err(failed)?.is_none() {
                continue;
            }
            truth.checked += 1;
            match self.outcome(row)? {
                Outcome::Correct => {}
                Outcome::Skipped => truth.without_reference += 1,
                outcome => truth.failing.push(FailedReference {
                    sample_id: row.try_get("sample_id").map_err(failed)?,
                    outcome,
                    explanation: row.try_get("explanation").map_err(failed)?,
                }),
            }
        }
        Ok(truth)
    }

    /// The ids of a run's samples whose reference is still to be graded with the judge of `plan`, in the order of
    /// the run.
    pub async fn unchecked_references(&self, run_id: &str, plan: &RunPlan) -> Result<Vec<String>, StoreError> {
        sqlx::query_scalar(
            "SELECT rs.sample_id FROM runs r JOIN run_samples rs ON rs.run = r.seq \
             JOIN samples s ON s.sha256 = rs.sample_sha256 \
             WHERE r.id = ?1 AND NOT EXISTS (SELECT 1 FROM ground_truth t \
                 WHERE t.judge_sha256 = ?2 AND t.content_sha256 = s.content_sha256) \
             ORDER BY rs.position",
        )
        .bind(run_id)
        .bind(judge_sha256(plan))
        .fetch_all(&self.readers)
        .await
        .map_err(|e| self.failed(e))
    }

    /// Remembers what a sample's reference came to; `skipped` where it has none. Whoever grades it again writes the same.
    pub async fn record_reference(&self, plan: &RunPlan, sample: &Sample, grade: &Grade) -> Result<(), StoreError> {
        let mut writer = self.writer_of_grades().await?;
        sqlx::query(
            "INSERT INTO ground_truth (judge_sha256, content_sha256, outcome, explanation, grade, graded_at) \
             VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (judge_sha256, content_sha256) DO UPDATE SET \
                 outcome = excluded.outcome, explanation = excluded.explanation, grade = excluded.grade, \
                 graded_at = excluded.graded_at",
        )
        .bind(judge_sha256(plan))
        .bind(samples_sha256(std::slice::from_ref(sample)))
        .bind(grade.outcome.as_str())
        .bind(&grade.explanation)
        .bind(self.to_json(grade)?)
        .bind(now())
        .execute(&mut *writer)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(())
    }
}
