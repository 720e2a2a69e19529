use super::ledger::Ledger;
use crate::EngineError;
use proctor_core::{Batch, BatchPhase, BatchState, ModelError};
use proctor_store::Store;
use serde_json::Value;

/// A batch of a run, as the store remembers it.
#[derive(Debug, Clone, PartialEq)]
pub struct RunBatch {
    /// The run.
    pub run_id: String,
    /// The model that is asked.
    pub model: String,
    /// Where that is, host and path; `None` where the run does not say.
    pub endpoint: Option<String>,
    /// The provider's name for the batch; `None` while nobody knows whether it arrived.
    pub batch: Option<String>,
    /// Requests in it that were not handed in again since.
    pub requests: usize,
    /// When it was handed in, RFC 3339.
    pub handed_in: String,
    token: String,
    since: u64,
}

/// The batches of the run called `run`, or of all runs, the latest run first.
pub async fn run_batches(store: &Store, run: Option<&str>) -> Result<Vec<RunBatch>, EngineError> {
    let ids = match run {
        Some(name) => vec![store.run(name).await?.id],
        None => store.run_lines().await?.into_iter().map(|line| line.id).collect(),
    };
    let mut batches = Vec::new();
    for id in ids {
        let stored = store.batches(&id).await?;
        if stored.is_empty() {
            continue;
        }
        let run = store.run(&id).await?;
        let endpoint = run.plan.model_provenance.get("endpoint").and_then(Value::as_str).map(str::to_owned);
        let ledger = Ledger { store: store.clone(), run_id: id.clone() };
        for (entry, stored) in ledger.entries().await?.into_iter().zip(stored) {
            batches.push(RunBatch {
                run_id: id.clone(),
                model: run.plan.model.clone(),
                endpoint: endpoint.clone(),
                batch: entry.vendor,
                requests: entry.items.len(),
                handed_in: stored.created_at,
                token: entry.token,
                since: entry.since,
            });
        }
    }
    Ok(batches)
}

impl RunBatch {
    /// Where it stands at its provider; `None` where it never arrived there.
    pub async fn state(&self, provider: &dyn Batch) -> Result<Option<BatchState>, ModelError> {
        match self.found(provider).await? {
            Some(batch) => provider.state(&batch).await.map(Some),
            None => Ok(None),
        }
    }

    /// Asks its provider to stop working on it; false where there is nothing to stop. What is answered by then is kept and
    /// charged; the next run of the same plan collects that and hands in the rest again.
    pub async fn cancel(&self, provider: &dyn Batch) -> Result<bool, ModelError> {
        let Some(batch) = self.found(provider).await? else { return Ok(false) };
        if provider.state(&batch).await?.phase != BatchPhase::Working {
            return Ok(false);
        }
        provider.cancel(&batch).await.map(|()| true)
    }

    /// The provider's name for it, looked for where it is not known.
    async fn found(&self, provider: &dyn Batch) -> Result<Option<String>, ModelError> {
        match &self.batch {
            Some(batch) => Ok(Some(batch.clone())),
            None => provider.find(&self.token, self.requests, self.since, &[]).await,
        }
    }
}
