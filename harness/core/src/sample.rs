use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One question of a benchmark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Unique within its benchmark, stable between runs; upstream's own identifier where there is one.
    pub id: String,
    /// Position in the source, counted from 0. Upstream projects often join by it.
    pub index: usize,
    /// Samples that are versions of one problem share a group; intervals are clustered by it.
    pub group: String,
    /// What the prompt is built from, in upstream's field names.
    pub inputs: Map<String, Value>,
    /// What the judge compares with: tests, a reference answer.
    pub target: Value,
    /// Named subsets that this sample belongs to and that are reported on their own (never left out of the headline).
    pub strata: Vec<String>,
    /// Provenance and whatever else a reader of the transcript may want.
    pub metadata: Map<String, Value>,
}

impl Sample {
    /// The input field `name` as text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.inputs.get(name).and_then(Value::as_str)
    }
}
