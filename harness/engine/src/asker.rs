use crate::backoff::Backoff;
use crate::{Retries, Stage, Stop};
use async_trait::async_trait;
use proctor_core::{
    Ask, AttemptKey, Completion, Model, ModelError, ModelErrorKind, Request, RequestLabel, SessionError, derive_seed,
};
use std::sync::{Arc, Mutex, PoisonError};
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
}

/// What the asking of one run shares.
pub(crate) struct Endpoint {
    pub(crate) model: Arc<dyn Model>,
    pub(crate) retries: Retries,
    pub(crate) run_seed: u64,
    /// Told of every retry.
    pub(crate) retrying: mpsc::Sender<Retrying>,
    /// Until then the service wants no request at all.
    closed_until: Mutex<Option<Instant>>,
}

impl Endpoint {
    pub(crate) fn new(model: Arc<dyn Model>, retries: Retries, run_seed: u64, retrying: mpsc::Sender<Retrying>) -> Self {
        Self { model, retries, run_seed, retrying, closed_until: Mutex::new(None) }
    }

    fn close_for(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut closed = self.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
        *closed = Some(closed.map_or(until, |c| c.max(until)));
    }

    fn reopens(&self) -> Option<Instant> {
        let closed = self.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
        closed.filter(|until| *until > Instant::now())
    }
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
        let mut request = request.clone();
        let AttemptKey { sample_id, epoch, .. } = &self.key;
        if request.sampling.seed.is_none() && self.endpoint.model.capabilities().seed {
            request.sampling.seed = Some(derive_seed(self.endpoint.run_seed, sample_id, *epoch, call));
        }
        request.label = Some(RequestLabel { sample_id: sample_id.clone(), epoch: *epoch, call });
        request
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
        let jitter = derive_seed(endpoint.run_seed, &self.key.sample_id, self.key.epoch, call);
        let mut backoff = Backoff::new(endpoint.retries, jitter);
        let started = Instant::now();
        loop {
            while let Some(reopens) = endpoint.reopens() {
                self.wait_until(reopens).await?;
            }
            let limit = endpoint.retries.request_timeout;
            let error = match tokio::time::timeout(limit, endpoint.model.complete(&request)).await {
                Ok(Ok(completion)) => return Ok(completion),
                Ok(Err(error)) => error,
                Err(_) => {
                    let message = format!("{} gave no answer within {} s", endpoint.model.name(), limit.as_secs());
                    ModelError::new(ModelErrorKind::Timeout, message)
                }
            };
            let Some(wait) = backoff.next_wait(&error, started.elapsed()) else {
                return Err(SessionError::Model(given_up(error, backoff.tries())));
            };
            if error.kind == ModelErrorKind::RateLimited
                && let Some(asked) = error.retry_after
            {
                endpoint.close_for(asked);
            }
            let note = Retrying { key: self.key.clone(), tries: backoff.tries(), wait, error };
            // Nobody listening means the run is gone, and with it this attempt.
            endpoint.retrying.send(note).await.map_err(|_| SessionError::Stopped)?;
            self.wait_until(Instant::now() + wait).await?;
        }
    }
}

/// The error with the number of tries, where there were several, and with how long the service wants to be left alone.
fn given_up(mut error: ModelError, tries: u32) -> ModelError {
    if let Some(asked) = error.retry_after {
        error.message = format!("{}; it asks to be left alone for {} s", error.message, asked.as_secs());
    }
    if tries > 1 {
        error.message = format!("{} (tried {tries} times)", error.message);
    }
    error
}
