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
    ["truncated", "refused", "filtered", "empty", "unparsed", "infra_error"].map(|word| (word, outcomes(ran, word))).to_vec()
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
    let apart =
        |missing| [("truncated", 1), ("refused", 1), ("filtered", 2), ("empty", 1), ("unparsed", 0), ("infra_error", missing)];
    assert_eq!(told(&first), apart(2));
    assert_eq!(endpoint.requests(), QUESTIONS);
    // The JSON, the page and the list say that two are missing.
    let run = &first.json("proctor.summary/1")["runs"][0];
    assert!(run["notes"].to_string().contains("2 attempts ended in an infrastructure error"), "{run}");
    let page = std::fs::read_to_string(desk.path("page.html")).expect("a page");
    let notes = [
        "2 attempts ended in an infrastructure error",
        "1 answer was cut for want of tokens",
        "1 answer was refused by the model",
        "2 answers were withheld by the provider",
        "1 answer was empty",
    ];
    for note in notes {
        assert!(page.contains(note) && run["notes"].to_string().contains(note), "no `{note}`");
    }
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
    for words in ["infra_error 2", "refused 1", "filtered 2", "empty 1", "truncated 1", "the same command asks again"] {
        assert!(seen.stdout.contains(words), "no `{words}` in {}", seen.stdout);
    }
    // So do all tables that other programs read.
    for (format, file) in [("csv", "grades.csv"), ("jsonl", "grades.jsonl")] {
        desk.proctor(&["export", "--table", "grades", "--format", format, "-o", file]).expect(0);
        let text = std::fs::read_to_string(desk.path(file)).expect("an export");
        for (word, n) in apart(2).into_iter().filter(|(_, n)| *n > 0) {
            assert_eq!(text.matches(&format!("\"{word}\"")).count() as u64, n, "{word} in {text}");
        }
    }
    desk.proctor(&["export", "--table", "summary", "-o", "s.jsonl"]).expect(0);
    let text = std::fs::read_to_string(desk.path("s.jsonl")).expect("an export");
    let row: Value = serde_json::from_str(text.lines().next().unwrap_or_default()).expect("a row");
    for (word, n) in apart(2) {
        assert_eq!(row[word], n, "{word} in {row}");
    }

    // The endpoint is well again: these two are asked, nothing else.
    endpoint.change(|_| Fault::None);
    let whole = finish(&desk, same_address(&endpoint)).expect(0);
    assert_eq!(told(&whole), apart(0));
    assert_eq!(asked(&endpoint), QUESTIONS + 6);
    assert!(!whole.json("proctor.summary/1")["runs"][0]["notes"].to_string().contains("infrastructure error"));
    let list = desk.proctor(&["list", "runs", "--format", "json"]).expect(0).json("proctor.runs/1");
    assert_eq!(list["items"][0]["state"], "finished");
    // Nothing is left to ask.
    finish(&desk, same_address(&endpoint)).expect(0);
    assert_eq!(asked(&endpoint), QUESTIONS + 6);
}

