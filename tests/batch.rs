//! Runs over batch APIs, end to end: the program is killed while the provider works, and pays nothing twice.

mod support;

#[path = "support/batches.rs"]
mod batches;

use batches::{BatchServer, Behaviour};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::{Desk, Ran};

const KEY: &str = "sk-batch-0123456789";
const MODELS: [(&str, &str); 2] = [("openai/gpt-4o-mini", "/v1"), ("anthropic/claude-sonnet-4-5", "")];
const SAMPLES: usize = 6;

fn command(desk: &Desk, server: &BatchServer, (model, path): (&str, &str)) -> Command {
    let base = format!("{}{path}", server.root);
    let count = SAMPLES.to_string();
    let mut command =
        desk.command(&["run", "ugmathbench", "--limit", &count, "-m", model, "--base-url", &base, "--batch", "--format", "json"]);
    command.env("OPENAI_API_KEY", KEY).env("ANTHROPIC_API_KEY", KEY);
    command
}

fn serve(behaviour: Behaviour) -> (tokio::runtime::Runtime, BatchServer) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let server = runtime.block_on(BatchServer::start(behaviour));
    (runtime, server)
}

#[test]
fn killed_while_the_provider_works_and_resumed_nothing_is_paid_twice() {
    for model in MODELS {
        let (_runtime, server) = serve(Behaviour { looks: 1, ..Behaviour::default() });
        let desk = Desk::new();
        let mut child =
            command(&desk, &server, model).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
        let began = Instant::now();
        while server.kept().handed_in.is_empty() {
            assert!(began.elapsed() < Duration::from_secs(120), "no batch was handed in");
            assert!(child.try_wait().expect("a child").is_none(), "the program ended early");
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().expect("a child to kill");
        child.wait().expect("a dead child");
        let first = server.paid().0;
        let ran: Ran = command(&desk, &server, model).output().expect("the program starts").into();
        let ran = ran.expect(0);
        let document = ran.json("proctor.summary/1");
        assert!(document["runs"][0].to_string().contains("\"state\":\"finished\""), "{document}");
        let (paid, twice) = server.paid();
        assert_eq!((paid, twice), (first, 0), "{model:?}: nothing more is paid for");
        assert!(paid >= SAMPLES);
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains(KEY));
        // Once more: everything is there.
        let again: Ran = command(&desk, &server, model).output().expect("the program starts").into();
        again.expect(0);
        assert_eq!(server.paid(), (paid, 0));
    }
}

/// `proctor batch …` with the server's address and key.
fn batch(desk: &Desk, server: &BatchServer, (_, path): (&str, &str), arguments: &[&str]) -> Ran {
    let base = format!("{}{path}", server.root);
    let all: Vec<&str> = ["batch"].iter().chain(arguments).copied().chain(["--base-url", &base, "--format", "json"]).collect();
    let mut command = desk.command(&all);
    command.env("OPENAI_API_KEY", KEY).env("ANTHROPIC_API_KEY", KEY);
    command.output().expect("the program starts").into()
}

#[test]
fn batches_are_listed_and_cancelled_and_gone_on_with() {
    for model in MODELS {
        let (_runtime, server) = serve(Behaviour { looks: 2, ..Behaviour::default() });
        let desk = Desk::new();
        let none = batch(&desk, &server, model, &["list"]).expect(0).json("proctor.batches/1");
        assert_eq!(none["items"], serde_json::json!([]));
        let mut child =
            command(&desk, &server, model).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
        let began = Instant::now();
        while server.kept().handed_in.is_empty() {
            assert!(began.elapsed() < Duration::from_secs(120), "no batch was handed in");
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().expect("a child to kill");
        child.wait().expect("a dead child");
        let wanted = server.paid().0;

        let listed = batch(&desk, &server, model, &["list"]).expect(0).json("proctor.batches/1");
        let item = &listed["items"][0];
        assert_eq!((item["state"].as_str(), item["requests"].as_u64()), (Some("in_progress"), Some(wanted as u64)), "{listed}");
        let run = item["run"].as_str().expect("a run").to_owned();
        let cancelled = batch(&desk, &server, model, &["cancel", &run]).expect(0).json("proctor.batches/1");
        assert_eq!(cancelled["cancelled"].as_array().map(Vec::len), Some(1), "{cancelled}");
        let listed = batch(&desk, &server, model, &["list", &run]).expect(0).json("proctor.batches/1");
        assert_eq!(listed["items"][0]["state"], "cancelled", "{listed}");
        let again = batch(&desk, &server, model, &["cancel", &run]).expect(0).json("proctor.batches/1");
        assert_eq!(again["cancelled"].as_array().map(Vec::len), Some(0), "nothing is left to cancel: {again}");
        assert!(server.paid().0 < wanted, "half of it is not charged");

        // The same command collects what was answered, and hands in the rest.
        let ran: Ran = command(&desk, &server, model).output().expect("the program starts").into();
        let document = ran.expect(0).json("proctor.summary/1");
        assert!(document["runs"][0].to_string().contains("\"state\":\"finished\""), "{document}");
        assert_eq!(server.paid(), (wanted, 0), "{model:?}: nothing is paid for twice");
        assert_eq!(server.kept().batches.len(), 2);
    }
}

#[test]
fn a_batch_elsewhere_is_not_asked_about_here() {
    let (_runtime, server) = serve(Behaviour { looks: 0, ..Behaviour::default() });
    let desk = Desk::new();
    let ran: Ran = command(&desk, &server, MODELS[0]).output().expect("the program starts").into();
    ran.expect(0);
    let (_other_runtime, other) = serve(Behaviour::default());
    let listed = batch(&desk, &other, MODELS[0], &["list"]).expect(0).json("proctor.batches/1");
    assert!(listed["items"][0]["problem"].as_str().is_some_and(|why| why.contains("--base-url")), "{listed}");
    let refused = batch(&desk, &other, MODELS[0], &["cancel", listed["items"][0]["batch"].as_str().expect("a name")]).expect(7);
    assert!(refused.stderr.contains("--base-url"), "{}", refused.stderr);
    let unknown = batch(&desk, &server, MODELS[0], &["cancel", "no-such-run"]).expect(2);
    assert!(unknown.stderr.contains("no-such-run"), "{}", unknown.stderr);
}

#[test]
fn who_takes_no_batches_is_told_so() {
    let desk = Desk::new();
    let mut command = desk.command(&["run", "ugmathbench", "--limit", "1", "-m", "mock/echo", "--batch"]);
    let ran: Ran = command.output().expect("the program starts").into();
    let ran = ran.expect(2);
    assert!(ran.stderr.contains("cannot be asked in batches"), "{}", ran.stderr);
}
