use crate::{AnswerForm, Attempt, Capabilities, Completion, Exchange, Judges, ModelError, Protocol, Request};
use async_trait::async_trait;

/// The engine's side of a session: cache, limits, retries, budget and seeds are applied here.
#[async_trait]
pub trait Ask: Send + Sync {
    /// Answers the `call`-th request (from 0) of this session.
    async fn ask(&self, request: &Request, call: u32) -> Result<Completion, SessionError>;

    /// Tokens of a prompt, where the model's tokenizer is at hand.
    fn count_tokens(&self, _request: &Request) -> Option<u64> {
        None
    }
}

/// A request of an attempt that got no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SessionError {
    /// The model gave none, after whatever retries the engine allows.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The run is being stopped; the attempt is not recorded.
    #[error("the run was stopped before the answer came")]
    Stopped,
}

/// The only way a benchmark reaches a model: ask, look, ask again.
pub struct Session<'a> {
    ask: &'a dyn Ask,
    judges: &'a dyn Judges,
    protocol: Protocol,
    capabilities: Capabilities,
    seed: u64,
    exchanges: Vec<Exchange>,
}

impl<'a> Session<'a> {
    /// A session of one attempt; `seed` is derived per (sample, epoch).
    pub fn new(ask: &'a dyn Ask, judges: &'a dyn Judges, protocol: Protocol, capabilities: Capabilities, seed: u64) -> Self {
        Self { ask, judges, protocol, capabilities, seed, exchanges: Vec::new() }
    }

    /// Where code runs that a protocol executes between two questions.
    pub fn judges(&self) -> &'a dyn Judges {
        self.judges
    }

    /// Tokens of a prompt, where the model's tokenizer is at hand.
    pub fn count_tokens(&self, request: &Request) -> Option<u64> {
        self.ask.count_tokens(request)
    }

    /// What was asked and answered so far.
    pub fn exchanges(&self) -> &[Exchange] {
        &self.exchanges
    }

    /// How questions reach the model in this run.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// What the model can be asked.
    pub fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    /// The seed of this attempt, for protocols that draw at random themselves.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Asks and waits for the answer, which is also kept in the transcript.
    pub async fn ask(&mut self, request: Request) -> Result<&Completion, SessionError> {
        let call = self.exchanges.len() as u32;
        let completion = self.ask.ask(&request, call).await?;
        self.exchanges.push(Exchange { request, completion });
        Ok(&self.exchanges[call as usize].completion)
    }

    /// Ends the session with the text to be graded.
    pub fn finish(self, text: impl Into<String>, form: AnswerForm) -> Attempt {
        Attempt { exchanges: self.exchanges, ..Attempt::imported(text, form) }
    }
}
