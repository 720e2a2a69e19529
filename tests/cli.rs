//! The program from the outside where no guest, model or endpoint is needed: output, messages, exit status.

#![allow(clippy::print_stderr)]

mod support;

use support::{Desk, fixture};

/// The message of a wrong call: its exit status, one error, and the words it must hold.
fn check_refused(arguments: &[&str], code: i32, words: &[&str]) {
    let desk = Desk::new();
    std::fs::write(desk.path("empty.jsonl"), "").expect("written");
    std::fs::write(desk.path("latin1.py"), b"print('\xe9')\n").expect("written");
    std::fs::write(desk.path("prog.cpp"), "int main() {}\n").expect("written");
    std::fs::write(desk.path("data.json"), "{\"not\": \"an array\"}").expect("written");
    std::fs::write(desk.path("text.db"), "this is not a database, and it is longer than one hundred bytes. ".repeat(4))
        .expect("written");
    let utf16: Vec<u8> = "\u{feff}{\"task_id\": \"0\"}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(desk.path("utf16.jsonl"), utf16).expect("written");
    std::fs::create_dir(desk.path("empty")).expect("made");
    let ran = desk.proctor(arguments).expect(code);
    assert_eq!(ran.stderr.matches("error:").count(), 1, "{arguments:?}: {}", ran.stderr);
    assert_eq!(ran.stdout, "", "{arguments:?}");
    for word in words {
        assert!(ran.stderr.contains(word), "{arguments:?}: no `{word}` in {}", ran.stderr);
    }
}

#[test]
fn wrong_calls_get_one_sentence() {
    check_refused(&["run", "humaneval-por"], 2, &["humaneval-por", "humaneval-pro"]);
    check_refused(&["run", "humaneval-pro", "-m", "gpt-5"], 2, &["gpt-5", "openai/MODEL"]);
    check_refused(&["run", "humaneval-pro", "-m", "nobody/gpt-5"], 2, &["nobody"]);
    check_refused(&["run", "humaneval-pro", "-m", "openai/gpt-5"], 2, &["OPENAI_API_KEY"]);
    check_refused(&["run", "humaneval-pro", "-m", "replay/no-such-file.jsonl"], 2, &["no-such-file.jsonl"]);
    check_refused(&["run", "humaneval-pro", "-m", "mock/echo", "-M", "novalue"], 2, &["key=value"]);
    check_refused(&["run", "humaneval-pro", "-m", "mock/echo", "--sample", "99999"], 2, &["99999"]);
    check_refused(&["run", "humaneval-pro", "-m", "mock/echo", "--data", "empty"], 2, &["humaneval_pro.json"]);
    check_refused(&["run", "humaneval-pro", "-m", "mock/echo", "--data", "nowhere"], 2, &["nowhere"]);
    check_refused(&["run", "humaneval-pro", "-m", "mock/echo", "--data", "data.json"], 2, &["data.json", "array"]);
    check_refused(&["run", "bigcodebench-lite-pro:1shot", "-m", "mock/echo"], 2, &["1shot"]);
    check_refused(&["run", "--temperature", "hot"], 2, &["--temperature"]);
    check_refused(&["run", "--top-p", "0"], 2, &["--top-p"]);
    check_refused(&["run", "--limit", "0"], 2, &["--limit"]);
    check_refused(&["run", "--limit", "-1"], 2, &["--limit"]);
    check_refused(&["run", "--temperature", "-1"], 2, &["--temperature", "from 0"]);
    check_refused(&["run", "--stop", ""], 2, &["--stop"]);
    check_refused(&["grade", "utf16.jsonl", "-b", "humaneval-pro"], 2, &["utf16.jsonl", "line 1", "UTF-16"]);
    check_refused(&["grade", "nowhere.jsonl", "-b", "humaneval-pro"], 2, &["nowhere.jsonl", "leave out -b"]);
    check_refused(&["grade", "empty.jsonl", "-b", "humaneval-pro"], 2, &["empty.jsonl"]);
    check_refused(&["grade", "empty.jsonl"], 2, &["-b BENCHMARK"]);
    check_refused(&["show", "prompt"], 2, &["BENCHMARK"]);
    check_refused(&["show", "prompt", "humaneval-pro", "--sample", "99999"], 2, &["99999"]);
    check_refused(&["exec", "nowhere.py"], 2, &["nowhere.py"]);
    check_refused(&["exec", "latin1.py"], 2, &["UTF-8", "byte 7"]);
    check_refused(&["exec", "latin1.py", "--env", "novalue"], 2, &["NAME=VALUE"]);
    check_refused(&["export", "-o", "table.xyz"], 2, &["table.xyz", "--format"]);
    check_refused(&["frobnicate"], 2, &["frobnicate"]);
}

#[test]
fn stores_that_cannot_be_used_are_told() {
    check_refused(&["show", "some-run"], 2, &["proctor.db", "proctor run"]);
    check_refused(&["report"], 2, &["proctor.db"]);
    check_refused(&["export"], 2, &["proctor.db"]);
    check_refused(&["list", "runs", "--store", "text.db"], 6, &["text.db"]);
}

