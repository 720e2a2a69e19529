use serde::{Deserialize, Serialize};
use std::fmt;

/// Why an endpoint is sent nothing for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pause {
    /// The service asked to be left alone (`Retry-After`).
    AskedFor,
    /// The service says that the requests of this period are used up.
    RequestsUsedUp,
    /// The service says that the tokens of this period are used up.
    TokensUsedUp,
    /// The user's bound on requests per minute.
    RequestsPerMinute,
    /// The user's bound on tokens per minute.
    TokensPerMinute,
    /// The rate that the service was found to take.
    FoundRate,
    /// The service refused a moment ago and is given time.
    Overload,
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Pause::AskedFor => "the service asked for a pause",
            Pause::RequestsUsedUp => "the service's requests of this period are used up",
            Pause::TokensUsedUp => "the service's tokens of this period are used up",
            Pause::RequestsPerMinute => "--requests-per-minute",
            Pause::TokensPerMinute => "--tokens-per-minute",
            Pause::FoundRate => "the rate the service was found to take",
            Pause::Overload => "the service refused just now and is given time",
        })
    }
}

/// One thing that a run waits for. It prints as part of a sentence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "snake_case")]
pub enum Wait {
    /// Answers to requests that were sent.
    Answers {
        /// The model asked.
        model: String,
        /// Requests out.
        requests: usize,
        /// Seconds since the oldest was sent.
        oldest_s: f64,
        /// The sample it belongs to, where it belongs to one.
        sample_id: Option<String>,
    },
    /// A pause of an endpoint; requests stand in line.
    Pause {
        /// The model to be asked.
        model: String,
        /// Requests in line.
        requests: usize,
        /// Why.
        cause: Pause,
        /// Seconds until the next may go.
        for_s: f64,
    },
    /// Places: as many requests are in flight as the endpoint is trusted with.
    Places {
        /// The model to be asked.
        model: String,
        /// Requests in line.
        requests: usize,
        /// Requests that may be in flight now.
        places: usize,
    },
    /// The time between two tries of failed requests.
    Retries {
        /// Requests to be tried again.
        requests: usize,
        /// Seconds until the first of them.
        for_s: f64,
        /// Why the latest of them failed.
        reason: String,
    },
    /// Grades being made.
    Grades {
        /// How many.
        grades: usize,
        /// Seconds since the oldest was begun.
        oldest_s: f64,
        /// The sample it belongs to.
        sample_id: String,
    },
    /// Rows on their way into the store.
    Rows {
        /// How many.
        rows: usize,
        /// Seconds since the oldest was handed over.
        oldest_s: f64,
    },
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wait::Answers { model, requests, oldest_s, sample_id } => {
                write!(f, "{} of {model}, the oldest for {oldest_s:.0} s", counted(*requests, "answer"))?;
                sample_id.as_ref().map_or(Ok(()), |id| write!(f, " (sample {id})"))
            }
            Wait::Pause { model, requests, cause, for_s } => {
                write!(f, "{model} in {for_s:.0} s: {cause} ({} in line)", counted(*requests, "request"))
            }
            Wait::Places { model, requests, places } => {
                write!(f, "one of {} at {model} ({} in line)", counted(*places, "place"), counted(*requests, "request"))
            }
            Wait::Retries { requests, for_s, reason } => {
                write!(f, "{} to be tried again, the first in {for_s:.0} s: {reason}", counted(*requests, "request"))
            }
            Wait::Grades { grades, oldest_s, sample_id } => {
                write!(f, "{}, the oldest for {oldest_s:.0} s (sample {sample_id})", counted(*grades, "grade"))
            }
            Wait::Rows { rows, oldest_s } => {
                write!(f, "{} to be stored, the oldest for {oldest_s:.0} s", counted(*rows, "row"))
            }
        }
    }
}

/// How fast an endpoint is asked now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    /// The model asked; models that share an endpoint and a key share its pace.
    pub model: String,
    /// Requests in flight.
    pub in_flight: usize,
    /// Requests that may be in flight now.
    pub places: usize,
    /// Most that may ever be.
    pub most: usize,
    /// Requests in line.
    pub in_line: usize,
    /// Requests per minute it is held to, where it is: the user's bound, or the rate the service was found to take.
    pub requests_per_minute: Option<f64>,
    /// Tokens per minute it is held to, where it is.
    pub tokens_per_minute: Option<f64>,
    /// Requests answered so far, and refused with "too many" or "overloaded".
    pub answered: u64,
    /// See `answered`.
    pub refused: u64,
}

/// `1 answer`, `2 answers`.
fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
