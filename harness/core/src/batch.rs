use crate::{Completion, ModelError, Request};
use async_trait::async_trait;
use std::collections::HashMap;

/// A request of a batch with the name its result comes back under: at most 64 letters, digits, hyphens and underscores.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchItem {
    /// The name, unique in the batch.
    pub id: String,
    /// What is asked.
    pub request: Request,
}

/// How much one batch may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchLimits {
    /// Requests.
    pub requests: usize,
    /// Bytes of all of them as sent.
    pub bytes: usize,
}

/// Where a batch stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchPhase {
    /// The provider works on it.
    Working,
    /// It is over, be it finished, expired or cancelled: every result there will ever be is there.
    Ended,
    /// The provider would not take it; says why. It has no results.
    Rejected(String),
}

/// What a provider says about a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchState {
    /// Where it stands.
    pub phase: BatchPhase,
    /// The provider's own word for that.
    pub word: String,
    /// Requests with a result, good or bad.
    pub done: u64,
    /// Requests in all, as far as known.
    pub total: u64,
}

/// Answers many requests at once, within hours and at a lower price.
#[async_trait]
pub trait Batch: Send + Sync + std::fmt::Debug {
    /// How much one batch may hold.
    fn limits(&self) -> BatchLimits;

    /// Hands in a batch; gives back the provider's name for it. `token` marks it, where the provider lets one, so that
    /// [`Batch::find`] knows it again.
    async fn submit(&self, token: &str, items: &[BatchItem]) -> Result<String, ModelError>;

    /// The batch that was handed in as `token` with `items` requests, not before `since` (seconds since 1970), when
    /// whoever did so never heard of its name. Batches in `known` are others.
    async fn find(&self, token: &str, items: usize, since: u64, known: &[String]) -> Result<Option<String>, ModelError>;

    /// Where it stands.
    async fn state(&self, batch: &str) -> Result<BatchState, ModelError>;

    /// The results of a batch that ended for those `wanted`, by their names. What has no result is left out.
    async fn results(
        &self,
        batch: &str,
        wanted: &HashMap<String, Request>,
    ) -> Result<HashMap<String, Result<Completion, ModelError>>, ModelError>;

    /// Asks the provider to stop; what is finished by then is kept and charged.
    async fn cancel(&self, batch: &str) -> Result<(), ModelError>;
}
