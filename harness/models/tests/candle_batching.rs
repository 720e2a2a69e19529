//! Many questions at once: common beginnings, memory, helpers. Nothing of it may change an answer by a single bit.
#![cfg(feature = "candle")]
#![allow(clippy::print_stdout)]

mod candle_support;

use candle_core::quantized::GgmlDType;
use candle_support::{Tiny, TinyFile};
use proctor_core::{Completion, Model, ModelError, ModelErrorKind, Prompt, Request, Sampling};
use proctor_models::{ModelOptions, open_with};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

fn open(file: &TinyFile, args: Value, threads: usize) -> Arc<dyn Model> {
    let args = args.as_object().cloned().unwrap_or_default();
    let options = ModelOptions { args, threads: Some(threads), ..ModelOptions::default() };
    let cache = file.path().parent().unwrap().join("cache").display().to_string();
    let environment = |name: &str| (name == "PROCTOR_CACHE").then(|| cache.clone());
    open_with(&format!("candle/{}", file.path().display()), &options, &environment).unwrap()
}

fn request(prompt: String, tokens: u32) -> Request {
    let extra = json!({"logprobs": true, "top_logprobs": 3}).as_object().cloned().unwrap();
    let sampling = Sampling { temperature: Some(0.0), max_tokens: Some(tokens), extra, ..Sampling::default() };
    Request::new(Prompt::Completion(prompt), sampling)
}

