use super::runs::now;
use super::{Store, StoreError};
use futures::StreamExt;
use futures::stream::BoxStream;
use proctor_core::{Attempt, AttemptKey, AttemptRecord};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

impl Store {
    /// Makes a finished attempt durable. An earlier one of the same key is replaced only if that had no answer, and then
    /// its grade goes too; an answer is never overwritten.
    pub async fn record_attempt(&self, record: &AttemptRecord) -> Result<(), StoreError> {
        self.record_attempts(std::slice::from_ref(record)).await
    }

    /// Makes several finished attempts durable in one step: all or none. See [`Store::record_attempt`].
    pub async fn record_attempts(&self, records: &[AttemptRecord]) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for record in records {
            self.insert_attempt(record, &mut transaction).await?;
        }
        transaction.commit().await.map_err(|e| self.failed(e))
    }

    async fn insert_attempt(&self, record: &AttemptRecord, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        let (attempt, error) = match (&record.attempt, &record.error) {
            (Some(attempt), None) => (Some(self.to_json(attempt)?), None),
            (None, Some(error)) => (None, Some(error.as_str())),
            _ => {
                let reason = format!("{} must have either an answer or an error", describe(&record.key));
                return Err(StoreError::Failed { path: self.path().to_path_buf(), reason });
            }
        };
        let usage = record.attempt.as_ref().map(Attempt::usage).unwrap_or_default();
        let cost = record
            .attempt
            .as_ref()
            .and_then(|a| a.exchanges.iter().filter_map(|e| e.completion.cost_usd).reduce(|sum, cost| sum + cost));
        let written = sqlx::query(
            "INSERT INTO attempts (run, sample_id, epoch, attempt, error, latency_s, prompt_tokens, completion_tokens, \
                                   reasoning_tokens, cached_tokens, cost_usd, answered_at) \
             SELECT seq, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12 FROM runs WHERE id = ?1 \
             ON CONFLICT (run, sample_id, epoch) DO UPDATE SET \
                 attempt = excluded.attempt, error = excluded.error, latency_s = excluded.latency_s, \
                 prompt_tokens = excluded.prompt_tokens, completion_tokens = excluded.completion_tokens, \
                 reasoning_tokens = excluded.reasoning_tokens, cached_tokens = excluded.cached_tokens, \
                 cost_usd = excluded.cost_usd, answered_at = excluded.answered_at \
             WHERE attempts.error IS NOT NULL",
        )
        .bind(&record.key.run_id)
        .bind(&record.key.sample_id)
        .bind(record.key.epoch)
        .bind(attempt)
        .bind(error)
        .bind(record.attempt.as_ref().map_or(0.0, Attempt::latency_s))
        .bind(usage.prompt_tokens.map(|t| t as i64))
        .bind(usage.completion_tokens.map(|t| t as i64))
        .bind(usage.reasoning_tokens.map(|t| t as i64))
        .bind(usage.cached_tokens.map(|t| t as i64))
        .bind(cost)
        .bind(now())
        .execute(&mut *connection)
        .await
        .map_err(|e| self.failed(e))?;
        if written.rows_affected() == 0 {
            return Err(StoreError::AlreadyRecorded(describe(&record.key)));
        }
        sqlx::query("DELETE FROM grades WHERE run = (SELECT seq FROM runs WHERE id = ?) AND sample_id = ? AND epoch = ?")
            .bind(&record.key.run_id)
            .bind(&record.key.sample_id)
            .bind(record.key.epoch)
            .execute(&mut *connection)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(())
    }

    /// One attempt.
    pub async fn attempt(&self, key: &AttemptKey) -> Result<Option<AttemptRecord>, StoreError> {
        let row = sqlx::query(
            "SELECT a.sample_id, a.epoch, a.attempt, a.error FROM runs r JOIN attempts a ON a.run = r.seq \
             WHERE r.id = ? AND a.sample_id = ? AND a.epoch = ?",
        )
        .bind(&key.run_id)
        .bind(&key.sample_id)
        .bind(key.epoch)
        .fetch_optional(&self.readers)
        .await
        .map_err(|e| self.failed(e))?;
        row.map(|row| self.attempt_record(&key.run_id, &row)).transpose()
    }

    /// The attempts of a run in the order of its plan, transcripts included, read as they are taken.
    pub fn attempts<'a>(&'a self, run_id: &'a str) -> BoxStream<'a, Result<AttemptRecord, StoreError>> {
        sqlx::query(
            "SELECT a.sample_id, a.epoch, a.attempt, a.error FROM runs r \
             JOIN attempts a ON a.run = r.seq JOIN run_samples rs ON rs.run = r.seq AND rs.sample_id = a.sample_id \
             WHERE r.id = ? ORDER BY rs.position, a.epoch",
        )
        .bind(run_id)
        .fetch(&self.readers)
        .map(move |row| self.attempt_record(run_id, &row.map_err(|e| self.failed(e))?))
        .boxed()
    }

    fn attempt_record(&self, run_id: &str, row: &SqliteRow) -> Result<AttemptRecord, StoreError> {
        let failed = |e| self.failed(e);
        let key = AttemptKey {
            run_id: run_id.into(),
            sample_id: row.try_get("sample_id").map_err(failed)?,
            epoch: row.try_get("epoch").map_err(failed)?,
        };
        let attempt: Option<&str> = row.try_get("attempt").map_err(failed)?;
        let attempt = attempt.map(|text| self.parse_json(text, &describe(&key))).transpose()?;
        Ok(AttemptRecord { key, attempt, error: row.try_get("error").map_err(failed)? })
    }
}

/// An attempt in words.
pub(super) fn describe(key: &AttemptKey) -> String {
    format!("attempt {} at sample {} of run {}", key.epoch, key.sample_id, key.run_id)
}