#[test]
fn what_is_not_installed_comes_with_the_command_to_type() {
    check_refused(&["exec", "latin1.py", "--cache", "empty"], 2, &["UTF-8"]);
    let desk = Desk::new();
    std::fs::write(desk.path("hello.py"), "print('hello')\n").expect("written");
    std::fs::create_dir(desk.path("cache")).expect("made");
    let ran = desk.proctor(&["exec", "hello.py", "--cache", "cache"]).expect(4);
    assert!(ran.stderr.contains("`proctor setup"), "{}", ran.stderr);
    let ran = desk.proctor(&["run", "--cache", "cache"]).expect(4);
    assert!(ran.stderr.contains("proctor setup"), "{}", ran.stderr);
    assert!(!desk.path(".proctor").exists());
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(support::root().join("tests/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn help_and_lists() {
    let desk = Desk::new();
    snapshot("help", &desk.proctor(&["--help"]).expect(0).stdout);
    snapshot("help_run", &desk.proctor(&["run", "--help"]).expect(0).stdout);
    snapshot("help_exec", &desk.proctor(&["exec", "--help"]).expect(0).stdout);
    snapshot("list_benchmarks", &desk.proctor(&["list"]).expect(0).stdout);
    snapshot("list_models", &desk.proctor(&["list", "models"]).expect(0).stdout);
    let runs = desk.proctor(&["list", "runs"]).expect(0);
    assert_eq!(runs.stdout, "");
    assert!(runs.stderr.contains("no runs yet"));
    let benchmarks = desk.proctor(&["list", "--format", "json"]).expect(0).json("proctor.benchmarks/1");
    assert!(benchmarks["items"].as_array().is_some_and(|items| items.len() >= 7));
    assert!(!desk.path(".proctor").exists(), "listing makes no store");
}

#[test]
fn prompts_are_exact_bytes() {
    let desk = Desk::new();
    let chat = desk.proctor(&["show", "prompt", "humaneval-pro", "--sample", "0"]).expect(0);
    snapshot("prompt_chat", &chat.stdout);
    let completion = desk.proctor(&["show", "prompt", "mbpp-pro:1shot", "--sample", "1", "--protocol", "completion"]).expect(0);
    snapshot("prompt_completion_1shot", &completion.stdout);
    assert!(!completion.stdout.ends_with("\n\n"), "the bytes end where the prompt ends");
    let json = desk.proctor(&["show", "prompt", "humaneval-pro", "--sample", "0", "--format", "json"]).expect(0);
    let document = json.json("proctor.prompt/1");
    let messages = document["request"]["prompt"]["chat"].as_array().expect("messages").clone();
    let joined: String = messages.iter().filter_map(|m| m["content"].as_str()).collect();
    assert_eq!(joined, chat.stdout);
}

#[test]
fn completions_exist_for_the_usual_shells() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(Desk::new().proctor(&["completions", shell]).expect(0).stdout.contains("proctor"), "{shell}");
    }
}

#[test]
fn a_plan_asks_and_stores_nothing() {
    let desk = Desk::new();
    let ran = desk.proctor(&["plan", "humaneval-pro", "-m", "mock/echo", "-n", "3", "--format", "json"]).expect(0);
    let plan = ran.json("proctor.plan/1");
    assert_eq!(plan["plans"][0]["requests"], 3 * 14);
    assert!(!desk.path(".proctor").exists());
    let table = desk.proctor(&["plan", "-m", "mock/echo"]).expect(0);
    for name in ["humaneval-pro", "mbpp-pro", "bigcodebench-lite-pro"] {
        assert!(table.stdout.contains(name), "{}", table.stdout);
    }
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let desk = Desk::new();
    let mut child = desk
        .command(&["list", "--format", "json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ends");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
    assert!(fixture("expected.json").is_file());
}

#[test]
fn a_result_that_cannot_be_written_is_no_success() {
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else {
        eprintln!("skipped: there is no /dev/full");
        return;
    };
    let desk = Desk::new();
    let output = desk.command(&["list"]).stdout(full).output().expect("starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("standard output could not be written"), "{stderr}");
}

#[test]
fn a_model_named_twice_is_asked_once() {
    let plan = Desk::new().proctor(&["plan", "humaneval-pro", "-m", "mock/echo", "-m", "mock/echo", "--format", "json"]);
    assert_eq!(plan.expect(0).json("proctor.plan/1")["plans"].as_array().expect("plans").len(), 1);
}

#[test]
fn a_module_that_is_none_is_a_compile_error() {
    let desk = Desk::new();
    // A module without anything in it has nothing to start; half a module is none.
    std::fs::write(desk.path("empty.wasm"), b"\0asm\x01\0\0\0").expect("written");
    std::fs::write(desk.path("half.wasm"), b"\0asm\x01\0").expect("written");
    for name in ["empty.wasm", "half.wasm"] {
        let ran = desk.proctor(&["exec", name]).expect(10);
        assert!(ran.stderr.contains("compile_error"), "{ran:?}");
    }
}

#[test]
fn c_and_cpp_programs_are_compiled_and_run() {
    let desk = Desk::new();
    std::fs::write(
        desk.path("sum.cpp"),
        "#include <bits/stdc++.h>\nint main() { long a, b; std::cin >> a >> b; std::cout << a + b << '\\n'; }\n",
    )
    .expect("written");
    std::fs::write(desk.path("bad.c"), "int main(void) { return missing; }\n").expect("written");
    std::fs::write(desk.path("in.txt"), "4000000000 2\n").expect("written");
    let ran = desk.proctor(&["exec", "sum.cpp", "--stdin", "in.txt"]);
    if ran.code == 4 {
        eprintln!("skipped: the C++ guest is not installed (`proctor setup`)");
        return;
    }
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "4000000002\n"), "{ran:?}");
    let ran = desk.proctor(&["--quiet", "exec", "bad.c"]).expect(10);
    assert!(ran.stderr.contains("compile_error") && ran.stderr.contains("missing"), "{ran:?}");
}
