//! What the system and its user tell a running program: to stop, to stand still, that the terminal is gone, that it may have
//! few files open, that there is no space for what it writes beside the store.

#![allow(clippy::print_stderr)]

#[path = "support/killing.rs"]
mod killing;
#[path = "support/postgres.rs"]
mod postgres;
mod support;

use killing::{IN_FLIGHT, Kept, PLACES, TAKES, command, command_of, settled, table};
use serde_json::Value;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use support::faults::{Fault, Faulty, KEY};
use support::{Desk, PROGRAM, Ran};

/// The status of a run that was stopped by its user.
const INTERRUPTED: i32 = 130;

fn undisturbed(store: &Kept) -> (Vec<Value>, usize) {
    let endpoint = Faulty::start(Duration::ZERO, |_| Fault::None);
    let table = table(&store.to_the_end(&Desk::new(), &endpoint.url()));
    (table, endpoint.answers().0)
}

fn tell(child: &Child, signal: &str) {
    let told = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().expect("kill runs");
    assert!(told.success(), "SIG{signal}");
}

fn ended(child: Child) -> Ran {
    child.wait_with_output().expect("it ends").into()
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(120), "never: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// What is in flight is finished and stored, so nothing is paid for twice.
#[test]
fn a_run_that_is_told_to_stop_loses_nothing() {
    for (name, place) in PLACES {
        let Some(first) = place() else { continue };
        let (wanted, attempts) = undisturbed(&first);
        for signal in ["INT", "TERM", "HUP"] {
            let Some(store) = place() else { continue };
            let endpoint = Faulty::start(TAKES, |_| Fault::None);
            let desk = Desk::new();
            let child = store.command(&desk, &endpoint.url()).spawn().expect("the program starts");
            until("it asks", || endpoint.answers().0 > attempts / 8);
            tell(&child, signal);
            if signal == "HUP" {
                // The shell and the system both say so, which is no impatience.
                tell(&child, signal);
            }
            ended(child).expect(INTERRUPTED);
            settled(&endpoint);
            let answers = endpoint.answers().0;
            assert!(answers < attempts, "SIG{signal} came too late");
            assert_eq!(store.answers(&desk), answers, "in {name}, SIG{signal}: every answer is stored");
            assert_eq!(table(&store.to_the_end(&desk, &endpoint.url())), wanted, "in {name}, SIG{signal}");
            assert_eq!(endpoint.answers().0, attempts, "in {name}, SIG{signal}: nothing is asked twice");
        }
    }
}

/// Answers take for ever, so only the second signal ends the run; nothing but what was in flight is asked again.
#[test]
fn a_second_signal_drops_what_is_in_flight() {
    let (wanted, attempts) = undisturbed(&Kept::File);
    const FIRST: usize = 40;
    for (first, second) in [("INT", "INT"), ("TERM", "INT"), ("HUP", "TERM")] {
        let endpoint = Faulty::start(Duration::ZERO, |n| if n < FIRST { Fault::None } else { Fault::Stalled });
        let desk = Desk::new();
        let child = command(&desk, &endpoint.url()).arg("--events").arg("events.jsonl").spawn().expect("the program starts");
        until("requests stall", || endpoint.requests() >= FIRST + IN_FLIGHT);
        let events = || std::fs::read_to_string(desk.path("events.jsonl")).unwrap_or_default();
        tell(&child, first);
        until("it drains", || events().contains("\"draining\""));
        tell(&child, second);
        ended(child).expect(INTERRUPTED);
        endpoint.change(|_| Fault::None);
        assert_eq!(table(&Kept::File.to_the_end(&desk, &endpoint.url())), wanted, "{first} {second}");
        assert_eq!(endpoint.answers().0, attempts, "{first} {second}: nothing that was answered is asked again");
    }
}

#[test]
fn a_run_that_is_to_outlive_its_terminal_does() {
    let (wanted, _) = undisturbed(&Kept::File);
    let endpoint = Faulty::start(TAKES, |_| Fault::None);
    let desk = Desk::new();
    let plain = command(&desk, &endpoint.url());
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' HUP; exec \"$0\" \"$@\"", PROGRAM]).args(plain.get_args());
    shell.current_dir(desk.path("")).env("LOCAL_API_KEY", KEY).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = shell.spawn().expect("the shell starts");
    until("it asks", || endpoint.answers().0 > 10);
    tell(&child, "HUP");
    assert_eq!(table(&ended(child).expect(0)), wanted);
}

/// Stopped for longer than its time-outs, a program finds them passed when it goes on, and the answers beside them.
#[test]
fn a_run_that_stood_still_pays_for_nothing_twice() {
    let (wanted, attempts) = undisturbed(&Kept::File);
    let endpoint = Faulty::start(Duration::from_millis(400), |_| Fault::None);
    let desk = Desk::new();
    let mut running = command_of(&desk, &endpoint.url(), 32);
    running.args(["--timeout", "5", "--events", "events.jsonl"]);
    let child = running.spawn().expect("the program starts");
    until("it asks", || endpoint.answers().0 > 32);
    until("some are in flight", || endpoint.requests() > endpoint.answers().0 + 4);
    tell(&child, "STOP");
    std::thread::sleep(Duration::from_secs(7));
    tell(&child, "CONT");
    assert_eq!(table(&ended(child).expect(0)), wanted);
    let events = std::fs::read_to_string(desk.path("events.jsonl")).expect("events");
    assert!(!events.contains("\"retrying\""), "a time-out that was none");
    assert_eq!(endpoint.answers().0, attempts, "nothing is asked twice");
}

/// Fewer files and connections than requests that were asked for.
#[test]
fn few_descriptors_make_fewer_requests_and_no_errors() {
    let (wanted, attempts) = undisturbed(&Kept::File);
    let limited = |desk: &Desk, endpoint: &Faulty, most: usize| -> Ran {
        let plain = command_of(desk, &endpoint.url(), 100);
        let mut shell = Command::new("bash");
        shell.args(["-c", &format!("ulimit -n {most}; exec \"$0\" \"$@\""), PROGRAM]).args(plain.get_args());
        shell.current_dir(desk.path("")).env("LOCAL_API_KEY", KEY).env("NO_COLOR", "1");
        shell.output().expect("the shell starts").into()
    };
    let endpoint = Faulty::start(TAKES, |_| Fault::None);
    let ran = limited(&Desk::new(), &endpoint, 64).expect(0);
    assert_eq!((table(&ran), endpoint.answers().0), (wanted, attempts));
    assert!(ran.stderr.contains("24 requests are in flight at most") && ran.stderr.contains("ulimit -n"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("Too many open files"), "{}", ran.stderr);
    // Too few even for the store.
    let ran = limited(&Desk::new(), &endpoint, 12);
    let errors: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("error:")).collect();
    assert!(ran.code != 0 && matches!(errors[..], [one] if one.contains("open") && one.contains("ulimit -n")), "{}", ran.stderr);
}

/// What goes beside the store: a full device takes the first byte already.
#[test]
fn a_full_disk_under_other_outputs_is_told_and_costs_no_answer() {
    if !std::path::Path::new("/dev/full").exists() {
        eprintln!("skipped: there is no /dev/full");
        return;
    }
    let (wanted, attempts) = undisturbed(&Kept::File);
    let endpoint = Faulty::start(Duration::ZERO, |_| Fault::None);
    let desk = Desk::new();
    let ran = |more: &[&str]| Ran::from(command(&desk, &endpoint.url()).args(more).output().expect("the program starts"));
    let first = ran(&["--events", "/dev/full"]).expect(0);
    assert_eq!(table(&first), wanted);
    assert_eq!(first.stderr.matches("no more events are written to /dev/full").count(), 1, "{}", first.stderr);
    let page = ran(&["-o", "/dev/full"]).expect(1);
    assert!(page.stderr.contains("error: /dev/full could not be written"), "{}", page.stderr);
    let mut full = command(&desk, &endpoint.url());
    full.stdout(std::fs::File::options().write(true).open("/dev/full").expect("it opens"));
    let lost = Ran::from(full.output().expect("the program starts")).expect(1);
    assert!(lost.stderr.contains("error: standard output could not be written"), "{}", lost.stderr);
    for verb in [&["report", "-o", "/dev/full"][..], &["export", "--format", "csv", "-o", "/dev/full"]] {
        let told = desk.proctor(verb);
        assert!(told.code == 1 && told.stderr.matches("error:").count() == 1, "{verb:?} {}: {}", told.code, told.stderr);
    }
    assert_eq!(table(&ran(&[]).expect(0)), wanted);
    assert_eq!(endpoint.answers().0, attempts, "all of it was stored by the first");
}

/// A line that a kill cut in half does not spoil the next.
#[test]
fn events_go_on_after_half_a_line() {
    const HALF: &str = "{\"unix_s\":1.0,\"event\":\"run_st";
    let endpoint = Faulty::start(Duration::ZERO, |_| Fault::None);
    let desk = Desk::new();
    std::fs::write(desk.path("events.jsonl"), HALF).expect("written");
    Ran::from(command(&desk, &endpoint.url()).args(["--events", "events.jsonl"]).output().expect("it starts")).expect(0);
    let events = std::fs::read_to_string(desk.path("events.jsonl")).expect("events");
    let (half, rest) = events.split_once('\n').expect("lines");
    assert_eq!(half, HALF, "it stays alone");
    assert!(rest.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{rest}");
}
