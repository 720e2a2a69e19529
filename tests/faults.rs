//! Endpoints that break every rule: nothing is lost, nothing hangs, nothing panics, and the key is never shown.

#![allow(clippy::print_stderr)]

mod support;

use serde_json::{Value, json};
use std::time::{Duration, Instant};
use support::faults::{Fault, Faulty, KEY, answer};
use support::watched::{PATIENCE, finish, graded, no_secret};
use support::{Desk, Ran, watched};

const QUESTIONS: usize = 12;

fn command(desk: &Desk, url: &str, more: &[&str]) -> std::process::Command {
    watched::command(desk, url, QUESTIONS, more)
}

/// Runs to the end and searches everything that is left behind for the key.
fn run(desk: &Desk, url: &str, more: &[&str]) -> Ran {
    finish(desk, command(desk, url, more))
}

/// A fault that passes: some requests meet it, and all the same everything is answered, each question once.
fn check_passes(what: &str, fault: Fault, more: &[&str]) {
    let seldom = move |number: usize| if matches!(number, 1 | 2 | 5) { fault.clone() } else { Fault::None };
    let endpoint = Faulty::start(Duration::ZERO, seldom);
    let desk = Desk::new();
    let mut arguments = vec!["--concurrency", "2"];
    arguments.extend(more);
    let ran = run(&desk, &endpoint.url(), &arguments).expect(0);
    assert_eq!(graded(&ran), QUESTIONS as u64, "{what}");
    assert_eq!(endpoint.answers(), (QUESTIONS, 1), "{what}");
    assert_eq!(endpoint.requests(), QUESTIONS + 3, "{what}");
}

#[test]
fn faults_that_pass_cost_nothing() {
    for status in [500, 502, 503, 529, 429] {
        check_passes("a status", Fault::Status(status, ""), &[]);
    }
    check_passes("too many, with a wait", Fault::Status(429, "retry-after: 1\r\n"), &[]);
    check_passes("reset at once", Fault::Silence, &[]);
    check_passes("broken off", Fault::Broken, &[]);
    check_passes("broken off, in one piece", Fault::Broken, &["--no-stream"]);
}

#[test]
fn endpoints_that_stall_are_not_waited_for_long() {
    check_passes("a stream that stalls", Fault::Stalled, &["--timeout", "2"]);
    check_passes("a head without end", Fault::SlowHead, &["--timeout", "2"]);
}

/// An answer that cannot be read: it is told and asked for again at once, and costs no question its grade.
fn check_told(what: &str, fault: Fault, more: &[&str]) {
    let seldom = move |number: usize| if number == 2 { fault.clone() } else { Fault::None };
    let endpoint = Faulty::start(Duration::ZERO, seldom);
    let desk = Desk::new();
    let mut arguments = vec!["--concurrency", "1", "--tries", "2"];
    arguments.extend(more);
    let ran = run(&desk, &endpoint.url(), &arguments).expect(0);
    assert!(ran.stderr.contains("try 2 in"), "{what}: {}", ran.stderr);
    assert_eq!(graded(&ran), QUESTIONS as u64, "{what}");
    assert_eq!((endpoint.answers(), endpoint.requests()), ((QUESTIONS, 1), QUESTIONS + 1), "{what}");
}

