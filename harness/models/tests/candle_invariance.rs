//! Random mixes of questions: lengths, common beginnings, sampling, cancels, likelihoods beside answers, memory that is
//! hardly enough. Every answer must be the one that the question gets alone, bit for bit.
#![cfg(feature = "candle")]

mod candle_support;

use candle_core::quantized::GgmlDType;
use candle_support::{Tiny, TinyFile};
use proctor_core::{Completion, Continuation, Likelihood, Model, Prompt, Request, Sampling};
use proctor_models::{ModelOptions, open_with};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
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

/// One question of a mix.
#[derive(Debug, Clone)]
struct Question {
    /// Which of a few beginnings, and how much of it.
    header: (usize, usize),
    own: String,
    tokens: u32,
    /// Temperature in tenths; 0 is greedy.
    temperature: u32,
    seed: u64,
    /// After how many turns of the runtime it is asked.
    delay: usize,
    /// After how many further turns nobody waits for it any more.
    given_up: Option<usize>,
    /// A text whose likelihood is wanted instead of an answer.
    continuation: Option<String>,
}

#[derive(Debug, Clone)]
struct Mix {
    questions: Vec<Question>,
    threads: usize,
    batch: usize,
    cache_mib: usize,
    prefix_cache: bool,
}

fn question() -> impl Strategy<Value = Question> {
    let lengths = prop_oneof![Just(0usize), Just(31), Just(32), Just(33), Just(255), Just(256), Just(257), 0usize..520];
    let text = proptest::collection::vec(97u8..123, 1..48).prop_map(|bytes| String::from_utf8(bytes).unwrap());
    let more = (
        0u32..14,
        0u64..5,
        0usize..40,
        proptest::option::weighted(0.2, 0usize..60),
        proptest::option::weighted(0.25, "[a-z ]{1,90}"),
    );
    ((0usize..3, lengths), text, 0u32..14, more).prop_map(|(header, own, tokens, more)| {
        let (temperature, seed, delay, given_up, continuation) = more;
        Question { header, own, tokens, temperature, seed, delay, given_up, continuation }
    })
}

fn mix() -> impl Strategy<Value = Mix> {
    (proptest::collection::vec(question(), 1..24), 1usize..5, 1usize..7, prop_oneof![Just(1usize), Just(64)], any::<bool>())
        .prop_map(|(questions, threads, batch, cache_mib, prefix_cache)| Mix {
            questions,
            threads,
            batch,
            cache_mib,
            prefix_cache,
        })
}

impl Question {
    fn prompt(&self) -> Prompt {
        let (which, length) = self.header;
        let header: String = (0..length).map(|i| char::from(b'a' + (i * (7 + 2 * which) % 26) as u8)).collect();
        Prompt::Completion(format!("{header}{}", self.own))
    }

    fn request(&self) -> Request {
        let extra = json!({"logprobs": true, "top_logprobs": 2}).as_object().cloned().unwrap();
        let sampling = Sampling {
            temperature: Some(f64::from(self.temperature) / 10.0),
            top_p: (self.seed % 2 == 1).then_some(0.9),
            max_tokens: Some(self.tokens),
            seed: Some(self.seed),
            extra,
            ..Sampling::default()
        };
        Request::new(self.prompt(), sampling)
    }

    async fn ask(&self, model: &dyn Model) -> String {
        match &self.continuation {
            Some(text) => {
                let asked = Continuation { prompt: self.prompt(), text: text.clone() };
                let found: Vec<Likelihood> = model.loglikelihood(&[asked]).await.unwrap();
                found.iter().map(|l| format!("{} {} {}", l.logprob.to_bits(), l.tokens, l.greedy)).collect()
            }
            None => fingerprint(&model.complete(&self.request()).await.unwrap()),
        }
    }
}

/// Everything of an answer that the request decides, probabilities bit for bit.
fn fingerprint(answer: &Completion) -> String {
    let places = answer.logprobs.iter().flatten();
    let bits: Vec<(String, u64)> = places.map(|at| (at.token.clone(), at.logprob.to_bits())).collect();
    format!("{:?} {:?} {:?} {bits:?}", answer.text, answer.finish, answer.usage.completion_tokens)
}

async fn turns(count: usize) {
    for _ in 0..count {
        tokio::time::sleep(Duration::from_micros(50)).await;
    }
}

/// The answers of a mix; `None` where it was given up before it came.
async fn answers(model: &Arc<dyn Model>, mix: &Mix) -> Vec<Option<String>> {
    let tasks: Vec<_> = mix
        .questions
        .iter()
        .map(|question| {
            let (model, question) = (Arc::clone(model), question.clone());
            tokio::spawn(async move {
                turns(question.delay).await;
                match question.given_up {
                    None => Some(question.ask(&*model).await),
                    Some(patience) => tokio::select! {
                        biased;
                        () = turns(patience) => None,
                        answer = question.ask(&*model) => Some(answer),
                    },
                }
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(tokio::time::timeout(Duration::from_secs(120), task).await.expect("no hang").unwrap());
    }
    answers
}

#[test]
fn an_answer_is_the_same_in_any_company() {
    let files = [
        Tiny { context: 700, ..Tiny::default() }.write(),
        Tiny {
            hidden: 96,
            heads: 4,
            key_heads: 2,
            width: 24,
            rotated: 24,
            feed_forward: 160,
            context: 700,
            kind: GgmlDType::Q8_0,
            ..Tiny::default()
        }
        .write(),
        Tiny {
            architecture: "gemma3",
            head_norms: true,
            heads: 4,
            key_heads: 2,
            window: Some(40),
            layers: 7,
            context: 700,
            ..Tiny::default()
        }
        .write(),
    ];
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let alone = files.each_ref().map(|file| open(file, json!({"batch": 1, "prefix_cache": false}), 1));
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let answered = std::cell::Cell::new(0);
    runner
        .run(&(0..files.len(), mix()), |(which, mix)| {
            let args = json!({"batch": mix.batch, "cache_mib": mix.cache_mib, "prefix_cache": mix.prefix_cache});
            let model = open(&files[which], args, mix.threads);
            for round in 0..2 {
                for (question, found) in mix.questions.iter().zip(runtime.block_on(answers(&model, &mix))) {
                    let Some(found) = found else { continue };
                    let expected = runtime.block_on(question.ask(&*alone[which]));
                    prop_assert_eq!(found, expected, "round {} of {:?}", round, question);
                    answered.set(answered.get() + 1);
                }
            }
            Ok(())
        })
        .unwrap();
    assert!(answered.get() > 100, "{}", answered.get());
}
