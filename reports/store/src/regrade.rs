use super::database::{Transaction, sql};
use super::entry::Entry;
use super::keys::{position_and_epoch, run_range};
use super::runs::now;
use super::{Store, StoreError};
use futures::StreamExt;
use proctor_core::{AttemptKey, GradeRecord, RunPlan, canonical_json, sha256_hex};
use serde_json::json;
use std::collections::BTreeSet;

/// A set of grades in the making. The run keeps its present grades until [`Store::finish_regrade`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingGrades {
    run_id: String,
    run: i64,
}

impl Store {
    /// Starts grading a run again as `plan` says, or continues where an earlier try with the same judge was cut off.
    pub async fn begin_regrade(&self, run_id: &str, plan: &RunPlan) -> Result<PendingGrades, StoreError> {
        let Some(run) = self.seq(run_id).await? else {
            return Err(StoreError::NoSuchRun { name: run_id.into(), store: self.location().clone() });
        };
        let judge = judge_sha256(plan);
        let failed = |e| self.failed(e);
        let mut transaction = self.database.begin().await.map_err(failed)?;
        let begun =
            sql("SELECT judge FROM regrades WHERE run = ?1").bind(run).optional(transaction.on()).await.map_err(failed)?;
        let continues = begun.map(|row| row.text(0)).transpose().map_err(failed)?.is_some_and(|begun| begun == judge);
        if !continues {
            forget(&mut transaction, run).await.map_err(failed)?;
            let begin =
                sql("INSERT INTO regrades (run, judge, created_at) VALUES (?1, ?2, ?3)").bind(run).bind(judge).bind(now());
            begin.execute(transaction.on()).await.map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(PendingGrades { run_id: run_id.into(), run })
    }

    /// The attempts that `pending` holds a grade for already.
    pub async fn regraded(&self, pending: &PendingGrades) -> Result<BTreeSet<AttemptKey>, StoreError> {
        let failed = |e| self.failed(e);
        let (from, to) = run_range(pending.run);
        let found = sql("SELECT p.attempt, rs.sample_id FROM pending_grades p JOIN attempts a ON a.id = p.attempt \
             JOIN run_samples rs ON rs.run = a.run AND rs.position = a.position WHERE p.attempt >= ?1 AND p.attempt < ?2");
        let mut rows = self.database.stream(found.bind(from).bind(to));
        let mut keys = BTreeSet::new();
        while let Some(row) = rows.next().await {
            let row = row.map_err(failed)?;
            let (_, epoch) = position_and_epoch(row.integer(0).map_err(failed)?);
            keys.insert(AttemptKey { run_id: pending.run_id.clone(), sample_id: row.text(1).map_err(failed)?, epoch });
        }
        Ok(keys)
    }

    /// Makes a grade of the pending set durable.
    pub async fn record_regrade(&self, _pending: &PendingGrades, record: &GradeRecord) -> Result<(), StoreError> {
        let entry = Entry::Pending { key: record.key.clone(), grade: self.grade_columns(&record.grade)? };
        self.recorder.record(vec![entry]).await
    }

    /// Switches a run to its new grades, and to the plan that tells how they were made, in one step.
    pub async fn finish_regrade(&self, pending: &PendingGrades, plan: &RunPlan) -> Result<(), StoreError> {
        let failed = |e| self.failed(e);
        let run = pending.run;
        let (from, to) = run_range(run);
        let mut transaction = self.database.begin().await.map_err(failed)?;
        let revision = transaction.count().await.map_err(failed)?;
        let plan_of = sql("UPDATE plans SET plan = ?1 WHERE run = ?2").bind(self.to_json(plan)?).bind(run);
        let name = sql("UPDATE runs SET fingerprint = ?1 WHERE seq = ?2").bind(plan.fingerprint().0).bind(run);
        let old = sql("DELETE FROM grades WHERE attempt >= ?1 AND attempt < ?2").bind(from).bind(to);
        let new = sql("INSERT INTO grades (attempt, outcome, category, scores, graded_at, revision, explanation) \
             SELECT attempt, outcome, category, scores, graded_at, ?3, explanation FROM pending_grades \
             WHERE attempt >= ?1 AND attempt < ?2");
        let evidence =
            sql("INSERT INTO evidence (attempt, extracted, artifacts) SELECT attempt, extracted, artifacts FROM pending_grades \
             WHERE attempt >= ?1 AND attempt < ?2 AND (extracted IS NOT NULL OR artifacts <> '{}')");
        let (new, evidence) = (new.bind(from).bind(to).bind(revision), evidence.bind(from).bind(to));
        for statement in [plan_of, name, old, new, evidence] {
            statement.execute(transaction.on()).await.map_err(failed)?;
        }
        forget(&mut transaction, run).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }
}

/// Removes what is pending of a run.
async fn forget(transaction: &mut Transaction, run: i64) -> Result<(), sqlx::Error> {
    let (from, to) = run_range(run);
    let grades = sql("DELETE FROM pending_grades WHERE attempt >= ?1 AND attempt < ?2").bind(from).bind(to);
    grades.execute(transaction.on()).await?;
    sql("DELETE FROM regrades WHERE run = ?1").bind(run).execute(transaction.on()).await?;
    Ok(())
}

/// What tells judges apart: benchmark, version and provenance.
pub(super) fn judge_sha256(plan: &RunPlan) -> String {
    sha256_hex(canonical_json(&json!([plan.benchmark, plan.judge_version, plan.judge_provenance])).as_bytes())
}
