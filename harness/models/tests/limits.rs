//! What headers say about limits.

use proctor_core::Allowance;
use proctor_models::rate_limits;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use std::time::{Duration, UNIX_EPOCH};

/// Half past noon UTC of 24 July 2026.
const NOW_S: u64 = 1_784_896_200;

fn read(headers: &[(&'static str, &str)]) -> (Option<Allowance>, Option<Allowance>) {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    let limits = rate_limits(&map, UNIX_EPOCH + Duration::from_secs(NOW_S));
    limits.map_or((None, None), |l| (l.requests, l.tokens))
}

fn allowance(limit: u64, remaining: u64, resets_in_s: Option<f64>) -> Option<Allowance> {
    Some(Allowance { limit: Some(limit), remaining: Some(remaining), resets_in: resets_in_s.map(Duration::from_secs_f64) })
}

#[test]
fn every_known_family_is_read() {
    let openai = [
        ("x-ratelimit-limit-requests", "60"),
        ("x-ratelimit-remaining-requests", "59"),
        ("x-ratelimit-reset-requests", "1s"),
        ("x-ratelimit-limit-tokens", "150000"),
        ("x-ratelimit-remaining-tokens", "149984"),
        ("x-ratelimit-reset-tokens", "6m0s"),
    ];
    assert_eq!(read(&openai), (allowance(60, 59, Some(1.0)), allowance(150_000, 149_984, Some(360.0))));
    let anthropic = [
        ("anthropic-ratelimit-requests-limit", "50"),
        ("anthropic-ratelimit-requests-remaining", "0"),
        ("anthropic-ratelimit-requests-reset", "2026-07-24T12:30:30Z"),
        ("anthropic-ratelimit-input-tokens-limit", "40000"),
        ("anthropic-ratelimit-input-tokens-remaining", "39000"),
        ("anthropic-ratelimit-input-tokens-reset", "2026-07-24T12:30:07+00:00"),
    ];
    assert_eq!(read(&anthropic), (allowance(50, 0, Some(30.0)), allowance(40_000, 39_000, Some(7.0))));
    let together = [
        ("x-ratelimit-limit", "10"),
        ("x-ratelimit-remaining", "9"),
        ("x-ratelimit-reset", "1"),
        ("x-tokenlimit-limit", "3000"),
        ("x-tokenlimit-remaining", "2900"),
    ];
    assert_eq!(read(&together), (allowance(10, 9, Some(1.0)), allowance(3000, 2900, None)));
    let mistral = [("x-ratelimit-limit-req-minute", "60"), ("x-ratelimit-remaining-req-minute", "58")];
    assert_eq!(read(&mistral), (allowance(60, 58, None), None));
    let draft = [("ratelimit-limit", "100, 100;w=60"), ("ratelimit-remaining", "40"), ("ratelimit-reset", "12")];
    assert_eq!(read(&draft), (allowance(100, 40, Some(12.0)), None));
    let newer = [("ratelimit", "\"default\";r=50;t=30"), ("ratelimit-policy", "\"default\";q=100;w=60")];
    assert_eq!(read(&newer), (allowance(100, 50, Some(30.0)), None));
    let combined = [("ratelimit", "limit=100, remaining=50, reset=5")];
    assert_eq!(read(&combined), (allowance(100, 50, Some(5.0)), None));
}

#[test]
fn resets_have_many_forms() {
    let cases = [
        ("17ms", Some(0.017)),
        ("2m59.56s", Some(179.56)),
        ("1h2m3s", Some(3723.0)),
        ("1d", Some(86_400.0)),
        ("0s", Some(0.0)),
        ("250us", Some(0.000_25)),
        ("12.5", Some(12.5)),
        ("1784896260", Some(60.0)),
        ("1784896260000", Some(60.0)),
        ("1784896100", Some(0.0)),
        ("Fri, 24 Jul 2026 12:30:15 GMT", Some(15.0)),
        ("9999999d", Some(86_400.0 * 31.0)),
        ("soon", None),
        ("-5", None),
        ("5 parsecs", None),
        ("", None),
        ("NaN", None),
    ];
    for (text, seconds) in cases {
        let (requests, _) = read(&[("x-ratelimit-remaining-requests", "1"), ("x-ratelimit-reset-requests", text)]);
        let resets_in = requests.unwrap().resets_in;
        let close = match (resets_in, seconds) {
            (Some(a), Some(b)) => (a.as_secs_f64() - b).abs() < 1e-6,
            (None, None) => true,
            _ => false,
        };
        assert!(close, "{text}: {resets_in:?}");
    }
}

#[test]
fn what_is_no_limit_is_none() {
    for headers in [
        vec![],
        vec![("x-ratelimit-reset-requests", "1s")],
        vec![("ratelimit", "soon")],
        vec![("x-ratelimit-limit-requests", "many")],
    ] {
        assert_eq!(read(&headers), (None, None), "{headers:?}");
    }
}

/// A clock that is wrong here does not make waits long: the reply says what time it is there.
#[test]
fn moments_are_told_by_the_clock_of_the_server() {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("date", "Fri, 24 Jul 2026 12:30:00 GMT"),
        ("retry-after", "Fri, 24 Jul 2026 12:30:20 GMT"),
        ("anthropic-ratelimit-requests-limit", "50"),
        ("anthropic-ratelimit-requests-remaining", "0"),
        ("anthropic-ratelimit-requests-reset", "2026-07-24T12:30:30Z"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    for here in [0, NOW_S - 86_400 * 365, NOW_S - 3, NOW_S, NOW_S + 86_400 * 3650] {
        let now = UNIX_EPOCH + Duration::from_secs(here);
        let waits = (proctor_models::retry_after(&headers, now), rate_limits(&headers, now).unwrap().requests.unwrap().resets_in);
        // Clocks a few seconds apart are taken to agree.
        let apart = if here == NOW_S - 3 { 3 } else { 0 };
        assert_eq!(waits, (Some(Duration::from_secs(20 + apart)), Some(Duration::from_secs(30 + apart))), "{here}");
    }
}

/// What is left of the second that a date names is no measure of how fast a service may be asked.
#[test]
fn a_date_tells_whole_seconds() {
    let mut headers = HeaderMap::new();
    headers.insert("retry-after", HeaderValue::from_static("Fri, 24 Jul 2026 12:30:20 GMT"));
    let at = UNIX_EPOCH + Duration::from_secs(NOW_S + 20);
    let check = |ms: u64, wait_ms: u64| {
        let now = at - Duration::from_millis(ms);
        assert_eq!(proctor_models::retry_after(&headers, now), Some(Duration::from_millis(wait_ms)), "{ms}");
    };
    check(1_700, 1_700);
    check(300, 1_000);
    check(1, 1_000);
    check(0, 0);
}