#[test]
fn answers_that_cannot_be_read_are_told_and_asked_for_again() {
    let whole = |body: &str| Fault::Body("application/json", body.to_owned());
    let events = |body: &str| Fault::Body("text/event-stream", body.to_owned());
    check_told("half of JSON", whole("{\"choices\": [{\"message\": {\"con"), &["--no-stream"]);
    check_told("no JSON", whole("%%%"), &["--no-stream"]);
    check_told("wrong types", whole("{\"choices\": {\"message\": 7}, \"usage\": [true]}"), &["--no-stream"]);
    check_told("an empty list", whole("{\"choices\": []}"), &["--no-stream"]);
    check_told("nothing", whole(""), &["--no-stream"]);
    check_told(
        "text that is a number",
        whole("{\"choices\": [{\"message\": {\"content\": 7}, \"finish_reason\": \"stop\"}]}"),
        &["--no-stream"],
    );
    check_told("an answer that nothing ends", whole("{\"choices\": [{\"message\": {\"content\": null}}]}"), &["--no-stream"]);
    check_told(
        "text that is a list",
        events("data: {\"choices\": [{\"delta\": {\"content\": {\"a\": 1}}, \"finish_reason\": \"stop\"}]}\n\n"),
        &[],
    );
    check_told("deep nesting", whole(&"[".repeat(200_000)), &["--no-stream"]);
    check_told("a web page", Fault::Body("text/html", "<!doctype html><p>hello".into()), &[]);
    check_told("events of something else", events("data: {\"choices\": 3}\n\ndata: [DONE]\n\n"), &[]);
    check_told("broken events", events("data: {\"choices\": [{\"delta\": {\"content\": \"A\n\n"), &[]);
    check_told("no events", events(""), &[]);
    check_told("an error among events", events("data: {\"error\": {\"message\": \"no\", \"type\": \"server_error\"}}\n\n"), &[]);
    check_told("no HTTP", Fault::Garbage, &[]);
    check_told("no end", Fault::Endless, &[]);
}

/// What stays unreadable is asked for three times, then it is an infrastructure error that shows how the answer begins.
#[test]
fn answers_that_stay_unreadable_are_infrastructure_errors() {
    let body = format!("{{\"choices\": \"for {KEY}, and a part of it: {}\"}}", &KEY[..15]);
    let stubborn = move |n: usize| if n < 3 { Fault::Body("application/json", body.clone()) } else { Fault::None };
    let endpoint = Faulty::start(Duration::ZERO, stubborn);
    let desk = Desk::new();
    let asked = |more: &[&str]| finish(&desk, watched::command(&desk, &endpoint.url(), 1, more));
    let first = asked(&["--no-stream"]).expect(3);
    assert_eq!((graded(&first), endpoint.requests()), (0, 3));
    assert!(first.stdout.contains("1 attempt ended in an infrastructure error"), "{}", first.stdout);
    let told = "{\"choices\":\"for ***, and a part of it: ***\"}";
    assert!(first.stderr.contains(told) && first.stderr.contains("tried 3 times"), "{}", first.stderr);
    let again = asked(&["--no-stream", "--retry-errors"]).expect(0);
    assert_eq!((graded(&again), endpoint.requests(), endpoint.answers()), (1, 4, (1, 1)));
}

/// "Too many requests" costs no try, but not even that goes on for ever.
#[test]
fn a_service_that_refuses_everything_for_long_is_given_up() {
    let endpoint = Faulty::start(Duration::ZERO, |n| if n < 3 { Fault::None } else { Fault::Status(429, "") });
    let desk = Desk::new();
    let ran = run(&desk, &endpoint.url(), &["--epochs", "5", "--max-wait", "5s"]).expect(7);
    assert_eq!(ran.stderr.matches("error:").count(), 1, "{}", ran.stderr);
    // Either the endpoint's refusals in all or the attempts that waited for too long reach the bound first.
    let why = ["nothing but \"too many requests\"", "3 attempts in a row failed"];
    assert!(why.iter().any(|why| ran.stderr.contains(why)), "{}", ran.stderr);
    assert!(ran.stderr.contains("answered 429") && ran.stderr.contains("the same command continues"), "{}", ran.stderr);
    assert!(endpoint.requests() < 60, "{} requests in some seconds", endpoint.requests());
    // What was answered is there, and the same command goes on.
    let asked = endpoint.requests();
    endpoint.change(|_| Fault::None);
    let again = run(&desk, &endpoint.url(), &["--epochs", "5"]).expect(0);
    assert_eq!((graded(&again), endpoint.requests()), (5 * QUESTIONS as u64, asked + 5 * QUESTIONS - 3));
}

