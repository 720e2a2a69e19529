use async_trait::async_trait;
use futures::FutureExt;
use proctor_core::{
    Benchmark, BenchmarkError, Completion, DataSource, Execution, Finish, JudgeError, Judges, Message, Needs, Opening, Program,
    Prompt, PromptSource, Protocol, Request, Role, Sample, Selection, Usage,
};
use proctor_ugmathbench::FAMILY;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

pub fn try_open(variant: Option<&str>, prompts: PromptSource, options: &[(&str, &str)]) -> proctor_core::Opened {
    let options = options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    (FAMILY.open)("ugmathbench", &Opening { variant: variant.map(str::to_owned), prompts, options, ..Opening::default() })
        .unwrap()
}

pub fn open(options: &[(&str, &str)]) -> Arc<dyn Benchmark> {
    try_open(None, PromptSource::Own, options).unwrap()
}

pub fn samples(benchmark: &dyn Benchmark, source: &DataSource) -> Vec<Sample> {
    benchmark.samples(source, &Selection::default()).unwrap()
}

pub fn refusal<T>(result: Result<T, BenchmarkError>) -> String {
    match result {
        Ok(_) => panic!("no error"),
        Err(error) => error.to_string(),
    }
}

/// The value of a future that waits for nothing, as all of grading here.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("grading waits for something")
}

/// A folder beside the checkout; `None`, said aloud, when it is not there.
pub fn shared(folder: &str) -> Option<PathBuf> {
    let path =
        PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../../shared/data").join(folder);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: there are no data at {}", path.display());
    None
}

/// A row in upstream's schema, each version with one answer of type NV.
pub fn row(id: &str) -> Value {
    let mut row = json!({"id": id, "subject": "Algebra", "topic": "T", "subtopic": "S", "level": "2", "keywords": ["k"]});
    for version in 1..=3 {
        row[format!("problem_v{version}")] = format!("What is {version} plus 1? [ANS]").into();
        row[format!("answer_v{version}")] = json!([(version + 1).to_string()]);
        row[format!("answer_type_v{version}")] = json!(["NV"]);
        row[format!("options_v{version}")] = json!([[]]);
    }
    row
}

pub fn write(folder: &Path, file: &str, value: &Value) -> PathBuf {
    let path = folder.join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, value.to_string()).unwrap();
    path
}

/// The text of a chat prompt's user message, or of a raw prompt.
pub fn question(benchmark: &dyn Benchmark, sample: &Sample, protocol: Protocol) -> String {
    let request = benchmark.request(sample, protocol, &benchmark.sampling(protocol)).unwrap();
    match request.prompt {
        Prompt::Completion(text) => text,
        Prompt::Chat(messages) => {
            let user: Vec<Message> = messages.into_iter().filter(|message| message.role == Role::User).collect();
            let [message] = <[Message; 1]>::try_from(user).unwrap();
            message.content
        }
    }
}

/// A judge model that always answers `report`, and remembers what it was asked.
#[derive(Default)]
pub struct Scripted {
    pub report: String,
    pub asked: Mutex<Vec<Request>>,
}

#[async_trait]
impl Judges for Scripted {
    async fn run(&self, _: Program) -> Result<Execution, JudgeError> {
        Err(JudgeError::Failed("mathematics runs no programs".into()))
    }

    fn models(&self) -> Vec<String> {
        vec!["scripted/judge".into()]
    }

    async fn ask(&self, index: usize, request: &Request) -> Result<Completion, JudgeError> {
        assert_eq!(index, 0);
        self.asked.lock().unwrap().push(request.clone());
        Ok(Completion {
            text: self.report.clone(),
            reasoning: None,
            finish: Finish::Stop,
            usage: Usage::default(),
            model: "scripted".into(),
            latency_s: 0.0,
            cost_usd: None,
            ..Completion::default()
        })
    }

    fn provenance(&self, _: Needs) -> Value {
        Value::Null
    }
}
