//! Judges and models whose answers are known.

use async_trait::async_trait;
use proctor_core::{
    Ask, Attempt, Benchmark, BenchmarkError, Capabilities, Completion, DataSource, Execution, Finish, JudgeError, Judges,
    ModelError, ModelErrorKind, Needs, Opening, Program, Prompt, Protocol, Request, Sample, Selection, Session, SessionError,
    Usage,
};
use proctor_failsafeqa::FAMILY;
use serde_json::Value;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// A file of the shared data, or a word on why the test is skipped.
pub fn shared(name: &str) -> Option<Value> {
    let path = format!("{}/../../../shared/data/failsafeqa/{name}", std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(serde_json::from_str(&text).expect("JSON")),
        Err(_) => {
            eprintln!("skipped: {path} is not there");
            None
        }
    }
}

pub fn opening(variant: Option<&str>, options: &[(&str, &str)]) -> Opening {
    Opening {
        variant: variant.map(str::to_owned),
        options: options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        ..Opening::default()
    }
}

pub fn open(opening: &Opening) -> Result<Arc<dyn Benchmark>, BenchmarkError> {
    (FAMILY.open)("failsafeqa", opening).expect("the family has it")
}

pub fn plain() -> Arc<dyn Benchmark> {
    open(&Opening::default()).expect("it opens")
}

pub fn all(benchmark: &dyn Benchmark) -> Vec<Sample> {
    benchmark.samples(&DataSource::BuiltIn, &Selection::default()).expect("built-in samples")
}

/// Nothing here waits, so a future is ready when it is first looked at.
pub fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing to wait for"),
    }
}

pub fn said(text: &str) -> Completion {
    Completion {
        text: text.to_owned(),
        reasoning: None,
        finish: Finish::Stop,
        usage: Usage::default(),
        model: "scripted".into(),
        latency_s: 0.0,
        cost_usd: None,
        ..Completion::default()
    }
}

/// The last message of a question.
pub fn words(request: &Request) -> &str {
    match &request.prompt {
        Prompt::Chat(messages) => &messages.last().expect("a message").content,
        Prompt::Completion(text) => text,
    }
}

/// Judges that answer by a rule.
pub struct Panel<F> {
    pub names: Vec<String>,
    pub rule: F,
    pub asked: Mutex<Vec<(usize, Request)>>,
}

impl<F: Fn(usize, &str) -> String + Send + Sync> Panel<F> {
    pub fn new(names: &[&str], rule: F) -> Self {
        Self { names: names.iter().map(|name| (*name).to_owned()).collect(), rule, asked: Mutex::default() }
    }
}

#[async_trait]
impl<F: Fn(usize, &str) -> String + Send + Sync> Judges for Panel<F> {
    async fn run(&self, _program: Program) -> Result<Execution, JudgeError> {
        Err(JudgeError::Unavailable("no sandbox here".into()))
    }

    fn models(&self) -> Vec<String> {
        self.names.clone()
    }

    async fn ask(&self, index: usize, request: &Request) -> Result<Completion, JudgeError> {
        self.asked.lock().expect("lock").push((index, request.clone()));
        Ok(said(&(self.rule)(index, words(request))))
    }

    fn provenance(&self, _needs: Needs) -> Value {
        Value::Null
    }
}

/// A model with a window, whose tokens are its words.
pub struct Model<F> {
    pub window: Option<usize>,
    pub counts: bool,
    pub rule: F,
    pub asked: Mutex<Vec<Request>>,
}

impl<F: Fn(&Request) -> Completion + Send + Sync> Model<F> {
    pub fn new(window: Option<usize>, counts: bool, rule: F) -> Self {
        Self { window, counts, rule, asked: Mutex::default() }
    }
}

pub fn tokens(request: &Request) -> usize {
    match &request.prompt {
        Prompt::Chat(messages) => messages.iter().map(|message| message.content.split_whitespace().count()).sum(),
        Prompt::Completion(text) => text.split_whitespace().count(),
    }
}

#[async_trait]
impl<F: Fn(&Request) -> Completion + Send + Sync> Ask for Model<F> {
    async fn ask(&self, request: &Request, _call: u32) -> Result<Completion, SessionError> {
        self.asked.lock().expect("lock").push(request.clone());
        if self.window.is_some_and(|window| tokens(request) >= window) {
            return Err(ModelError::new(ModelErrorKind::ContextLength, "the prompt is too long for this model").into());
        }
        Ok((self.rule)(request))
    }

    fn count_tokens(&self, request: &Request) -> Option<u64> {
        self.counts.then(|| tokens(request) as u64)
    }
}

/// One attempt at a sample.
pub fn attempt(
    benchmark: &dyn Benchmark,
    sample: &Sample,
    model: &dyn Ask,
    window: Option<usize>,
) -> Result<Attempt, BenchmarkError> {
    let judges = Panel::new(&[], |_, _| String::new());
    let capabilities = Capabilities { chat: true, completion: true, seed: true, concurrency: None, context_tokens: window };
    let session = Session::new(model, &judges, Protocol::Chat, capabilities, 1);
    ready(benchmark.attempt(sample, &benchmark.sampling(Protocol::Chat), session))
}
