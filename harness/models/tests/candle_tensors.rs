//! `-M device=tensors`: the way a GPU takes, on this processor. The queue, common beginnings, limits and sampling are
//! those of every local model; results need not be the same to the last bit whatever runs beside them.
#![cfg(feature = "candle")]
#![allow(clippy::print_stdout)]

mod candle_support;

use candle_core::quantized::GgmlDType;
use candle_support::made::Recipe;
use candle_support::{Numbers, Tiny, TinyFile, VOCABULARY};
use proctor_core::{Completion, Continuation, Model, ModelError, ModelErrorKind, Prompt, Request, Sampling};
use proctor_models::candle::{Arithmetic, CacheMode, OpenFile, Place, Row, SequenceCache, TensorNetwork, WeightMode};
use proctor_models::{ModelOptions, open_with};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

fn try_open(file: &TinyFile, args: Value) -> Result<Arc<dyn Model>, ModelError> {
    let args = args.as_object().cloned().unwrap_or_default();
    let options = ModelOptions { args, threads: Some(3), ..ModelOptions::default() };
    let cache = file.path().parent().unwrap().join("cache").display().to_string();
    let environment = |name: &str| (name == "PROCTOR_CACHE").then(|| cache.clone());
    open_with(&format!("candle/{}", file.path().display()), &options, &environment)
}

fn open(file: &TinyFile, mut args: Value) -> Arc<dyn Model> {
    args["device"] = json!("tensors");
    try_open(file, args).unwrap()
}

