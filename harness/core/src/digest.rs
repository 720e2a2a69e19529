use crate::Sample;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// SHA-256 in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// JSON with object keys sorted and no spaces, so that equal values have equal text.
pub fn canonical_json(value: &Value) -> String {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_by(|a, b| a.0.cmp(b.0));
                Value::Object(entries.into_iter().map(|(k, v)| (k.clone(), sorted(v))).collect())
            }
            Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
            other => other.clone(),
        }
    }
    sorted(value).to_string()
}

/// SHA-256 over what decides the questions and their judgement: id, position, inputs and target of each sample, in
/// order. Strata and metadata do not count, so that the same questions from another folder have the same hash.
pub fn samples_sha256(samples: &[Sample]) -> String {
    let mut hash = SamplesHash::default();
    samples.iter().for_each(|sample| hash.add(sample));
    hash.finish()
}

/// [`samples_sha256`] of samples that come one by one.
#[derive(Debug, Clone, Default)]
pub struct SamplesHash(Sha256);

impl SamplesHash {
    /// Takes the next sample.
    pub fn add(&mut self, sample: &Sample) {
        let value = json!({"id": sample.id, "index": sample.index, "inputs": sample.inputs, "target": sample.target});
        self.0.update(canonical_json(&value).as_bytes());
        self.0.update(b"\n");
    }

    /// The hash of those taken.
    pub fn finish(self) -> String {
        hex::encode(self.0.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn order_of_keys_does_not_matter() {
        let a = canonical_json(&json!({"b": [1, {"d": 1, "c": 2}], "a": null}));
        assert_eq!(a, r#"{"a":null,"b":[1,{"c":2,"d":1}]}"#);
    }
}
