use async_trait::async_trait;
use proctor_benchmarks::registry;
use proctor_core::{Benchmark, DataSource, Execution, JudgeError, Judges, Program, Raised, Sample, Selection, Verdict};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

pub const SETS: [&str; 3] = ["humaneval-pro", "mbpp-pro", "bigcodebench-lite-pro"];

pub fn open(name: &str) -> Arc<dyn Benchmark> {
    registry::open(name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub fn samples(benchmark: &dyn Benchmark, source: &DataSource) -> Vec<Sample> {
    benchmark.samples(source, &Selection::default()).unwrap_or_else(|error| panic!("{}: {error}", benchmark.card().name))
}

pub fn built_in(name: &str) -> (Arc<dyn Benchmark>, Vec<Sample>) {
    let benchmark = open(name);
    let samples = samples(&*benchmark, &DataSource::BuiltIn);
    (benchmark, samples)
}

/// Upstream's files beside the checkout; `None`, said aloud, when they are not there.
pub fn real_data() -> Option<DataSource> {
    let folder =
        PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../shared/data/humaneval_pro");
    if folder.is_dir() {
        return Some(DataSource::Folder(folder));
    }
    println!("skipped: there are no real data at {}", folder.display());
    None
}

/// An item in upstream's schema.
pub fn item(id: Value) -> Value {
    json!({
        "id": id,
        "raw_problem": "def one(x):\n",
        "raw_solution": "    return x\n",
        "new_problem": "# Twice.\ndef two(x):\n",
        "new_solution": "    return one(one(x))\n",
        "test_code": "\nassert two(1) == 1",
    })
}

pub fn execution(verdict: Verdict, raised: Option<(&str, &str)>) -> Execution {
    Execution {
        verdict,
        exit_status: None,
        raised: raised.map(|(kind, message)| Raised { kind: kind.into(), message: message.into() }),
        stdout: String::new(),
        stderr: String::new(),
        work: 1,
        peak_memory_bytes: 2,
        wall_s: 0.5,
        wall_net: false,
    }
}

/// Stands in for the sandbox where a test is about what is made of its verdicts: a program that holds one of the
/// markers gets the execution beside it, any other one passes.
#[derive(Default)]
pub struct Scripted {
    pub rules: Vec<(&'static str, Execution)>,
    pub programs: Mutex<Vec<Program>>,
}

#[async_trait]
impl Judges for Scripted {
    async fn run(&self, program: Program) -> Result<Execution, JudgeError> {
        let rule = self.rules.iter().find(|(marker, _)| program.source.contains(marker));
        let execution = rule.map_or_else(|| execution(Verdict::Ok, None), |(_, execution)| execution.clone());
        self.programs.lock().map_err(|error| JudgeError::Failed(error.to_string()))?.push(program);
        Ok(execution)
    }

    fn provenance(&self, _: proctor_core::Needs) -> Value {
        json!("scripted")
    }
}

pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap_or_else(|error| panic!("no runtime: {error}")).block_on(work)
}
