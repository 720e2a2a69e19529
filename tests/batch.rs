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

#[test]
fn who_takes_no_batches_is_told_so() {
    let desk = Desk::new();
    let mut command = desk.command(&["run", "ugmathbench", "--limit", "1", "-m", "mock/echo", "--batch"]);
    let ran: Ran = command.output().expect("the program starts").into();
    let ran = ran.expect(2);
    assert!(ran.stderr.contains("cannot be asked in batches"), "{}", ran.stderr);
}
