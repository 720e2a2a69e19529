use crate::{Activity, Batch, Completion, Continuation, Likelihood, RateLimits, Request};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a model can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// Takes chat messages.
    pub chat: bool,
    /// Continues raw text.
    pub completion: bool,
    /// Honours `Sampling::seed`.
    pub seed: bool,
    /// Most requests worth having in flight at once; `None` where only the endpoint knows.
    pub concurrency: Option<usize>,
    /// Tokens of context, where known.
    pub context_tokens: Option<usize>,
}

/// What went wrong between a request and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelErrorKind {
    /// The key is missing or refused.
    Auth,
    /// No such model or no such path.
    NotFound,
    /// The request was understood and refused.
    BadRequest,
    /// The prompt does not fit into the model's context.
    ContextLength,
    /// Too many requests.
    RateLimited,
    /// The service is overloaded or failed on its side (5xx).
    Unavailable,
    /// No answer, or no progress, in time.
    Timeout,
    /// The connection could not be made or broke.
    Connection,
    /// The other side does not speak the protocol.
    Protocol,
    /// The backend in this process failed.
    Local,
    /// A replay or mock has no answer for this sample.
    NoAnswer,
    /// Somebody cancelled the batch that the request was handed in with.
    Cancelled,
}

/// A request that got no answer. The message never holds a key.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct ModelError {
    /// What kind of failure.
    pub kind: ModelErrorKind,
    /// One sentence: what is wrong, where, what to do.
    pub message: String,
    /// The wait the service asked for.
    pub retry_after: Option<Duration>,
    /// What the service said about its limits.
    pub limits: Option<Box<RateLimits>>,
}

impl ModelError {
    /// An error of `kind`.
    pub fn new(kind: ModelErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), retry_after: None, limits: None }
    }

    /// Whether asking again later can help.
    pub fn is_retryable(&self) -> bool {
        use ModelErrorKind::*;
        matches!(self.kind, RateLimited | Unavailable | Timeout | Connection)
    }

    /// Whether every further request would fail alike, so that the run should stop asking.
    pub fn is_fatal(&self) -> bool {
        use ModelErrorKind::*;
        matches!(self.kind, Auth | NotFound)
    }
}

/// A model that answers requests.
#[async_trait]
pub trait Model: Send + Sync {
    /// The name it was asked for by, e.g. `candle/smollm2-135m`.
    fn name(&self) -> &str;

    /// Which limits of a service it shares: models with the same quota are asked at one pace. An endpoint and a digest of
    /// its key, never the key itself; the model's name where nothing is shared.
    fn quota(&self) -> String {
        self.name().to_owned()
    }

    /// What it can be asked.
    fn capabilities(&self) -> Capabilities;

    /// What decides the answers beyond the request: weights' hash, numeric mode, endpoint. Never a key.
    fn provenance(&self) -> serde_json::Value;

    /// Whether its answers depend on the request alone, so that they may be kept and given again; not so where they are
    /// looked up by the request's label.
    fn keepable(&self) -> bool {
        true
    }

    /// Answers one request. Retries and rate limits are the engine's work, not the model's.
    async fn complete(&self, request: &Request) -> Result<Completion, ModelError>;

    /// [`Model::complete`], with a sign for everything that comes of the answer meanwhile.
    async fn complete_watched(&self, request: &Request, _activity: &Activity) -> Result<Completion, ModelError> {
        self.complete(request).await
    }

    /// The longest silence in an answer under way before it is given up; `None` where nobody watches for it.
    fn patience(&self) -> Option<Duration> {
        None
    }

    /// How probable each continuation is, in the order given.
    async fn loglikelihood(&self, _continuations: &[Continuation]) -> Result<Vec<Likelihood>, ModelError> {
        let message = format!("{} cannot say how probable a given text is", self.name());
        Err(ModelError::new(ModelErrorKind::BadRequest, message))
    }

    /// Tokens of a prompt, where the model's tokenizer is at hand.
    fn count_tokens(&self, _request: &Request) -> Option<u64> {
        None
    }

    /// Tiers of service it is asked at, where they are not the standard ones: `flex`, `priority`. They decide what it costs.
    fn tiers(&self) -> Vec<String> {
        Vec::new()
    }

    /// How to ask it in batches, where its provider takes those.
    fn batch(&self) -> Option<&dyn Batch> {
        None
    }

    /// Where it is reached; `None` for a model in this process.
    fn address(&self) -> Option<ModelAddress> {
        None
    }

    /// The models that its endpoint serves; `None` where it does not tell.
    async fn listed_models(&self) -> Result<Option<Vec<ListedModel>>, ModelError> {
        Ok(None)
    }
}

/// A model that an endpoint says it serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedModel {
    /// Its name there.
    pub name: String,
    /// Tokens of its context, where the list says so.
    pub context_tokens: Option<u64>,
}

/// Where a model is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelAddress {
    /// Host and path, as messages show it.
    pub shown: String,
    /// Name or address of the host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether the connection is encrypted.
    pub encrypted: bool,
    /// The model's name there.
    pub model: String,
    /// The variable that holds its key, and whether it does.
    pub key: (String, bool),
}
