use super::database::{Insertion, Row, Transaction, Value, insert_rows, placeholders, sql};
use super::{Store, StoreError};
use futures::StreamExt;
use proctor_core::{Sample, samples_sha256, sha256_hex};
use std::collections::HashMap;

/// Samples that are written at once.
const TOGETHER: usize = 64;

/// Writes the samples of a new run, in order.
pub(super) struct SampleWriter {
    run: i64,
    /// Where the next one stands.
    position: usize,
}

impl SampleWriter {
    /// For the run with this number.
    pub(super) fn new(run: i64) -> Self {
        Self { run, position: 0 }
    }

    /// Writes the next samples.
    pub(super) async fn add(
        &mut self,
        store: &Store,
        samples: &[Sample],
        transaction: &mut Transaction,
    ) -> Result<(), StoreError> {
        let failed = |e| store.failed(e);
        for some in samples.chunks(TOGETHER) {
            let mut hashes = Vec::with_capacity(some.len());
            let mut rows: Vec<Vec<Value>> = Vec::with_capacity(some.len());
            for sample in some {
                let text = store.to_json(sample)?;
                let sha256 = sha256_hex(text.as_bytes());
                rows.push(vec![
                    (&sha256).into(),
                    samples_sha256(std::slice::from_ref(sample)).into(),
                    (&sample.group).into(),
                    store.to_json(&sample.strata)?.into(),
                    text.into(),
                ]);
                hashes.push(sha256);
            }
            let columns = "sha256, content_sha256, sample_group, strata, sample";
            let insertion = Insertion { table: "samples", columns, conflict: "ON CONFLICT DO NOTHING", rows };
            insert_rows(transaction.on(), insertion).await.map_err(failed)?;
            let numbers = numbers(&hashes, transaction).await.map_err(failed)?;
            let mut rows = Vec::with_capacity(some.len());
            for (n, (sample, sha256)) in some.iter().zip(&hashes).enumerate() {
                let number = numbers.get(sha256).ok_or_else(|| store.damaged("a sample that was just written is not there"))?;
                rows.push(vec![self.run.into(), (self.position + n).into(), (&sample.id).into(), (*number).into()]);
            }
            let columns = "run, position, sample_id, sample";
            let insertion = Insertion { table: "run_samples", columns, conflict: "", rows };
            insert_rows(transaction.on(), insertion).await.map_err(failed)?;
            self.position += some.len();
        }
        Ok(())
    }
}

/// The numbers of samples by their hashes.
async fn numbers(hashes: &[String], transaction: &mut Transaction) -> Result<HashMap<String, i64>, sqlx::Error> {
    let mut text = String::from("SELECT sha256, seq FROM samples WHERE sha256 IN ");
    placeholders(&mut text, 1, hashes.len(), transaction.on().numbered());
    let rows = sql(text).bind_all(hashes.iter().map(Value::from)).all(transaction.on()).await?;
    rows.iter().map(|row| Ok((row.text("sha256")?, row.integer("seq")?))).collect()
}

impl Store {
    /// The samples of a run, in the order of its plan.
    pub async fn samples(&self, run_id: &str) -> Result<Vec<Sample>, StoreError> {
        let statement = "SELECT s.sample FROM run_samples rs JOIN samples s ON s.seq = rs.sample \
                         WHERE rs.run = ?1 ORDER BY rs.position";
        let mut rows = self.rows_of_run(run_id, move |run| sql(statement).bind(run));
        let mut samples = Vec::new();
        while let Some(row) = rows.next().await {
            let row = row?;
            let text = row.str(0).map_err(|e| self.failed(e))?;
            samples.push(self.parse_json(&text, &format!("a sample of run {run_id}"))?);
        }
        Ok(samples)
    }

    /// The `count` samples of a run that stand from `position` on, each with the bytes it takes in the store.
    pub async fn samples_at(&self, run_id: &str, position: usize, count: usize) -> Result<Vec<(Sample, usize)>, StoreError> {
        let found = sql("SELECT s.sample FROM runs r JOIN run_samples rs ON rs.run = r.seq JOIN samples s ON s.seq = rs.sample \
             WHERE r.id = ?1 AND rs.position >= ?2 AND rs.position < ?3 ORDER BY rs.position");
        let rows = self.all(found.bind(run_id).bind(position).bind(position.saturating_add(count))).await?;
        let read = |row: &Row| {
            let text = row.str(0).map_err(|e| self.failed(e))?;
            Ok((self.parse_json(&text, &format!("a sample of run {run_id}"))?, text.len()))
        };
        rows.iter().map(read).collect()
    }

    /// One sample of a run.
    pub async fn sample(&self, run_id: &str, sample_id: &str) -> Result<Option<Sample>, StoreError> {
        let found = sql("SELECT s.sample FROM runs r JOIN run_samples rs ON rs.run = r.seq JOIN samples s ON s.seq = rs.sample \
             WHERE r.id = ?1 AND rs.sample_id = ?2");
        let Some(row) = self.optional(found.bind(run_id).bind(sample_id)).await? else { return Ok(None) };
        let text = row.str(0).map_err(|e| self.failed(e))?;
        self.parse_json(&text, &format!("sample {sample_id} of run {run_id}")).map(Some)
    }
}
