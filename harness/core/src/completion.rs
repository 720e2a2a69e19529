use crate::RateLimits;
use serde::{Deserialize, Serialize};

/// Why the model stopped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// It ended its answer, or a stop string was reached.
    #[default]
    Stop,
    /// It ran out of tokens: `max_tokens` or its context window.
    Length,
    /// The model declined: the provider says so apart from the answer, whose text are its words.
    Refused,
    /// The provider withheld the answer or would not take the question.
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
    /// Prompt tokens the provider wrote into its cache, where it charges for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_tokens: Option<u64>,
    /// Of these, the ones that it keeps for an hour, where it charges more for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_1h_tokens: Option<u64>,
}

/// A token with the natural logarithm of its probability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenLogprob {
    /// The token's text, as far as it is text.
    pub token: String,
    /// Natural logarithm of its probability, at most 0.
    pub logprob: f64,
    /// The most probable tokens at this place, where they were asked for, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub top: Vec<(String, f64)>,
}

/// One answer of a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
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
    /// The tokens with their probabilities, where they were asked for and the backend reports them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<Vec<TokenLogprob>>,
    /// Whether it was taken from the store's kept answers instead of being asked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cached: bool,
    /// Of a kept answer: what it cost when it was asked for, in US dollars. Its own price is then 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved_usd: Option<f64>,
    /// Tiers of service it was answered at, where they are not the standard ones: `flex`, `priority`, `fast`, `us`. They
    /// decide what it costs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<String>,
    /// Whether it came in pieces; `None` where that makes no difference. Not kept.
    #[serde(skip)]
    pub streamed: Option<bool>,
    /// What the endpoint said about its limits along with the answer; for the scheduler, not kept.
    #[serde(skip)]
    pub limits: Option<RateLimits>,
}
