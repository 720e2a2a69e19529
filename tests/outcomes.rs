//! Honest outcomes: what is cut, refused, filtered, empty or missing is told apart, in the table, on the page and by the
//! exit status; `--retry-errors` asks what is missing and nothing else.

mod support;

use serde_json::{Value, json};
use std::time::Duration;
use support::faults::{Fault, Faulty};
use support::watched::{command, finish, outcomes};
use support::{Desk, Ran};

const QUESTIONS: usize = 8;

/// A whole answer, as it stands in JSON, that ended so.
fn answer(content: Value, finish: &str, refusal: Value) -> Fault {
    let message = json!({"role": "assistant", "content": content, "refusal": refusal});
    let choice = json!({"index": 0, "message": message, "finish_reason": finish});
    let usage = json!({"prompt_tokens": 20, "completion_tokens": 3});
    Fault::Body("application/json", json!({"model": "m", "choices": [choice], "usage": usage}).to_string())
}

/// What the question of each number meets; there are eight.
fn meets(number: usize) -> Fault {
    match number {
        0 => answer(json!("Let me think about"), "length", Value::Null),
        1 => answer(Value::Null, "stop", json!("I cannot help with that.")),
        2 => answer(json!(""), "content_filter", Value::Null),
        3 => Fault::Filtered,
        4 => answer(json!(""), "stop", Value::Null),
        5 => Fault::Status(500, ""),
        6 => Fault::Status(400, ""),
        _ => Fault::None,
    }
}

fn told(ran: &Ran) -> Vec<(&'static str, u64)> {
    ["truncated", "refused", "unparsed", "infra_error"].map(|word| (word, outcomes(ran, word))).to_vec()
}

/// What a person sees on the terminal, of the same runs.
fn shown(desk: &Desk, code: i32, url: &str, more: &[&str]) -> Ran {
    let mut command_ = command(desk, url, QUESTIONS, &[&["--concurrency", "1", "--tries", "1"], more].concat());
    let arguments: Vec<_> = command_.get_args().map(|a| if a == "json" { "text".into() } else { a.to_owned() }).collect();
    let mut text = desk.command(&[]);
    text.args(arguments);
    for (name, value) in command_.get_envs() {
        if let Some(value) = value {
            text.env(name, value);
        }
    }
    command_ = text;
    command_.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    finish(desk, command_).expect(code)
}

#[test]
fn every_way_to_end_is_told_apart_and_only_errors_are_asked_again() {
    let endpoint = Faulty::start(Duration::ZERO, meets);
    let desk = Desk::new();
    let one_by_one = ["--concurrency", "1", "--tries", "1"];
    let first = finish(&desk, command(&desk, &endpoint.url(), QUESTIONS, &one_by_one)).expect(3);
    assert_eq!(told(&first), [("truncated", 1), ("refused", 3), ("unparsed", 1), ("infra_error", 2)]);
    assert_eq!(endpoint.requests(), QUESTIONS);
    // The JSON, the page and the list say that two are missing.
    let run = &first.json("proctor.summary/1")["runs"][0];
    assert!(run["notes"].to_string().contains("2 attempts ended in an infrastructure error"), "{run}");
    let page = std::fs::read_to_string(desk.path("page.html")).expect("a page");
    assert!(page.contains("infrastructure error"), "the page says it");
    let list = desk.proctor(&["list", "runs", "--format", "json"]).expect(0).json("proctor.runs/1");
    assert_eq!((&list["items"][0]["state"], &list["items"][0]["graded"]), (&"running".into(), &6.into()), "{list}");

    // As often as they fail: two requests, the same outcomes, the same exit status.
    let stubborn = Faulty::start(Duration::ZERO, |_| Fault::Status(500, ""));
    let asked = |endpoint: &Faulty| endpoint.requests();
    let mut again = one_by_one.to_vec();
    again.push("--retry-errors");
    let same_address = |endpoint: &Faulty| command(&desk, &endpoint.url(), QUESTIONS, &again);
    drop(stubborn);
    endpoint.change(|_| Fault::Status(500, ""));
    let still = finish(&desk, same_address(&endpoint)).expect(3);
    assert_eq!((told(&still), asked(&endpoint)), (told(&first), QUESTIONS + 2));

    // A person sees it, too: the table names the class and says what to do.
    let seen = shown(&desk, 3, &endpoint.url(), &["--retry-errors"]);
    assert_eq!(asked(&endpoint), QUESTIONS + 4);
    for words in ["infra_error 2", "refused 3", "truncated 1", "the same command asks again"] {
        assert!(seen.stdout.contains(words), "no `{words}` in {}", seen.stdout);
    }

    // The endpoint is well again: these two are asked, nothing else.
    endpoint.change(|_| Fault::None);
    let whole = finish(&desk, same_address(&endpoint)).expect(0);
    assert_eq!(told(&whole), [("truncated", 1), ("refused", 3), ("unparsed", 1), ("infra_error", 0)]);
    assert_eq!(asked(&endpoint), QUESTIONS + 6);
    assert!(!whole.json("proctor.summary/1")["runs"][0]["notes"].to_string().contains("infrastructure error"));
    let list = desk.proctor(&["list", "runs", "--format", "json"]).expect(0).json("proctor.runs/1");
    assert_eq!(list["items"][0]["state"], "finished");
    // Nothing is left to ask.
    finish(&desk, same_address(&endpoint)).expect(0);
    assert_eq!(asked(&endpoint), QUESTIONS + 6);
}

#[test]
fn there_is_nothing_to_retry_where_there_was_no_run() {
    let endpoint = Faulty::start(Duration::ZERO, |_| Fault::None);
    let desk = Desk::new();
    let ran = finish(&desk, command(&desk, &endpoint.url(), QUESTIONS, &["--retry-errors"])).expect(2);
    assert!(ran.stderr.contains("leave out --retry-errors"), "{}", ran.stderr);
    assert_eq!(endpoint.requests(), 0);
}

/// What the tables do not tell, the transcript of each sample does: why an answer ended, and what the provider said.
#[test]
fn transcripts_say_why() {
    let endpoint = Faulty::start(Duration::ZERO, meets);
    let desk = Desk::new();
    let one_by_one = ["--concurrency", "1", "--tries", "1"];
    let first = finish(&desk, command(&desk, &endpoint.url(), QUESTIONS, &one_by_one)).expect(3);
    assert_eq!(outcomes(&first, "infra_error"), 2);
    desk.proctor(&["export", "--table", "attempts", "-o", "attempts.jsonl"]).expect(0);
    let text = std::fs::read_to_string(desk.path("attempts.jsonl")).expect("an export");
    let ends: Vec<String> = text
        .lines()
        .map(|line| {
            let row: Value = serde_json::from_str(line).expect("a row");
            row["finish"].as_str().map_or_else(|| row["error"].to_string(), str::to_owned)
        })
        .collect();
    assert_eq!(ends[..5], ["length", "refused", "content_filter", "content_filter", "stop"], "{text}");
    assert!(ends[5].contains("answered 500") && ends[6].contains("answered 400"), "{text}");
}