fn request(prompt: String, tokens: u32) -> Request {
    let extra = json!({"logprobs": true}).as_object().cloned().unwrap();
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

/// Prompts with beginnings of many lengths in common, borders of pages and steps among them.
fn prompts() -> Vec<String> {
    let header: String = (0..300).map(|i| char::from(b'a' + (i * 7 % 26) as u8)).collect();
    let mut prompts: Vec<String> =
        [0, 1, 31, 32, 33, 64, 255, 256, 257, 300].iter().map(|n| format!("{}?", &header[..*n])).collect();
    prompts.extend((0..4).map(|i| format!("{header} question {i}")));
    prompts.push(prompts[3].clone());
    prompts
}

fn windows() -> Tiny {
    Tiny {
        architecture: "gemma2",
        caps: Some((8.0, 9.0)),
        heads: 4,
        key_heads: 2,
        window: Some(40),
        layers: 2,
        ..Tiny::default()
    }
}

/// Answers in company, on common pages and in little memory are those of one question after the other.
#[tokio::test(flavor = "multi_thread")]
async fn company_and_common_pages_change_nothing_that_matters() {
    for tiny in [Tiny::default(), Tiny { architecture: "qwen2", biases: true, ..Tiny::default() }, windows()] {
        let file = Tiny { context: 4096, ..tiny }.write();
        let requests: Vec<Request> = prompts().into_iter().map(|prompt| request(prompt, 6)).collect();
        let alone = open(&file, json!({"batch": 1, "prefix_cache": false, "cache": "f32"}));
        let mut expected = Vec::new();
        for request in &requests {
            expected.push(alone.complete(request).await.unwrap());
        }
        for mut args in [json!({}), json!({"batch": 3, "cache_mib": 1}), json!({"prefix_cache": false})] {
            args["cache"] = json!("f32");
            let model = open(&file, args.clone());
            let (mut cached, mut worst) = (0, 0f64);
            for _ in 0..2 {
                for (answer, expected) in ask_all(&model, &requests).await.into_iter().zip(&expected) {
                    let answer = answer.unwrap();
                    cached += answer.usage.cached_tokens.unwrap();
                    assert_eq!(answer.text, expected.text, "{args}");
                    let pairs = answer.logprobs.iter().flatten().zip(expected.logprobs.iter().flatten());
                    worst = pairs.map(|(a, b)| (a.logprob - b.logprob).abs()).fold(worst, f64::max);
                }
            }
            println!("{args}: {cached} tokens from the cache, log-probabilities differ by {worst:.1e}");
            assert!(worst < 1e-3, "{worst}");
            assert_eq!(cached > 2_000, args["prefix_cache"] != false, "{cached}");
        }
    }
}

fn tokens(count: usize, seed: u64) -> Vec<u32> {
    let mut numbers = Numbers(seed);
    (0..count).map(|_| ((numbers.next() + 1.0) / 2.0 * (VOCABULARY - 1) as f32) as u32).collect()
}

fn network(file: &TinyFile, weights: WeightMode, cache: CacheMode, bytes: usize) -> TensorNetwork {
    let arithmetic = Arithmetic { weights, cache, ..Arithmetic::detect() };
    let device = Place::Tensors.open().unwrap().unwrap();
    OpenFile::read(file.path()).unwrap().tensors(arithmetic, &device, bytes).unwrap()
}

/// Prompts cut into steps of every size, mixed with answers, against the textbook's logits; a clone of a half-filled
/// page goes its own way.
#[test]
fn ragged_steps_are_the_textbook() {
    let quantized = Tiny {
        hidden: 96,
        heads: 4,
        key_heads: 2,
        width: 24,
        rotated: 24,
        feed_forward: 160,
        kind: GgmlDType::Q4_1,
        ..Tiny::default()
    };
    for (tiny, cache, tolerance) in [
        (Tiny::default(), CacheMode::Full, 4e-6),
        (Tiny::default(), CacheMode::Half, 4e-3),
        (quantized, CacheMode::Full, 8e-6),
        (windows(), CacheMode::Full, 1e-5),
    ] {
        let file = tiny.write();
        let network = network(&file, WeightMode::Full, cache, 4 << 20);
        let prompts: Vec<Vec<u32>> = [1, 2, 40, 16, 17, 33, 5, 90].iter().map(|n| tokens(*n, *n as u64)).collect();
        let expected: Vec<_> = prompts.iter().map(|prompt| file.logits(prompt)).collect();
        let size = expected.iter().flatten().flatten().fold(0f64, |m, x| m.max(x.abs()));
        let mut caches: Vec<_> = prompts.iter().map(|_| network.new_cache()).collect();
        let mut done = vec![0; prompts.len()];
        let mut numbers = Numbers(11);
        let mut worst = 0f64;
        while done.iter().zip(&prompts).any(|(d, p)| *d < p.len()) {
            let mut rows = Vec::new();
            let mut counts = Vec::new();
            for ((cache, prompt), done) in caches.iter_mut().zip(&prompts).zip(&done) {
                // Often one token, as answers have.
                let count = (((numbers.next() + 1.0) * 5.0) as usize).saturating_sub(2).min(prompt.len() - done);
                counts.push(count);
                rows.push(Row { cache, tokens: &prompt[*done..done + count], logits: count });
            }
            let logits = network.forward(&mut rows).unwrap();
            let mut logits = logits.chunks_exact(VOCABULARY);
            for (i, count) in counts.into_iter().enumerate() {
                for (place, found) in logits.by_ref().take(count).enumerate() {
                    let pairs = found.iter().zip(&expected[i][done[i] + place]);
                    worst = pairs.map(|(a, b)| (f64::from(*a) - b).abs()).fold(worst, f64::max);
                }
                done[i] += count;
            }
            assert!(logits.next().is_none());
        }
        println!("{cache:?}: off by {:.1e} of the largest logit", worst / size);
        assert!(worst / size < tolerance, "{}", worst / size);

        let branch = |own: &[u32]| {
            let mut cache = caches[2].clone();
            network.forward(&mut [Row { cache: &mut cache, tokens: own, logits: 1 }]).unwrap()
        };
        let (one, other, again) = (branch(&[5, 6]), branch(&[7]), branch(&[5, 6]));
        assert_eq!(one, again, "the other branch wrote into a page of its own");
        assert_ne!(one, other);
        let whole: Vec<u32> = prompts[2].iter().copied().chain([5, 6]).collect();
        let textbook = file.logits(&whole);
        let off = one.iter().zip(textbook.last().unwrap()).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0f64, f64::max);
        assert!(off / size < tolerance, "{off}");
    }
}

