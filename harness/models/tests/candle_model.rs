//! `candle/…` as a model: answers, bounds, seeds, cancelling, and what bad files and requests get.
#![cfg(feature = "candle")]
#![allow(clippy::print_stdout)]

mod candle_support;

use candle_support::{Numbers, Tiny, TinyFile};
use proctor_core::{Completion, Finish, Message, Model, ModelError, ModelErrorKind, Prompt, Request, Role, Sampling};
use proctor_models::candle::{Arithmetic, OpenFile, Row};
use proctor_models::{ModelOptions, open_with};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn open_path(path: &Path, args: Value, threads: usize) -> Result<Arc<dyn Model>, ModelError> {
    let args = args.as_object().cloned().unwrap_or_default();
    let options = ModelOptions { args, threads: Some(threads), ..ModelOptions::default() };
    let cache = path.parent().unwrap().join("cache").display().to_string();
    let environment = |name: &str| (name == "PROCTOR_CACHE").then(|| cache.clone());
    open_with(&format!("candle/{}", path.display()), &options, &environment)
}

fn model(file: &TinyFile) -> Arc<dyn Model> {
    open_path(file.path(), json!({}), 1).unwrap()
}

fn completion(text: &str, sampling: Sampling) -> Request {
    Request::new(Prompt::Completion(text.to_owned()), sampling)
}

fn greedy(max_tokens: u32) -> Sampling {
    Sampling { temperature: Some(0.0), max_tokens: Some(max_tokens), ..Sampling::default() }
}

async fn answer(model: &Arc<dyn Model>, request: &Request) -> Completion {
    model.complete(request).await.unwrap()
}

/// A prompt the tiny model answers with readable text: its greedy answers to some prompts are ASCII, by chance.
async fn readable(model: &Arc<dyn Model>) -> (String, String) {
    for seed in 0..200u32 {
        let prompt = format!("prompt {seed}");
        let text = answer(model, &completion(&prompt, greedy(24))).await.text;
        if text.chars().count() >= 12 && !text.contains('\u{FFFD}') {
            return (prompt, text);
        }
    }
    panic!("no prompt has a readable answer");
}

#[tokio::test]
async fn an_answer_ends_before_the_first_stop_text() {
    let file = Tiny::default().write();
    let model = model(&file);
    let (prompt, text) = readable(&model).await;
    let places: Vec<usize> = text.char_indices().map(|(i, _)| i).collect();
    let stop = text[places[5]..places[8]].to_owned();
    let end = text.find(&stop).unwrap();
    let sampling = Sampling { stop: vec!["never there".to_owned(), String::new(), stop.clone()], ..greedy(24) };
    let stopped = answer(&model, &completion(&prompt, sampling)).await;
    assert_eq!(stopped.text, text[..end]);
    assert_eq!(stopped.finish, Finish::Stop);
    assert!(stopped.usage.completion_tokens < Some(24));
}

#[tokio::test]
async fn tokens_run_out_at_the_limit_and_at_the_context() {
    let file = Tiny { context: 32, ..Tiny::default() }.write();
    let model = model(&file);
    let mut lengths = 0;
    for seed in 0..8 {
        let prompt = format!("{seed}234567890");
        let short = answer(&model, &completion(&prompt, greedy(5))).await;
        assert_eq!(short.usage.prompt_tokens, Some(10));
        let long = answer(&model, &completion(&prompt, greedy(500))).await;
        if long.finish == Finish::Length {
            lengths += 1;
            assert_eq!(long.usage.completion_tokens, Some(22));
            assert_eq!((short.finish, short.usage.completion_tokens), (Finish::Length, Some(5)));
        }
    }
    assert!(lengths > 0);
    let error = model.complete(&completion(&"x".repeat(32), greedy(1))).await.unwrap_err();
    assert_eq!(error.kind, ModelErrorKind::ContextLength);
    assert!(error.message.contains("32"), "{error}");
    assert_eq!(answer(&model, &completion("x", greedy(0))).await.finish, Finish::Length);
}

