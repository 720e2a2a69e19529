use super::database::sql;
use super::entry::Entry;
use super::regrade::judge_sha256;
use super::runs::now;
use super::{Store, StoreError};
use futures::StreamExt;
use proctor_core::{Grade, Outcome, RunPlan, RunRecord, Sample, samples_sha256};
use serde::{Deserialize, Serialize};

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
        self.ground_truth_of(&self.run(run_id).await?).await
    }

    /// The same of a run whose record is at hand.
    pub async fn ground_truth_of(&self, run: &RunRecord) -> Result<GroundTruth, StoreError> {
        let judge = judge_sha256(&run.plan);
        let Some(run) = self.seq(&run.id).await? else {
            return Err(StoreError::NoSuchRun { name: run.id.clone(), store: self.location().clone() });
        };
        let failed = |e| self.failed(e);
        let counted = sql("SELECT count(*) AS samples, count(t.outcome) AS checked, \
                    count(*) FILTER (WHERE t.outcome = 'skipped') AS absent \
             FROM run_samples rs JOIN samples s ON s.seq = rs.sample \
             LEFT JOIN ground_truth t ON t.judge_sha256 = ?2 AND t.content_sha256 = s.content_sha256 WHERE rs.run = ?1");
        let mut truth = GroundTruth::default();
        if let Some(row) = self.optional(counted.bind(run).bind(&judge)).await? {
            truth.samples = row.count("samples").map_err(failed)?;
            truth.checked = row.count("checked").map_err(failed)?;
            truth.without_reference = row.count("absent").map_err(failed)?;
        }
        let failing =
            sql("SELECT rs.sample_id, t.outcome, t.explanation FROM run_samples rs JOIN samples s ON s.seq = rs.sample \
             JOIN ground_truth t ON t.judge_sha256 = ?2 AND t.content_sha256 = s.content_sha256 \
             WHERE rs.run = ?1 AND t.outcome NOT IN ('correct', 'skipped') ORDER BY rs.position");
        for row in self.all(failing.bind(run).bind(&judge)).await? {
            truth.failing.push(FailedReference {
                sample_id: row.text("sample_id").map_err(failed)?,
                outcome: self.outcome(&row.str("outcome").map_err(failed)?)?,
                explanation: row.text("explanation").map_err(failed)?,
            });
        }
        Ok(truth)
    }

    /// The places of a run's samples whose reference is still to be graded with the judge of `plan`, in order.
    pub async fn unchecked_references(&self, run_id: &str, plan: &RunPlan) -> Result<Vec<u32>, StoreError> {
        let found =
            sql("SELECT rs.position FROM runs r JOIN run_samples rs ON rs.run = r.seq JOIN samples s ON s.seq = rs.sample \
             WHERE r.id = ?1 AND NOT EXISTS (SELECT 1 FROM ground_truth t \
                 WHERE t.judge_sha256 = ?2 AND t.content_sha256 = s.content_sha256) \
             ORDER BY rs.position");
        let mut rows = self.database.stream(found.bind(run_id).bind(judge_sha256(plan)));
        let mut places = Vec::new();
        while let Some(row) = rows.next().await {
            places.push(row.and_then(|row| row.count(0)).map_err(|e| self.failed(e))?);
        }
        Ok(places)
    }

    /// Remembers what a sample's reference came to; `skipped` where it has none. Whoever grades it again writes the same.
    pub async fn record_reference(&self, plan: &RunPlan, sample: &Sample, grade: &Grade) -> Result<(), StoreError> {
        let columns = vec![
            judge_sha256(plan).into(),
            samples_sha256(std::slice::from_ref(sample)).into(),
            grade.outcome.as_str().into(),
            (&grade.explanation).into(),
            self.to_json(grade)?.into(),
            now().into(),
        ];
        self.recorder.record(vec![Entry::Reference(columns)]).await
    }
}
