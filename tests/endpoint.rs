//! Runs against an OpenAI-compatible endpoint: scores, resuming, kills, faults.

mod support;

use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::scripted::{Behaviour, KEY, Scripted};
use support::{Desk, Ran, fixture, has_guest};

const SETS: [&str; 3] = ["humaneval-pro", "mbpp-pro", "bigcodebench-lite-pro"];

fn command(desk: &Desk, url: &str, benchmarks: &[&str], more: &[&str]) -> Command {
    let mut arguments = vec!["run"];
    arguments.extend(benchmarks);
    arguments.extend(["-m", "openai-api/local/scripted", "--base-url", url, "--format", "json"]);
    arguments.extend(more);
    let mut command = desk.command(&arguments);
    command.env("LOCAL_API_KEY", KEY);
    command
}

fn run(desk: &Desk, url: &str, benchmarks: &[&str], more: &[&str]) -> Ran {
    command(desk, url, benchmarks, more).output().expect("the program starts").into()
}

/// What a reader decides with: per run, benchmark, state, outcomes and figures. Not times, not ids.
fn table(ran: &Ran) -> Vec<Value> {
    let document = ran.json("proctor.summary/1");
    let keep = |run: &Value| {
        let mut run = run.clone();
        for field in ["usage", "run", "created_at"] {
            if let Some(map) = run.as_object_mut() {
                map.remove(field);
            }
        }
        run
    };
    document["runs"].as_array().expect("runs").iter().map(keep).collect()
}

fn headline(document: &Value, benchmark: &str) -> f64 {
    let runs = document["runs"].as_array().expect("runs");
    let is = |run: &&Value| run.to_string().contains(&format!("\"benchmark\":\"{benchmark}\""));
    let run = runs.iter().find(is).unwrap_or_else(|| panic!("no run of {benchmark} in {document}"));
    let metrics = run["metrics"].as_array().expect("metrics");
    let metric = metrics.iter().find(|m| m["headline"] == true).expect("a headline");
    metric["value"].as_f64().expect("a figure")
}

#[test]
fn scores_are_those_of_the_script() {
    if !has_guest() {
        return;
    }
    let endpoint = Scripted::start(Behaviour::default());
    let desk = Desk::new();
    let ran = run(&desk, &endpoint.url, &SETS, &[]).expect(0);
    let document = ran.json("proctor.summary/1");
    let text = std::fs::read_to_string(fixture("answers_chat.json")).expect("the fixture");
    let script: Value = serde_json::from_str(&text).expect("JSON");
    for set in SETS {
        let expected = &script["expected"][set];
        let wanted = expected["official_correct"].as_f64().expect("count") / expected["items"].as_f64().expect("count");
        assert!((headline(&document, set) - wanted).abs() < 1e-9, "{set}: {} is not {wanted}", headline(&document, set));
    }
    assert_eq!(endpoint.requests(), 37);
    assert!(endpoint.most_in_flight() <= 16, "{}", endpoint.most_in_flight());

    // The same command finds everything done, asks nothing, and shows the same.
    let again = run(&desk, &endpoint.url, &SETS, &[]).expect(0);
    assert_eq!(endpoint.requests(), 37);
    assert_eq!(table(&again), table(&ran));
}

