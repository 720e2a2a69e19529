//! Likelihoods of given continuations, against the textbook computation.
#![cfg(feature = "candle")]
#![allow(clippy::print_stdout)]

mod candle_support;

use candle_support::{Tiny, TinyFile};
use proctor_core::{Continuation, Likelihood, Message, Model, ModelErrorKind, Prompt, Role};
use proctor_models::{ModelOptions, open_with};
use serde_json::{Value, json};
use std::sync::Arc;

fn open(file: &TinyFile, args: Value, threads: usize) -> Arc<dyn Model> {
    let args = args.as_object().cloned().unwrap_or_default();
    let options = ModelOptions { args, threads: Some(threads), ..ModelOptions::default() };
    let cache = file.path().parent().unwrap().join("cache").display().to_string();
    let environment = |name: &str| (name == "PROCTOR_CACHE").then(|| cache.clone());
    open_with(&format!("candle/{}", file.path().display()), &options, &environment).unwrap()
}

fn continuation(prompt: &str, text: &str) -> Continuation {
    Continuation { prompt: Prompt::Completion(prompt.to_owned()), text: text.to_owned() }
}

/// The tiny models' tokens are bytes.
fn expected(file: &TinyFile, prompt: &str, text: &str) -> Likelihood {
    let tokens: Vec<u32> = prompt.bytes().chain(text.bytes()).map(u32::from).collect();
    let logits = file.logits(&tokens);
    let mut likelihood = Likelihood { logprob: 0.0, tokens: 0, greedy: true };
    for place in prompt.len()..tokens.len() {
        let row = &logits[place - 1];
        let own = row[tokens[place] as usize];
        likelihood.logprob += own - row.iter().map(|l| l.exp()).sum::<f64>().ln();
        likelihood.tokens += 1;
        likelihood.greedy &= row.iter().all(|l| *l <= own);
    }
    likelihood
}

fn cases() -> Vec<Continuation> {
    let header = "Which of these is a planet? ".repeat(9);
    let mut cases = Vec::new();
    for question in ["Q1: ", "Q2, longer: ", ""] {
        for choice in ["Mars", " the Moon", "x", "a rather long answer of more than thirty-two tokens, and more"] {
            cases.push(continuation(&format!("{header}{question}"), choice));
        }
    }
    cases.push(continuation("a", "b"));
    cases.push(continuation("a", &"long ".repeat(60)));
    cases
}

#[tokio::test(flavor = "multi_thread")]
async fn likelihoods_are_those_of_the_textbook() {
    let file = Tiny { context: 1024, ..Tiny::default() }.write();
    let model = open(&file, json!({"weights": "f32"}), 2);
    let cases = cases();
    let likelihoods = model.loglikelihood(&cases).await.unwrap();
    assert_eq!(likelihoods.len(), cases.len());
    for (case, found) in cases.iter().zip(&likelihoods) {
        let Prompt::Completion(prompt) = &case.prompt else { panic!("a raw prompt") };
        let expected = expected(&file, prompt, &case.text);
        println!("{:?}: {found:?}, expected {expected:?}", case.text);
        assert_eq!((found.tokens, found.greedy), (expected.tokens, expected.greedy));
        assert!((found.logprob - expected.logprob).abs() < 1e-3 * expected.tokens as f64);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_batch_nor_memory_changes_a_bit() {
    let file = Tiny { context: 1024, ..Tiny::default() }.write();
    let alone = open(&file, json!({"batch": 1, "prefix_cache": false}), 1);
    let cases = cases();
    let mut expected = Vec::new();
    for case in &cases {
        expected.extend(alone.loglikelihood(std::slice::from_ref(case)).await.unwrap());
    }
    for (args, threads) in [(json!({}), 1), (json!({"batch": 4}), 2), (json!({"batch": 2, "cache_mib": 1}), 3)] {
        let model = open(&file, args, threads);
        for _ in 0..2 {
            assert_eq!(model.loglikelihood(&cases).await.unwrap(), expected);
        }
    }
}

#[tokio::test]
async fn odd_continuations() {
    let file = Tiny { context: 64, ..Tiny::default() }.write();
    let model = open(&file, json!({}), 1);
    assert_eq!(model.loglikelihood(&[]).await.unwrap(), []);
    let nothing = model.loglikelihood(&[continuation("prompt", "")]).await.unwrap();
    assert_eq!(nothing, [Likelihood { logprob: 0.0, tokens: 0, greedy: true }]);
    // Also where the prompt is known from before.
    let long = "known ".repeat(8);
    let both = model.loglikelihood(&[continuation(&long, "x"), continuation(&long, "")]).await.unwrap();
    let again = model.loglikelihood(&[continuation(&long, "")]).await.unwrap();
    assert_eq!((both[1], again[0]), (nothing[0], nothing[0]));
    // The template's text comes before a chat's continuation.
    let chat = Prompt::Chat(vec![Message::new(Role::User, "hi")]);
    let chat = model.loglikelihood(&[Continuation { prompt: chat, text: "yes".to_owned() }]).await.unwrap();
    assert_eq!(chat, model.loglikelihood(&[continuation("[user]hi\n", "yes")]).await.unwrap());
    let refused = |case: Continuation, kind: ModelErrorKind| {
        let model = Arc::clone(&model);
        async move {
            let error = model.loglikelihood(&[continuation("a", "b"), case]).await.unwrap_err();
            assert_eq!(error.kind, kind, "{error}");
            assert_eq!(error.message.lines().count(), 1);
        }
    };
    refused(continuation("", "b"), ModelErrorKind::BadRequest).await;
    refused(continuation("a", &"b".repeat(64)), ModelErrorKind::ContextLength).await;
}
