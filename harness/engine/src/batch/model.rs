use super::collector::{BatchSettings, Collector, Waiting};
use super::ledger::Ledger;
use crate::EngineError;
use async_trait::async_trait;
use proctor_core::{Capabilities, Completion, EventSink, Model, ModelError, ModelErrorKind, Request};
use proctor_store::Store;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// A model that is asked in batches.
pub(crate) struct BatchModel {
    inner: Arc<dyn Model>,
    most: usize,
    waiting: mpsc::UnboundedSender<Waiting>,
}

impl BatchModel {
    /// Prepares to ask `inner` in batches for the run `run_id`. The batches that the store remembers of it are gone on
    /// with. An error where its provider takes no batches.
    pub(crate) async fn start(
        inner: Arc<dyn Model>,
        store: &Store,
        run_id: &str,
        sink: Arc<dyn EventSink>,
        settings: BatchSettings,
    ) -> Result<Self, EngineError> {
        let Some(batch) = inner.batch() else {
            let message = format!(
                "{} cannot be asked in batches; openai/…, azure/… (at /openai/v1) and anthropic/… can. Leave out --batch",
                inner.name()
            );
            return Err(EngineError::Input(message));
        };
        let most = batch.limits().requests;
        let ledger = Ledger { store: store.clone(), run_id: run_id.to_owned() };
        let (waiting, receiver) = mpsc::unbounded_channel();
        let collector = Collector::new(inner.clone(), ledger, sink, settings).await?;
        tokio::spawn(collector.collect(receiver));
        Ok(Self { inner, most, waiting })
    }
}

#[async_trait]
impl Model for BatchModel {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { concurrency: Some(self.most), ..self.inner.capabilities() }
    }

    fn provenance(&self) -> Value {
        self.inner.provenance()
    }

    fn keepable(&self) -> bool {
        self.inner.keepable()
    }

    fn tiers(&self) -> Vec<String> {
        self.inner.tiers()
    }

    fn quota(&self) -> String {
        // Batches have limits of their own, apart from those of single requests.
        json!(["batch", self.inner.quota()]).to_string()
    }

    async fn complete(&self, request: &Request) -> Result<Completion, ModelError> {
        let (answer, answered) = oneshot::channel();
        let gone =
            || ModelError::new(ModelErrorKind::Local, format!("the batches of {} are no longer looked after", self.name()));
        self.waiting.send(Waiting { request: request.clone(), answer }).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}
