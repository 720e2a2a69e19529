//! Setups that are killed, and setups that meet.

use crate::fixture::{Fixture, Pip};
use proctor_assets::{Depth, Request, State};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Tells the child process below which folder to use.
const CHILD_FOLDER: &str = "PROCTOR_TEST_SETUP_FOLDER";

/// Not a test of its own: the process that `a_setup_killed_in_the_middle_can_be_run_again` kills.
#[test]
fn child_process_that_installs() {
    let Some(folder) = std::env::var_os(CHILD_FOLDER) else { return };
    let folder = tempfile::TempDir::new_in(folder).unwrap();
    let fixture = Fixture::at(folder, Pip::Hangs);
    let _ = fixture.install(&Request::default());
}

#[test]
fn a_setup_killed_in_the_middle_can_be_run_again() {
    let parent = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "interrupted::child_process_that_installs"])
        .env(CHILD_FOLDER, parent.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    let folder = loop {
        let found = fs::read_dir(parent.path()).unwrap().flatten().map(|e| e.path()).find(|p| has_partial(p));
        if let Some(found) = found {
            break found;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "the download never began");
        std::thread::sleep(Duration::from_millis(20));
    };
    child.kill().unwrap();
    child.wait().unwrap();
    end_orphans(&folder);
    fs::create_dir(folder.join("cache/.staging-left")).unwrap();

    let mut fixture = Fixture::new(Pip::Delivers);
    fixture.layout = proctor_assets::Layout::new(folder.join("cache"));
    fixture.install(&Request::default()).unwrap();
    assert_eq!((fixture.state(0, Depth::Hash), fixture.state(1, Depth::Hash)), (State::Ready, State::Ready));
    let left: Vec<_> = fs::read_dir(folder.join("cache")).unwrap().flatten().map(|e| e.file_name()).collect();
    assert!(!left.iter().any(|n| n.to_string_lossy().starts_with(".staging-")), "{left:?}");
    assert!(!left.iter().any(|n| n == "downloads"), "{left:?}");
}

/// Whether the stand-in for pip has begun to write.
fn has_partial(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder.join("cache/downloads")) else { return false };
    entries.flatten().any(|e| e.path().join("archive/alpha.whl.part").is_file())
}

/// Ends the sleeping stand-in whose parent was killed: its working folder is its mark.
fn end_orphans(folder: &Path) {
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        let mark = format!("TMPDIR={}", folder.display());
        let Ok(id) = entry.file_name().to_string_lossy().parse::<i32>() else { continue };
        if environment.windows(mark.len()).any(|w| w == mark.as_bytes()) {
            let _ = Command::new("kill").arg(id.to_string()).status();
        }
    }
}

#[test]
fn two_setups_at_once_fetch_once() {
    let fixture = Fixture::new(Pip::Delivers);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| fixture.install(&Request::default()).unwrap());
        }
    });
    assert_eq!((fixture.calls(), fixture.compiler.count()), (2, 1));
}

#[test]
fn a_setup_that_never_ends_is_not_waited_for_for_ever() {
    let fixture = Fixture::new(Pip::Delivers);
    let lock = fs::File::create(fixture.path(".setup.lock")).unwrap();
    lock.lock().unwrap();
    fs::write(fixture.path(".setup.lock"), "4242").unwrap();
    let error = fixture.install(&Request { patience: Duration::from_millis(500), ..Request::default() }).unwrap_err();
    assert!(error.message.contains("process 4242"), "{}", error.message);
    assert_eq!(fixture.notes.0.lock().unwrap().len(), 1, "the wait is told once");
    drop(lock);
    fixture.install(&Request::default()).unwrap();
}

#[test]
fn files_without_their_stamp_count_as_missing() {
    let fixture = Fixture::new(Pip::Delivers);
    fixture.install(&Request::default()).unwrap();
    fs::remove_file(fixture.layout.stamp("alpha")).unwrap();
    assert_eq!(fixture.state(0, Depth::Stamp), State::Missing);
    fixture.install(&Request::default()).unwrap();
    assert_eq!(fixture.state(0, Depth::Hash), State::Ready);
}