/// A server that puts the key, and parts of it, wherever it can: into answers, reasoning, names, reasons, errors. Nothing
/// that can be written out of the store shows it.
#[test]
fn no_secret_is_in_anything_that_is_exported() {
    let part = &KEY[..KEY.len() - 1];
    let whole = json!({"model": format!("m {KEY}"), "id": KEY, "system_fingerprint": KEY, "service_tier": KEY,
        "choices": [{"index": 0, "finish_reason": KEY, "message": {"role": "assistant", "content": format!("Answer: A {KEY} {part}"),
            "reasoning": format!("the key is {KEY}")},
            "logprobs": {"content": [{"token": KEY, "logprob": -0.5, "top_logprobs": [{"token": KEY, "logprob": -0.5}]}]}}],
        "usage": {"prompt_tokens": 20, "completion_tokens": 3}});
    let escaped: String = KEY.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    let whole = whole.to_string().replace("the key is", &format!("escaped it is {escaped} and"));
    let complaint =
        json!({"error": {"message": format!("{} {KEY} and {part}", "x".repeat(290)), "code": KEY, "type": KEY}}).to_string();
    let says = move |number: usize| match number {
        0..4 => Fault::Body("application/json", whole.clone()),
        4 => Fault::Told(400, "application/json", complaint.clone()),
        5 => Fault::Told(500, "text/plain", format!("{KEY} {}", &KEY[3..])),
        6 => Fault::Body("application/json", format!("{{\"choices\": [{KEY}")),
        7 => Fault::Status(503, "retry-after: 1\r\nx-echo: sk-fault-9c41e7d2b6\r\nset-cookie: k=sk-fault-9c41e7d2b6\r\n"),
        _ => Fault::None,
    };
    let endpoint = Faulty::start(Duration::ZERO, says);
    let desk = Desk::new();
    let more = ["--concurrency", "1", "--tries", "1", "--no-stream", "-M", "logprobs=true"];
    // The key stands in the address as well.
    let mut first = command(&desk, &format!("{}?api-key={KEY}", endpoint.url()), &more);
    first.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "1");
    let first = finish(&desk, first).expect(3);
    assert!(first.stderr.contains("***"), "{}", first.stderr);
    for (format, file) in [("csv", "csv"), ("jsonl", "jsonl"), ("parquet", "parquet")] {
        for table in ["grades", "attempts", "summary"] {
            desk.proctor(&["export", "--table", table, "--format", format, "-o", &format!("{table}.{file}")]).expect(0);
        }
    }
    desk.proctor(&["export", "--format", "inspect", "-o", "inspect.json"]).expect(0);
    desk.proctor(&["export", "--format", "junit", "-o", "junit.xml"]).expect(0);
    desk.proctor(&["report", "-o", "report.html"]).expect(0);
    let text = std::fs::read_to_string(desk.path("attempts.jsonl")).expect("an export");
    assert!(text.contains("Answer: A *** ***") && text.contains("escaped it is ***"), "{text}");
    let mut shown = String::new();
    let id = first.json("proctor.summary/1")["runs"][0]["run"]["id"].as_str().unwrap_or_default().to_owned();
    let verbs: [&[&str]; 8] = [
        &["show", &id],
        &["show", &id, "--format", "json"],
        &["list", "runs", "--format", "json"],
        &["sql", "--format", "json", "SELECT * FROM v_attempts"],
        &["sql", "--format", "json", "SELECT * FROM v_runs"],
        &["sql", "--format", "json", "SELECT * FROM v_grades"],
        &["cache", "list", "--format", "json"],
        &["leaderboard"],
    ];
    for verb in verbs {
        let ran = desk.proctor(verb);
        assert!(ran.code == 0, "{verb:?}: {}", ran.stderr);
        shown += &format!("{}{}", ran.stdout, ran.stderr);
    }
    let all = Ran { code: 0, stdout: shown, stderr: first.stderr };
    no_secret(&desk, &all, KEY);
    // Nor does so much of it that it could be guessed.
    for (name, bytes) in written(&desk) {
        let shown = bytes.windows(12).any(|window| KEY.as_bytes().windows(12).any(|part| part == window));
        assert!(!shown, "a part of the key stands in {name}");
    }
}

/// Every file of the desk, by its name.
fn written(desk: &Desk) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![desk.path("")];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()) {
            match path.is_dir() {
                true => folders.push(path),
                false => files.push((path.display().to_string(), std::fs::read(&path).unwrap_or_default())),
            }
        }
    }
    files
}

