//! The small pure parts: thinking, stop strings, options, waits.

use proctor_models::{Secret, cut_at_stop, parse_argument, retry_after, split_thinking};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;
use std::time::{Duration, SystemTime};

#[test]
fn reasoning_is_parted_from_the_answer() {
    let cases = [
        ("plain", None, "plain"),
        ("<think>a b</think>\n\nanswer", Some("a b"), "answer"),
        ("\n <think>\na\n</think>answer", Some("a"), "answer"),
        ("<think></think>\n\n    indented", None, "    indented"),
        ("already thinking\n</think>\nanswer", Some("already thinking"), "answer"),
        ("<think>ran out of tok", Some("ran out of tok"), ""),
        ("<think>", None, ""),
        ("answer about <think>x</think> tags", None, "answer about <think>x</think> tags"),
        ("<think>a</think>b</think>c", Some("a"), "b</think>c"),
        ("", None, ""),
    ];
    for (text, reasoning, answer) in cases {
        assert_eq!(split_thinking(text), (reasoning.map(str::to_owned), answer.to_owned()), "{text:?}");
    }
}

#[test]
fn answers_end_before_the_first_stop_string() {
    let cases: [(&str, &[&str], &str, bool); 6] = [
        ("abc", &[], "abc", false),
        ("a\nb\nc", &["\nc", "\nb"], "a", true),
        ("abc", &["x", ""], "abc", false),
        ("stop", &["stop"], "", true),
        ("é\u{1f600}\n#", &["\n#"], "é\u{1f600}", true),
        ("aaab", &["ab"], "aa", true),
    ];
    for (text, stops, expected, cut) in cases {
        let stops: Vec<_> = stops.iter().map(|s| (*s).to_owned()).collect();
        let mut text = text.to_owned();
        assert_eq!(cut_at_stop(&mut text, &stops), cut);
        assert_eq!(text, expected);
    }
}

#[test]
fn model_arguments_are_json_or_text() {
    assert_eq!(parse_argument("a=5"), Ok(("a".to_owned(), json!(5))));
    assert_eq!(parse_argument("a=null"), Ok(("a".to_owned(), json!(null))));
    assert_eq!(parse_argument("effort=high"), Ok(("effort".to_owned(), json!("high"))));
    assert_eq!(parse_argument("a="), Ok(("a".to_owned(), json!(""))));
    assert_eq!(parse_argument(r#"a={"b":[1,"="]}"#), Ok(("a".to_owned(), json!({"b": [1, "="]}))));
    for wrong in ["a", "=5", ""] {
        assert!(parse_argument(wrong).is_err_and(|e| e.contains(wrong)));
    }
}

#[test]
fn waits_are_read_in_every_form() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let in_30_s = httpdate::fmt_http_date(now + Duration::from_secs(30));
    let past = httpdate::fmt_http_date(now - Duration::from_secs(30));
    type Headers<'a> = &'a [(&'a str, &'a str)];
    let cases: [(Headers, Option<Duration>); 11] = [
        (&[], None),
        (&[("retry-after", "7")], Some(Duration::from_secs(7))),
        (&[("retry-after", " 1.5 ")], Some(Duration::from_millis(1500))),
        (&[("retry-after-ms", "250"), ("retry-after", "7")], Some(Duration::from_millis(250))),
        (&[("retry-after-ms", "soon"), ("retry-after", "7")], Some(Duration::from_secs(7))),
        (&[("retry-after", &in_30_s)], Some(Duration::from_secs(30))),
        (&[("retry-after", &past)], Some(Duration::ZERO)),
        (&[("retry-after", "-3")], Some(Duration::ZERO)),
        (&[("retry-after", "1e300")], Some(Duration::from_secs(86_400))),
        (&[("retry-after", "NaN")], None),
        (&[("retry-after", "later")], None),
    ];
    for (headers, expected) in cases {
        let map: HeaderMap = headers
            .iter()
            .map(|(n, v)| (HeaderName::from_bytes(n.as_bytes()).unwrap(), HeaderValue::from_str(v).unwrap()))
            .collect();
        assert_eq!(retry_after(&map, now), expected, "{headers:?}");
    }
}

#[test]
fn secrets_do_not_print() {
    let secret = Secret::new("sk-very-secret");
    let printed = format!("{secret} {secret:?} {:?} {}", Some(&secret), secret.redact("key sk-very-secret!"));
    assert!(!printed.contains("very"), "{printed}");
    assert_eq!(Secret::new("").redact("abc"), "abc");
    // Also where it is cut off, or its middle is left out; what many keys begin with may stand.
    let secret = Secret::new("sk-proj-Zk3vQ81xTt7LmB20");
    for (said, shown) in [
        ("key sk-proj-Zk3vQ81xTt7LmB20, twice: sk-proj-Zk3vQ81xTt7LmB20", "key ***, twice: ***"),
        ("key sk-proj-Zk3vQ8…", "key ***…"),
        ("key …Q81xTt7LmB20.", "key …***."),
        ("key sk-proj-Zk3v**********LmB20", "key *************LmB20"),
        ("keys begin with sk-proj-, é", "keys begin with sk-proj-, é"),
        ("sk-proj-Zk3vsk-proj-Zk3vQ", "******"),
    ] {
        assert_eq!(secret.redact(said), shown);
    }
}