#[tokio::test(flavor = "multi_thread")]
async fn seeds_decide_whatever_the_concurrency() {
    let file = Tiny::default().write();
    let requests: Vec<Request> = (0..24u64)
        .map(|i| {
            let sampling = Sampling {
                temperature: Some(0.5 + (i % 3) as f64 / 2.0),
                top_p: (i % 2 == 0).then_some(0.9),
                top_k: (i % 5 == 0).then_some(20),
                seed: Some(i / 2),
                ..greedy(20)
            };
            completion(&"question ".repeat(1 + i as usize % 4), sampling)
        })
        .collect();
    let mut answers: Vec<Vec<(String, Finish)>> = Vec::new();
    for (args, threads) in [(json!({"batch": 1}), 1), (json!({"batch": 3}), 2), (json!({"batch": 16}), 3)] {
        let model = open_path(file.path(), args, threads).unwrap();
        let tasks: Vec<_> = requests
            .iter()
            .map(|request| {
                let (model, request) = (Arc::clone(&model), request.clone());
                tokio::spawn(async move { model.complete(&request).await.unwrap() })
            })
            .collect();
        let mut texts = Vec::new();
        for task in tasks {
            let answer = task.await.unwrap();
            texts.push((answer.text, answer.finish));
        }
        answers.push(texts);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
    let mut distinct = answers[0].clone();
    distinct.sort_by(|a, b| a.0.cmp(&b.0));
    distinct.dedup();
    assert!(distinct.len() > 12, "seeds and temperatures change answers");
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_future_gives_the_work_up() {
    let file = Tiny { hidden: 256, feed_forward: 1024, layers: 8, context: 100_000, ..Tiny::default() }.write();
    let model = open_path(file.path(), json!({"batch": 1}), 1).unwrap();
    let mut endless = None;
    for seed in 0..40 {
        let request = completion(&format!("go {seed}"), greedy(99_000));
        if tokio::time::timeout(Duration::from_millis(300), model.complete(&request)).await.is_err() {
            endless = Some(request);
            break;
        }
    }
    assert!(endless.is_some(), "some answer takes longer than 0.3 s");
    let started = Instant::now();
    let short = tokio::time::timeout(Duration::from_secs(20), model.complete(&completion("x", greedy(2)))).await;
    assert!(short.is_ok(), "the only worker is free again");
    println!("free after {:?}", started.elapsed());
}

#[tokio::test]
async fn any_tokens_make_valid_text() {
    let file = Tiny::default().write();
    let model = model(&file);
    for seed in 0..60 {
        let sampling = Sampling { temperature: Some(2.0), seed: Some(seed), ..greedy(1 + seed as u32 % 9) };
        let answer = answer(&model, &completion("é\u{1F600}", sampling)).await;
        assert!(answer.text.len() <= 9 * 3);
    }
}

#[tokio::test]
async fn chat_goes_through_the_template() {
    let file = Tiny::default().write();
    let templated = model(&file);
    let messages = vec![Message::new(Role::System, "be"), Message::new(Role::User, "hi")];
    let chat = Request::new(Prompt::Chat(messages), greedy(3));
    let raw = completion("[system]be\n[user]hi\n", greedy(3));
    assert_eq!(templated.count_tokens(&chat), Some(20));
    assert_eq!(answer(&templated, &chat).await.text, answer(&templated, &raw).await.text);

    let file = Tiny { template: None, ..Tiny::default() }.write();
    let plain = model(&file);
    assert!(!plain.capabilities().chat && plain.capabilities().completion);
    let error = plain.complete(&chat).await.unwrap_err();
    assert_eq!(error.kind, ModelErrorKind::BadRequest);
    assert!(error.message.contains("no chat template"), "{error}");
}

#[tokio::test]
async fn templates_run_as_the_tokenizers_library_runs_them() {
    let check = |template: &'static str, expected: Result<&'static str, &'static str>| async move {
        let tiny = Tiny { template: Some(template), ..Tiny::default() };
        let file = tiny.write();
        let model = model(&file);
        let messages = vec![Message::new(Role::User, "  Hi there ")];
        let request = Request::new(Prompt::Chat(messages), greedy(1));
        match expected {
            Ok(text) => assert_eq!(model.count_tokens(&request), model.count_tokens(&completion(text, greedy(1))), "{template}"),
            Err(part) => {
                let error = model.complete(&request).await.unwrap_err();
                assert_eq!(error.kind, ModelErrorKind::BadRequest);
                assert!(error.message.contains(part), "{error}");
            }
        }
    };
    check("{{ messages[0]['content'].strip() }}", Ok("Hi there")).await;
    check("{% if true %}\n  x\n    {% endif %}\ny", Ok("  x\ny")).await;
    check(
        "{% for m in messages %}{% if m.role.startswith('us') %}{{ bos_token + m['content'] | trim }}{% endif %}{% endfor %}",
        Ok("<|start|>Hi there"),
    )
    .await;
    check("{% if add_generation_prompt %}A{% endif %}{{ eos_token }}", Ok("A<|im_end|>")).await;
    check("{{ strftime_now('%d %b %Y') }}", Ok("26 Jul 2024")).await;
    check("{{ messages[0].content.split(' ')[2] }}", Ok("Hi")).await;
    check("{{ raise_exception('only pairs of messages') }}", Err("only pairs of messages")).await;
}

#[test]
fn provenance_names_the_file_and_the_numbers() {
    let file = Tiny::default().write();
    let hash = proctor_core::sha256_hex(&std::fs::read(file.path()).unwrap());
    for (args, weights, bits) in [(json!({}), "native", 16), (json!({"weights": "f32", "activation_bits": 8}), "f32", 8)] {
        let model = open_path(file.path(), args, 2).unwrap();
        let provenance = model.provenance();
        assert_eq!(provenance["file_sha256"], hash.as_str());
        assert_eq!((provenance["weights"].as_str(), provenance["activation_bits"].as_u64()), (Some(weights), Some(bits)));
        assert_eq!(model.capabilities().context_tokens, Some(256));
        assert_eq!(model.capabilities().concurrency, Some(64));
    }
    // The stamp of the first opening must not outlive a change of the file.
    let mut bytes = std::fs::read(file.path()).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(file.path(), &bytes).unwrap();
    let provenance = open_path(file.path(), json!({}), 1).unwrap().provenance();
    assert_eq!(provenance["file_sha256"], proctor_core::sha256_hex(&bytes).as_str());
}

/// `-M context=` beyond what a file's short factors are for takes its long ones.
#[test]
fn the_context_wanted_decides_the_factors() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("made.gguf");
    let all = candle_support::made::Recipe::all();
    all.iter().find(|recipe| recipe.name == "phi3, long and short").unwrap().write(&path);
    for (args, context, long) in [
        (json!({}), 4096, false),
        (json!({"context": 100}), 100, false),
        (json!({"context": 4096}), 4096, false),
        (json!({"context": 8000}), 8000, true),
        (json!({"context": 100000}), 16384, true),
    ] {
        let model = open_path(&path, args, 1).unwrap();
        assert_eq!(model.capabilities().context_tokens, Some(context));
        assert_eq!(model.provenance().get("rotary_factors").is_some(), long);
    }
    let tokens: Vec<u32> = (0..40).collect();
    let logits = |context| {
        let file = OpenFile::read(&path).unwrap().with_context(context);
        let network = file.network(Arithmetic::detect()).unwrap();
        network.forward(&mut [Row { cache: &mut network.new_cache(), tokens: &tokens, logits: 1 }]).unwrap()
    };
    assert_eq!(logits(None), logits(Some(4096)));
    assert_ne!(logits(None), logits(Some(4097)));
}