/// Whatever bytes come for one question, in the end every question has its grade.
fn check_survived(what: &str, fault: Fault, more: &[&str]) {
    let seldom = move |number: usize| if number == 2 { fault.clone() } else { Fault::None };
    let endpoint = Faulty::start(Duration::ZERO, seldom);
    let desk = Desk::new();
    let mut arguments = vec!["--concurrency", "1", "--tries", "2", "--timeout", "5"];
    arguments.extend(more);
    let mut ran = run(&desk, &endpoint.url(), &arguments);
    if ran.code != 0 {
        ran.expect(3);
        arguments.push("--retry-errors");
        ran = run(&desk, &endpoint.url(), &arguments).expect(0);
    }
    assert_eq!(graded(&ran), QUESTIONS as u64, "{what}");
}

#[test]
fn bytes_of_every_kind_lose_nothing() {
    let (_, whole) = answer(false);
    let (_, events) = answer(true);
    let typed = |content_type: &str, more: &str, body: &str| {
        Fault::Raw(format!("HTTP/1.1 200 X\r\ncontent-type: {content_type}\r\n{more}\r\n{body}").into_bytes())
    };
    let close = "connection: close\r\n";
    let chunked = "transfer-encoding: chunked\r\n";
    let key = whole.replace("Answer: A", &format!("Answer: A ({KEY})"));
    for (what, fault) in [
        ("a key in the answer", typed("application/json", close, &key)),
        ("a key in a stream", typed("text/event-stream", close, &events.replace("Answer: A", &format!("Answer: A ({KEY})")))),
        ("a byte order mark", typed("application/json", close, &format!("\u{feff}{whole}"))),
        ("no number", typed("application/json", close, &whole.replace("20", "NaN"))),
        ("half a pair", typed("application/json", close, &whole.replace("Answer: A", "Answer: A \\ud83d"))),
        ("events as JSON", typed("application/json", close, &events)),
        ("lines that end with CR LF", typed("text/event-stream", close, &events.replace('\n', "\r\n"))),
        ("lines that end with CR", typed("text/event-stream", close, &events.replace('\n', "\r"))),
        ("chunks shorter than told", typed("text/event-stream", chunked, &format!("fff\r\n{events}\r\n0\r\n\r\n"))),
        ("chunks longer than anything", typed("text/event-stream", chunked, "ffffffffffffffffff\r\nabc")),
        ("chunks without an end", typed("application/json", chunked, &format!("{:x}\r\n{whole}\r\n", whole.len()))),
        ("two lengths", typed("application/json", "content-length: 5\r\ncontent-length: 9\r\n", &whole)),
        ("a length beyond anything", typed("application/json", "content-length: 9223372036854775807\r\n", "{")),
        ("HTTP 1.0", Fault::Raw(format!("HTTP/1.0 200 X\r\ncontent-type: application/json\r\n\r\n{whole}").into_bytes())),
        ("HTTP 0.9", Fault::Raw(whole.clone().into_bytes())),
        ("100 and then nothing", Fault::Raw(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())),
        ("headers without end", Fault::Forever(b"HTTP/1.1 200 X\r\n".to_vec(), b"x-more: yes\r\n".repeat(500))),
        (
            "comments without end",
            Fault::Forever(b"HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\n\r\n".to_vec(), b": still here\n\n".to_vec()),
        ),
        ("a byte now and then", Fault::Drip(format!("HTTP/1.1 200 X\r\n\r\n{whole}").into_bytes(), Duration::from_millis(500))),
    ] {
        check_survived(what, fault, &[]);
    }
}

#[test]
fn a_key_is_never_sent_where_a_redirect_points() {
    let elsewhere = Faulty::start(Duration::ZERO, |_| Fault::None);
    let location: &'static str = Box::leak(format!("location: http://127.0.0.1:{}/v1/x\r\n", elsewhere.port).into_boxed_str());
    let endpoint = Faulty::start(Duration::ZERO, move |_| Fault::Status(307, location));
    let desk = Desk::new();
    let ran = run(&desk, &endpoint.url(), &[]).expect(7);
    assert_eq!(ran.stderr.matches("error:").count(), 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("redirect"), "{}", ran.stderr);
    assert_eq!(elsewhere.requests(), 0, "nothing is sent to another place");
}

