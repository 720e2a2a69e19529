//! Against LiteLLM's gateway, which speaks the formats of four vendors, where it is installed: PROCTOR_TEST_LITELLM names
//! its program, or the virtual environment `test-gateway` in the cache has it.

#![allow(clippy::print_stderr, reason = "a skipped test says why")]

mod support;

use proctor_core::{Finish, ModelErrorKind};
use proctor_models::{ModelOptions, Verdict, open_with, parse_argument, probe};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::{chat, raw};

const KEY: &str = "sk-gateway-0123456789";

/// Each model's answer is made up by the gateway; the formats, lists and errors are its own.
const CONFIGURATION: &str = r#"
model_list:
  - {model_name: gpt-4o, litellm_params: {model: openai/gpt-4o, api_key: none, mock_response: "The answer is 42."}}
  - {model_name: claude-sonnet-4-5, litellm_params: {model: anthropic/claude-sonnet-4-5, api_key: none, mock_response: "The answer is 42."}}
  - {model_name: gemini-2.5-flash, litellm_params: {model: gemini/gemini-2.5-flash, api_key: none, mock_response: "The answer is 42."}}
  - {model_name: limited, litellm_params: {model: openai/gpt-4o, api_key: none, mock_response: "litellm.RateLimitError"}}
  - {model_name: long, litellm_params: {model: openai/gpt-4o, api_key: none, mock_response: "litellm.ContextWindowExceededError"}}
  - {model_name: broken, litellm_params: {model: openai/gpt-4o, api_key: none, mock_response: "litellm.InternalServerError"}}
general_settings: {master_key: sk-gateway-0123456789}
litellm_settings: {num_retries: 0}
"#;

struct Gateway {
    root: String,
    child: Child,
    _folder: tempfile::TempDir,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let cache = set("PROCTOR_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|folder| folder.join("proctor")))
        .or_else(|| set("HOME").map(|home| home.join(".cache/proctor")));
    let program = set("PROCTOR_TEST_LITELLM").or_else(|| Some(cache?.join("test-gateway/bin/litellm")))?;
    if program.exists() {
        return Some(program);
    }
    eprintln!("skipped: {} is missing; `python3 -m venv` and `pip install 'litellm[proxy]'` there", program.display());
    None
}

/// Starts it and waits until it answers; it loads for a while.
async fn start() -> Option<Gateway> {
    let program = program()?;
    let folder = tempfile::tempdir().unwrap();
    let configuration = folder.path().join("config.yaml");
    std::fs::write(&configuration, CONFIGURATION).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let child = Command::new(program)
        .args(["--host", "127.0.0.1", "--port", &port.to_string(), "--config"])
        .arg(&configuration)
        // Its list of prices is taken from the package, not from the network.
        .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let gateway = Gateway { root: format!("http://127.0.0.1:{port}"), child, _folder: folder };
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(300) {
        if open(&gateway, "openai/gpt-4o", "/v1", true, &[], KEY).listed_models().await.is_ok() {
            return Some(gateway);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("the gateway gave no answer within 300 s");
}

fn open(gateway: &Gateway, name: &str, path: &str, stream: bool, args: &[&str], key: &str) -> Arc<dyn proctor_core::Model> {
    let options = ModelOptions {
        base_url: Some(format!("{}{path}", gateway.root)),
        stream: Some(stream),
        args: args.iter().map(|a| parse_argument(a).unwrap()).collect(),
        ..ModelOptions::default()
    };
    open_with(name, &options, &|variable: &str| variable.ends_with("_API_KEY").then(|| key.to_owned())).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_of_four_formats_is_understood() {
    let Some(gateway) = start().await else { return };
    // Its made-up answers stream in two of the formats; the others it gives whole.
    let cases: [(&str, &str, bool, &[&str]); 7] = [
        ("openai/gpt-4o", "/v1", true, &[]),
        ("openai/gpt-4o", "/v1", false, &[]),
        ("openai-api/box/gpt-4o", "/v1", true, &["max_tokens_field=max_completion_tokens"]),
        ("openai/gpt-4o", "/v1", false, &["api=responses"]),
        ("anthropic/claude-sonnet-4-5", "", true, &[]),
        ("anthropic/claude-sonnet-4-5", "/v1", false, &["thinking_budget=2048"]),
        ("google/gemini-2.5-flash", "", false, &["thinking_budget=0"]),
    ];
    for (name, path, stream, args) in cases {
        let mut request = chat("What is the answer?");
        request.sampling.top_p = Some(1.0);
        request.sampling.stop = vec!["XYZ".to_owned()];
        let answer = open(&gateway, name, path, stream, args, KEY).complete(&request).await;
        let answer = answer.unwrap_or_else(|error| panic!("{name} {args:?}: {error}"));
        assert_eq!((answer.text.as_str(), &answer.finish), ("The answer is 42.", &Finish::Stop), "{name} {args:?}");
        assert!(answer.usage.prompt_tokens.is_some_and(|n| n > 0), "{name} {args:?}: {answer:?}");
        assert!(answer.usage.completion_tokens.is_some_and(|n| n > 0), "{name} {args:?}: {answer:?}");
        request.sampling.stop = vec![" 4".to_owned()];
        let cut = open(&gateway, name, path, stream, args, KEY).complete(&request).await.unwrap();
        assert_eq!((cut.text.as_str(), cut.finish), ("The answer is", Finish::Stop), "{name} {args:?}");
    }
    let continued = open(&gateway, "openai/gpt-4o", "/v1", false, &[], KEY).complete(&raw("6 times 7?", &[])).await.unwrap();
    assert_eq!(continued.text, "The answer is 42.");

    use ModelErrorKind::*;
    for stream in [true, false] {
        for (model, kind) in [("limited", RateLimited), ("long", ContextLength), ("broken", Unavailable), ("nobody", NotFound)] {
            let error =
                open(&gateway, &format!("openai/{model}"), "/v1", stream, &[], KEY).complete(&chat("hi")).await.unwrap_err();
            assert_eq!(error.kind, kind, "{model}: {error}");
            assert!(error.message.lines().count() == 1 && !error.message.contains(KEY), "{error}");
        }
    }

    let models = open(&gateway, "openai/gpt-4o", "/v1", true, &[], KEY).listed_models().await.unwrap().unwrap();
    assert!(models.iter().any(|model| model.name == "claude-sonnet-4-5"), "{models:?}");
    for (name, path) in [("openai/gpt-4o", "/v1"), ("anthropic/claude-sonnet-4-5", "")] {
        let (streamed, whole) = (open(&gateway, name, path, true, &[], KEY), open(&gateway, name, path, false, &[], KEY));
        let findings = probe(streamed.as_ref(), whole.as_ref(), false, &mut |_: &_| {}).await;
        assert!(findings.iter().all(|f| f.verdict != Verdict::Fails), "{findings:#?}");
        let works = |name: &str| findings.iter().any(|f| f.name == name && f.verdict == Verdict::Works);
        assert!(works("model list") && works("answer") && works("token counts"), "{findings:#?}");
    }
}
