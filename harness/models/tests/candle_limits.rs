//! What a local model takes: no turn of the runtime, and no more memory than there is.
#![cfg(feature = "candle")]
#![allow(clippy::print_stdout)]

mod candle_support;

use candle_support::{Tiny, TinyFile};
use proctor_core::{Model, ModelError, ModelErrorKind, Prompt, Request, Sampling};
use proctor_models::{ModelOptions, open_with};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn open(path: &Path, args: Value, threads: usize) -> Result<Arc<dyn Model>, ModelError> {
    let args = args.as_object().cloned().unwrap_or_default();
    let options = ModelOptions { args, threads: Some(threads), ..ModelOptions::default() };
    let cache = path.parent().unwrap().join("cache").display().to_string();
    let environment = |name: &str| (name == "PROCTOR_CACHE").then(|| cache.clone());
    open_with(&format!("candle/{}", path.display()), &options, &environment)
}

fn request(prompt: String, tokens: u32) -> Request {
    Request::new(Prompt::Completion(prompt), Sampling { temperature: Some(0.0), max_tokens: Some(tokens), ..Sampling::default() })
}

fn heavy() -> Tiny {
    Tiny {
        hidden: 256,
        heads: 8,
        key_heads: 8,
        width: 32,
        rotated: 32,
        feed_forward: 1024,
        layers: 8,
        context: 100_000,
        ..Tiny::default()
    }
}

/// On a runtime with one thread, others get their turns while a long prompt is read.
#[tokio::test]
async fn the_runtime_goes_on_while_a_prompt_is_read() {
    let file = heavy().write();
    for threads in [1, 2] {
        let model = open(file.path(), json!({}), threads).unwrap();
        let turns = Arc::new(AtomicUsize::new(0));
        let others = tokio::spawn({
            let turns = Arc::clone(&turns);
            async move {
                loop {
                    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                    turns.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        let answer = model.complete(&request("a prompt of many tokens ".repeat(150), 2)).await.unwrap();
        others.abort();
        assert!(answer.usage.prompt_tokens > Some(3000));
        let turns = turns.load(Ordering::Relaxed);
        println!("{turns} turns with {threads} threads");
        assert!(turns > 10, "{turns} turns of a timer that rings every millisecond");
    }
}

/// This test again, in a process of its own whose address space is limited to `mib`; what it prints.
fn limited(test: &str, mib: usize, file: &TinyFile) -> String {
    let program = std::env::current_exe().unwrap();
    let output = Command::new("sh")
        .arg("-c")
        .arg(format!("ulimit -v {} && exec \"$0\" \"$@\"", mib << 10))
        .arg(&program)
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env("PROCTOR_TEST_LIMITED", file.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{:?}\n{text}\n{errors}", output.status);
    text
}

fn check_sentence(error: &ModelError) {
    assert_eq!(error.kind, ModelErrorKind::Local, "{error}");
    assert!(error.message.contains("memory") && error.message.lines().count() == 1, "{error}");
}

/// Weights that the process may not take are refused; neither the process nor the test ends.
#[test]
fn weights_beyond_a_limit_are_an_error() {
    if let Some(path) = std::env::var_os("PROCTOR_TEST_LIMITED") {
        let model = open(Path::new(&path), json!({"cache_mib": 4}), 1).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let error = runtime.block_on(model.complete(&request("x".to_owned(), 2))).unwrap_err();
        println!("error: {error}");
        check_sentence(&error);
        return;
    }
    if !cfg!(target_os = "linux") {
        return;
    }
    let file = Tiny { feed_forward: 60_000, hidden: 128, layers: 4, ..Tiny::default() }.write();
    let text = limited("weights_beyond_a_limit_are_an_error", 340, &file);
    assert!(text.contains("error: "), "{text}");
}

/// Keys and values that the process may not take, though `cache_mib` promised them: questions end with an answer or an
/// error, and those that come later are answered.
#[test]
fn keys_and_values_beyond_a_limit_are_an_error() {
    if let Some(path) = std::env::var_os("PROCTOR_TEST_LIMITED") {
        let model = open(Path::new(&path), json!({"cache_mib": 100_000, "batch": 64}), 2).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let failed = runtime.block_on(async {
            let tasks: Vec<_> = (0..64)
                .map(|i| {
                    let model = Arc::clone(&model);
                    tokio::spawn(async move { model.complete(&request(format!("{i} {}", "x".repeat(900)), 60)).await })
                })
                .collect();
            let mut failed = 0;
            for task in tasks {
                if let Err(error) = task.await.unwrap() {
                    if failed == 0 {
                        println!("error: {error}");
                    }
                    check_sentence(&error);
                    failed += 1;
                }
            }
            assert!(model.complete(&request("afterwards".to_owned(), 2)).await.is_ok());
            failed
        });
        println!("{failed} of 64 failed");
        assert!(failed > 0);
        return;
    }
    if !cfg!(target_os = "linux") {
        return;
    }
    let file =
        Tiny { layers: 24, hidden: 64, heads: 8, key_heads: 8, width: 64, rotated: 64, context: 4096, ..Tiny::default() }.write();
    let text = limited("keys_and_values_beyond_a_limit_are_an_error", 1000, &file);
    assert!(text.contains("of 64 failed"), "{text}");
}