/// A small random file of every family, against this program's own kernels in 32-bit floats, which are compared with
/// llama.cpp's. A prompt, then answers beside another sequence.
#[test]
fn every_family_is_that_of_the_processor() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("family.gguf");
    for recipe in Recipe::all() {
        recipe.write(&path);
        let arithmetic = Arithmetic { weights: WeightMode::Full, cache: CacheMode::Full, ..Arithmetic::detect() };
        let opened = OpenFile::read(&path).unwrap();
        let here = opened.network(arithmetic).unwrap();
        let there = opened.tensors(arithmetic, &Place::Tensors.open().unwrap().unwrap(), 16 << 20).unwrap();
        let tokens: Vec<u32> = (0..48).map(|i| (i * 37 + 11) % recipe.vocabulary as u32).collect();
        let mut caches = ([here.new_cache(), here.new_cache()], [there.new_cache(), there.new_cache()]);
        let mut at = 0;
        for count in [40, 1, 1, 3, 1, 2] {
            let part = &tokens[at..at + count];
            at += count;
            let expected = here.forward(&mut rows(&mut caches.0, part)).unwrap();
            let found = there.forward(&mut rows(&mut caches.1, part)).unwrap();
            let size = expected.iter().fold(0f32, |m, x| m.max(x.abs()));
            let worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0f32, f32::max) / size;
            assert_eq!(found.len(), expected.len());
            assert!(worst < 2e-5, "{} up to {at}: {worst}", recipe.name);
        }
    }
}

fn rows<'a>(caches: &'a mut [SequenceCache; 2], tokens: &'a [u32]) -> Vec<Row<'a>> {
    let parts = [tokens, &tokens[..1]];
    caches.iter_mut().zip(parts).map(|(cache, tokens)| Row { cache, tokens, logits: tokens.len() }).collect()
}

/// The pool never grows: what does not fit is an error, and what is dropped comes back.
#[test]
fn pages_run_out_and_come_back() {
    let file = Tiny { context: 4096, ..Tiny::default() }.write();
    let network = network(&file, WeightMode::Native, CacheMode::Full, 64 << 10);
    let step = |tokens: &[u32]| {
        let mut cache = network.new_cache();
        network.forward(&mut [Row { cache: &mut cache, tokens, logits: 1 }]).map(|logits| (logits, cache))
    };
    let mut held = Vec::new();
    let error = loop {
        match step(&tokens(32, 1)) {
            Ok((_, cache)) => held.push(cache),
            Err(error) => break error,
        }
        assert!(held.len() < 100);
    };
    assert_eq!(error.kind, ModelErrorKind::Local);
    assert!(error.message.contains("cache_mib") && error.message.lines().count() == 1, "{error}");
    let most = held.len();
    assert!(most > 2, "{most}");
    held.pop();
    assert!(step(&tokens(33, 2)).is_err(), "two pages");
    assert!(step(&tokens(32, 2)).is_ok());
    drop(held);
    assert!(step(&tokens(32 * most, 3)).is_ok());
}

