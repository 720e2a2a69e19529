//! The written part of the built-in filings: companies, industries, texts and questions.

use proctor_core::BenchmarkError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const COMPANIES: &str = include_str!("../../builtin/companies.json");
const PROFILES: &str = include_str!("../../builtin/profiles.json");
const QUESTIONS: &str = include_str!("../../builtin/questions.json");

/// The parts of a filing, in order.
pub const PARTS: [Part; 8] = [
    Part { template: include_str!("../../builtin/business.j2"), always: true },
    Part { template: include_str!("../../builtin/risks.j2"), always: false },
    Part { template: include_str!("../../builtin/properties.j2"), always: true },
    Part { template: include_str!("../../builtin/discussion.j2"), always: true },
    Part { template: include_str!("../../builtin/operations.j2"), always: false },
    Part { template: include_str!("../../builtin/statements.j2"), always: true },
    Part { template: include_str!("../../builtin/notes.j2"), always: true },
    Part { template: include_str!("../../builtin/governance.j2"), always: false },
];

/// A part of a filing.
pub struct Part {
    /// Its text, with places to fill in.
    pub template: &'static str,
    /// Whether a brief filing has it, too.
    pub always: bool,
}

/// One made-up company, and which question is asked of its filing.
#[derive(Debug, Clone, Deserialize)]
pub struct Company {
    /// The name in running text.
    pub name: String,
    /// Where its head office is.
    pub city: String,
    /// The state of the head office.
    pub state: String,
    /// The fiscal year of the filing.
    pub year: i64,
    /// When the fiscal year ends.
    pub year_end: String,
    /// Its industry, a key of the profiles.
    pub profile: String,
    /// Net sales in thousands of dollars, before they are made to agree with the segments.
    pub sales: i64,
    /// Their change against the year before, in percent.
    pub trend: i64,
    /// Whether its filing has only the parts that all have; upstream has a few short ones, too.
    #[serde(default)]
    pub brief: bool,
    /// The question, a key of the questions.
    pub question: String,
    /// Whatever else the texts use.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// An industry.
#[derive(Debug, Clone, Deserialize)]
pub struct Profile {
    /// Four segments.
    pub segments: Vec<Map<String, Value>>,
    /// What its sites are used for; the first is the largest.
    pub sites: Vec<String>,
    /// What kind of site was closed.
    pub closed: String,
    /// The largest investment that is planned.
    pub project: String,
    /// Whatever else the texts use.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// A question with its forms and its answer, all of them texts with places to fill in.
#[derive(Debug, Clone, Deserialize)]
pub struct Question {
    /// `QA` or `TG`.
    pub task: String,
    /// As it should be asked.
    pub query: String,
    /// As keywords.
    pub incomplete: String,
    /// In lay words.
    pub lay: String,
    /// The right answer.
    pub answer: String,
    /// Words of the sentences of the filing that support it.
    pub support: Vec<String>,
    /// A question about something the filing does not say.
    pub outside: String,
}

/// The companies.
pub fn companies() -> Result<Vec<Company>, BenchmarkError> {
    read("companies", COMPANIES)
}

/// The industries.
pub fn profiles() -> Result<BTreeMap<String, Profile>, BenchmarkError> {
    read("profiles", PROFILES)
}

/// The questions.
pub fn questions() -> Result<BTreeMap<String, Question>, BenchmarkError> {
    read("questions", QUESTIONS)
}

fn read<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, BenchmarkError> {
    serde_json::from_str(text).map_err(|error| BenchmarkError::Input(format!("The built-in {name} cannot be read: {error}")))
}
