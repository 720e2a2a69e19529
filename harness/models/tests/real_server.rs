//! Against llama.cpp's own server with the default model, where both are installed.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a skipped test says why, the probe what it found")]

#[path = "../../../tests/support/llama.rs"]
mod llama;
mod support;

use llama::LlamaServer;
use proctor_core::{Continuation, Finish, Model, Prompt};
use proctor_models::{ModelOptions, Verdict, open_with, parse_argument, probe};
use std::path::Path;
use std::sync::Arc;
use support::{chat, raw};

fn opened(server: &LlamaServer, name: &str, stream: bool, arguments: &[&str]) -> Arc<dyn Model> {
    let options = ModelOptions {
        base_url: Some(server.base.clone()),
        stream: Some(stream),
        args: arguments.iter().map(|a| parse_argument(a).unwrap()).collect(),
        ..ModelOptions::default()
    };
    open_with(name, &options, &|_: &str| None).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_server_is_understood() {
    let root = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../..");
    let Some(server) = LlamaServer::start(&root) else { return };
    let name = "llama-cpp/smollm2-135m.gguf";
    let (streamed, whole) = (opened(&server, name, true, &[]), opened(&server, name, false, &[]));

    let mut request = chat("Name one prime number.");
    request.sampling.max_tokens = Some(24);
    let (a, b) = (streamed.complete(&request).await.unwrap(), whole.complete(&request).await.unwrap());
    assert_eq!((&a.text, &a.finish), (&b.text, &b.finish), "streamed and whole");
    assert_eq!((a.usage.prompt_tokens, a.usage.completion_tokens), (b.usage.prompt_tokens, b.usage.completion_tokens));
    assert!(!a.text.is_empty() && a.usage.prompt_tokens.is_some_and(|n| n > 5));

    request.sampling.max_tokens = Some(2);
    assert_eq!(streamed.complete(&request).await.unwrap().finish, Finish::Length);

    let counted = streamed.complete(&raw("1, 2, 3, 4, 5, 6,", &[" 9"])).await.unwrap();
    assert!(counted.text.contains('7') && !counted.text.contains('9'), "{counted:?}");

    let with_logprobs = opened(&server, name, false, &["logprobs=true", "top_logprobs=2"]);
    request.sampling.max_tokens = Some(4);
    let tokens = with_logprobs.complete(&request).await.unwrap().logprobs.unwrap();
    assert!(!tokens.is_empty() && tokens.iter().all(|t| t.logprob <= 0.0 && t.top.len() == 2), "{tokens:?}");

    // It does not echo, and says so rather than a wrong number.
    let after = Continuation { prompt: Prompt::Completion("The capital of France is".into()), text: " Paris".into() };
    let echo = whole.loglikelihood(&[after]).await;
    println!("likelihood: {echo:?}");
    assert!(echo.as_ref().map_or_else(|e| e.message.lines().count() == 1, |l| l[0].logprob <= 0.0));

    let long = chat(&"word ".repeat(4000));
    let error = streamed.complete(&long).await.unwrap_err();
    assert_eq!(error.kind, proctor_core::ModelErrorKind::ContextLength, "{error}");

    let names = whole.listed_models().await.unwrap().unwrap();
    assert!(!names.is_empty(), "{names:?}");

    let mut told = |finding: &proctor_models::Finding| println!("{finding:?}");
    let findings = probe(streamed.as_ref(), whole.as_ref(), false, &mut told).await;
    assert!(findings.iter().all(|f| f.verdict != Verdict::Fails), "{findings:?}");
    for works in ["connection", "answer", "streaming", "stop strings", "seed", "logprobs", "token counts"] {
        assert!(findings.iter().any(|f| f.name == works && f.verdict == Verdict::Works), "{works}: {findings:?}");
    }

    let responses = opened(&server, name, true, &["api=responses"]);
    request.sampling.max_tokens = Some(16);
    match responses.complete(&request).await {
        Ok(answer) => assert!(!answer.text.is_empty() && answer.usage.completion_tokens.is_some(), "{answer:?}"),
        Err(error) => println!("the responses API: {error}"),
    }
    let anthropic = opened_as_anthropic(&server);
    match anthropic.complete(&request).await {
        Ok(answer) => assert!(!answer.text.is_empty(), "{answer:?}"),
        Err(error) => println!("the messages API: {error}"),
    }
}

/// llama.cpp's server speaks Anthropic's messages API as well.
fn opened_as_anthropic(server: &LlamaServer) -> Arc<dyn Model> {
    let options = ModelOptions { base_url: Some(server.base.clone()), ..ModelOptions::default() };
    open_with("anthropic/smollm2", &options, &|_: &str| None).unwrap()
}
