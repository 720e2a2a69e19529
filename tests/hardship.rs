//! What hosts do to programs: the power is cut, the disk is full, the clock jumps, the store is locked, its server goes
//! away. Nothing that was reported finished is lost, nothing is paid for twice, and the same command goes on.
//! `PROCTOR_HARDSHIP=full` looks at every moment of a power cut instead of some, and waits for a lock to the end.

#![allow(clippy::print_stderr)]

#[path = "support/host.rs"]
mod host;
#[path = "support/postgres.rs"]
mod postgres;
mod support;

use serde_json::Value;
use sqlx::{ConnectOptions, Connection, Executor, SqliteConnection};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::faults::{Fault, Faulty, KEY};
use support::{Desk, PROGRAM, Ran};

/// Attempts of the run: thirteen questions, four times.
const EPOCHS: &str = "4";
const IN_FLIGHT: usize = 4;

fn full() -> bool {
    std::env::var("PROCTOR_HARDSHIP").is_ok_and(|value| value == "full")
}

fn command(desk: &Desk, url: &str, more: &[&str]) -> Command {
    let in_flight = IN_FLIGHT.to_string();
    let mut command = desk.command(&["run", "tumlu:kazakh", "--epochs", EPOCHS, "-m", "openai-api/local/m", "--base-url", url]);
    command.args(["--concurrency", &in_flight, "--format", "json", "--quiet"]).args(more).env("LOCAL_API_KEY", KEY);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn ran(mut command: Command) -> Ran {
    command.output().expect("the program starts").into()
}

/// What a reader decides with, without times and ids.
fn table(ran: &Ran) -> Vec<Value> {
    let mut document = ran.json("proctor.summary/1");
    let runs = document["runs"].as_array_mut().expect("runs");
    for run in runs.iter_mut().filter_map(Value::as_object_mut) {
        for field in ["usage", "run", "created_at", "notes"] {
            run.remove(field);
        }
    }
    runs.clone()
}

/// The table of an undisturbed run, and how many attempts it has.
fn undisturbed() -> (Vec<Value>, usize) {
    let endpoint = Faulty::start(Duration::ZERO, |_| Fault::None);
    let table = table(&ran(command(&Desk::new(), &endpoint.url(), &[])).expect(0));
    (table, endpoint.answers().0)
}

/// One error, in one line, that says `word`; the run can be taken up again.
fn told_once(ran: &Ran, word: &str) {
    let errors: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("error:")).collect();
    assert!(matches!(errors[..], [one] if one.contains(word)), "no `{word}` in {}", ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
}

fn wait(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future);
}

async fn connect(path: &Path) -> SqliteConnection {
    sqlx::sqlite::SqliteConnectOptions::new().filename(path).connect().await.expect("the store opens")
}

/// Attempts, by sample and epoch.
type Attempts = BTreeSet<(String, u64)>;

/// What had been reported finished when the file of events had `length` bytes: answers and grades.
fn told(events: &str, length: usize) -> (Attempts, Attempts) {
    let (mut answered, mut graded) = (Attempts::new(), Attempts::new());
    // A line that was still being written had not been told.
    let whole = events.get(..length).and_then(|part| part.rfind('\n')).map_or("", |end| &events[..=end]);
    for event in whole.lines().map(|line| serde_json::from_str::<Value>(line).expect("an event")) {
        let key = &event["key"];
        let key = || (key["sample_id"].as_str().expect("a sample").to_owned(), key["epoch"].as_u64().expect("an epoch"));
        match event["event"].as_str() {
            Some("attempt_finished") => drop(answered.insert(key())),
            Some("grade_finished") => drop(graded.insert(key())),
            _ => {}
        }
    }
    (answered, graded)
}

