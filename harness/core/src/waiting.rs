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
            Pause::AskedFor => "it asked to be left alone",
            Pause::RequestsUsedUp => "it says that its requests of this period are used up",
            Pause::TokensUsedUp => "it says that its tokens of this period are used up",
            Pause::RequestsPerMinute => "--requests-per-minute allows no more",
            Pause::TokensPerMinute => "--tokens-per-minute allows no more",
            Pause::FoundRate => "it was found to take no more",
            Pause::Overload => "it refused just now and is given time",
        })
    }
}

/// One thing that a run waits for. It prints as part of a sentence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "snake_case")]
pub enum Wait {
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
        /// When that is, in seconds since 1970.
        until_unix_s: f64,
        /// What the service said last, where it has answered nothing since.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// Seconds since it answers nothing, and tries that failed since.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refusing_s: Option<f64>,
        /// See `refusing_s`.
        #[serde(default)]
        refusals: u64,
    },
    /// Answers to requests that were sent.
    Answers {
        /// The model asked.
        model: String,
        /// Requests out.
        requests: usize,
        /// How many of them have begun to be answered.
        begun: usize,
        /// Seconds since the oldest was sent.
        oldest_s: f64,
        /// Seconds since something last came for it.
        silent_s: f64,
        /// Whether anything ever came for it.
        oldest_begun: bool,
        /// Seconds of silence after which a request is given up and, mostly, sent again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        patience_s: Option<f64>,
        /// The sample it belongs to, where it belongs to one.
        sample_id: Option<String>,
    },
    /// The time between two tries of failed requests.
    Retries {
        /// The model asked.
        model: String,
        /// Requests to be tried again.
        requests: usize,
        /// Seconds until the first of them.
        for_s: f64,
        /// Why it failed.
        reason: String,
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
    /// Rows on their way into the store.
    Rows {
        /// How many.
        rows: usize,
        /// Seconds since the oldest was handed over.
        oldest_s: f64,
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
}

impl Wait {
    /// The same `seconds` later, if nothing happened.
    pub fn later(mut self, seconds: f64) -> Self {
        match &mut self {
            Wait::Pause { for_s, refusing_s, .. } => {
                *for_s = (*for_s - seconds).max(0.0);
                refusing_s.iter_mut().for_each(|since| *since += seconds);
            }
            Wait::Retries { for_s, .. } => *for_s = (*for_s - seconds).max(0.0),
            Wait::Answers { oldest_s, silent_s, .. } => {
                *oldest_s += seconds;
                *silent_s += seconds;
            }
            Wait::Rows { oldest_s, .. } | Wait::Grades { oldest_s, .. } => *oldest_s += seconds,
            Wait::Places { .. } => {}
        }
        self
    }

    /// Seconds after which it is over or looks different; `None` where nobody knows.
    pub fn ends_in_s(&self) -> Option<f64> {
        match self {
            Wait::Pause { for_s, .. } | Wait::Retries { for_s, .. } => Some(*for_s),
            _ => None,
        }
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wait::Pause { model, requests, cause, for_s, until_unix_s, reason, refusing_s, refusals } => {
                let when = moment(*for_s, *until_unix_s);
                let line = counted(*requests, "request");
                match (cause, reason, refusing_s) {
                    (Pause::Overload, Some(reason), Some(since)) => {
                        let (since, tries) = (time_span(*since), if *refusals == 1 { "try" } else { "tries" });
                        write!(f, "{model}: {refusals} {tries} failed and none was answered for {since} ({reason}); ")?;
                        write!(f, "next try {when}, {line} in line")
                    }
                    (_, Some(reason), _) => write!(f, "{model}: {cause} ({reason}); next request {when}, {line} in line"),
                    _ => write!(f, "{model}: {cause}; next request {when}, {line} in line"),
                }
            }
            Wait::Answers { model, requests, begun, oldest_s, silent_s, oldest_begun, patience_s, sample_id } => {
                write!(f, "{} of {model}", counted(*requests, "answer"))?;
                let oldest = if *requests == 1 { "asked for" } else { "the oldest asked for" };
                let id = sample_id.as_ref().map(|id| format!(" (sample {id})")).unwrap_or_default();
                match (*begun, *oldest_begun) {
                    (0, _) => write!(f, "; nothing has come yet, {oldest} {} ago{id}", time_span(*oldest_s))?,
                    (begun, true) => {
                        let some = if *requests == 1 { String::new() } else { format!("; {begun} have begun") };
                        write!(
                            f,
                            "{some}; {oldest} {} ago{id}, its last piece came {} ago",
                            time_span(*oldest_s),
                            time_span(*silent_s)
                        )?;
                    }
                    (begun, false) => write!(f, "; {begun} have begun, {oldest} {} ago{id} has not", time_span(*oldest_s))?,
                }
                patience_s.map_or(Ok(()), |limit| write!(f, ", given up after {} of silence (--idle-timeout)", time_span(limit)))
            }
            Wait::Retries { model, requests, for_s, reason } => {
                let first = if *requests == 1 { "" } else { ", the first" };
                write!(f, "the next try of {} to {model}{first} in {}", counted(*requests, "request"), time_span(*for_s))?;
                if reason.is_empty() { Ok(()) } else { write!(f, ": {reason}") }
            }
            Wait::Places { model, requests, places } => {
                let line = counted(*requests, "more request");
                write!(f, "one of {} at {model}, for {line}", counted(*places, "place"))
            }
            Wait::Rows { rows, oldest_s } => {
                let rows = counted(*rows, "row");
                write!(
                    f,
                    "the store, which has not taken {rows} for {}: is it locked by another program, or the disk slow?",
                    time_span(*oldest_s)
                )
            }
            Wait::Grades { grades, oldest_s, sample_id } => {
                let oldest = if *grades == 1 { "" } else { "the oldest " };
                write!(f, "{}, {oldest}begun {} ago (sample {sample_id})", counted(*grades, "grade"), time_span(*oldest_s))
            }
        }
    }
}

