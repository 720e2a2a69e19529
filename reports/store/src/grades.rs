use super::attempts::describe;
use super::runs::now;
use super::{Store, StoreError};
use futures::StreamExt;
use futures::stream::BoxStream;
use proctor_core::{AttemptKey, Grade, GradeRecord, GradedAttempt, Outcome, Usage};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, query::Query, sqlite::SqliteArguments};

impl Store {
    /// Makes a grade durable. An earlier one of the same attempt is replaced only if it was an infrastructure error.
    pub async fn record_grade(&self, record: &GradeRecord) -> Result<(), StoreError> {
        let insert = sqlx::query(
            "INSERT INTO grades (run, grade_set, sample_id, epoch, outcome, scores, extracted, explanation, category, \
                                 artifacts, graded_at) \
             SELECT seq, grade_set, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 FROM runs WHERE id = ?1 \
             ON CONFLICT (run, grade_set, sample_id, epoch) DO UPDATE SET \
                 outcome = excluded.outcome, scores = excluded.scores, extracted = excluded.extracted, \
                 explanation = excluded.explanation, category = excluded.category, artifacts = excluded.artifacts, \
                 graded_at = excluded.graded_at \
             WHERE grades.outcome = 'infra_error'",
        );
        let mut writer = self.writer_of_grades().await?;
        let written = self.bind_grade(insert, record)?.execute(&mut *writer).await.map_err(|e| self.failed(e))?;
        if written.rows_affected() == 0 {
            return Err(StoreError::AlreadyRecorded(format!("the grade of {}", describe(&record.key))));
        }
        Ok(())
    }

