//! Endpoints that let the program wait: it says for what, keeps to what they ask, ends within its bounds, and loses nothing.

#![allow(clippy::print_stderr)]

mod support;

#[path = "benches/endpoint_pace/limits.rs"]
#[allow(dead_code)]
mod limits;
#[path = "benches/endpoint_pace/server.rs"]
#[allow(dead_code)]
mod server;
#[path = "benches/endpoint_pace/services.rs"]
#[allow(dead_code)]
mod services;

use serde_json::Value;
use server::Server;
use services::{Back, NONE, Service, bucket};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use support::faults::{Fault, Faulty, KEY};
use support::watched::{PATIENCE, command, ended, finish, graded};
use support::{Desk, Ran};

const QUESTIONS: usize = 12;
const REFUSED: Fault = Fault::Status(429, "");
const LATER: Fault = Fault::Status(429, "retry-after: 397\r\n");
const MUCH_LATER: Fault = Fault::Status(429, "retry-after: 3600\r\n");

fn run(desk: &Desk, url: &str, more: &[&str]) -> Ran {
    finish(desk, command(desk, url, QUESTIONS, more))
}

/// The same command against the endpoint that answers again: everything is answered, and nothing a second time.
fn goes_on(desk: &Desk, endpoint: &Faulty, more: &[&str]) {
    endpoint.change(|_| Fault::None);
    let ran = run(desk, &endpoint.url(), more).expect(0);
    assert_eq!(graded(&ran), QUESTIONS as u64);
    assert_eq!(endpoint.answers(), (QUESTIONS, 1));
}

