//! The services that are asked.

use super::limits::Limit;
use super::server::Figures;

/// How a service tells its limits with each answer.
#[derive(Clone, Copy, PartialEq)]
pub enum Told {
    Not,
    /// `x-ratelimit-…`, times as `6m0s` and `17ms`, as OpenAI has it.
    OpenAi,
    /// `anthropic-ratelimit-…`, times as RFC 3339.
    Anthropic,
    /// `RateLimit-…`, times in whole seconds.
    Plain,
}

/// How a service tells when to come back, where it refuses.
#[derive(Clone, Copy, PartialEq)]
pub enum Back {
    Not,
    Seconds,
    Milliseconds,
    Date,
}

/// A service: its limits and how it tells them.
pub struct Service {
    pub name: &'static str,
    /// Requests that are sent, about.
    pub requests: usize,
    pub per_request: Option<Limit>,
    pub per_token: Option<Limit>,
    /// Most requests answered at once; more are refused.
    pub places: Option<usize>,
    /// Requests that are computed at once; more wait for each other.
    pub cores: Option<usize>,
    /// Milliseconds of an answer: the least, and what is added on average.
    pub latency_ms: (f64, f64),
    pub told: Told,
    pub back: Back,
    /// From when and for how many seconds it answers 503 to everything.
    pub outage: Option<(f64, f64)>,
    pub arguments: &'static [&'static str],
}

pub const fn bucket(size: f64, per_s: f64) -> Option<Limit> {
    Some(Limit::Bucket { size, per_s })
}

const fn period(most: f64, seconds: f64) -> Option<Limit> {
    Some(Limit::Period { most, seconds })
}

/// Without any limit.
pub const NONE: Service = Service {
    name: "",
    requests: 0,
    per_request: None,
    per_token: None,
    places: None,
    cores: None,
    latency_ms: (150.0, 150.0),
    told: Told::Not,
    back: Back::Not,
    outage: None,
    arguments: &[],
};

/// All of them, those that take long first.
pub static SERVICES: [Service; 18] = [
    Service {
        name: "1,200 requests a minute, in periods, told",
        requests: 1_500,
        per_request: period(1_200.0, 60.0),
        told: Told::Plain,
        back: Back::Seconds,
        ..NONE
    },
    Service { name: "20/s, nothing told", requests: 1_000, per_request: bucket(20.0, 20.0), ..NONE },
    Service {
        name: "20/s, Retry-After in seconds",
        requests: 1_000,
        per_request: bucket(20.0, 20.0),
        back: Back::Seconds,
        ..NONE
    },
    Service { name: "20/s, retry-after-ms", requests: 1_000, per_request: bucket(20.0, 20.0), back: Back::Milliseconds, ..NONE },
    Service { name: "20/s, Retry-After as a date", requests: 1_000, per_request: bucket(20.0, 20.0), back: Back::Date, ..NONE },
    Service {
        name: "50/s, as OpenAI tells it",
        requests: 2_000,
        per_request: bucket(300.0, 50.0),
        told: Told::OpenAi,
        back: Back::Milliseconds,
        ..NONE
    },
    Service {
        name: "50/s, as Anthropic tells it",
        requests: 2_000,
        per_request: bucket(300.0, 50.0),
        told: Told::Anthropic,
        back: Back::Seconds,
        ..NONE
    },
    Service {
        name: "20,000 tokens/s, as OpenAI tells it",
        requests: 1_000,
        per_token: bucket(60_000.0, 20_000.0),
        told: Told::OpenAi,
        back: Back::Milliseconds,
        ..NONE
    },
    Service {
        name: "20,000 tokens/s, as Anthropic tells it",
        requests: 1_000,
        per_token: bucket(60_000.0, 20_000.0),
        told: Told::Anthropic,
        back: Back::Seconds,
        ..NONE
    },
    Service {
        name: "20,000 tokens/s, only Retry-After",
        requests: 1_000,
        per_token: bucket(60_000.0, 20_000.0),
        back: Back::Seconds,
        ..NONE
    },
    Service { name: "20,000 tokens/s, nothing told", requests: 1_000, per_token: bucket(60_000.0, 20_000.0), ..NONE },
    Service {
        name: "both, as OpenAI tells it",
        requests: 1_000,
        per_request: bucket(60.0, 30.0),
        per_token: bucket(60_000.0, 22_000.0),
        told: Told::OpenAi,
        back: Back::Milliseconds,
        ..NONE
    },
    Service { name: "300 in 10 s, in periods, nothing told", requests: 1_000, per_request: period(300.0, 10.0), ..NONE },
    Service {
        name: "300 in 10 s, in periods, told",
        requests: 1_000,
        per_request: period(300.0, 10.0),
        told: Told::Plain,
        back: Back::Seconds,
        ..NONE
    },
    Service { name: "12 places", requests: 1_200, places: Some(12), ..NONE },
    Service { name: "16 computed at once, the others wait", requests: 1_500, cores: Some(16), ..NONE },
    Service {
        name: "20/s, 503 for 5 s",
        requests: 800,
        per_request: bucket(40.0, 20.0),
        told: Told::OpenAi,
        outage: Some((8.0, 5.0)),
        ..NONE
    },
    Service {
        name: "no limit but --requests-per-minute 1800",
        requests: 900,
        arguments: &["--requests-per-minute", "1800"],
        ..NONE
    },
];

/// Most requests that proctor has in flight where nobody says how many.
const MOST: f64 = 128.0;

impl Service {
    /// The least seconds in which so many requests can be answered.
    pub fn least_seconds(&self, answered: usize, figures: &Figures) -> f64 {
        let n = answered as f64;
        let latency = figures.latency_s / n;
        let bounds = [
            self.per_request.map(|limit| limit.least_seconds(n) + latency),
            self.per_token.map(|limit| limit.least_seconds(figures.tokens) + latency),
            self.places.map(|places| n * latency / places as f64),
            self.cores.map(|cores| n * latency / cores as f64),
            self.arguments.iter().position(|a| *a == "--requests-per-minute").map(|place| {
                let per_minute: f64 = self.arguments[place + 1].parse().expect("a number");
                (n - 1.0) / per_minute * 60.0 + latency
            }),
            Some(n * latency / MOST),
        ];
        // While it is down, a bucket fills up.
        let kept = match self.per_request {
            Some(Limit::Bucket { size, per_s }) => size / per_s,
            _ => 0.0,
        };
        bounds.into_iter().flatten().fold(0.0, f64::max) + self.outage.map_or(0.0, |(_, seconds)| (seconds - kept).max(0.0))
    }
}
