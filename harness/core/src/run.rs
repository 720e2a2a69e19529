use crate::{Attempt, Grade, Protocol, SampleIds, Sampling, canonical_json};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;

/// Tells whether two scores may be compared: a hash of all that decides them but the model's answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(pub String);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How the model's name begins in a run whose answers came from a file.
pub const IMPORTED: &str = "imported/";

/// The field of a plan's judge provenance that names the program whose grades were imported.
pub const GRADED_BY: &str = "graded_by";

/// What one benchmark of a run will do with one model. Its hash is the fingerprint; the same plan resumes its run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunPlan {
    /// `name` or `name:variant`.
    pub benchmark: String,
    /// The model's name.
    pub model: String,
    /// The model's provenance.
    pub model_provenance: Value,
    /// SHA-256 of the samples as loaded.
    pub data_sha256: String,
    /// Where the samples come from, in words: `built-in` or the folder.
    pub data_source: String,
    /// SHA-256 of the prompt templates.
    pub prompt_sha256: String,
    /// The benchmark's own options (`-B key=value`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// Where the prompts come from, where they are not the project's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompts: Option<String>,
    /// How questions reach the model.
    pub protocol: Protocol,
    /// How answers are drawn.
    pub sampling: Sampling,
    /// Independent attempts per sample.
    pub epochs: u32,
    /// The seed everything is derived from.
    pub seed: u64,
    /// Version of extraction and judge in the adapter.
    pub judge_version: String,
    /// What decides verdicts: guest, engine, compatibility layer.
    pub judge_provenance: Value,
    /// Samples in order.
    pub sample_ids: SampleIds,
}

impl RunPlan {
    /// The hash of everything in the plan but where the files lay.
    pub fn fingerprint(&self) -> Fingerprint {
        // The ids, of which there may be very many, go into the hash one by one.
        let rest = serde_json::to_value(RunPlan { sample_ids: SampleIds::default(), ..self.clone() }).unwrap_or(Value::Null);
        let mut fields: Vec<(&String, &Value)> = rest.as_object().into_iter().flatten().collect();
        fields.retain(|(name, _)| !matches!(name.as_str(), "data_source" | "prompts"));
        fields.sort_by_key(|(name, _)| *name);
        let mut hasher = Sha256::new();
        for (place, (name, value)) in fields.into_iter().enumerate() {
            hasher.update(if place == 0 { "{" } else { "," });
            hasher.update(format!("{}:", Value::from(name.as_str())));
            match name.as_str() {
                "sample_ids" => self.hash_ids(&mut hasher),
                _ => hasher.update(canonical_json(value)),
            }
        }
        hasher.update("}");
        let mut text = hex::encode(hasher.finalize());
        text.truncate(16);
        Fingerprint(text)
    }

    /// The list of ids as JSON.
    fn hash_ids(&self, hasher: &mut Sha256) {
        for (place, id) in self.sample_ids.iter().enumerate() {
            hasher.update(if place == 0 { "[" } else { "," });
            hasher.update(Value::from(id).to_string());
        }
        hasher.update(if self.sample_ids.is_empty() { "[]" } else { "]" });
    }

    /// Whether the answers came from a file: then there is nobody to ask for those that are missing.
    pub fn is_imported(&self) -> bool {
        self.model.starts_with(IMPORTED)
    }

    /// The program that made the grades, where they were imported too instead of being made here: such a score was never
    /// checked by one of proctor's judges.
    pub fn graded_by(&self) -> Option<&str> {
        self.judge_provenance.get(GRADED_BY).and_then(Value::as_str)
    }

    /// Attempts the plan holds.
    pub fn attempts(&self) -> usize {
        self.sample_ids.len() * self.epochs as usize
    }
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Not finished; the same command continues it.
    Running,
    /// Every attempt is graded.
    Finished,
}

/// A run in the store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Short, unique in the store, e.g. `humaneval-pro-3f2a91`.
    pub id: String,
    /// What it does.
    pub plan: RunPlan,
    /// Hash of the plan.
    pub fingerprint: Fingerprint,
    /// Where it stands.
    pub state: RunState,
    /// When it began, RFC 3339, UTC.
    pub created_at: String,
    /// The version of proctor that began it.
    pub proctor_version: String,
}

/// Which attempt of a run.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AttemptKey {
    /// The run.
    pub run_id: String,
    /// The sample.
    pub sample_id: String,
    /// The k-th attempt, from 0.
    pub epoch: u32,
}

/// A finished attempt in the store: an answer, or the infrastructure error that stood in its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// Which attempt.
    pub key: AttemptKey,
    /// What happened; `None` when there was no answer.
    pub attempt: Option<Attempt>,
    /// Why there was no answer.
    pub error: Option<String>,
}

/// A finished grade in the store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GradeRecord {
    /// Which attempt.
    pub key: AttemptKey,
    /// The judgement.
    pub grade: Grade,
}