/// What a store holds, where there is one already.
async fn held(path: &Path) -> (Attempts, Attempts) {
    let mut connection = connect(path).await;
    let sound: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await.expect("a check");
    assert_eq!(sound, "ok");
    // A store in the making may have the schema of an earlier version.
    let made: i64 = sqlx::query_scalar("SELECT count(*) FROM pragma_table_info('attempts') WHERE name = 'position'")
        .fetch_one(&mut connection)
        .await
        .expect("a count");
    let mut sets = (Attempts::new(), Attempts::new());
    if made == 1 {
        let text =
            "SELECT rs.sample_id, a.epoch FROM attempts a JOIN run_samples rs ON rs.run = a.run AND rs.position = a.position";
        let graded = format!("{text} JOIN grades g ON g.attempt = a.id");
        for (set, text) in [(&mut sets.0, text.to_owned()), (&mut sets.1, graded)] {
            let rows: Vec<(String, i64)> =
                sqlx::query_as(sqlx::AssertSqlSafe(text)).fetch_all(&mut connection).await.expect("rows");
            set.extend(rows.into_iter().map(|(sample, epoch)| (sample, epoch as u64)));
        }
    }
    connection.close().await.expect("it closes");
    sets
}

/// The power is cut right after each moment at which something was forced to the disk, and all that was not is gone.
/// Whatever had been told by the next such moment is there.
#[test]
fn a_power_cut_at_any_moment_loses_nothing_that_was_reported() {
    let Some(library) = host::library() else { return };
    let (wanted, attempts) = undisturbed();
    let endpoint = Faulty::start(Duration::from_millis(3), |_| Fault::None);
    let desk = Desk::new();
    let syncs = desk.path("syncs");
    std::fs::create_dir(&syncs).expect("made");
    let mut command_ = command(&desk, &endpoint.url(), &["--events", "events.jsonl"]);
    command_.env("LD_PRELOAD", &library).env("HOST_SYNCS", &syncs).env("HOST_TOLD", desk.path("events.jsonl"));
    ran(command_).expect(0);
    let events = std::fs::read_to_string(desk.path("events.jsonl")).expect("events");

    // By number: how much had been told, and the file that was synced.
    let mut moments: BTreeMap<u32, (usize, String)> = BTreeMap::new();
    for entry in std::fs::read_dir(&syncs).expect("a folder").flatten() {
        let name = entry.file_name().into_string().expect("a name");
        let (number, kind) = name.split_once('.').expect("NUMBER.NAME");
        let moment = moments.entry(number.parse().expect("a number")).or_default();
        match kind {
            "told" => moment.0 = std::fs::read_to_string(entry.path()).expect("read").parse().expect("a length"),
            file => moment.1 = file.to_owned(),
        }
    }
    assert!(moments.len() > 10, "{} moments: the store is forced to the disk again and again", moments.len());
    let numbers: Vec<u32> = moments.keys().copied().collect();
    let mut files: BTreeMap<String, u32> = BTreeMap::new();
    let mut checked = 0;
    for (place, number) in numbers.iter().enumerate() {
        files.insert(moments[number].1.clone(), *number);
        if files.contains_key("proctor.db-wal") {
            files.remove("proctor.db-journal");
        }
        let reported = numbers.get(place + 1).map_or(events.len(), |next| moments[next].0);
        if !files.contains_key("proctor.db") {
            assert_eq!(told(&events, reported), Default::default(), "told before there was a store");
            continue;
        }
        let cut = Desk::new();
        std::fs::create_dir(cut.path(".proctor")).expect("made");
        for (file, number) in &files {
            let from = syncs.join(format!("{number:06}.{file}"));
            std::fs::copy(from, cut.path(".proctor").join(file)).expect("copied");
        }
        let (answered, graded) = told(&events, reported);
        wait(async {
            let held = held(&cut.path(".proctor/proctor.db")).await;
            let lost: Vec<_> = answered.difference(&held.0).chain(graded.difference(&held.1)).collect();
            assert!(lost.is_empty(), "cut off after sync {number}: {lost:?} had been reported finished");
        });
        checked += 1;
        // What is left can be gone on with.
        let often = if full() { 1 } else { numbers.len() / 4 };
        if place % often == often - 1 || place + 1 == numbers.len() {
            let before = endpoint.answers().0;
            assert_eq!(table(&ran(command(&cut, &endpoint.url(), &[])).expect(0)), wanted, "after sync {number}");
            let asked = endpoint.answers().0 - before;
            assert!(asked + answered.len() <= attempts, "{asked} asked after sync {number}, {} were reported", answered.len());
        }
    }
    eprintln!("{checked} power cuts");
}