#[test]
fn tls_where_there_is_none_is_told_once() {
    let endpoint = Faulty::start(Duration::ZERO, |_| Fault::None);
    let desk = Desk::new();
    let ran = run(&desk, &endpoint.url().replace("http:", "https:"), &["--tries", "2"]).expect(7);
    assert_eq!(ran.stderr.matches("error:").count(), 1, "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("127.0.0.1:{}", endpoint.port)), "{}", ran.stderr);
}

#[test]
fn a_proxy_is_used_for_what_is_not_on_this_machine() {
    let proxy = Faulty::start(Duration::ZERO, |_| Fault::None);
    let desk = Desk::new();
    let mut through = command(&desk, "http://model.invalid/v1", &[]);
    through
        .env("HTTP_PROXY", format!("http://127.0.0.1:{}", proxy.port))
        .env("http_proxy", format!("http://127.0.0.1:{}", proxy.port));
    finish(&desk, through).expect(0);
    assert_eq!(proxy.answers(), (QUESTIONS, 1));
    assert!(proxy.targets().iter().all(|t| t.starts_with("POST http://model.invalid/v1/chat/completions")));
    // Loopback goes past it.
    let endpoint = Faulty::start(Duration::ZERO, |_| Fault::None);
    let mut past = command(&desk, &endpoint.url(), &["--fresh"]);
    past.env("HTTP_PROXY", format!("http://127.0.0.1:{}", proxy.port));
    finish(&desk, past).expect(0);
    assert_eq!((proxy.requests(), endpoint.requests()), (QUESTIONS, QUESTIONS));
}

#[test]
fn a_storm_of_refusals_loses_nothing() {
    // Two seconds of refusals for everybody, and again a little later.
    let began = Instant::now();
    let stormy = move |_| {
        let at = began.elapsed().as_secs_f64();
        if (0.5..2.5).contains(&at) || (3.0..4.0).contains(&at) { Fault::Status(429, "") } else { Fault::None }
    };
    let endpoint = Faulty::start(Duration::from_millis(20), stormy);
    let desk = Desk::new();
    let ran = run(&desk, &endpoint.url(), &["--concurrency", "16", "--epochs", "20"]).expect(0);
    assert_eq!(graded(&ran), 20 * QUESTIONS as u64);
    assert_eq!(endpoint.answers().0, 20 * QUESTIONS);
    assert!(
        endpoint.requests() < 24 * QUESTIONS,
        "{} requests: refusals are not answered with more requests",
        endpoint.requests()
    );
}

#[test]
fn the_events_of_a_stalled_run_say_what_it_waits_for() {
    let endpoint = Faulty::start(Duration::ZERO, |n| if n < 3 { Fault::None } else { Fault::Status(429, "retry-after: 97\r\n") });
    let desk = Desk::new();
    let mut child = command(&desk, &endpoint.url(), &["--concurrency", "1"]).spawn().expect("the program starts");
    let waiting = wait_for_event(&desk, "waiting");
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    let first = &waiting["waits"][0];
    assert_eq!((&first["for"], &first["cause"]), (&"pause".into(), &"asked_for".into()), "{waiting}");
    assert!(first["for_s"].as_f64().is_some_and(|s| (60.0..=97.0 * 1.1).contains(&s)), "{waiting}");
    assert_eq!(first["model"], "openai-api/local/m");

    let endpoint = Faulty::start(Duration::ZERO, |n| if n < 3 { Fault::None } else { Fault::Stalled });
    let desk = Desk::new();
    let mut child = command(&desk, &endpoint.url(), &["--concurrency", "2"]).spawn().expect("the program starts");
    let waiting = wait_for_event(&desk, "waiting");
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    let first = &waiting["waits"][0];
    assert_eq!((&first["for"], first["requests"].as_u64()), (&"answers".into(), Some(2)), "{waiting}");
    assert!(first["oldest_s"].as_f64().is_some_and(|s| s >= 2.0), "{waiting}");
}

/// The first event of this kind in the desk's file of events.
fn wait_for_event(desk: &Desk, kind: &str) -> Value {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        let text = std::fs::read_to_string(desk.path("events.jsonl")).unwrap_or_default();
        let events = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        if let Some(event) = events.into_iter().find(|event| event["event"] == kind) {
            return event;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("no event `{kind}` came");
}