#[test]
fn unfit_files_and_options_get_one_sentence() {
    let refused = |path: &Path, args: Value, kind: ModelErrorKind, part: &str| {
        let Err(error) = open_path(path, args, 1) else { panic!("accepted; expected {part}") };
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.message.contains(part) && error.message.lines().count() == 1, "{error}");
    };
    let file = Tiny::default().write();
    let local = ModelErrorKind::Local;
    refused(Path::new("/nowhere/x.gguf"), json!({}), local, "cannot be read");
    refused(&file.path().with_extension("bin"), json!({}), ModelErrorKind::NotFound, "smollm2-135m");
    let other = file.path().with_file_name("other.gguf");
    std::fs::write(&other, "This is no model.").unwrap();
    refused(&other, json!({}), local, "no usable GGUF file");
    refused(Tiny { architecture: "mamba", ..Tiny::default() }.write().path(), json!({}), local, "mamba");
    refused(Tiny { pre: "superbpe", ..Tiny::default() }.write().path(), json!({}), local, "superbpe");
    refused(Tiny { template: Some("{% if %}"), ..Tiny::default() }.write().path(), json!({}), local, "chat template");
    refused(Tiny { rotated: 7, ..Tiny::default() }.write().path(), json!({}), local, "of a head");
    let bad = ModelErrorKind::BadRequest;
    refused(file.path(), json!({"weights": "q2"}), bad, "native, f32 or q8");
    refused(file.path(), json!({"activation_bits": 4}), bad, "8 or 16");
    refused(file.path(), json!({"batch": 0}), bad, "batch");
    refused(file.path(), json!({"top_z": 1}), bad, "top_z");
}