/// All events so far; the last line may be half written.
fn events(desk: &Desk) -> Vec<Value> {
    let text = std::fs::read_to_string(desk.path("events.jsonl")).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn first(events: &[Value], kind: &str) -> Option<Value> {
    events.iter().find(|event| event["event"] == kind).cloned()
}

/// Waits for the first event of this kind in which `wanted` is found.
fn wait_for(desk: &Desk, child: &mut Child, kind: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if let Some(event) = events(desk).into_iter().find(|event| event["event"] == kind && wanted(event)) {
            return event;
        }
        if child.try_wait().expect("it can be asked").is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    child.kill().ok();
    panic!("no such event `{kind}`: {:#?}", events(desk));
}

fn interrupt(child: &Child) {
    let id = libc::pid_t::try_from(child.id()).expect("a process id");
    // SAFETY: a signal to a child that was not waited for yet; no memory is involved.
    assert_eq!(unsafe { libc::kill(id, libc::SIGINT) }, 0);
}

fn says(event: &Value) -> &str {
    event["says"].as_str().unwrap_or_default()
}

#[test]
fn a_service_that_only_refuses_is_given_up() {
    let endpoint = Faulty::start(Duration::ZERO, |_| REFUSED);
    let desk = Desk::new();
    let ran = run(&desk, &endpoint.url(), &["--max-wait", "6s"]).expect(7);
    assert_eq!(ran.stderr.matches("error:").count(), 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("asking was given up") && ran.stderr.contains("the same command continues"), "{}", ran.stderr);
    assert!(endpoint.requests() < 4 * QUESTIONS, "{} requests", endpoint.requests());
    let events = events(&desk);
    assert!(first(&events, "retrying").is_some_and(|event| event["reason"].as_str().is_some_and(|r| r.contains("429"))));
    let waiting = first(&events, "waiting").expect("it is told what is waited for");
    assert!(says(&waiting).contains("none was answered for") && says(&waiting).contains("429"), "{waiting}");
    assert!(ran.stderr.contains(says(&waiting)), "the terminal says the same: {}", ran.stderr);
    goes_on(&desk, &endpoint, &[]);
}

#[test]
fn a_pause_longer_than_anybody_waits_ends_the_asking_soon() {
    let endpoint = Faulty::start(Duration::ZERO, |n| if n < 3 { Fault::None } else { MUCH_LATER });
    let desk = Desk::new();
    let ran = run(&desk, &endpoint.url(), &["--concurrency", "1"]).expect(7);
    assert_eq!(ran.stderr.matches("error:").count(), 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("left alone for 1 h 00 min, and --max-wait is 10 min"), "{}", ran.stderr);
    assert_eq!(endpoint.requests(), 3 + 3, "nobody asks on");
    let finished = first(&events(&desk), "run_finished").expect("the run ended");
    assert_eq!((&finished["answered"], &finished["infra_errors"]), (&3.into(), &3.into()), "{finished}");
    goes_on(&desk, &endpoint, &[]);
}

#[test]
fn a_longer_wait_can_be_allowed_and_is_told_with_its_end() {
    let endpoint = Faulty::start(Duration::ZERO, |n| if n < 3 { Fault::None } else { MUCH_LATER });
    let desk = Desk::new();
    let mut child =
        command(&desk, &endpoint.url(), QUESTIONS, &["--concurrency", "1", "--max-wait", "2h"]).spawn().expect("it starts");
    let waiting = wait_for(&desk, &mut child, "waiting", |_| true);
    let pause = &waiting["waits"][0];
    assert_eq!((&pause["for"], &pause["cause"]), (&"pause".into(), &"asked_for".into()), "{waiting}");
    let until = pause["until_unix_s"].as_f64().expect("until when") - waiting["unix_s"].as_f64().expect("when");
    assert!((3500.0..3700.0).contains(&until), "{waiting}");
    assert!(says(&waiting).contains("it asked to be left alone") && says(&waiting).contains(" UTC"), "{waiting}");
    assert!(says(&waiting).contains("429"), "{waiting}");
    // Ctrl-C does not wait for it.
    interrupt(&child);
    let ran = ended(&desk, child).expect(130);
    assert!(ran.stderr.contains("the same command continues"), "{}", ran.stderr);
    assert_eq!(endpoint.requests(), 4, "it was left alone");
    goes_on(&desk, &endpoint, &[]);
}

#[test]
fn a_bound_on_time_ends_a_pause() {
    let endpoint = Faulty::start(Duration::ZERO, |n| if n < 3 { Fault::None } else { LATER });
    let desk = Desk::new();
    // With the default everything is in line at once, with one place it is not.
    for more in [&["--max-time", "2s"][..], &["--max-time", "2s", "--concurrency", "1"]] {
        let ran = run(&desk, &endpoint.url(), more).expect(8);
        assert!(ran.stderr.contains("--max-time is reached"), "{}", ran.stderr);
    }
    goes_on(&desk, &endpoint, &[]);
}

#[test]
fn each_bound_on_a_request_holds() {
    let check = |what: &str, fault: Fault, more: &[&str], requests: usize, said: &str| {
        let endpoint = Faulty::start(Duration::ZERO, move |_| fault.clone());
        let desk = Desk::new();
        // One attempt alone that fails is an infrastructure error.
        let ran = finish(&desk, command(&desk, &endpoint.url(), 1, more));
        assert!([3, 7].contains(&ran.code), "{what}: {} {}", ran.code, ran.stderr);
        assert_eq!(endpoint.requests(), requests, "{what}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{what}: {}", ran.stderr);
    };
    check("tries", Fault::Status(500, ""), &["--tries", "3"], 3, "tried 3 times");
    check("one try", Fault::Status(503, ""), &["--tries", "1"], 1, "503");
    check("time", Fault::Status(503, "retry-after: 3\r\n"), &["--max-wait", "5s"], 2, "503");
    check("silence in a stream", Fault::Stalled, &["--idle-timeout", "1", "--tries", "2"], 2, "idle time-out");
    check(
        "silence before it",
        Fault::Drip(vec![b'H'; 2], PATIENCE),
        &["--idle-timeout", "1", "--tries", "2"],
        2,
        "idle time-out",
    );
    let drip = Fault::Drip(vec![b'H'; 2], PATIENCE);
    check("an answer in one piece", drip, &["--no-stream", "--timeout", "1", "--tries", "2"], 2, "within 1 s");
}

#[test]
fn silence_is_told_apart_from_answers_that_have_begun() {
    let check = |fault: Fault, begun: u64, sentence: &str| {
        let endpoint = Faulty::start(Duration::ZERO, move |n| if n < 3 { Fault::None } else { fault.clone() });
        let desk = Desk::new();
        let mut child = command(&desk, &endpoint.url(), QUESTIONS, &["--concurrency", "2"]).spawn().expect("it starts");
        let waiting = wait_for(&desk, &mut child, "waiting", |_| true);
        let wait = &waiting["waits"][0];
        assert_eq!((&wait["for"], &wait["requests"], &wait["begun"]), (&"answers".into(), &2.into(), &begun.into()), "{waiting}");
        assert_eq!(wait["patience_s"].as_f64(), Some(300.0), "{waiting}");
        assert!(says(&waiting).contains(sentence) && says(&waiting).contains("--idle-timeout"), "{waiting}");
        // What is in flight is waited for, unless it is asked for twice.
        interrupt(&child);
        wait_for(&desk, &mut child, "draining", |event| event["in_flight"] == 2);
        interrupt(&child);
        ended(&desk, child).expect(130);
        goes_on(&desk, &endpoint, &[]);
    };
    check(Fault::Drip(vec![b'H'; 2], PATIENCE), 0, "nothing has come yet");
    check(Fault::Stalled, 2, "its last piece came");
}

#[test]
fn one_model_that_gives_no_answers_keeps_no_other_from_being_asked() {
    let (bad, good) = (Faulty::start(Duration::ZERO, |_| MUCH_LATER), Faulty::start(Duration::ZERO, |_| Fault::None));
    let desk = Desk::new();
    let limit = QUESTIONS.to_string();
    let mut command =
        desk.command(&["run", "tumlu:kazakh", "--limit", &limit, "-m", "openai-api/bad/m", "-m", "openai-api/good/m"]);
    command.args(["--format", "json"]).env("BAD_API_KEY", KEY).env("GOOD_API_KEY", KEY);
    command.env("BAD_BASE_URL", bad.url()).env("GOOD_BASE_URL", good.url());
    let ran = Ran::from(command.output().expect("it starts")).expect(7);
    assert_eq!(good.answers(), (QUESTIONS, 1));
    assert_eq!(graded(&ran), QUESTIONS as u64, "the other's summary is printed");
    assert!(ran.stderr.contains("1 of 2 models gave no answers: openai-api/bad/m"), "{}", ran.stderr);
    bad.change(|_| Fault::None);
    Ran::from(command.output().expect("it starts")).expect(0);
    assert_eq!((bad.answers(), good.answers()), ((QUESTIONS, 1), (QUESTIONS, 1)));
}

#[test]
fn a_judge_that_wants_a_pause_is_told_and_not_waited_for_after_ctrl_c() {
    let (model, judge) = (Faulty::start(Duration::ZERO, |_| Fault::None), Faulty::start(Duration::ZERO, |_| LATER));
    let desk = Desk::new();
    let mut command =
        desk.command(&["run", "failsafeqa", "--limit", "7", "-m", "openai-api/local/m", "--events", "events.jsonl"]);
    command.args(["--judge", "openai-api/judge/j", "--base-url", &model.url(), "--judge-base-url", &judge.url()]);
    command.env("LOCAL_API_KEY", KEY).env("JUDGE_API_KEY", KEY).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let waiting = wait_for(&desk, &mut child, "waiting", |event| {
        // Requests that were refused together wait for their next try; later ones stand in line.
        says(event).contains("left alone") || says(event).contains("next try")
    });
    assert!(says(&waiting).contains("openai-api/judge/j"), "{waiting}");
    interrupt(&child);
    ended(&desk, child).expect(130);
    assert_eq!(model.answers(), (7, 1));
}

static SHARED: Service = Service { per_request: bucket(30.0, 40.0), back: Back::Milliseconds, latency_ms: (40.0, 40.0), ..NONE };

#[test]
fn two_processes_share_a_service_without_a_storm() {
    let server = Server::start(&SHARED);
    let desks = [Desk::new(), Desk::new()];
    let children: Vec<Child> = desks
        .iter()
        .map(|desk| command(desk, &server.url(), QUESTIONS, &["--epochs", "20", "--no-cache"]).spawn().expect("it starts"))
        .collect();
    for (desk, child) in desks.iter().zip(children) {
        let ran = ended(desk, child).expect(0);
        assert_eq!(graded(&ran), 20 * QUESTIONS as u64);
    }
    let figures = server.figures();
    assert_eq!(figures.requests - figures.refused, 40 * QUESTIONS, "each question was answered once");
    assert!(figures.refused * 5 < figures.requests, "{} of {} refused", figures.refused, figures.requests);
}

#[test]
fn benchmarks_and_judges_at_one_endpoint_share_its_pace() {
    let server = Server::start(&SHARED);
    let desk = Desk::new();
    // 40 a second are permitted; each pace of its own would send 30.
    let mut command = desk.command(&["run", "tumlu:kazakh", "failsafeqa", "--limit", "21", "-m", "openai-api/local/tested"]);
    command.args(["--judge", "openai-api/local/judge", "--requests-per-minute", "1800", "--events", "events.jsonl"]);
    command.args(["--base-url", &server.url(), "--judge-base-url", &server.url(), "--format", "json"]).env("LOCAL_API_KEY", KEY);
    let ran = Ran::from(command.output().expect("it starts")).expect(0);
    let figures = server.figures();
    assert!(figures.requests > 13 + 21 + 7, "the judge was asked: {} requests", figures.requests);
    assert_eq!(figures.refused, 0, "of {}: {}", figures.requests, ran.stderr);
}
