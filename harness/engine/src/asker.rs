use crate::backoff::Backoff;
use crate::cache::AnswerCache;
use crate::drought::Drought;
use crate::pacing::{Answered, Pacer, Permit, Refusal, Refused};
use crate::{Asked, Budget, Price, Retries, Stage, Stop};
use async_trait::async_trait;
use proctor_core::{
    Ask, AttemptKey, Completion, Model, ModelError, ModelErrorKind, Prompt, Request, RequestLabel, SessionError, derive_seed,
    time_span,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// A request is about to be tried again.
#[derive(Debug)]
pub(crate) struct Retrying {
    pub(crate) key: AttemptKey,
    pub(crate) tries: u32,
    pub(crate) wait: Duration,
    pub(crate) error: ModelError,
    /// For how long the endpoint has refused everything, where that is longer than anybody waits.
    pub(crate) drought: Option<Duration>,
}

/// What the asking of one run shares.
pub(crate) struct Endpoint {
    pub(crate) model: Arc<dyn Model>,
    pub(crate) retries: Retries,
    /// Whether requests wait in batches, which go on at the provider when the run is stopped.
    pub(crate) batched: bool,
    pub(crate) run_seed: u64,
    /// Told of every retry.
    pub(crate) retrying: mpsc::Sender<Retrying>,
    /// How fast it is asked; shared with whoever asks the same endpoint.
    pub(crate) pacer: Arc<Pacer>,
    /// Answers that are kept; `None` where the user does without.
    pub(crate) cache: Option<AnswerCache>,
    /// What an answer costs, where that is known.
    pub(crate) price: Option<Price>,
    /// Who counts it.
    pub(crate) budget: Arc<Budget>,
    /// For how long it has refused everything.
    pub(crate) drought: Drought,
}

impl Endpoint {
    /// The answer kept under `key`, if there is one.
    async fn kept(&self, key: Option<&str>) -> Result<Option<Completion>, SessionError> {
        match (&self.cache, key) {
            (Some(cache), Some(key)) => cache.get(key).await.map_err(unkept),
            _ => Ok(None),
        }
    }

    /// The one place where an answer is priced, counted and kept.
    fn book(&self, request: &Request, mut completion: Completion, key: Option<&str>) -> Result<Completion, SessionError> {
        let asked = Asked { batched: self.batched, tiers: &completion.tiers };
        let priced = self.price.as_ref().and_then(|price| price.cost(&completion.usage, asked));
        completion.cost_usd = completion.cost_usd.or(priced);
        self.budget.charge(&completion, request, self.price.as_ref());
        if let (Some(cache), Some(key)) = (&self.cache, key) {
            cache.keep(key, &completion).map_err(unkept)?;
        }
        Ok(completion)
    }
}

/// A failure of the store while asking. What it says comes up again when the attempt is recorded, which ends the run.
fn unkept(error: proctor_store::StoreError) -> SessionError {
    SessionError::Model(ModelError::new(ModelErrorKind::Local, error.to_string()))
}

/// The engine's side of one attempt's session.
pub(crate) struct Asker {
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) key: AttemptKey,
    pub(crate) stop: Stop,
}

impl Asker {
    /// The request as it is sent: with its seed where the model takes one, and its label.
    pub(crate) fn prepared(&self, request: &Request, call: u32) -> Request {
        prepared(self.endpoint.model.as_ref(), self.endpoint.run_seed, &self.key, request, call)
    }

    /// Waits for the endpoint's leave to send, or says that the run is being stopped.
    async fn turn(&self, request: &Request, urgent: bool) -> Result<Permit, SessionError> {
        let endpoint = &self.endpoint;
        let tokens = prompt_tokens(request);
        let sample = Some(self.key.sample_id.clone());
        tokio::select! {
            biased;
            () = self.stop.reached(Stage::Drain) => Err(SessionError::Stopped),
            permit = endpoint.pacer.turn(tokens, request.sampling.max_tokens, sample, urgent) => Ok(permit),
        }
    }

    /// Waits, or says that the run is being stopped.
    async fn wait_until(&self, instant: Instant) -> Result<(), SessionError> {
        tokio::select! {
            biased;
            () = self.stop.reached(Stage::Drain) => Err(SessionError::Stopped),
            () = tokio::time::sleep_until(instant) => Ok(()),
        }
    }
}

#[async_trait]
impl Ask for Asker {
    fn count_tokens(&self, request: &Request) -> Option<u64> {
        self.endpoint.model.count_tokens(request)
    }

