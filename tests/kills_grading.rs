//! `kill -9` at random moments of everything that grades: programs in the sandbox, files of answers, stored runs that are
//! graded again, judge models, batches that are waited for. `PROCTOR_KILLS=200` kills so often in each test.

#![allow(clippy::print_stderr)]

#[path = "support/batches.rs"]
mod batches;
#[path = "support/killing.rs"]
mod killing;
#[path = "support/postgres.rs"]
mod postgres;
mod support;

use batches::BatchServer;
use killing::{fraction, kill, kills, table};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::dialogue::Dialogue;
use support::scripted::{Behaviour, KEY, Scripted};
use support::{Desk, Ran, fixture, has_guest};

fn piped(mut command: Command) -> Command {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn to_the_end(command: Command) -> Ran {
    Ran::from(piped(command).output().expect("the program starts"))
}

/// Kills what `command` starts again and again, each time at another moment of the `takes` that it takes undisturbed. How
/// many kills met it at work.
fn killed(times: usize, number: &mut usize, takes: Duration, command: impl Fn() -> Command) -> usize {
    let mut met = 0;
    for _ in 0..times {
        let mut child = piped(command()).spawn().expect("the program starts");
        std::thread::sleep(takes.mul_f64(fraction(*number)));
        met += usize::from(child.try_wait().expect("it can be asked").is_none());
        kill(child);
        *number += 1;
    }
    met
}

/// The sandbox is at work when the program is killed; the answers are all there by then.
#[test]
fn killed_while_programs_are_judged_a_run_grades_them_again_and_asks_nothing() {
    if !has_guest() {
        return;
    }
    let endpoint = Scripted::start(Behaviour::default());
    let judged = |desk: &Desk| {
        let mut command = desk.command(&["run", "humaneval-pro", "mbpp-pro", "-m", "openai-api/local/scripted", "--base-url"]);
        command.args([&endpoint.url, "--grade-concurrency", "1", "--events", "events.jsonl", "--format", "json", "--quiet"]);
        command.env("LOCAL_API_KEY", KEY).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let grades = |desk: &Desk| {
        let events = std::fs::read_to_string(desk.path("events.jsonl")).unwrap_or_default();
        (events.matches("\"ground_truth_graded\"").count(), events.matches("\"grade_finished\"").count())
    };
    let undisturbed = Desk::new();
    let wanted = table(&Ran::from(judged(&undisturbed).output().expect("the program starts")).expect(0));
    let asked = endpoint.requests();
    let mut in_the_middle = 0;
    for round in 0..kills().div_ceil(5) {
        let (desk, before) = (Desk::new(), endpoint.requests());
        for here in 0..5 {
            std::fs::remove_file(desk.path("events.jsonl")).ok();
            let mut child = judged(&desk).spawn().expect("the program starts");
            // Some more are graded, and then it is killed a moment later.
            let more = 1 + (round * 5 + here) % 4;
            let began = Instant::now();
            while child.try_wait().expect("it can be asked").is_none() {
                let (references, answers) = grades(&desk);
                if references + answers >= more {
                    break;
                }
                assert!(began.elapsed() < Duration::from_secs(120), "nothing is graded");
                std::thread::sleep(Duration::from_micros(300));
            }
            std::thread::sleep(Duration::from_millis(3).mul_f64(fraction(round * 5 + here)));
            in_the_middle += usize::from(child.try_wait().expect("it can be asked").is_none());
            kill(child);
        }
        let resumed = Ran::from(judged(&desk).output().expect("the program starts")).expect(0);
        assert_eq!(table(&resumed), wanted, "round {round}");
        // At the first kill nearly all may be in flight, at later ones hardly any are left.
        assert!(endpoint.requests() - before <= 2 * asked, "{} requests", endpoint.requests() - before);
    }
    assert!(in_the_middle > 0, "no kill met a judge at work");
    eprintln!("{in_the_middle} kills while programs were judged");
}

/// Answers of a file, graded; and the run that comes of it, graded again. Between kills it has its old grades or its new
/// ones, never some of both.
#[test]
fn killed_while_a_file_or_a_run_is_graded_the_same_command_finishes() {
    if !has_guest() {
        return;
    }
    let file = fixture("answers/results_mixed.jsonl").to_string_lossy().into_owned();
    let grade = |desk: &Desk, target: &[&str]| {
        let mut command = desk.command(&["grade"]);
        command.args(target).args(["--grade-concurrency", "1", "--format", "json", "--quiet"]);
        command
    };
    let target = [file.as_str(), "-b", "humaneval-pro"];
    let undisturbed = Desk::new();
    let began = Instant::now();
    let whole = to_the_end(grade(&undisturbed, &target));
    let (wanted, takes, code) = (table(&whole), began.elapsed(), whole.code);
    let (mut number, mut met) = (0, 0);
    while number < kills() {
        let desk = Desk::new();
        met += killed(4, &mut number, takes, || grade(&desk, &target));
        let graded = to_the_end(grade(&desk, &target)).expect(code);
        assert_eq!(table(&graded), wanted, "after {number} kills");
        let run = graded.json("proctor.summary/1")["runs"][0]["run"]["id"].as_str().expect("an id").to_owned();
        let again = [run.as_str(), "--fresh"];
        for _ in 0..4 {
            met += killed(1, &mut number, takes, || grade(&desk, &again));
            let shown = desk.proctor(&["list", "runs", "--format", "json"]).expect(0).json("proctor.runs/1");
            assert_eq!(shown["items"][0]["graded"], 14, "{shown}");
        }
        assert_eq!(table(&to_the_end(grade(&desk, &again)).expect(code)), wanted, "graded again after {number} kills");
    }
    assert!(met > 0, "no kill met a grading");
    eprintln!("{met} of {number} kills met a grading");
}

/// Verdicts of judge models are paid for too.
#[test]
fn killed_while_judge_models_are_asked_a_run_pays_for_no_verdict_twice() {
    const ASKING: usize = 8;
    const JUDGING: usize = 4;
    let play = |model: &str, question: &str| {
        std::thread::sleep(Duration::from_millis(2));
        let rating = 1 + question.len() % 6;
        Ok(if model == "judge" { format!("Rating: [[{rating}]]") } else { "The document does not say.".into() })
    };
    let run = |desk: &Desk, endpoint: &Dialogue| {
        let mut command = desk.command(&["run", "failsafeqa", "-m", "openai-api/local/tested", "--base-url", &endpoint.url]);
        command.args(["--judge", "openai-api/local/judge", "--judge-base-url", &endpoint.url, "--format", "json", "--quiet"]);
        command.args(["--concurrency", &ASKING.to_string(), "--grade-concurrency", &JUDGING.to_string()]);
        command.env("LOCAL_API_KEY", "any");
        command
    };
    let endpoint = Dialogue::start(play);
    let desk = Desk::new();
    let began = Instant::now();
    let wanted = table(&to_the_end(run(&desk, &endpoint)).expect(0));
    let takes = began.elapsed();
    let (asked, judged) = (endpoint.asked("tested"), endpoint.asked("judge"));
    assert!(asked > 20 && judged > 20, "{asked} questions, {judged} to the judge");
    let (mut number, mut twice) = (0, (0, 0));
    while number < kills() {
        let endpoint = Dialogue::start(play);
        let desk = Desk::new();
        let met = killed(5, &mut number, takes, || run(&desk, &endpoint));
        // What was in flight at the last kill comes to its end before the resumed run asks.
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(table(&to_the_end(run(&desk, &endpoint)).expect(0)), wanted, "after {number} kills");
        let again = (endpoint.asked("tested") - asked, endpoint.asked("judge") - judged);
        assert!(again.0 <= met * ASKING && again.1 <= met * JUDGING, "{again:?} asked again after {met} kills");
        let before = (endpoint.asked("tested"), endpoint.asked("judge"));
        assert_eq!(table(&to_the_end(run(&desk, &endpoint)).expect(0)), wanted);
        assert_eq!((endpoint.asked("tested"), endpoint.asked("judge")), before, "a finished run asks nothing");
        twice = (twice.0 + again.0, twice.1 + again.1);
    }
    eprintln!("{number} kills: {} answers and {} verdicts paid for twice", twice.0, twice.1);
}

/// Batches are handed in, looked for and collected; at any moment of that the program is killed.
#[test]
fn killed_at_any_moment_of_a_batch_a_run_pays_for_nothing_twice() {
    const SAMPLES: usize = 6;
    for (model, path) in [("openai/gpt-4o-mini", "/v1"), ("anthropic/claude-sonnet-4-5", "")] {
        let serve = || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
            let server = runtime.block_on(BatchServer::start(batches::Behaviour { looks: 1, ..batches::Behaviour::default() }));
            (runtime, server)
        };
        let run = |desk: &Desk, server: &BatchServer| {
            let (base, limit) = (format!("{}{path}", server.root), SAMPLES.to_string());
            let mut command =
                desk.command(&["run", "ugmathbench", "--limit", &limit, "-m", model, "--base-url", &base, "--batch"]);
            command.args(["--format", "json", "--quiet"]).env("OPENAI_API_KEY", "sk-any").env("ANTHROPIC_API_KEY", "sk-any");
            command
        };
        let (_runtime, server) = serve();
        let desk = Desk::new();
        let began = Instant::now();
        let wanted = table(&to_the_end(run(&desk, &server)).expect(0));
        let (takes, paid) = (began.elapsed(), server.paid().0);
        let (mut number, mut met) = (0, 0);
        while number < kills().div_ceil(5) {
            let (_runtime, server) = serve();
            let desk = Desk::new();
            met += killed(2, &mut number, takes, || run(&desk, &server));
            assert_eq!(table(&to_the_end(run(&desk, &server)).expect(0)), wanted, "{model} after {number} kills");
            assert_eq!(server.paid(), (paid, 0), "{model} after {number} kills: nothing is paid for twice");
        }
        eprintln!("{model}: {met} of {number} kills met a batch");
    }
}