/// Each kind of network has its own kind of cache.
#[test]
fn caches_are_not_mixed_up() {
    let file = Tiny::default().write();
    let on_device = network(&file, WeightMode::Full, CacheMode::Full, 1 << 20);
    let opened = OpenFile::read(file.path()).unwrap();
    let here = opened.network(Arithmetic { cache: CacheMode::Full, ..Arithmetic::detect() }).unwrap();
    let (mut page, mut block) = (on_device.new_cache(), here.new_cache());
    on_device.forward(&mut [Row { cache: &mut page, tokens: &[1, 2], logits: 1 }]).unwrap();
    here.forward(&mut [Row { cache: &mut block, tokens: &[1, 2], logits: 1 }]).unwrap();
    assert!(on_device.forward(&mut [Row { cache: &mut block, tokens: &[3], logits: 1 }]).is_err());
    assert!(here.forward(&mut [Row { cache: &mut page, tokens: &[3], logits: 1 }]).is_err());
    let kept = opened.network(Arithmetic { weights: WeightMode::Kept, ..Arithmetic::detect() }).unwrap();
    let mut cache = kept.new_cache();
    assert!(kept.forward(&mut [Row { cache: &mut cache, tokens: &[3], logits: 1 }]).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn likelihoods_are_those_of_the_processor() {
    let file = Tiny { context: 1024, ..Tiny::default() }.write();
    let header = "Which of these is a planet? ".repeat(9);
    let texts = ["Mars", " the Moon", "x", "a rather long answer of more than thirty-two tokens, and more", ""];
    let cases: Vec<Continuation> = ["Q1: ", "Q2, longer: ", ""]
        .iter()
        .flat_map(|question| texts.map(|text| (format!("{header}{question}"), text.to_owned())))
        .chain([("a".to_owned(), "long ".repeat(60))])
        .map(|(prompt, text)| Continuation { prompt: Prompt::Completion(prompt), text })
        .collect();
    let found = open(&file, json!({"weights": "f32"})).loglikelihood(&cases).await.unwrap();
    let expected = try_open(&file, json!({"weights": "f32"})).unwrap().loglikelihood(&cases).await.unwrap();
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!((found.tokens, found.greedy), (expected.tokens, expected.greedy));
        assert!((found.logprob - expected.logprob).abs() < 1e-3 * expected.tokens as f64 + 1e-9);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn seeds_decide_and_cancelling_frees() {
    let file = Tiny { context: 100_000, ..Tiny::default() }.write();
    let sampled = |seed: u64| {
        let sampling =
            Sampling { temperature: Some(0.9), top_p: Some(0.95), seed: Some(seed), max_tokens: Some(16), ..Sampling::default() };
        Request::new(Prompt::Completion(format!("question {}", seed / 2)), sampling)
    };
    let requests: Vec<Request> = (0..12).map(sampled).collect();
    let model = open(&file, json!({"batch": 4}));
    let texts = |answers: Vec<Result<Completion, ModelError>>| answers.into_iter().map(|a| a.unwrap().text).collect::<Vec<_>>();
    let (first, second) = (texts(ask_all(&model, &requests).await), texts(ask_all(&model, &requests).await));
    assert_eq!(first, second);
    let mut distinct = first.clone();
    distinct.sort();
    distinct.dedup();
    assert!(distinct.len() > 8);
    let single = open(&file, json!({"batch": 1}));
    let endless = request("go on ".to_owned(), 90_000);
    drop(tokio::time::timeout(Duration::from_millis(200), single.complete(&endless)).await);
    let short = tokio::time::timeout(Duration::from_secs(20), single.complete(&request("x".to_owned(), 2))).await;
    assert!(short.expect("the only place is free again").is_ok());
}

#[test]
fn the_device_is_part_of_what_is_recorded() {
    let file = Tiny::default().write();
    let here = try_open(&file, json!({})).unwrap();
    let same = try_open(&file, json!({"device": "cpu"})).unwrap();
    assert_eq!(here.provenance(), same.provenance(), "the default is the processor");
    let tensors = open(&file, json!({}));
    let provenance = tensors.provenance();
    assert_eq!(provenance["device"], json!({"kind": "tensors", "name": "cpu", "batch_invariant": false}));
    assert_eq!((&provenance["weights"], &provenance["cache"]), (&json!("native"), &json!("f16")));
    assert_eq!(open(&file, json!({"weights": "f32"})).provenance()["cache"], "f32");
    assert_eq!(tensors.capabilities().concurrency, Some(32), "one worker");
}

#[test]
fn devices_that_are_not_there_get_one_sentence() {
    let file = Tiny::default().write();
    let check = |args: Value, kind: ModelErrorKind, parts: &[&str]| {
        let error = try_open(&file, args).err().unwrap();
        assert_eq!(error.kind, kind, "{error}");
        assert!(parts.iter().all(|part| error.message.contains(part)) && error.message.lines().count() == 1, "{error}");
    };
    for device in [json!("gpu"), json!("cuda:"), json!("cuda:x"), json!("cuda:-1"), json!(1), json!("cuda:5000")] {
        check(json!({"device": device}), ModelErrorKind::BadRequest, &["device", "cuda:N"]);
    }
    check(json!({"device": "tensors", "activation_bits": 8}), ModelErrorKind::BadRequest, &["activation_bits"]);
    if !cfg!(feature = "cuda") {
        for device in ["cuda", "cuda:1"] {
            check(json!({"device": device}), ModelErrorKind::Local, &["--features cuda", "docs/models.md"]);
        }
    } else if try_open(&file, json!({"device": "cuda"})).is_err() {
        check(json!({"device": "cuda"}), ModelErrorKind::Local, &["NVIDIA"]);
    } else {
        check(json!({"device": "cuda:1023"}), ModelErrorKind::Local, &["no GPU with the number 1023"]);
    }
}
