use std::time::Duration;

/// What is left of one limit of an endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allowance {
    /// How much a whole period allows.
    pub limit: Option<u64>,
    /// How much is left of the present period.
    pub remaining: Option<u64>,
    /// When it is whole again, from now.
    pub resets_in: Option<Duration>,
}

/// What an endpoint says about its limits, e.g. in `x-ratelimit-*` headers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RateLimits {
    /// Requests.
    pub requests: Option<Allowance>,
    /// Tokens, of prompts and answers together unless the endpoint counts otherwise.
    pub tokens: Option<Allowance>,
}
