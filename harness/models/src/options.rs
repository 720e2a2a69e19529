use serde_json::{Map, Value};
use std::path::PathBuf;
use std::time::Duration;

/// How long to wait for an endpoint. Every wait starts when the request is sent, not when it is queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection, name look-up and TLS included.
    pub connect: Duration,
    /// Between two pieces of a streamed answer, the first included.
    pub idle: Duration,
    /// For the whole answer.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(15), idle: Duration::from_secs(300), total: Duration::from_secs(1800) }
    }
}

/// What a user may set when a model is opened. Every backend reads what concerns it.
#[derive(Debug, Clone, Default)]
pub struct ModelOptions {
    /// Endpoints: the base address, before any environment variable.
    pub base_url: Option<String>,
    /// `-M key=value`: what the backend knows as its own option it takes; the rest goes into each request as it is.
    pub args: Map<String, Value>,
    /// Endpoints: whether answers are streamed; `None` is yes.
    pub stream: Option<bool>,
    /// Endpoints: how long to wait.
    pub timeouts: Timeouts,
    /// Local models: the file with the weights, instead of the one the name stands for.
    pub model_file: Option<PathBuf>,
    /// Local models: worker threads; `None` is one per core.
    pub threads: Option<usize>,
}
