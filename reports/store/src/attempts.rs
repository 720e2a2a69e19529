use super::database::{Row, Value, sql};
use super::entry::Entry;
use super::keys::{position_and_epoch, run_range};
use super::runs::moment;
use super::{Store, StoreError};
use futures::StreamExt;
use futures::stream::BoxStream;
use proctor_core::{Attempt, AttemptKey, AttemptRecord, Finish};

impl Store {
    /// Makes a finished attempt durable. An earlier one of the same key is replaced only if that had no answer, and then
    /// its grade goes too; an answer is never overwritten.
    pub async fn record_attempt(&self, record: &AttemptRecord) -> Result<(), StoreError> {
        self.recorder.record(vec![self.attempt_entry(record)?]).await
    }

    /// Makes several finished attempts durable in one step: all or none. See [`Store::record_attempt`].
    pub async fn record_attempts(&self, records: &[AttemptRecord]) -> Result<(), StoreError> {
        let entries = records.iter().map(|record| self.attempt_entry(record)).collect::<Result<_, _>>()?;
        self.recorder.record(entries).await
    }

    /// What is written of an attempt.
    pub(super) fn attempt_entry(&self, record: &AttemptRecord) -> Result<Entry, StoreError> {
        let (transcript, error) = match (&record.attempt, &record.error) {
            (Some(attempt), None) => (Some(self.to_json(attempt)?), None),
            (None, Some(error)) => (None, Some(error.clone())),
            _ => {
                let reason = format!("{} must have either an answer or an error", describe(&record.key));
                return Err(StoreError::Failed { store: self.location().clone(), reason });
            }
        };
        let attempt = record.attempt.as_ref();
        let exchanges = attempt.map_or(&[][..], |a| a.exchanges.as_slice());
        let usage = attempt.map(Attempt::usage).unwrap_or_default();
        let finish = exchanges.last().map(|e| match &e.completion.finish {
            Finish::Other(words) => words.clone(),
            finish => serde_json::to_value(finish).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default(),
        });
        let sum = |part: fn(&proctor_core::Completion) -> Option<f64>| {
            exchanges.iter().filter_map(|e| part(&e.completion)).reduce(|sum, more| sum + more)
        };
        let columns: Vec<Value> = vec![
            error.into(),
            finish.into(),
            exchanges.len().into(),
            exchanges.iter().filter(|e| e.completion.cached).count().into(),
            attempt.map_or(0.0, Attempt::latency_s).into(),
            usage.prompt_tokens.into(),
            usage.completion_tokens.into(),
            usage.reasoning_tokens.into(),
            usage.cached_tokens.into(),
            usage.cache_write_tokens.into(),
            sum(|c| c.cost_usd).into(),
            sum(|c| c.saved_usd).into(),
            moment().into(),
        ];
        Ok(Entry::Attempt { key: record.key.clone(), columns, transcript })
    }

    /// One attempt.
    pub async fn attempt(&self, key: &AttemptKey) -> Result<Option<AttemptRecord>, StoreError> {
        let found = sql("SELECT a.error, t.transcript FROM runs r JOIN run_samples rs ON rs.run = r.seq \
             JOIN attempts a ON a.id = ((rs.run << 40) | (rs.position << 14) | ?3) LEFT JOIN transcripts t ON t.attempt = a.id \
             WHERE r.id = ?1 AND rs.sample_id = ?2")
        .bind(&key.run_id)
        .bind(&key.sample_id)
        .bind(key.epoch);
        let row = self.optional(found).await?;
        row.map(|row| self.attempt_record(key.clone(), &row)).transpose()
    }

    /// The attempts of a run in the order of its plan, transcripts included, read as they are taken.
    pub fn attempts<'a>(&'a self, run_id: &'a str) -> BoxStream<'a, Result<AttemptRecord, StoreError>> {
        let statement = "SELECT a.id, rs.sample_id, a.error, t.transcript FROM attempts a \
             JOIN run_samples rs ON rs.run = a.run AND rs.position = a.position LEFT JOIN transcripts t ON t.attempt = a.id \
             WHERE a.id >= ?1 AND a.id < ?2 ORDER BY a.id";
        self.rows_of_run(run_id, move |run| {
            let (from, to) = run_range(run);
            sql(statement).bind(from).bind(to)
        })
        .map(move |row| {
            let row = row?;
            let failed = |e| self.failed(e);
            let (_, epoch) = position_and_epoch(row.integer("id").map_err(failed)?);
            let key = AttemptKey { run_id: run_id.into(), sample_id: row.text("sample_id").map_err(failed)?, epoch };
            self.attempt_record(key, &row)
        })
        .boxed()
    }

    fn attempt_record(&self, key: AttemptKey, row: &Row) -> Result<AttemptRecord, StoreError> {
        let failed = |e| self.failed(e);
        let transcript = row.maybe_str("transcript").map_err(failed)?;
        let attempt = transcript.map(|text| self.parse_json(&text, &describe(&key))).transpose()?;
        Ok(AttemptRecord { key, attempt, error: row.maybe_text("error").map_err(failed)? })
    }
}

/// An attempt in words.
pub(super) fn describe(key: &AttemptKey) -> String {
    format!("attempt {} at sample {} of run {}", key.epoch, key.sample_id, key.run_id)
}