    async fn ask(&self, request: &Request, call: u32) -> Result<Completion, SessionError> {
        let endpoint = &self.endpoint;
        let request = self.prepared(request, call);
        let key = endpoint.cache.as_ref().map(|cache| cache.key(&request));
        if let Some(kept) = endpoint.kept(key.as_deref()).await? {
            // An answer that this run asked for before it was cut off was paid for, and is not in the store's sum yet.
            endpoint.budget.charge(&kept, &request, endpoint.price.as_ref());
            return Ok(kept);
        }
        let jitter = derive_seed(endpoint.run_seed, &self.key.sample_id, self.key.epoch, call);
        let mut backoff = Backoff::new(endpoint.retries, jitter);
        loop {
            let permit = self.turn(&request, backoff.tries() > 0).await?;
            let sent = Instant::now();
            let tried = try_once(endpoint.model.as_ref(), &request, endpoint.retries, permit);
            let tried = tokio::select! {
                biased;
                () = self.stop.reached(Stage::Drain), if endpoint.batched => return Err(SessionError::Stopped),
                tried = tried => tried,
            };
            let error = match tried {
                Ok(completion) => {
                    endpoint.drought.answered();
                    return endpoint.book(&request, completion, key.as_deref());
                }
                Err(error) => error,
            };
            let drought = endpoint.drought.refused(sent, &error, endpoint.retries.total, &endpoint.pacer);
            let Some(wait) = backoff.next_wait(&error, sent.elapsed()) else {
                return Err(SessionError::Model(given_up(error, backoff.tries(), endpoint.retries.total)));
            };
            let until = Instant::now() + wait;
            let _shown = endpoint.pacer.retry(until, &error.message);
            let note = Retrying { key: self.key.clone(), tries: backoff.tries(), wait, error, drought };
            // Nobody listening means the run is gone, and with it this attempt.
            endpoint.retrying.send(note).await.map_err(|_| SessionError::Stopped)?;
            self.wait_until(until).await?;
        }
    }
}

/// A request as it is sent: with its seed where the model takes one, and its label.
pub(crate) fn prepared(model: &dyn Model, run_seed: u64, key: &AttemptKey, request: &Request, call: u32) -> Request {
    let mut request = request.clone();
    if request.sampling.seed.is_none() && model.capabilities().seed {
        request.sampling.seed = Some(derive_seed(run_seed, &key.sample_id, key.epoch, call));
    }
    request.label = Some(RequestLabel { sample_id: key.sample_id.clone(), epoch: key.epoch, call });
    request
}

/// Sends one request and tells the endpoint's pace what came of it.
pub(crate) async fn try_once(
    model: &dyn Model,
    request: &Request,
    retries: Retries,
    permit: Permit,
) -> Result<Completion, ModelError> {
    let limit = retries.request_timeout;
    let error = match tokio::time::timeout(limit, model.complete_watched(request, permit.activity())).await {
        Ok(Ok(completion)) => {
            let tokens = completion.usage.prompt_tokens.zip(completion.usage.completion_tokens).map(|(p, c)| p + c);
            permit.answered(&Answered { tokens, limits: completion.limits });
            return Ok(completion);
        }
        Ok(Err(error)) => error,
        Err(_) => {
            let message = format!("{} gave no answer within {} s", model.name(), limit.as_secs());
            ModelError::new(ModelErrorKind::Timeout, message)
        }
    };
    let refusal = match error.kind {
        ModelErrorKind::RateLimited => Some(Refusal::TooMany),
        ModelErrorKind::Unavailable => Some(Refusal::Overloaded),
        ModelErrorKind::Timeout | ModelErrorKind::Connection => Some(Refusal::Unreachable),
        _ => None,
    };
    // A wait longer than anybody waits ends the request; it must not hold up the others as well.
    let retry_after = error.retry_after.filter(|asked| *asked <= retries.total);
    match refusal {
        Some(refusal) => permit.refused(&Refused { refusal, retry_after, limits: error.limits.as_deref().copied() }),
        None => drop(permit),
    }
    Err(error)
}

/// Tokens that a prompt is taken to cost: one for four bytes. What it did cost is put right afterwards, and counting
/// exactly would take longer than everything else proctor does for a request.
pub(crate) fn prompt_tokens(request: &Request) -> f64 {
    let bytes: usize = match &request.prompt {
        Prompt::Chat(messages) => messages.iter().map(|m| m.content.len() + 16).sum(),
        Prompt::Completion(text) => text.len(),
    };
    bytes as f64 / 4.0
}

/// The error with the number of tries, where there were several, and with how long the service wants to be left alone.
pub(crate) fn given_up(mut error: ModelError, tries: u32, longest: Duration) -> ModelError {
    if let Some(asked) = error.retry_after {
        let span = |time: Duration| time_span(time.as_secs_f64());
        let beyond = if asked > longest { format!(", and --max-wait is {}", span(longest)) } else { String::new() };
        error.message = format!("{}; it asks to be left alone for {}{beyond}", error.message, span(asked));
    }
    if tries > 1 {
        error.message = format!("{} (tried {tries} times)", error.message);
    }
    error
}