/// Where a judge model gave no verdict, `--retry-errors` asks the judge again, not the model.
#[test]
fn what_was_not_judged_is_judged_again_and_not_asked() {
    const ASKED: usize = 4;
    let (endpoint, judge) =
        (Faulty::start(Duration::ZERO, |_| Fault::None), Faulty::start(Duration::ZERO, |_| Fault::Status(400, "")));
    let desk = Desk::new();
    let run = |more: &[&str]| {
        let mut command = desk.command(&["run", "failsafeqa", "--format", "json", "-m", "openai-api/local/m", "--limit"]);
        command.args([
            &ASKED.to_string(),
            "--base-url",
            &endpoint.url(),
            "--judge",
            "openai-api/judge/m",
            "--grade-concurrency",
            "1",
        ]);
        command.args(more).env("LOCAL_API_KEY", support::faults::KEY).env("JUDGE_API_KEY", support::faults::KEY);
        command.env("JUDGE_BASE_URL", judge.url()).stdin(std::process::Stdio::null());
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        finish(&desk, command)
    };
    let first = run(&[]).expect(3);
    assert_eq!((outcomes(&first, "infra_error"), endpoint.requests()), (ASKED as u64, ASKED));
    assert!(first.stderr.contains("is not graded: The judge model"), "{}", first.stderr);
    judge.change(|_| Fault::None);
    let again = run(&["--retry-errors"]).expect(0);
    assert_eq!((outcomes(&again, "infra_error"), endpoint.requests()), (0, ASKED));
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

/// A whole body of a wire format, or the events of one.
type Said = (u16, &'static str, String);

fn whole(body: &Value) -> Said {
    (200, "application/json", body.to_string())
}

fn events(list: &[Value]) -> Said {
    let named = |event: &Value| event["type"].as_str().map(|name| format!("event: {name}\n")).unwrap_or_default();
    (200, "text/event-stream", list.iter().map(|event| format!("{}data: {event}\n\n", named(event))).collect())
}

/// One run of so many questions, each of which is answered by the next of `replies`.
fn run_of(model: &[&str], variable: &str, base: &str, replies: Vec<Said>) -> (Ran, usize) {
    let questions = replies.len();
    let said = move |number: usize| {
        replies.get(number).cloned().map_or(Fault::None, |(status, kind, body)| Fault::Told(status, kind, body))
    };
    let endpoint = Faulty::start(Duration::ZERO, said);
    let desk = Desk::new();
    let url = endpoint.url().replace("/v1", base);
    let mut command = desk.command(&["run", "tumlu:kazakh", "--base-url", &url, "--format", "json", "--concurrency", "1"]);
    command.args(["--tries", "1", "--limit", &questions.to_string(), "-m"]).args(model).env(variable, support::faults::KEY);
    command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    (finish(&desk, command), endpoint.requests())
}

/// Every provider has its own words for an answer that was withheld, declined, cut or is empty.
#[test]
fn each_wire_format_tells_them_apart() {
    let choice = |part: Value, finish: &str| {
        let mut choice = json!({"index": 0, "finish_reason": finish});
        choice.as_object_mut().expect("an object").extend(part.as_object().expect("an object").clone());
        json!({"model": "m", "choices": [choice]})
    };
    let message = |content: Value, refusal: Value, finish: &str| {
        choice(json!({"message": {"content": content, "refusal": refusal}}), finish)
    };
    let delta =
        |content: Value, refusal: Value, finish: &str| choice(json!({"delta": {"content": content, "refusal": refusal}}), finish);
    let azure = json!({"error": {"message": "The response was filtered", "code": "content_filter", "status": 400,
        "innererror": {"code": "ResponsibleAIPolicyViolation"}}});
    let response = |status: &str, reason: Value, output: Value| json!({"id": "r", "model": "m", "status": status, "incomplete_details": reason, "output": output});
    let said = |part: Value| json!([{"type": "message", "role": "assistant", "content": [part]}]);
    let text = |text: &str| json!({"type": "output_text", "text": text});
    let ended = |response: Value| {
        let kind = if response["status"] == "completed" { "response.completed" } else { "response.incomplete" };
        events(&[json!({"type": kind, "response": response})])
    };
    let filtered = response("incomplete", json!({"reason": "content_filter"}), json!([]));
    let declined = response("completed", Value::Null, said(json!({"type": "refusal", "refusal": "I cannot."})));
    let cut = response("incomplete", json!({"reason": "max_output_tokens"}), said(text("Let me")));
    let empty = response("completed", Value::Null, said(text("")));
    let block = |content: Value, stop: &str| json!({"type": "message", "role": "assistant", "model": "m", "content": content, "stop_reason": stop});
    let streamed = |text: &str, stop: &str| {
        events(&[
            json!({"type": "message_start", "message": {"model": "m", "content": [], "usage": {"input_tokens": 3}}}),
            json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": text}}),
            json!({"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {"output_tokens": 1}}),
            json!({"type": "message_stop"}),
        ])
    };
    let blocked = json!({"type": "error", "error": {"type": "invalid_request_error", "message": "Output blocked by content filtering policy"}});
    let candidate = |text: &str, reason: &str| json!({"candidates": [{"content": {"parts": [{"text": text}]}, "finishReason": reason}], "modelVersion": "m"});
    let prompt_blocked = json!({"promptFeedback": {"blockReason": "SAFETY"}});
    let told_of = |ran: &Ran| ["filtered", "refused", "truncated", "empty", "infra_error"].map(|word| outcomes(ran, word));
    let refused = |status: u16, body: &Value| (status, "application/json", body.to_string());
    let null = || Value::Null;
    for (what, model, variable, base, replies, wanted) in [
        (
            "chat",
            &["openai-api/local/m", "--no-stream"][..],
            "LOCAL_API_KEY",
            "/v1",
            vec![
                whole(&message(json!(""), null(), "content_filter")),
                refused(400, &azure),
                whole(&message(null(), json!("I cannot."), "stop")),
                whole(&message(json!("Let me"), null(), "length")),
                whole(&message(json!(""), null(), "stop")),
                whole(&json!({"choices": []})),
            ],
            [2, 1, 1, 1, 1],
        ),
        (
            "chat, streamed",
            &["openai-api/local/m"],
            "LOCAL_API_KEY",
            "/v1",
            vec![
                events(&[delta(json!(""), null(), "content_filter")]),
                events(&[delta(null(), json!("I cannot."), "stop")]),
                events(&[delta(json!("Let me"), null(), "length")]),
                events(&[delta(json!(""), null(), "stop")]),
                events(&[json!({"choices": []})]),
            ],
            [1, 1, 1, 1, 1],
        ),
        (
            "raw completions",
            &["openai-api/local/m", "--no-stream", "--protocol", "completion"],
            "LOCAL_API_KEY",
            "/v1",
            vec![
                whole(&choice(json!({"text": ""}), "content_filter")),
                whole(&choice(json!({"text": "Let me"}), "length")),
                whole(&choice(json!({"text": ""}), "stop")),
            ],
            [1, 0, 1, 1, 0],
        ),
        (
            "responses",
            &["openai/m", "-M", "api=responses", "--no-stream"],
            "OPENAI_API_KEY",
            "/v1",
            vec![whole(&filtered), whole(&declined), whole(&cut), whole(&empty), whole(&json!({"output": 7}))],
            [1, 1, 1, 1, 1],
        ),
        (
            "responses, streamed",
            &["openai/m", "-M", "api=responses"],
            "OPENAI_API_KEY",
            "/v1",
            vec![ended(filtered), ended(declined), ended(cut), ended(empty), events(&[json!({"type": "response.completed"})])],
            [1, 1, 1, 1, 1],
        ),
        (
            "Anthropic",
            &["anthropic/m", "--no-stream"],
            "ANTHROPIC_API_KEY",
            "",
            vec![
                refused(400, &blocked),
                whole(&block(json!([]), "refusal")),
                whole(&block(json!([{"type": "text", "text": "Let me"}]), "max_tokens")),
                whole(&block(json!([]), "end_turn")),
                whole(&json!({"type": "message", "content": 7})),
            ],
            [1, 1, 1, 1, 1],
        ),
        (
            "Anthropic, streamed",
            &["anthropic/m"],
            "ANTHROPIC_API_KEY",
            "",
            vec![
                refused(400, &blocked),
                streamed("", "refusal"),
                streamed("Let me", "max_tokens"),
                streamed("", "end_turn"),
                events(&[json!({"type": "message_stop"})]),
            ],
            [1, 1, 1, 1, 1],
        ),
        (
            "Gemini",
            &["google/m", "--no-stream"],
            "GEMINI_API_KEY",
            "",
            vec![
                whole(&prompt_blocked),
                whole(&json!({"candidates": [{"finishReason": "SAFETY"}]})),
                whole(&candidate("Let me", "MAX_TOKENS")),
                whole(&candidate("", "STOP")),
                whole(&json!({"candidates": []})),
            ],
            [2, 0, 1, 1, 1],
        ),
        (
            "Gemini, streamed",
            &["google/m"],
            "GEMINI_API_KEY",
            "",
            vec![
                events(&[prompt_blocked]),
                events(&[candidate("", "PROHIBITED_CONTENT")]),
                events(&[candidate("Let me", "MAX_TOKENS")]),
                events(&[candidate("", "STOP")]),
                events(&[json!({"usageMetadata": {}})]),
            ],
            [2, 0, 1, 1, 1],
        ),
    ] {
        let asked = replies.len();
        let (ran, requests) = run_of(model, variable, base, replies);
        let ran = ran.expect(if wanted[4] > 0 { 3 } else { 0 });
        assert_eq!((told_of(&ran), requests), (wanted, asked), "{what}: {}", ran.stderr);
    }
}
