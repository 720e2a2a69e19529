//! What several tests need.

use futures::FutureExt;
use proctor_core::{
    Attempt, Benchmark, BenchmarkError, Execution, Grade, GradedAttempt, JudgeError, Judges, Needs, Opening, Outcome, Program,
    Sample, Usage,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Judges that judge nothing: grading needs none.
pub struct Fake;

#[async_trait::async_trait]
impl Judges for Fake {
    async fn run(&self, _program: Program) -> Result<Execution, JudgeError> {
        Err(JudgeError::Unavailable("nothing runs here".into()))
    }

    fn provenance(&self, _needs: Needs) -> serde_json::Value {
        serde_json::Value::Null
    }
}

/// The benchmark, opened so.
pub fn open(opening: Opening) -> Result<Arc<dyn Benchmark>, BenchmarkError> {
    (proctor_tumlu::FAMILY.open)("tumlu", &opening).unwrap()
}

/// An opening with one option.
pub fn option(key: &str, value: &str) -> Opening {
    Opening { options: [(key.to_owned(), value.to_owned())].into(), ..Opening::default() }
}

/// Adds a variant to an opening.
pub trait WithVariant {
    /// The same with this variant.
    fn variant(self, name: &str) -> Opening;
}

impl WithVariant for Opening {
    fn variant(self, name: &str) -> Opening {
        Opening { variant: Some(name.to_owned()), ..self }
    }
}

/// The grade of an attempt.
pub fn grade(benchmark: &dyn Benchmark, sample: &Sample, attempt: &Attempt) -> Grade {
    benchmark.grade(sample, attempt, &Fake).now_or_never().unwrap().unwrap()
}

/// A graded attempt as metrics see it.
pub fn graded(id: &str, strata: Vec<String>, outcome: Outcome, scores: BTreeMap<String, f64>) -> GradedAttempt {
    GradedAttempt {
        sample_id: id.to_owned(),
        group: id.to_owned(),
        strata,
        epoch: 0,
        outcome,
        scores,
        category: None,
        extracted: None,
        usage: Usage::default(),
        latency_s: 0.0,
    }
}
