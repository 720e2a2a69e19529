use proctor_core::{
    Attempt, Benchmark, BenchmarkError, DataSource, Execution, Grade, JudgeError, Judges, Needs, Opening, Program, Sample,
    Selection,
};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// A file of the data beside the checkout; `None`, said aloud, where it is not there.
pub fn shared_text(name: &str) -> Option<String> {
    let path = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"))
        .join("../../../shared/data/tmgbench")
        .join(name);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        println!("skipped: there is no {}", path.display());
    }
    text
}

/// The benchmark by variant and options (`key=value`, separated by spaces).
pub fn try_open(variant: &str, options: &str) -> Result<Arc<dyn Benchmark>, BenchmarkError> {
    let options: BTreeMap<String, String> = options
        .split_whitespace()
        .filter_map(|option| option.split_once('='))
        .map(|(key, value)| (key.into(), value.into()))
        .collect();
    let variant = (!variant.is_empty()).then(|| variant.to_owned());
    let opening = Opening { variant, options, ..Opening::default() };
    (proctor_tmgbench::FAMILY.open)("tmgbench", &opening).expect("the family has the benchmark")
}

pub fn open(variant: &str, options: &str) -> Arc<dyn Benchmark> {
    try_open(variant, options).unwrap_or_else(|error| panic!("{variant} {options}: {error}"))
}

pub fn samples(benchmark: &dyn Benchmark) -> Vec<Sample> {
    benchmark.samples(&DataSource::BuiltIn, &Selection::default()).expect("built-in samples")
}

pub fn grade(benchmark: &dyn Benchmark, sample: &Sample, attempt: &Attempt) -> Grade {
    ready(benchmark.grade(sample, attempt, &NoJudges)).expect("a grade")
}

/// Nothing here runs programs.
pub struct NoJudges;

#[async_trait::async_trait]
impl Judges for NoJudges {
    async fn run(&self, _: Program) -> Result<Execution, JudgeError> {
        Err(JudgeError::Failed("no program should be run".into()))
    }

    fn provenance(&self, _: Needs) -> serde_json::Value {
        serde_json::Value::Null
    }
}

/// The outcome of a future that waits for nothing.
pub fn ready<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing here waits"),
    }
}