/// `nothing finished for 14 s; waiting for …`, each reason once.
pub fn waiting_for(quiet_s: f64, waits: &[Wait]) -> String {
    let mut named = Vec::new();
    for (place, wait) in waits.iter().enumerate() {
        let said = |text: &str| {
            waits[..place].iter().any(|before| match before {
                Wait::Pause { reason: Some(reason), .. } => reason == text,
                Wait::Retries { reason, .. } => reason == text,
                _ => false,
            })
        };
        named.push(match wait {
            Wait::Retries { model, requests, for_s, reason } if said(reason) => {
                let (model, reason) = (model.clone(), String::new());
                Wait::Retries { model, requests: *requests, for_s: *for_s, reason }.to_string()
            }
            wait => wait.to_string(),
        });
    }
    if named.is_empty() {
        named.push("nothing: this is a fault of proctor".to_owned());
    }
    format!("nothing finished for {}; waiting for {}", time_span(quiet_s), named.join("; "))
}

/// `now`, `in 97 s`, with the time of day in UTC where it is long.
fn moment(for_s: f64, until_unix_s: f64) -> String {
    if for_s < 0.5 {
        return "now".to_owned();
    }
    if for_s < 60.0 {
        return format!("in {}", time_span(for_s));
    }
    let of_day = until_unix_s.max(0.0).ceil() as u64 % 86_400;
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("in {}, at {hour:02}:{minute:02}:{second:02} UTC", time_span(for_s))
}

/// A span of time in few letters: `42 s`, `3 min 20 s`, `2 h 05 min`, `3 days`.
pub fn time_span(seconds: f64) -> String {
    let whole = seconds.clamp(0.0, 1e12).round() as u64;
    match whole {
        0..=99 => format!("{whole} s"),
        100..=3599 if whole.is_multiple_of(60) => format!("{} min", whole / 60),
        100..=3599 => format!("{} min {:02} s", whole / 60, whole % 60),
        3600..=172_799 => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
        _ => format!("{} days", whole / 86_400),
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
