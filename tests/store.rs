//! Stores in odd states, and several programs on one store.

#![allow(clippy::print_stderr)]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use support::{Desk, PROGRAM, Ran, fixture, has_guest};

fn graded(desk: &Desk) -> Ran {
    let file = fixture("answers/results_mixed.jsonl");
    desk.proctor(&["grade", &file.to_string_lossy(), "-b", "humaneval-pro", "--quiet", "--format", "json"])
}

#[test]
fn two_runs_at_once_share_one_store() {
    if !has_guest() {
        return;
    }
    let desk = Desk::new();
    let start = |benchmark: &str| {
        desk.command(&["run", benchmark, "-m", "mock/echo?latency_ms=20", "--format", "json", "--quiet"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts")
    };
    let children = [start("humaneval-pro"), start("mbpp-pro")];
    for child in children {
        Ran::from(child.wait_with_output().expect("it ends")).expect(0).json("proctor.summary/1");
    }
    let runs = desk.proctor(&["list", "runs", "--format", "json"]).expect(0).json("proctor.runs/1");
    assert_eq!(runs["items"].as_array().map(Vec::len), Some(2));
    assert!(runs["items"].as_array().is_some_and(|runs| runs.iter().all(|r| r["graded"] == 14)), "{runs}");
}

#[test]
fn the_same_run_twice_at_once_is_refused_clearly() {
    if !has_guest() {
        return;
    }
    let desk = Desk::new();
    let arguments =
        ["run", "humaneval-pro", "-m", "mock/echo?latency_ms=400", "--concurrency", "1", "--format", "json", "--quiet"];
    let mut first = desk.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    std::thread::sleep(std::time::Duration::from_millis(1500));
    let second = desk.proctor(&arguments).expect(6);
    assert_eq!(second.stderr.matches("error:").count(), 1, "{}", second.stderr);
    first.kill().expect("it can be killed");
    first.wait().expect("it ends");
    // The claim of a killed program does not outlive it.
    desk.proctor(&arguments).expect(0);
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    if !has_guest() {
        return;
    }
    let desk = Desk::new();
    graded(&desk).expect(0);
    let path = desk.path(".proctor/proctor.db");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
        let pool = sqlx::SqlitePool::connect_with(options).await.expect("the store opens");
        let insert = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (99990101000000, 'later', 1, x'00', 0)";
        sqlx::query(insert).execute(&pool).await.expect("the store says it is newer");
        pool.close().await;
    });
    let before = std::fs::metadata(&path).expect("there").len();
    for ran in [graded(&desk), desk.proctor(&["list", "runs"])] {
        let ran = ran.expect(6);
        assert!(ran.stderr.contains("newer"), "{}", ran.stderr);
    }
    assert_eq!(std::fs::metadata(&path).expect("there").len(), before);
}

#[test]
fn a_store_that_cannot_be_written_is_told() {
    if !has_guest() {
        return;
    }
    let desk = Desk::new();
    std::fs::write(desk.path("file"), "").expect("written");
    let ran = desk.proctor(&["run", "humaneval-pro", "-m", "mock/echo", "--store", "file/proctor.db"]).expect(6);
    assert_eq!(ran.stderr.matches("error:").count(), 1, "{}", ran.stderr);

    // Permissions do not bind the superuser.
    let folder = desk.path("locked");
    std::fs::create_dir(&folder).expect("made");
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).expect("set");
    if std::fs::write(folder.join("probe"), "").is_ok() {
        eprintln!("skipped: this user may write anywhere");
        return;
    }
    let ran = desk.proctor(&["run", "humaneval-pro", "-m", "mock/echo", "--store", "locked/proctor.db"]).expect(6);
    assert!(ran.stderr.contains("locked/proctor.db"), "{}", ran.stderr);
}

#[test]
fn a_full_disk_loses_nothing() {
    if !has_guest() {
        return;
    }
    let desk = Desk::new();
    graded(&desk).expect(0);
    // A limit on the size of files stands for a full disk: every write beyond it fails.
    let script = format!("ulimit -f 8; exec '{PROGRAM}' run mbpp-pro -m mock/echo --format json --quiet");
    let ran: Ran = std::process::Command::new("bash")
        .args(["-c", &script])
        .current_dir(desk.path("."))
        .output()
        .expect("the shell starts")
        .into();
    assert_ne!(ran.code, 0);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    let runs = desk.proctor(&["list", "runs", "--format", "json"]).expect(0).json("proctor.runs/1");
    let first = runs["items"].as_array().and_then(|r| r.iter().find(|r| r["benchmark"] == "humaneval-pro")).cloned();
    assert_eq!(first.map(|r| r["graded"].clone()), Some(serde_json::json!(14)));
}
