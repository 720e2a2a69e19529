//! The questions: the project's own words in upstream's structure, or upstream's (spec section 3).

use crate::item::Instance;
use crate::official::OfficialPrompts;
use crate::options::Style;
use crate::{python, subjects};
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use proctor_core::{BenchmarkError, Message, Prompt, Protocol, Role, sha256_hex};
use std::collections::BTreeMap;

const SINGLE: &str = include_str!("../prompts/single.j2");
const SEVERAL: &str = include_str!("../prompts/several.j2");
const TYPES: &str = include_str!("../prompts/types.json");
const JUDGE: &str = include_str!("../prompts/judge.txt");

/// Whose words are used.
#[derive(Debug, Clone)]
pub enum Wording {
    /// The project's.
    Own,
    /// Upstream's.
    Official(Box<OfficialPrompts>),
}

impl Wording {
    /// The question as text.
    pub fn question(&self, instance: &Instance) -> Result<String, BenchmarkError> {
        match self {
            Wording::Official(prompts) => prompts.question(instance),
            Wording::Own => own(instance),
        }
    }

    /// The judge model's prompt, its three places still to be filled.
    pub fn judge(&self) -> &str {
        match self {
            Wording::Official(prompts) => prompts.judge.as_deref().unwrap_or_default(),
            Wording::Own => JUDGE,
        }
    }

    /// SHA-256 over all texts.
    pub fn sha256(&self) -> String {
        match self {
            Wording::Official(prompts) => prompts.sha256().to_owned(),
            Wording::Own => sha256_hex([SINGLE, SEVERAL, TYPES, JUDGE].join("\0").as_bytes()),
        }
    }
}

/// The prompt as sent.
pub fn build(wording: &Wording, style: Style, protocol: Protocol, instance: &Instance) -> Result<Prompt, BenchmarkError> {
    let question = wording.question(instance)?;
    Ok(match (protocol, style) {
        (Protocol::Completion, _) => Prompt::Completion(question),
        (Protocol::Chat, Style::Closed) => Prompt::Chat(vec![Message::new(Role::User, question)]),
        (Protocol::Chat, Style::Open) => Prompt::Chat(vec![Message::new(Role::System, ""), Message::new(Role::User, question)]),
    })
}

fn own(instance: &Instance) -> Result<String, BenchmarkError> {
    let failed = |error: String| BenchmarkError::Input(format!("A prompt template cannot be filled in: {error}"));
    let phrases: BTreeMap<String, String> = serde_json::from_str(TYPES).map_err(|error| failed(error.to_string()))?;
    let version = &instance.version;
    let mut described = Vec::with_capacity(version.types.len());
    for (position, code) in version.types.iter().enumerate() {
        let options = python::list(version.options.get(position).map_or(&[], Vec::as_slice));
        let phrase = phrases.get(code).map_or("an answer", String::as_str);
        described.push(python::format(phrase, &[("options", &options)]).map_err(failed)?);
    }
    let types = described.join(", ");
    let (subject, problem, count) = (subjects::title(&instance.subject), &version.problem, version.answers.len());
    let template = if count == 1 { SINGLE } else { SEVERAL };
    render(template, context! { subject, problem, count, types })
}

fn render(template: &str, context: Value) -> Result<String, BenchmarkError> {
    let failed = |error: minijinja::Error| BenchmarkError::Input(format!("A prompt template cannot be filled in: {error:#}"));
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build().map_err(failed)?;
    environment.set_syntax(syntax);
    environment.render_str(template, context).map_err(failed)
}