/// The clock jumps back and forth by days and decades, and there and then a service asks for a wait until some moment.
#[test]
fn a_clock_that_jumps_changes_nothing() {
    let Some(library) = host::library() else { return };
    let (wanted, attempts) = undisturbed();
    // The service's own clock is right.
    let date = "date: Fri, 24 Jul 2026 12:30:00 GMT\r\nretry-after: Fri, 24 Jul 2026 12:30:01 GMT\r\n";
    let endpoint =
        Faulty::start(Duration::from_millis(20), move |n| if n % 13 == 5 { Fault::Status(429, date) } else { Fault::None });
    let desk = Desk::new();
    let clock = desk.path("clock");
    std::fs::write(&clock, "0").expect("written");
    let mut command_ = command(&desk, &endpoint.url(), &["--events", "events.jsonl"]);
    command_.env("LD_PRELOAD", &library).env("HOST_CLOCK", &clock);
    let mut child = command_.spawn().expect("the program starts");
    let began = Instant::now();
    let jumps = ["-86400", "86400", "315360000", "-315360000", "-3000000000", "7200", "0.0", "40000000000"];
    for jump in jumps.iter().cycle() {
        if child.try_wait().expect("it can be asked").is_some() {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(120), "it hangs");
        // In one step, as a clock jumps.
        std::fs::write(desk.path("next"), jump).expect("written");
        std::fs::rename(desk.path("next"), &clock).expect("renamed");
        std::thread::sleep(Duration::from_millis(40));
    }
    let first = Ran::from(child.wait_with_output().expect("it ends")).expect(0);
    assert_eq!((table(&first), endpoint.answers().0), (wanted.clone(), attempts));
    let again = ran(command(&desk, &endpoint.url(), &[])).expect(0);
    assert_eq!((table(&again), endpoint.answers().0), (wanted, attempts), "a finished run asks nothing");
    desk.proctor(&["list", "runs"]).expect(0);
}

/// The disk is full at one moment after the other, the making of the store included.
#[test]
fn a_full_disk_is_told_and_loses_nothing() {
    let Some(library) = host::library() else { return };
    let (wanted, attempts) = undisturbed();
    let endpoint = Faulty::start(Duration::from_millis(3), |_| Fault::None);
    let desk = Desk::new();
    let space = desk.path("space");
    let mut stops = 0;
    for bytes in [0, 300, 5_000, 90_000, 170_000, 260_000, 300_000, 100_000, 50_000, 40_000] {
        std::fs::write(&space, bytes.to_string()).expect("written");
        let mut command_ = command(&desk, &endpoint.url(), &[]);
        command_.env("LD_PRELOAD", &library).env("HOST_SPACE", &space);
        let ran = ran(command_);
        if ran.code == 0 {
            break;
        }
        told_once(&ran.expect(6), "is full");
        stops += 1;
    }
    assert!(stops >= 5, "{stops} stops");
    assert_eq!(table(&ran(command(&desk, &endpoint.url(), &[])).expect(0)), wanted);
    let (answers, _) = endpoint.answers();
    assert!(answers <= attempts + stops * IN_FLIGHT * 2, "{answers} answers for {attempts} attempts and {stops} stops");
}

