//! What asking an endpoint costs proctor itself: time on the clock, CPU seconds and memory, durable rows included.
//!
//! `cargo bench -p proctor-cli --bench endpoint_weight` runs the program against an endpoint of its own in another
//! process: 2,000 requests that take 50 ms with 100 in flight, 512 in flight, and 6,500 and 52,000 that take no time.
//!
//! * `-- long` asks 2,000, 20,000 and 100,000 samples, once as different questions and once as attempts at 13: memory is not to
//!   grow with them.
//! * `-- peers` asks 2,000 requests of 50 ms through Inspect, lm-evaluation-harness and promptfoo as well, where they are
//!   installed in the folder `PROCTOR_PEERS`; it says how.

#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "endpoint_weight/endpoint.rs"]
mod endpoint;
#[path = "endpoint_weight/measured.rs"]
mod measured;
#[path = "endpoint_weight/peers.rs"]
mod peers;

use endpoint::Endpoint;
use measured::{Measured, measured};
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Questions of the benchmark that is run.
const QUESTIONS: usize = 13;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve", delay] => endpoint::serve(Duration::from_millis(delay.parse().expect("milliseconds"))),
        [] => rates(),
        ["long"] => long(),
        ["peers"] => peers::compare(),
        other => panic!("`{}` is not known; write nothing, `long` or `peers`", other.join(" ")),
    }
}

fn rates() {
    head("");
    for (requests, delay_ms, in_flight) in [(2_000_usize, 50, 100), (10_000, 50, 512), (6_500, 0, 100), (52_000, 0, 100)] {
        let epochs = requests.div_ceil(QUESTIONS);
        let endpoint = Endpoint::start(delay_ms);
        let run = proctor(&endpoint, in_flight, &["--epochs", &epochs.to_string()]);
        line("", epochs * QUESTIONS, delay_ms, in_flight, &run, endpoint.most_at_once());
    }
}

fn long() {
    head("samples");
    for samples in [2_000_usize, 20_000, 100_000] {
        let (endpoint, data) = (Endpoint::start(0), tempfile::tempdir().expect("a folder"));
        questions(data.path(), samples);
        let folder = data.path().display().to_string();
        let run = proctor(&endpoint, 100, &["--data", &folder, "-B", "shots=0"]);
        line("different", samples, 0, 100, &run, endpoint.most_at_once());
    }
    for samples in [2_000_usize, 20_000, 100_000] {
        let (endpoint, epochs) = (Endpoint::start(0), samples / QUESTIONS);
        let run = proctor(&endpoint, 100, &["--epochs", &epochs.to_string()]);
        line("of 13", epochs * QUESTIONS, 0, 100, &run, endpoint.most_at_once());
    }
}

/// So many questions in upstream's layout.
fn questions(folder: &Path, samples: usize) {
    const SUBJECTS: [&str; 4] = ["biology", "geography", "history", "physics"];
    let test = folder.join("kazakh/test");
    std::fs::create_dir_all(&test).expect("a folder");
    for (place, subject) in SUBJECTS.iter().enumerate() {
        let mut text = String::new();
        for number in (place..samples).step_by(SUBJECTS.len()) {
            let question =
                format!("Question {number}: which of these is the first letter of the Latin alphabet, as taught in class?");
            let row = format!(r#"{{"question":"{question}","choices":["it is A","it is B","it is C","it is D"],"answer":"A"}}"#);
            writeln!(text, "{row}").expect("a line");
        }
        std::fs::write(test.join(format!("{subject}.jsonl")), text).expect("a file");
    }
}

/// Runs the program against `endpoint`.
fn proctor(endpoint: &Endpoint, in_flight: usize, further: &[&str]) -> Measured {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_proctor"));
    command
        .current_dir(folder.path())
        .args(["run", "tumlu:kazakh", "-m", "openai-api/local/m", "--quiet", "--format", "json", "--no-cache"])
        .args(["--base-url", &endpoint.url(), "--concurrency", &in_flight.to_string()])
        .args(further)
        .env("LOCAL_API_KEY", "none")
        .env_remove("PROCTOR_STORE");
    measured(&mut command)
}

fn head(name: &str) {
    println!(
        "{name:>10} {:>9} {:>6} {:>9} {:>7} {:>8} {:>10} {:>8} {:>14} {:>8}",
        "requests", "ms", "in flight", "reached", "s", "requests/s", "CPU s", "CPU ms each", "MiB"
    );
}

fn line(name: &str, requests: usize, delay_ms: u64, in_flight: usize, run: &Measured, reached: usize) {
    assert!(run.success, "{}", run.errors);
    let Measured { wall_s, cpu_s, most_mib, .. } = run;
    println!(
        "{name:>10} {requests:>9} {delay_ms:>6} {in_flight:>9} {reached:>7} {wall_s:>8.2} {:>10.0} {cpu_s:>8.2} {:>14.3} {most_mib:>8.1}",
        requests as f64 / wall_s,
        1000.0 * cpu_s / requests as f64,
    );
}
