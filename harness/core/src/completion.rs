use serde::{Deserialize, Serialize};

/// Why the model stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// It ended its answer, or a stop string was reached.
    Stop,
    /// It ran out of tokens: `max_tokens` or its context window.
    Length,
    /// The provider withheld the answer.
    ContentFilter,
    /// Anything else, in the provider's words.
    Other(String),
}

/// Token counts as reported by the backend; `None` where it reports none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt_tokens: Option<u64>,
    /// Tokens of the answer, reasoning included where the provider counts it so.
    pub completion_tokens: Option<u64>,
    /// Tokens spent on reasoning.
    pub reasoning_tokens: Option<u64>,
    /// Prompt tokens the provider read from its cache.
    pub cached_tokens: Option<u64>,
}

/// One answer of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Completion {
    /// The answer, without reasoning.
    pub text: String,
    /// Reasoning that was reported apart from the answer, or stripped from it.
    pub reasoning: Option<String>,
    /// Why it ended.
    pub finish: Finish,
    /// Token counts.
    pub usage: Usage,
    /// The model's name as the backend reports it.
    pub model: String,
    /// Seconds from sending the request to the last byte of the answer.
    pub latency_s: f64,
    /// Price in US dollars where known.
    pub cost_usd: Option<f64>,
}
