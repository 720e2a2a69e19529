use crate::{Benchmark, BenchmarkError, Card};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Whose words the questions are asked in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptSource {
    /// The project's own templates.
    #[default]
    Own,
    /// Upstream's prompt files, which lie in this folder.
    Official(PathBuf),
}

/// How a benchmark is to be opened: all that the user says of it but its name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// What stands after the colon of `name:variant`.
    pub variant: Option<String>,
    /// Whose words the questions are asked in.
    pub prompts: PromptSource,
    /// The benchmark's own options (`-B key=value`).
    pub options: BTreeMap<String, String>,
    /// The folder that the samples come from, where it is opened for a stored run's figures and reads none.
    #[serde(default)]
    pub data: Option<PathBuf>,
}

impl Opening {
    /// The option `key`.
    pub fn option(&self, key: &str) -> Option<&str> {
        self.options.get(key).map(String::as_str)
    }

    /// Which of `words` the option `key` is; the first of them where it is not given. Anything else is an error.
    pub fn choice<'a>(&self, key: &str, words: &[&'a str]) -> Result<&'a str, BenchmarkError> {
        let given = match (self.option(key), words.first()) {
            (Some(given), _) => given,
            (None, Some(first)) => return Ok(first),
            (None, None) => "",
        };
        words.iter().find(|word| **word == given).copied().ok_or_else(|| {
            let given: String = given.chars().take(80).collect();
            BenchmarkError::Input(format!("-B {key}={given} is not known; write one of: {}", words.join(", ")))
        })
    }

    /// An error for the first option that is not among `known`.
    pub fn refuse_unknown(&self, name: &str, known: &[&str]) -> Result<(), BenchmarkError> {
        let Some(unknown) = self.options.keys().find(|key| !known.contains(&key.as_str())) else { return Ok(()) };
        let unknown: String = unknown.chars().take(80).collect();
        let hint = match known.is_empty() {
            true => "it has none".to_owned(),
            false => format!("it has: {}", known.join(", ")),
        };
        Err(BenchmarkError::Input(format!("{name} has no option `{unknown}` (-B); {hint}")))
    }

    /// An error where upstream's prompts are wanted of a benchmark that cannot use them.
    pub fn refuse_official_prompts(&self, name: &str) -> Result<(), BenchmarkError> {
        match self.prompts {
            PromptSource::Own => Ok(()),
            PromptSource::Official(_) => {
                Err(BenchmarkError::Input(format!("{name} cannot use upstream's prompt files; leave out --prompts")))
            }
        }
    }
}

/// A benchmark, or the sentence that says why there is none.
pub type Opened = Result<Arc<dyn Benchmark>, BenchmarkError>;

/// A family of benchmarks that share an adapter.
pub struct Family {
    /// The cards of everything in it; cheap, no data is read.
    pub cards: fn() -> Vec<Card>,
    /// The benchmark called `name`, opened as wished; `None` when the family has no benchmark `name`.
    pub open: fn(name: &str, opening: &Opening) -> Option<Opened>,
}
