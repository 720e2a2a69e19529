use super::retry_after::time_there;
use proctor_core::{Allowance, RateLimits};
use reqwest::header::HeaderMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Nothing is believed to last longer than this.
const LONGEST: Duration = Duration::from_secs(86_400 * 31);

/// What the headers of a reply say about the limits of the endpoint. Known: `x-ratelimit-{limit,remaining,reset}-*` as
/// OpenAI, Azure, Groq, xAI, Fireworks and others send them (Mistral ends them with `-minute`), the same without an
/// ending (Together, OpenRouter), `anthropic-ratelimit-*`, and the drafts of IETF's `RateLimit` fields. `None` without any.
pub fn rate_limits(headers: &HeaderMap, now: SystemTime) -> Option<RateLimits> {
    // Most replies of servers of one's own carry none, and this is done for each.
    if !headers.keys().any(|name| name.as_str().contains("ratelimit") || name.as_str().starts_with("x-tokenlimit")) {
        return None;
    }
    let read = Headers { headers, now: time_there(headers, now) };
    let requests = read.allowance(&[
        ["x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"],
        ["anthropic-ratelimit-requests-limit", "anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"],
        ["x-ratelimit-limit-req-minute", "x-ratelimit-remaining-req-minute", "x-ratelimit-reset-req-minute"],
        ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"],
        ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"],
    ]);
    let tokens = read.allowance(&[
        ["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"],
        ["anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"],
        [
            "anthropic-ratelimit-input-tokens-limit",
            "anthropic-ratelimit-input-tokens-remaining",
            "anthropic-ratelimit-input-tokens-reset",
        ],
        ["x-ratelimit-limit-tokens-minute", "x-ratelimit-remaining-tokens-minute", "x-ratelimit-reset-tokens-minute"],
        ["x-ratelimit-limit-tokens-prompt", "x-ratelimit-remaining-tokens-prompt", "x-ratelimit-reset-tokens-prompt"],
        ["x-tokenlimit-limit", "x-tokenlimit-remaining", "x-tokenlimit-reset"],
    ]);
    let limits = RateLimits { requests: requests.or_else(|| read.structured()), tokens };
    (limits.requests.is_some() || limits.tokens.is_some()).then_some(limits)
}

struct Headers<'a> {
    headers: &'a HeaderMap,
    now: SystemTime,
}

impl Headers<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok()).map(str::trim).filter(|t| !t.is_empty())
    }

    fn count(&self, name: &str) -> Option<u64> {
        count(self.text(name)?)
    }

    /// The first of the families of names that says anything.
    fn allowance(&self, families: &[[&str; 3]]) -> Option<Allowance> {
        families.iter().find_map(|[limit, remaining, reset]| {
            let allowance = Allowance {
                limit: self.count(limit),
                remaining: self.count(remaining),
                resets_in: self.text(reset).and_then(|text| wait(text, self.now)),
            };
            (allowance.limit.is_some() || allowance.remaining.is_some()).then_some(allowance)
        })
    }

    /// `RateLimit: "name";r=50;t=30` with `RateLimit-Policy: "name";q=100;w=60`, and the older
    /// `RateLimit: limit=100, remaining=50, reset=30`.
    fn structured(&self) -> Option<Allowance> {
        let limit = self.text("ratelimit")?;
        let policy = self.text("ratelimit-policy").unwrap_or_default();
        let named = |text: &str, names: [&str; 2]| {
            text.split([';', ',']).find_map(|part| {
                let (name, value) = part.split_once('=')?;
                names.contains(&name.trim()).then(|| count(value.trim())).flatten()
            })
        };
        let allowance = Allowance {
            limit: named(limit, ["limit", "q"]).or_else(|| named(policy, ["limit", "q"])),
            remaining: named(limit, ["remaining", "r"]),
            resets_in: named(limit, ["reset", "t"]).map(|s| Duration::from_secs(s).min(LONGEST)),
        };
        (allowance.limit.is_some() || allowance.remaining.is_some()).then_some(allowance)
    }
}

/// A number that counts something; a fraction is rounded down, less than nothing is nothing.
fn count(text: &str) -> Option<u64> {
    let text = text.split([',', ';']).next().unwrap_or(text).trim();
    text.parse::<u64>().ok().or_else(|| {
        let number = text.parse::<f64>().ok().filter(|n| n.is_finite())?;
        Some(number.max(0.0) as u64)
    })
}

/// The wait until `text`, in any of the forms that services use: Go's durations (`6m0s`, `17ms`), seconds, seconds or
/// milliseconds since 1970, RFC 3339, or an HTTP date. What is past is no wait.
pub(crate) fn wait(text: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(number) = text.parse::<f64>() {
        if !number.is_finite() || number < 0.0 {
            return None;
        }
        let seconds = match number {
            // Nobody's limit lasts for thirty years, so these are points in time.
            n if n > 1e12 => n / 1000.0 - since_1970(now),
            n if n > 1e9 => n - since_1970(now),
            n => n,
        };
        return Some(seconds_at_most(seconds));
    }
    if let Some(duration) = go_duration(text) {
        return Some(duration);
    }
    let at = match text.parse::<jiff::Timestamp>() {
        Ok(at) => UNIX_EPOCH + Duration::from_millis(u64::try_from(at.as_millisecond()).unwrap_or(0)),
        Err(_) => httpdate::parse_http_date(text).ok()?,
    };
    Some(at.duration_since(now).unwrap_or_default().min(LONGEST))
}

fn since_1970(now: SystemTime) -> f64 {
    now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

fn seconds_at_most(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(LONGEST).min(LONGEST)
}

/// A duration as Go writes it: numbers with units, without blanks.
fn go_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').filter(|at| *at > 0)?;
        let (number, after) = rest.split_at(digits);
        let unit_end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        let scale = match unit {
            "ns" => 1e-9,
            "us" | "µs" | "μs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * scale;
        rest = after;
    }
    (!text.is_empty()).then(|| seconds_at_most(seconds))
}