    /// Binds ?1 to ?10: run id, sample, epoch and the grade's columns.
    pub(super) fn bind_grade<'q>(
        &self,
        query: Query<'q, Sqlite, SqliteArguments>,
        record: &'q GradeRecord,
    ) -> Result<Query<'q, Sqlite, SqliteArguments>, StoreError> {
        let grade = &record.grade;
        Ok(query
            .bind(&record.key.run_id)
            .bind(&record.key.sample_id)
            .bind(record.key.epoch)
            .bind(grade.outcome.as_str())
            .bind(self.to_json(&grade.scores)?)
            .bind(&grade.extracted)
            .bind(&grade.explanation)
            .bind(&grade.category)
            .bind(self.to_json(&grade.artifacts)?)
            .bind(now()))
    }

    /// One grade.
    pub async fn grade(&self, key: &AttemptKey) -> Result<Option<GradeRecord>, StoreError> {
        let row = sqlx::query(
            "SELECT g.sample_id, g.epoch, g.outcome, g.scores, g.extracted, g.explanation, g.category, g.artifacts \
             FROM runs r JOIN grades g ON g.run = r.seq AND g.grade_set = r.grade_set \
             WHERE r.id = ? AND g.sample_id = ? AND g.epoch = ?",
        )
        .bind(&key.run_id)
        .bind(&key.sample_id)
        .bind(key.epoch)
        .fetch_optional(&self.readers)
        .await
        .map_err(|e| self.failed(e))?;
        row.map(|row| self.grade_record(&key.run_id, &row)).transpose()
    }

    /// The grades of a run in the order of its plan, evidence included, read as they are taken.
    pub fn grades<'a>(&'a self, run_id: &'a str) -> BoxStream<'a, Result<GradeRecord, StoreError>> {
        sqlx::query(
            "SELECT g.sample_id, g.epoch, g.outcome, g.scores, g.extracted, g.explanation, g.category, g.artifacts \
             FROM runs r JOIN grades g ON g.run = r.seq AND g.grade_set = r.grade_set \
             JOIN run_samples rs ON rs.run = r.seq AND rs.sample_id = g.sample_id \
             WHERE r.id = ? ORDER BY rs.position, g.epoch",
        )
        .bind(run_id)
        .fetch(&self.readers)
        .map(move |row| self.grade_record(run_id, &row.map_err(|e| self.failed(e))?))
        .boxed()
    }

    /// Every graded attempt of a run as metrics see it, without transcripts and evidence, in the order of its plan.
    pub async fn graded(&self, run_id: &str) -> Result<Vec<GradedAttempt>, StoreError> {
        let rows = sqlx::query(
            "SELECT g.sample_id, g.epoch, g.outcome, g.scores, g.category, g.extracted, s.sample_group, s.strata, a.latency_s, \
                    a.prompt_tokens, a.completion_tokens, a.reasoning_tokens, a.cached_tokens \
             FROM runs r JOIN grades g ON g.run = r.seq AND g.grade_set = r.grade_set \
             JOIN attempts a ON a.run = r.seq AND a.sample_id = g.sample_id AND a.epoch = g.epoch \
             JOIN run_samples rs ON rs.run = r.seq AND rs.sample_id = g.sample_id \
             JOIN samples s ON s.sha256 = rs.sample_sha256 \
             WHERE r.id = ? ORDER BY rs.position, g.epoch",
        )
        .bind(run_id)
        .fetch_all(&self.readers)
        .await
        .map_err(|e| self.failed(e))?;
        rows.iter().map(|row| self.graded_attempt(row)).collect()
    }

    fn grade_record(&self, run_id: &str, row: &SqliteRow) -> Result<GradeRecord, StoreError> {
        let failed = |e| self.failed(e);
        let key = AttemptKey {
            run_id: run_id.into(),
            sample_id: row.try_get("sample_id").map_err(failed)?,
            epoch: row.try_get("epoch").map_err(failed)?,
        };
        let what = format!("the grade of {}", describe(&key));
        let grade = Grade {
            outcome: self.outcome(row)?,
            scores: self.parse_json(row.try_get("scores").map_err(failed)?, &what)?,
            extracted: row.try_get("extracted").map_err(failed)?,
            explanation: row.try_get("explanation").map_err(failed)?,
            category: row.try_get("category").map_err(failed)?,
            artifacts: self.parse_json(row.try_get("artifacts").map_err(failed)?, &what)?,
        };
        Ok(GradeRecord { key, grade })
    }

    fn graded_attempt(&self, row: &SqliteRow) -> Result<GradedAttempt, StoreError> {
        let failed = |e| self.failed(e);
        let tokens = |column: &str| {
            let count: Option<i64> = row.try_get(column).map_err(failed)?;
            Ok::<_, StoreError>(count.and_then(|c| u64::try_from(c).ok()))
        };
        Ok(GradedAttempt {
            sample_id: row.try_get("sample_id").map_err(failed)?,
            group: row.try_get("sample_group").map_err(failed)?,
            strata: self.parse_json(row.try_get("strata").map_err(failed)?, "a sample's strata")?,
            epoch: row.try_get("epoch").map_err(failed)?,
            outcome: self.outcome(row)?,
            scores: self.parse_json(row.try_get("scores").map_err(failed)?, "a grade's scores")?,
            category: row.try_get("category").map_err(failed)?,
            extracted: row.try_get("extracted").map_err(failed)?,
            usage: Usage {
                prompt_tokens: tokens("prompt_tokens")?,
                completion_tokens: tokens("completion_tokens")?,
                reasoning_tokens: tokens("reasoning_tokens")?,
                cached_tokens: tokens("cached_tokens")?,
                cache_write_tokens: None,
            },
            latency_s: row.try_get("latency_s").map_err(failed)?,
        })
    }

    /// The outcome column of a row.
    pub(super) fn outcome(&self, row: &SqliteRow) -> Result<Outcome, StoreError> {
        let word: &str = row.try_get("outcome").map_err(|e| self.failed(e))?;
        Outcome::parse(word)
            .ok_or_else(|| StoreError::Damaged { path: self.path().to_path_buf(), reason: format!("`{word}` is not an outcome") })
    }
}