async fn ask_all(model: &Arc<dyn Model>, requests: &[Request]) -> Vec<Result<Completion, ModelError>> {
    let tasks: Vec<_> = requests
        .iter()
        .map(|request| {
            let (model, request) = (Arc::clone(model), request.clone());
            tokio::spawn(async move { model.complete(&request).await })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(tokio::time::timeout(Duration::from_secs(60), task).await.expect("no hang").unwrap());
    }
    answers
}

/// Everything of an answer that the request decides, probabilities bit for bit.
fn fingerprint(answer: &Completion) -> String {
    let logprobs = answer.logprobs.iter().flatten();
    let bits: Vec<_> = logprobs
        .map(|at| {
            (at.token.clone(), at.logprob.to_bits(), at.top.iter().map(|(t, l)| (t.clone(), l.to_bits())).collect::<Vec<_>>())
        })
        .collect();
    format!("{:?} {:?} {:?} {bits:?}", answer.text, answer.finish, answer.usage.completion_tokens)
}

fn quantized() -> Tiny {
    Tiny {
        hidden: 96,
        heads: 4,
        key_heads: 2,
        width: 24,
        rotated: 24,
        feed_forward: 160,
        context: 4096,
        kind: GgmlDType::Q4_1,
        ..Tiny::default()
    }
}

/// Prompts with beginnings of many lengths in common, borders of blocks and steps among them.
fn prompts() -> Vec<String> {
    let header: String = (0..700).map(|i| char::from(b'a' + (i * 7 % 26) as u8)).collect();
    let mut prompts: Vec<String> =
        [0, 1, 31, 32, 33, 63, 64, 255, 256, 257, 320, 500, 699, 700].iter().map(|n| format!("{}?", &header[..*n])).collect();
    prompts.extend((0..10).map(|i| format!("{header} question {i}")));
    prompts.push(prompts[3].clone());
    prompts
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_company_nor_memory_changes_a_bit() {
    for tiny in [Tiny { context: 4096, ..Tiny::default() }, quantized()] {
        let file = tiny.write();
        let requests: Vec<Request> = prompts().into_iter().map(|prompt| request(prompt, 9)).collect();
        let alone = open(&file, json!({"batch": 1, "prefix_cache": false}), 1);
        let mut expected = Vec::new();
        for request in &requests {
            let answer = alone.complete(request).await.unwrap();
            assert_eq!(answer.usage.cached_tokens, Some(0));
            expected.push(fingerprint(&answer));
        }
        for (args, threads) in
            [(json!({}), 1), (json!({}), 3), (json!({"batch": 3, "cache_mib": 1}), 2), (json!({"prefix_cache": false}), 2)]
        {
            let model = open(&file, args.clone(), threads);
            let mut cached = 0;
            for round in 0..3 {
                for (answer, expected) in ask_all(&model, &requests).await.into_iter().zip(&expected) {
                    let answer = answer.unwrap();
                    cached += answer.usage.cached_tokens.unwrap();
                    assert_eq!(&fingerprint(&answer), expected, "{args} with {threads} threads, round {round}");
                }
            }
            println!("{args} with {threads} threads: {cached} tokens from the cache");
            assert_eq!(cached > 10_000, args["prefix_cache"] != false, "{cached}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_bit_keys_differ_little_from_the_reference() {
    let file = quantized().write();
    let requests: Vec<Request> = prompts().into_iter().map(|prompt| request(prompt, 1)).collect();
    let (half, full) = (open(&file, json!({}), 1), open(&file, json!({"cache": "f32"}), 1));
    let mut differs = false;
    for request in &requests {
        let (a, b) = (half.complete(request).await.unwrap(), full.complete(request).await.unwrap());
        let logprob = |answer: &Completion| answer.logprobs.as_ref().and_then(|l| Some(l.first()?.logprob)).unwrap_or(0.0);
        assert!((logprob(&a) - logprob(&b)).abs() < 0.02);
        differs |= logprob(&a) != logprob(&b);
    }
    assert!(differs);
    assert_eq!((half.provenance()["cache"].as_str(), full.provenance()["cache"].as_str()), (Some("f16"), Some("f32")));
}

/// A question that can never fit is refused in one sentence; the others are not held up.
#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_into_memory_is_an_error() {
    let file = Tiny { context: 100_000, ..Tiny::default() }.write();
    let model = open(&file, json!({"cache_mib": 1}), 2);
    let mut requests: Vec<Request> = (0..12).map(|i| request(format!("{i} {}", "x".repeat(600)), 40)).collect();
    requests.insert(5, request("too long".to_owned(), 90_000));
    for (index, answer) in ask_all(&model, &requests).await.into_iter().enumerate() {
        match answer {
            Ok(answer) => assert!(index != 5 && answer.usage.completion_tokens <= Some(40)),
            Err(error) => {
                assert_eq!((index, error.kind), (5, ModelErrorKind::Local), "{error}");
                assert!(error.message.contains("cache_mib") && error.message.contains("max-tokens"), "{error}");
            }
        }
    }
}

/// Others wait for a beginning that is just being computed; they must not wait for ever when it is given up.
#[tokio::test(flavor = "multi_thread")]
async fn a_beginning_that_is_given_up_holds_nobody_up() {
    let file = Tiny { hidden: 256, feed_forward: 1024, layers: 8, context: 100_000, ..Tiny::default() }.write();
    let header = "abcdefgh".repeat(400);
    for threads in [1, 2] {
        let model = open(&file, json!({}), threads);
        let first = request(format!("{header} first"), 4);
        let leader = tokio::spawn({
            let (model, first) = (Arc::clone(&model), first.clone());
            async move { model.complete(&first).await }
        });
        tokio::time::sleep(Duration::from_millis(60)).await;
        let others: Vec<Request> = (0..4).map(|i| request(format!("{header} {i}"), 4)).collect();
        let waiting = tokio::spawn({
            let model = Arc::clone(&model);
            async move { ask_all(&model, &others).await }
        });
        tokio::time::sleep(Duration::from_millis(60)).await;
        leader.abort();
        let answers = waiting.await.unwrap();
        assert!(answers.iter().all(Result::is_ok));
    }
}

#[tokio::test]
async fn logprobs_fit_the_text() {
    let file = Tiny { context: 4096, ..Tiny::default() }.write();
    let model = open(&file, json!({}), 1);
    for seed in 0..20 {
        let mut asked = request(format!("prompt {seed}"), 12);
        let answer = model.complete(&asked).await.unwrap();
        let logprobs = answer.logprobs.clone().unwrap();
        assert_eq!(Some(logprobs.len() as u64), answer.usage.completion_tokens);
        for place in &logprobs {
            assert!(place.logprob <= 0.0 && place.top.len() == 3);
            assert_eq!((&place.token, place.logprob), (&place.top[0].0, place.top[0].1), "greedy");
            assert!(place.top.windows(2).all(|pair| pair[0].1 >= pair[1].1));
            assert!(place.top.iter().map(|(_, logprob)| logprob.exp()).sum::<f64>() <= 1.0 + 1e-6);
        }
        // A stop text ends the list with the text.
        let plain = |text: &str| text.is_ascii() && !text.is_empty();
        if logprobs.len() > 4 && plain(&logprobs[3].token) && !answer.text.contains('\u{FFFD}') {
            asked.sampling.stop = vec![logprobs[3].token.clone()];
            let stopped = model.complete(&asked).await.unwrap();
            let joined: String = stopped.logprobs.unwrap().iter().map(|place| place.token.as_str()).collect();
            assert_eq!(joined, stopped.text);
        }
    }
    let mut asked = request("x".to_owned(), 2);
    asked.sampling.extra.clear();
    assert!(model.complete(&asked).await.unwrap().logprobs.is_none());
    asked.sampling.extra = json!({"top_logprobs": 21}).as_object().cloned().unwrap();
    assert!(model.complete(&asked).await.unwrap_err().message.contains("top_logprobs"));
}
