//! How near proctor comes to what services permit, and how seldom it is refused: whole runs of the program against services
//! on this machine that keep real limits.
//!
//! `cargo bench -p proctor-cli --bench endpoint_pace` takes about three minutes. `-- WORD…` runs the services whose names hold
//! one of the words, `-- --at-once N` as many side by side (4 without it), `-- --program FILE` another proctor,
//! `-- --events FOLDER` keeps what each run tells of its pace.
//!
//! For each service: the requests, the seconds that whoever knew its limits would need for them, the seconds that the run had
//! requests under way, the former as a share of the latter, and the share of requests that was refused.

#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "endpoint_pace/limits.rs"]
mod limits;
#[path = "endpoint_pace/server.rs"]
mod server;
#[path = "endpoint_pace/services.rs"]
mod services;

use server::{Figures, Server};
use services::{SERVICES, Service};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Questions of the benchmark that is run.
const QUESTIONS: usize = 13;
const AT_ONCE: usize = 4;

fn main() {
    let mut words: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let at_once = taken(&mut words, "--at-once").map_or(AT_ONCE, |n| n.parse().expect("a number after --at-once"));
    let program = taken(&mut words, "--program").unwrap_or_else(|| env!("CARGO_BIN_EXE_proctor").to_owned());
    let events = taken(&mut words, "--events").map(PathBuf::from);
    let chosen: Vec<&'static Service> =
        SERVICES.iter().filter(|s| words.is_empty() || words.iter().any(|word| s.name.contains(word.as_str()))).collect();
    println!(
        "{:<46} {:>8} {:>8} {:>8} {:>7} {:>8} {:>7} {:>7}",
        "service", "requests", "least s", "s", "share", "refused", "", "program"
    );
    let (next, sums) = (AtomicUsize::new(0), Mutex::new((0.0, 0, 0, f64::INFINITY)));
    std::thread::scope(|scope| {
        for _ in 0..at_once.clamp(1, chosen.len().max(1)) {
            scope.spawn(|| {
                while let Some(service) = chosen.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let (figures, program_s) = run(&program, service, events.as_deref());
                    let mut sums = sums.lock().expect("no other failed");
                    let share = print(service, &figures, program_s);
                    *sums = (sums.0 + share, sums.1 + figures.refused, sums.2 + figures.requests, sums.3.min(share));
                }
            });
        }
    });
    let (shares, refused, requests, least) = *sums.lock().expect("no other failed");
    println!(
        "{} services: mean share {:.1} %, least {:.1} %, refused {:.2} % of {requests} requests",
        chosen.len(),
        100.0 * shares / chosen.len().max(1) as f64,
        100.0 * least,
        100.0 * refused as f64 / (requests as f64).max(1.0),
    );
}

/// Takes `flag` and its value out of the words.
fn taken(words: &mut Vec<String>, flag: &str) -> Option<String> {
    let place = words.iter().position(|word| word == flag)?;
    words.drain(place..(place + 2).min(words.len())).nth(1)
}

/// Runs the program against the service; what the service saw, and the seconds of the whole program.
fn run(program: &str, service: &'static Service, events: Option<&Path>) -> (Figures, f64) {
    let (server, folder) = (Server::start(service), tempfile::tempdir().expect("a folder"));
    let epochs = service.requests.div_ceil(QUESTIONS);
    let mut command = Command::new(program);
    command
        .current_dir(folder.path())
        .args(["run", "tumlu:kazakh", "-m", "openai-api/local/m", "--quiet", "--format", "json", "--no-cache"])
        .args(["--base-url", &server.url(), "--epochs", &epochs.to_string()])
        .args(service.arguments)
        .env("LOCAL_API_KEY", "none")
        .env_remove("PROCTOR_STORE")
        .stdin(Stdio::null());
    if let Some(folder) = events {
        let absolute = std::path::absolute(folder).expect("a folder");
        std::fs::create_dir_all(&absolute).expect("a folder");
        command.arg("--events").arg(absolute.join(format!("{}.jsonl", service.name.replace('/', " per "))));
    }
    let began = Instant::now();
    let output = command.output().expect("it starts");
    let seconds = began.elapsed().as_secs_f64();
    assert!(output.status.success(), "{}: {}", service.name, String::from_utf8_lossy(&output.stderr));
    let figures = server.figures();
    assert_eq!(
        figures.requests - figures.refused - figures.failed,
        epochs * QUESTIONS,
        "{}: each is answered once",
        service.name
    );
    (figures, seconds)
}

fn print(service: &Service, figures: &Figures, program_s: f64) -> f64 {
    let answered = figures.requests - figures.refused - figures.failed;
    let least = service.least_seconds(answered, figures);
    let share = least / figures.seconds;
    println!(
        "{:<46} {answered:>8} {least:>8.1} {:>8.1} {:>5.1} % {:>8} {:>5.2} % {program_s:>5.1} s",
        service.name,
        figures.seconds,
        100.0 * share,
        figures.refused,
        100.0 * figures.refused as f64 / figures.requests as f64,
    );
    share
}