/// The same by the limit that a shell sets, which ends programs by a signal that do not look out for it.
#[test]
fn a_limit_on_the_size_of_files_is_told_like_a_full_disk() {
    let (wanted, _) = undisturbed();
    let endpoint = Faulty::start(Duration::ZERO, |_| Fault::None);
    for blocks in [1, 8, 150, 250] {
        let desk = Desk::new();
        let limited = command(&desk, &endpoint.url(), &[]);
        let mut shell = Command::new("bash");
        shell.args(["-c", &format!("ulimit -f {blocks}; exec \"$0\" \"$@\""), PROGRAM]).args(limited.get_args());
        shell.current_dir(desk.path("")).env("LOCAL_API_KEY", KEY).env("NO_COLOR", "1");
        told_once(&ran(shell).expect(6), "is full");
        assert_eq!(table(&ran(command(&desk, &endpoint.url(), &[])).expect(0)), wanted, "{blocks} blocks");
    }
}

/// Another program keeps the store locked: for a while, and for longer than anybody waits.
#[test]
fn a_locked_store_is_waited_for_and_then_told() {
    let (wanted, attempts) = undisturbed();
    let endpoint = Faulty::start(Duration::from_millis(40), |_| Fault::None);
    let desk = Desk::new();
    desk.proctor(&["run", "tumlu:kazakh", "--limit", "1", "-m", "mock/echo", "-q"]).expect(0);
    let locked_for = |seconds: u64, code: i32| {
        wait(async {
            let mut other = connect(&desk.path(".proctor/proctor.db")).await;
            let (began, before) = (Instant::now(), endpoint.answers().0);
            let child = command(&desk, &endpoint.url(), &[]).spawn().expect("the program starts");
            while endpoint.answers().0 < before + IN_FLIGHT {
                assert!(began.elapsed() < Duration::from_secs(60), "it does not begin");
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            other.execute("BEGIN IMMEDIATE").await.expect("locked");
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            other.execute("ROLLBACK").await.expect("unlocked");
            let ran = Ran::from(child.wait_with_output().expect("it ends")).expect(code);
            match code {
                0 => assert_eq!(table(&ran), wanted),
                _ => told_once(&ran, "is locked by another program"),
            }
        });
    };
    if full() {
        locked_for(45, 6);
    }
    locked_for(3, 0);
    assert!(endpoint.answers().0 <= attempts + 2 * IN_FLIGHT);
}

/// A PostgreSQL server that is restarted, one that crashes, and one that is killed with all its processes, in the middle of
/// a run.
#[test]
fn a_run_goes_on_when_its_database_server_comes_back() {
    let Some(server) = postgres::Server::own() else { return };
    let (wanted, attempts) = undisturbed();
    for (number, (signal, pause)) in [("INT", 0.0), ("QUIT", 1.0), ("INT", 4.0), ("KILL", 1.0)].into_iter().enumerate() {
        let store = server.database(&format!("runs_{number}"));
        let endpoint = Faulty::start(Duration::from_millis(40), |_| Fault::None);
        let desk = Desk::new();
        let mut command_ = command(&desk, &endpoint.url(), &["--events", "events.jsonl", "--store", &store]);
        command_.stderr(Stdio::piped());
        let child = command_.spawn().expect("the program starts");
        let began = Instant::now();
        while endpoint.answers().0 < attempts / 4 {
            assert!(began.elapsed() < Duration::from_secs(60), "it does not begin");
            std::thread::sleep(Duration::from_millis(5));
        }
        server.restart(signal, Duration::from_secs_f64(pause));
        let ran = Ran::from(child.wait_with_output().expect("it ends")).expect(0);
        assert_eq!((table(&ran), endpoint.answers().0), (wanted.clone(), attempts), "{signal} {pause}");
        let events = std::fs::read_to_string(desk.path("events.jsonl")).expect("events");
        if pause > 3.5 {
            assert!(events.contains("\"for\":\"rows\""), "the events tell that the store is waited for");
        }
        server.wait();
    }
}
