use reqwest::header::HeaderMap;
use std::time::{Duration, SystemTime};

/// Nobody means to wait longer than a day.
const LONGEST: Duration = Duration::from_secs(86_400);

/// A date tells no less.
const SHORTEST_OF_DATES: Duration = Duration::from_secs(1);

/// The wait a reply asks for: `retry-after-ms` (milliseconds), else `retry-after` (seconds or an HTTP date, RFC 9110
/// section 10.2.3). `None` without a readable one. A date in the past is no wait, one to come is a second at least; more
/// than a day counts as a day.
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::trim);
    let number = |text: &str| text.parse::<f64>().ok().filter(|n| n.is_finite()).map(|n| n.max(0.0));
    let seconds = |s: f64| Duration::try_from_secs_f64(s).unwrap_or(LONGEST).min(LONGEST);
    if let Some(ms) = value("retry-after-ms").and_then(number) {
        return Some(seconds(ms / 1000.0));
    }
    let text = value("retry-after")?;
    if let Some(s) = number(text) {
        return Some(seconds(s));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let now = time_there(headers, now);
    // A date tells whole seconds: what is left of the last one is no measure of anything.
    let left = date.duration_since(now).unwrap_or_default().min(LONGEST);
    Some(if left.is_zero() { left } else { left.max(SHORTEST_OF_DATES) })
}

/// Clocks that differ by less are taken to agree: a `date` tells whole seconds only.
const AGREE: Duration = Duration::from_secs(5);

/// What time it is where the reply comes from, by its `date`: moments in a reply are told by that clock, and this machine's
/// may be wrong, or may just have been put right.
pub(super) fn time_there(headers: &HeaderMap, now: SystemTime) -> SystemTime {
    let date = headers.get("date").and_then(|v| v.to_str().ok()).and_then(|text| httpdate::parse_http_date(text.trim()).ok());
    let apart = |date: SystemTime| date.duration_since(now).unwrap_or_else(|behind| behind.duration());
    date.filter(|date| apart(*date) > AGREE).unwrap_or(now)
}