#[test]
fn killed_at_any_moment_and_resumed_gives_the_same_table() {
    if !has_guest() {
        return;
    }
    let sets = ["humaneval-pro", "mbpp-pro"];
    let endpoint = Scripted::start(Behaviour { delay: Duration::from_millis(60), ..Behaviour::default() });
    let undisturbed = Desk::new();
    let wanted = table(&run(&undisturbed, &endpoint.url, &sets, &["--concurrency", "4"]).expect(0));

    let desk = Desk::new();
    let started = Instant::now();
    for kill in 0..12u64 {
        assert!(started.elapsed() < Duration::from_secs(180), "the kill loop takes too long");
        let mut child = command(&desk, &endpoint.url, &sets, &["--concurrency", "4"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        // Spread over start-up, asking and grading; the same every time.
        std::thread::sleep(Duration::from_millis(20 + (kill * 137) % 450));
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
    }
    let resumed = run(&desk, &endpoint.url, &sets, &["--concurrency", "4"]).expect(0);
    assert_eq!(table(&resumed), wanted);
    // Only what was in flight is asked again: once for each kill at most, and once undisturbed.
    assert!(endpoint.most_answers_to_one() <= 14, "{}", endpoint.most_answers_to_one());
}

#[test]
fn an_interrupt_drains_and_the_next_run_continues() {
    if !has_guest() {
        return;
    }
    let endpoint = Scripted::start(Behaviour { delay: Duration::from_millis(150), ..Behaviour::default() });
    let desk = Desk::new();
    let child = command(&desk, &endpoint.url, &["humaneval-pro"], &["--concurrency", "2"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let started = Instant::now();
    while endpoint.requests() < 3 && started.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(10));
    }
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(status.success());
    let ran = Ran::from(child.wait_with_output().expect("it ends")).expect(130);
    assert!(ran.stderr.contains("stopping"), "{}", ran.stderr);
    let asked = endpoint.requests();
    assert!(asked < 14, "it stopped asking, after {asked}");
    run(&desk, &endpoint.url, &["humaneval-pro"], &["--concurrency", "2"]).expect(0);
    assert_eq!(endpoint.requests(), 14, "nothing that was answered is asked again");
}

#[test]
fn passing_faults_are_retried_and_lasting_ones_are_asked_again_next_time() {
    if !has_guest() {
        return;
    }
    let passing = Behaviour { fail_first: 3, fail_status: 503, ..Behaviour::default() };
    let endpoint = Scripted::start(passing);
    run(&Desk::new(), &endpoint.url, &["humaneval-pro"], &[]).expect(0);
    assert_eq!(endpoint.requests(), 17);

    let endpoint = Scripted::start(Behaviour { fail_odd: true, ..Behaviour::default() });
    let desk = Desk::new();
    let ran = run(&desk, &endpoint.url, &["humaneval-pro"], &["--tries", "1"]).expect(3);
    assert!(ran.stdout.contains("infra_error"), "{}", ran.stdout);
    endpoint.behave(Behaviour::default());
    run(&desk, &endpoint.url, &["humaneval-pro"], &["--tries", "1"]).expect(0);
}

/// One message, once, that holds every one of `words` and never the key.
fn check_refused(ran: Ran, code: i32, words: &[&str]) {
    let ran = ran.expect(code);
    assert_eq!(ran.stderr.matches("error:").count(), 1, "{}", ran.stderr);
    for word in words {
        assert!(ran.stderr.contains(word), "no `{word}` in {}", ran.stderr);
    }
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    assert!(!ran.stderr.contains(KEY) && !ran.stdout.contains(KEY), "the key is shown: {}", ran.stderr);
}

#[test]
fn endpoints_that_cannot_be_used_are_told_once() {
    if !has_guest() {
        return;
    }
    let endpoint = Scripted::start(Behaviour::default());
    let desk = Desk::new();
    let mut wrong_key = command(&desk, &endpoint.url, &["humaneval-pro"], &[]);
    wrong_key.env("LOCAL_API_KEY", "sk-wrong-77aa");
    let ran: Ran = wrong_key.output().expect("the program starts").into();
    assert!(!ran.stderr.contains("sk-wrong-77aa"));
    check_refused(ran, 7, &["401"]);

    let address = endpoint.url.trim_end_matches("/v1").to_string();
    check_refused(run(&desk, &address, &["humaneval-pro"], &[]), 7, &["404"]);

    let nobody = run(&desk, "http://127.0.0.1:9/v1", &["humaneval-pro"], &["--tries", "1"]);
    assert!(nobody.code == 7 || nobody.code == 3, "{} {}", nobody.code, nobody.stderr);
    assert!(nobody.stderr.contains("127.0.0.1:9"), "{}", nobody.stderr);

    let mut no_key = command(&desk, &endpoint.url, &["humaneval-pro"], &[]);
    no_key.env_remove("LOCAL_API_KEY");
    check_refused(no_key.output().expect("the program starts").into(), 7, &["401"]);
}
