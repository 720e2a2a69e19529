//! Stores in odd states, and several programs on one store.

#![allow(clippy::print_stderr)]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
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
    let locks = || std::fs::read_dir(desk.path(".proctor/proctor.db.locks")).into_iter().flatten().flatten();
    let began = std::time::Instant::now();
    while !locks().any(|lock| lock.file_name().to_string_lossy().starts_with("humaneval-pro-")) {
        assert!(began.elapsed().as_secs() < 120, "the first does not claim its run");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
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
}

/// A store in a folder that this user may read and not write: it is read, and whoever would write is told why not.
#[test]
fn a_store_that_may_only_be_read_is_read() {
    let desk = Desk::new();
    let run = ["run", "tumlu:kazakh", "-m", "mock/echo", "--quiet"];
    desk.proctor(&run).expect(0);
    let whole = std::fs::read(desk.path(".proctor/proctor.db")).expect("there");
    let mode = |path: &str, mode: u32| {
        std::fs::set_permissions(desk.path(path), std::fs::Permissions::from_mode(mode)).expect("set");
    };
    std::fs::remove_dir_all(desk.path(".proctor/reports")).ok();
    // Permissions do not bind the superuser, who becomes another user for this, and needs the program where that one finds it.
    let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.starts_with(b"0\n"));
    if root {
        std::fs::copy(PROGRAM, desk.path("proctor")).expect("copied");
        mode("proctor", 0o755);
        mode("", 0o755);
    }
    mode(".proctor/proctor.db", 0o444);
    mode(".proctor", 0o555);
    let proctor = |arguments: &[&str]| -> Ran {
        if !root {
            return desk.proctor(arguments);
        }
        let mut other = Command::new("setpriv");
        other.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]).arg(desk.path("proctor")).args(arguments);
        other.current_dir(desk.path("")).env("HOME", "/nonexistent").env("XDG_CACHE_HOME", "/nonexistent").env("NO_COLOR", "1");
        other.output().expect("setpriv starts").into()
    };
    for verb in [&["list", "runs"][..], &["export", "--format", "csv"], &["leaderboard"], &["show", "tumlu"]] {
        let ran = proctor(verb);
        assert_eq!((ran.code, ran.stderr.contains("error")), (0, false), "{verb:?}: {}", ran.stderr);
    }
    for verb in [&run[..], &["run", "tumlu:kazakh", "-m", "mock/echo", "--fresh", "-q"], &["grade", "tumlu"], &["cache", "clear"]]
    {
        let ran = proctor(verb);
        let told = ran.stderr.lines().filter(|line| line.starts_with("error: the store .proctor/proctor.db cannot be ")).count();
        assert_eq!((ran.code, told, ran.stderr.matches("error:").count()), (6, 1, 1), "{verb:?}: {}", ran.stderr);
    }
    mode(".proctor", 0o755);
    assert!(std::fs::read(desk.path(".proctor/proctor.db")).expect("there") == whole, "it has changed");
    desk.proctor(&["list", "runs"]).expect(0);
}

/// What an interrupted copy, a bad disk or a wrong name leaves: every verb says so once, and nobody writes to the file.
#[test]
fn a_damaged_store_is_told_by_every_verb_and_stays_as_it_is() {
    let desk = Desk::new();
    let run = ["run", "tumlu:kazakh", "-m", "mock/echo", "--quiet"];
    desk.proctor(&run).expect(0);
    let path = desk.path(".proctor/proctor.db");
    let whole = std::fs::read(&path).expect("there");
    let scrambled = |from: usize, to: usize| {
        let mut bytes = whole.clone();
        bytes[from..to].iter_mut().for_each(|byte| *byte ^= 0x5a);
        bytes
    };
    let half = whole.len() / 2 / 4096 * 4096;
    let cases = [
        ("a note", b"remember the milk\n".to_vec(), "is not a store"),
        ("one byte", whole[..1].to_vec(), "is damaged"),
        ("a header", whole[..100].to_vec(), "is damaged"),
        ("two pages", whole[..8192].to_vec(), "is damaged"),
        ("the first half", whole[..half].to_vec(), "is damaged"),
        ("all but a byte", whole[..whole.len() - 1].to_vec(), "is damaged"),
        ("a scrambled header", scrambled(0, 100), "is not a store"),
        ("a scrambled schema", scrambled(100, 4096), "is damaged"),
        ("scrambled pages", scrambled(4096, whole.len()), "is damaged"),
    ];
    for (name, bytes, words) in cases {
        std::fs::write(&path, &bytes).expect("written");
        for verb in
            [&run[..], &["list", "runs"], &["report", "-o", "page.html"], &["export", "--format", "csv"], &["grade", "tumlu"]]
        {
            let ran = desk.proctor(verb);
            let errors: Vec<&str> = ran.stderr.lines().filter(|line| !line.starts_with("hint:")).collect();
            let told = matches!(errors[..], [one] if one.starts_with("error: ") && one.contains(".proctor/proctor.db") && one.contains(words));
            assert!(told && ran.code == 6, "{name}, {verb:?}: {} {}", ran.code, ran.stderr);
            assert!(std::fs::read(&path).expect("there") == bytes, "{name}, {verb:?}: the file has changed");
        }
    }
    std::fs::write(&path, &whole).expect("written");
    desk.proctor(&run).expect(0);
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
