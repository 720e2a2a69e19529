//! Against a real endpoint, when one is named: PROCTOR_TEST_BASE_URL, PROCTOR_TEST_MODEL, PROCTOR_TEST_API_KEY.

#![allow(clippy::print_stdout, reason = "a skipped test says why")]

mod support;

use proctor_core::{Finish, Model, ModelError, ModelErrorKind, Prompt, Request, Sampling};
use proctor_models::{ModelOptions, open_with};
use std::sync::Arc;
use support::chat;

fn variable(name: &str) -> Option<String> {
    std::env::var(format!("PROCTOR_TEST_{name}")).ok().filter(|v| !v.is_empty())
}

/// The endpoint's `model` asked with `key`; `None` when no endpoint is named.
fn live(model: Option<&str>, key: Option<&str>, stream: bool) -> Option<Result<Arc<dyn Model>, ModelError>> {
    let (Some(base), Some(named)) = (variable("BASE_URL"), variable("MODEL")) else {
        println!("skipped: PROCTOR_TEST_BASE_URL and PROCTOR_TEST_MODEL name no endpoint");
        return None;
    };
    let key = key.map(str::to_owned).or_else(|| variable("API_KEY"));
    let options = ModelOptions { base_url: Some(base), stream: Some(stream), ..ModelOptions::default() };
    let name = format!("openai-api/live/{}", model.unwrap_or(&named));
    Some(open_with(&name, &options, &move |name: &str| (name == "LIVE_API_KEY").then(|| key.clone()).flatten()))
}

#[tokio::test]
async fn streamed_and_whole_answers_agree() {
    let (Some(streamed), Some(whole)) = (live(None, None, true), live(None, None, false)) else { return };
    let request = chat("Name one prime number.");
    let streamed = streamed.unwrap().complete(&request).await.unwrap();
    let whole = whole.unwrap().complete(&request).await.unwrap();
    println!("{streamed:?}");
    assert_eq!((&streamed.text, &streamed.finish), (&whole.text, &whole.finish));
    assert!(!streamed.text.is_empty() && matches!(streamed.finish, Finish::Stop | Finish::Length));
    assert_eq!(streamed.usage.completion_tokens.is_some(), whole.usage.completion_tokens.is_some());
}

#[tokio::test]
async fn raw_text_is_continued_up_to_a_stop_string() {
    let Some(model) = live(None, None, true) else { return };
    let sampling =
        Sampling { temperature: Some(0.0), max_tokens: Some(40), stop: vec!["\n\n".to_owned()], ..Sampling::default() };
    let answer = model.unwrap().complete(&Request::new(Prompt::Completion("1, 2, 3, 4,".to_owned()), sampling)).await.unwrap();
    println!("{answer:?}");
    assert!(!answer.text.contains("\n\n"));
}

#[tokio::test]
async fn unknown_models_and_keys_are_refused() {
    let Some(model) = live(Some("no-such-model"), None, true) else { return };
    if let Err(error) = model.unwrap().complete(&chat("hi")).await {
        println!("{error}");
        assert!(matches!(error.kind, ModelErrorKind::NotFound | ModelErrorKind::BadRequest | ModelErrorKind::Auth), "{error:?}");
    }
    if variable("API_KEY").is_some() {
        let wrong = "sk-wrong-0123456789abcdef";
        let model = live(None, Some(wrong), true).unwrap().unwrap();
        let error = model.complete(&chat("hi")).await.unwrap_err();
        println!("{error}");
        assert!(matches!(error.kind, ModelErrorKind::Auth | ModelErrorKind::BadRequest), "{error:?}");
        assert!(!format!("{error} {error:?}").contains(wrong), "{error:?}");
    }
}
