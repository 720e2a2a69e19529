use super::{Store, StoreError};
use proctor_core::{Sample, samples_sha256, sha256_hex};
use sqlx::SqliteConnection;

/// Writes the samples of a new run, in order.
pub(super) async fn insert_samples(
    store: &Store,
    seq: i64,
    samples: &[Sample],
    connection: &mut SqliteConnection,
) -> Result<(), StoreError> {
    for (position, sample) in samples.iter().enumerate() {
        let text = store.to_json(sample)?;
        let sha256 = sha256_hex(text.as_bytes());
        sqlx::query(
            "INSERT INTO samples (sha256, content_sha256, sample_group, strata, sample) VALUES (?, ?, ?, ?, ?) \
             ON CONFLICT (sha256) DO NOTHING",
        )
        .bind(&sha256)
        .bind(samples_sha256(std::slice::from_ref(sample)))
        .bind(&sample.group)
        .bind(store.to_json(&sample.strata)?)
        .bind(text)
        .execute(&mut *connection)
        .await
        .map_err(|e| store.failed(e))?;
        sqlx::query("INSERT INTO run_samples (run, sample_id, position, sample_sha256) VALUES (?, ?, ?, ?)")
            .bind(seq)
            .bind(&sample.id)
            .bind(position as i64)
            .bind(&sha256)
            .execute(&mut *connection)
            .await
            .map_err(|e| store.failed(e))?;
    }
    Ok(())
}

impl Store {
    /// The samples of a run, in the order of its plan.
    pub async fn samples(&self, run_id: &str) -> Result<Vec<Sample>, StoreError> {
        let texts: Vec<String> = sqlx::query_scalar(
            "SELECT s.sample FROM runs r JOIN run_samples rs ON rs.run = r.seq JOIN samples s ON s.sha256 = rs.sample_sha256 \
             WHERE r.id = ? ORDER BY rs.position",
        )
        .bind(run_id)
        .fetch_all(&self.readers)
        .await
        .map_err(|e| self.failed(e))?;
        texts.iter().map(|text| self.parse_json(text, &format!("a sample of run {run_id}"))).collect()
    }

    /// One sample of a run.
    pub async fn sample(&self, run_id: &str, sample_id: &str) -> Result<Option<Sample>, StoreError> {
        let text: Option<String> = sqlx::query_scalar(
            "SELECT s.sample FROM runs r JOIN run_samples rs ON rs.run = r.seq JOIN samples s ON s.sha256 = rs.sample_sha256 \
             WHERE r.id = ? AND rs.sample_id = ?",
        )
        .bind(run_id)
        .bind(sample_id)
        .fetch_optional(&self.readers)
        .await
        .map_err(|e| self.failed(e))?;
        text.map(|text| self.parse_json(&text, &format!("sample {sample_id} of run {run_id}"))).transpose()
    }
}
