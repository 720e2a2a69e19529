use super::database::sql;
use super::runs::now;
use super::{Store, StoreError};
use serde_json::Value;

/// A batch of requests that a provider works on.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredBatch {
    /// The provider's name for it.
    pub id: String,
    /// What is needed to collect its answers.
    pub content: Value,
    /// When it was handed in, RFC 3339.
    pub created_at: String,
}

impl Store {
    /// Remembers a batch of a run that a provider has accepted, or renews what is known of it.
    pub async fn record_batch(&self, run_id: &str, id: &str, content: &Value) -> Result<(), StoreError> {
        let insert = sql("INSERT INTO batches (run, id, content, created_at) SELECT seq, ?2, ?3, ?4 FROM runs WHERE id = ?1 \
             ON CONFLICT (run, id) DO UPDATE SET content = excluded.content");
        let insert = insert.bind(run_id).bind(id).bind(self.to_json(content)?).bind(now());
        match self.change(insert).await? {
            0 => Err(StoreError::Unknown(format!("batch {id} of run {run_id}"))),
            _ => Ok(()),
        }
    }

    /// The batches of a run whose answers are not all collected, the oldest first.
    pub async fn batches(&self, run_id: &str) -> Result<Vec<StoredBatch>, StoreError> {
        let found = sql("SELECT b.id, b.content, b.created_at FROM runs r JOIN batches b ON b.run = r.seq \
             WHERE r.id = ?1 ORDER BY b.created_at, b.id");
        let failed = |e| self.failed(e);
        let rows = self.all(found.bind(run_id)).await?;
        rows.iter()
            .map(|row| {
                Ok(StoredBatch {
                    id: row.text("id").map_err(failed)?,
                    content: self.parse_json(&row.str("content").map_err(failed)?, "a batch")?,
                    created_at: row.text("created_at").map_err(failed)?,
                })
            })
            .collect()
    }

    /// Forgets a batch whose answers are all collected, or that is lost.
    pub async fn forget_batch(&self, run_id: &str, id: &str) -> Result<(), StoreError> {
        let delete = sql("DELETE FROM batches WHERE run = (SELECT seq FROM runs WHERE id = ?1) AND id = ?2");
        self.change(delete.bind(run_id).bind(id)).await.map(drop)
    }
}