#[tokio::test]
async fn unfit_requests_get_one_sentence() {
    let file = Tiny::default().write();
    let model = model(&file);
    let cases = [
        (completion("", greedy(1)), "empty"),
        (completion("x", Sampling { temperature: Some(-1.0), ..greedy(1) }), "temperature"),
        (completion("x", Sampling { temperature: Some(f64::NAN), ..greedy(1) }), "temperature"),
        (completion("x", Sampling { top_p: Some(0.0), ..greedy(1) }), "top_p"),
    ];
    for (request, part) in cases {
        let error = model.complete(&request).await.unwrap_err();
        assert_eq!(error.kind, ModelErrorKind::BadRequest);
        assert!(error.message.contains(part), "{error}");
    }
}

/// A damaged file is refused, or answers something, but neither panics nor hangs.
#[tokio::test(flavor = "multi_thread")]
async fn damaged_files_do_no_harm() {
    let file = Tiny::default().write();
    let whole = std::fs::read(file.path()).unwrap();
    let damaged = file.path().with_file_name("damaged.gguf");
    let mut numbers = Numbers(5);
    let (mut refused, mut answered) = (0, 0);
    for round in 0..150 {
        let mut bytes = whole.clone();
        if round % 3 == 0 {
            bytes.truncate(((numbers.next() + 1.0) / 2.0 * whole.len() as f32) as usize);
        } else {
            for _ in 0..3 {
                let place = ((numbers.next() + 1.0) / 2.0 * 9000.0) as usize;
                bytes[place] = (numbers.next() * 128.0) as i8 as u8;
            }
        }
        std::fs::write(&damaged, &bytes).unwrap();
        let Ok(model) = open_path(&damaged, json!({}), 1) else {
            refused += 1;
            continue;
        };
        let request = completion("hi", greedy(2));
        match tokio::time::timeout(Duration::from_secs(20), model.complete(&request)).await.expect("no hang") {
            Ok(_) => answered += 1,
            Err(error) => {
                assert_eq!(error.kind, ModelErrorKind::Local, "{error}");
                refused += 1;
            }
        }
    }
    println!("{refused} refused, {answered} answered");
    assert!(refused > 50 && answered > 0);
}
