//! Runs of the program against endpoints that misbehave: it must end, must not panic, and must not show a secret.

use super::faults::KEY;
use super::{Desk, Ran};
use serde_json::Value;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Far beyond anything honest; only what hangs gets there.
pub const PATIENCE: Duration = Duration::from_secs(240);

/// `proctor run tumlu:kazakh` with so many questions against `url`, in JSON, with its events and its page.
pub fn command(desk: &Desk, url: &str, questions: usize, more: &[&str]) -> Command {
    let limit = questions.to_string();
    let mut arguments = vec!["run", "tumlu:kazakh", "--limit", &limit, "-m", "openai-api/local/m", "--base-url", url];
    arguments.extend(["--format", "json", "--events", "events.jsonl", "-o", "page.html"]);
    arguments.extend(more);
    let mut command = desk.command(&arguments);
    command.env("LOCAL_API_KEY", KEY).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs to the end, and searches everything that is left behind for the key.
pub fn finish(desk: &Desk, mut command: Command) -> Ran {
    ended(desk, command.spawn().expect("the program starts"))
}

/// The same of a program that was started before.
pub fn ended(desk: &Desk, mut child: Child) -> Ran {
    let started = Instant::now();
    // Little is written, so the pipes cannot fill up while nobody reads.
    while child.try_wait().expect("it can be asked").is_none() {
        if started.elapsed() > PATIENCE {
            child.kill().expect("it can be killed");
            panic!("it hangs: {:?}", Ran::from(child.wait_with_output().expect("it ends")));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let ran = Ran::from(child.wait_with_output().expect("it ends"));
    assert!(!ran.stderr.contains("panicked") && !ran.stderr.contains("internal error"), "{}", ran.stderr);
    no_secret(desk, &ran, KEY);
    ran
}

/// Fails where `secret` was printed or stands in any file of the desk: store, log of the store, events, page, exports.
pub fn no_secret(desk: &Desk, ran: &Ran, secret: &str) {
    assert!(!ran.stderr.contains(secret) && !ran.stdout.contains(secret), "a secret is shown: {} {}", ran.stderr, ran.stdout);
    let mut folders = vec![desk.path("")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap_or_default();
                let shown = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
                assert!(!shown, "a secret stands in {}", path.display());
            }
        }
    }
}

/// How many attempts have the outcome called `word`.
pub fn outcomes(ran: &Ran, word: &str) -> u64 {
    let document = ran.json("proctor.summary/1");
    let outcomes = document["runs"][0]["outcomes"].as_array().expect("outcomes");
    outcomes.iter().filter(|outcome| outcome["outcome"] == word).filter_map(|outcome| outcome["n"].as_u64()).sum()
}

/// How many attempts have a grade that says something about the model.
pub fn graded(ran: &Ran) -> u64 {
    let document = ran.json("proctor.summary/1");
    let outcomes = document["runs"][0]["outcomes"].as_array().expect("outcomes");
    let scored = |outcome: &&Value| outcome["outcome"] != "infra_error" && outcome["outcome"] != "skipped";
    outcomes.iter().filter(scored).filter_map(|outcome| outcome["n"].as_u64()).sum()
}
