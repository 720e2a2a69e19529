use super::attempts::describe;
use super::runs::now;
use super::{Store, StoreError};
use proctor_core::{AttemptKey, GradeRecord, RunPlan, canonical_json, sha256_hex};
use serde_json::json;
use sqlx::Row;
use std::collections::BTreeSet;

/// A set of grades in the making. The run keeps its present grades until [`Store::finish_regrade`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingGrades {
    run_id: String,
    grade_set: i64,
}

impl Store {
    /// Starts grading a run again as `plan` says, or continues where an earlier try with the same judge was cut off.
    pub async fn begin_regrade(&self, run_id: &str, plan: &RunPlan) -> Result<PendingGrades, StoreError> {
        let judge = judge_sha256(plan);
        let mut transaction = self.begin().await?;
        let failed = |e| self.failed(e);
        let pending =
            sqlx::query("SELECT p.grade_set, p.judge FROM runs r JOIN pending_grade_sets p ON p.run = r.seq WHERE r.id = ?")
                .bind(run_id)
                .fetch_all(&mut *transaction)
                .await
                .map_err(failed)?;
        for row in &pending {
            if row.try_get::<&str, _>("judge").map_err(failed)? == judge {
                let grade_set = row.try_get("grade_set").map_err(failed)?;
                return Ok(PendingGrades { run_id: run_id.into(), grade_set });
            }
        }
        for sql in [
            "DELETE FROM grades WHERE run = (SELECT seq FROM runs WHERE id = ?1) \
             AND grade_set <> (SELECT grade_set FROM runs WHERE id = ?1)",
            "DELETE FROM pending_grade_sets WHERE run = (SELECT seq FROM runs WHERE id = ?1)",
        ] {
            sqlx::query(sql).bind(run_id).execute(&mut *transaction).await.map_err(failed)?;
        }
        let grade_set: i64 = sqlx::query_scalar(
            "INSERT INTO pending_grade_sets (run, grade_set, judge, created_at) \
             SELECT seq, grade_set + 1, ?2, ?3 FROM runs WHERE id = ?1 RETURNING grade_set",
        )
        .bind(run_id)
        .bind(&judge)
        .bind(now())
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(PendingGrades { run_id: run_id.into(), grade_set })
    }

    /// The attempts that `pending` holds a grade for already.
    pub async fn regraded(&self, pending: &PendingGrades) -> Result<BTreeSet<AttemptKey>, StoreError> {
        let failed = |e| self.failed(e);
        let rows = sqlx::query(
            "SELECT g.sample_id, g.epoch FROM runs r JOIN grades g ON g.run = r.seq WHERE r.id = ? AND g.grade_set = ?",
        )
        .bind(&pending.run_id)
        .bind(pending.grade_set)
        .fetch_all(&self.readers)
        .await
        .map_err(failed)?;
        rows.iter()
            .map(|row| {
                Ok(AttemptKey {
                    run_id: pending.run_id.clone(),
                    sample_id: row.try_get("sample_id").map_err(failed)?,
                    epoch: row.try_get("epoch").map_err(failed)?,
                })
            })
            .collect()
    }

    /// Makes a grade of the pending set durable.
    pub async fn record_regrade(&self, pending: &PendingGrades, record: &GradeRecord) -> Result<(), StoreError> {
        let insert = sqlx::query(
            "INSERT INTO grades (run, grade_set, sample_id, epoch, outcome, scores, extracted, explanation, category, \
                                 artifacts, graded_at) \
             SELECT seq, ?11, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 FROM runs WHERE id = ?1 \
             ON CONFLICT (run, grade_set, sample_id, epoch) DO NOTHING",
        );
        let insert = self.bind_grade(insert, record)?.bind(pending.grade_set);
        let mut writer = self.writer_of_grades().await?;
        let written = insert.execute(&mut *writer).await.map_err(|e| self.failed(e))?;
        if written.rows_affected() == 0 {
            return Err(StoreError::AlreadyRecorded(format!("the new grade of {}", describe(&record.key))));
        }
        Ok(())
    }

    /// Switches a run to its new grades, and to the plan that tells how they were made, in one step.
    pub async fn finish_regrade(&self, pending: &PendingGrades, plan: &RunPlan) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let failed = |e| self.failed(e);
        sqlx::query("UPDATE runs SET grade_set = ?, plan = ?, fingerprint = ? WHERE id = ?")
            .bind(pending.grade_set)
            .bind(self.to_json(plan)?)
            .bind(plan.fingerprint().0)
            .bind(&pending.run_id)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        for sql in [
            "DELETE FROM grades WHERE run = (SELECT seq FROM runs WHERE id = ?1) \
             AND grade_set <> (SELECT grade_set FROM runs WHERE id = ?1)",
            "DELETE FROM pending_grade_sets WHERE run = (SELECT seq FROM runs WHERE id = ?1)",
        ] {
            sqlx::query(sql).bind(&pending.run_id).execute(&mut *transaction).await.map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)
    }
}

/// What tells judges apart: benchmark, version and provenance.
pub(super) fn judge_sha256(plan: &RunPlan) -> String {
    sha256_hex(canonical_json(&json!([plan.benchmark, plan.judge_version, plan.judge_provenance])).as_bytes())
}
