//! The questions (spec section 3, messages).

use crate::variant::Variant;
use proctor_core::{BenchmarkError, Message, Prompt, PromptSource, Protocol, Role, Sample, sha256_hex};
use std::path::Path;

const FIND: &str = include_str!("../prompts/system_find.txt");
const ORACLE: &str = include_str!("../prompts/system_oracle.txt");
const EXAMPLES: &str = include_str!("../prompts/examples.txt");
const SEARCH: &str = include_str!("../prompts/system_search.txt");
const SEARCH_ORACLE: &str = include_str!("../prompts/system_search_oracle.txt");
const AGENT: &str = include_str!("../prompts/system_agent.txt");

/// What is said before each question.
#[derive(Debug, Clone)]
pub struct Prompts {
    system: String,
    human: String,
    variant: Variant,
}

impl Prompts {
    /// The project's own or upstream's, for models that reason of themselves or not.
    pub fn of(source: &PromptSource, variant: Variant, reasoning: bool) -> Result<Self, BenchmarkError> {
        let (system, human) = match source {
            PromptSource::Own => (own(variant).to_owned(), ours(variant).to_owned()),
            PromptSource::Official(folder) => upstream(folder, variant, reasoning)?,
        };
        let system = match (variant, source) {
            (Variant::FewShot, PromptSource::Own) => format!("{system}{EXAMPLES}"),
            _ => system,
        };
        Ok(Prompts { system, human, variant })
    }

    /// SHA-256 over all that does not come from the item.
    pub fn sha256(&self) -> String {
        sha256_hex([self.variant.word(), &self.system, &self.human, "1"].join("\0").as_bytes())
    }

    /// The question about an item.
    pub fn build(&self, sample: &Sample, protocol: Protocol) -> Prompt {
        let user = format!("{}\n\n{}{}", self.human, problem(sample), code(sample, self.variant));
        match protocol {
            Protocol::Chat => Prompt::Chat(vec![Message::new(Role::System, &self.system), Message::new(Role::User, user)]),
            Protocol::Completion => Prompt::Completion(format!("{}\n\n{user}\n\n## Answer\n\n", self.system)),
        }
    }
}

fn own(variant: Variant) -> &'static str {
    match variant {
        Variant::ZeroShot | Variant::FewShot => FIND,
        Variant::Oracle => ORACLE,
        Variant::Search => SEARCH,
        Variant::SearchOracle => SEARCH_ORACLE,
        Variant::Agent => AGENT,
    }
}

fn ours(variant: Variant) -> &'static str {
    match variant {
        Variant::Search => "Here are the problem and the failing program. Answer with the two programs, in the form above.",
        Variant::SearchOracle => "Here are the problem and both programs. Answer with the generator, in the form above.",
        Variant::Oracle => "Here are the problem and both programs. Answer in the form above.",
        _ => "Here are the problem and the failing program. Answer in the form above.",
    }
}

fn upstream(folder: &Path, variant: Variant, reasoning: bool) -> Result<(String, String), BenchmarkError> {
    let Some(method) = variant.upstream() else {
        return Err(BenchmarkError::Input("refute:agent has no prompt files upstream; leave out --prompts".into()));
    };
    let plain = format!("{method}_system.txt");
    let special = format!("reasoning_{plain}");
    let places = [folder.to_owned(), folder.join("refute/prompt_templates"), folder.join("prompt_templates")];
    let find = |name: &str| places.iter().map(|place| place.join(name)).find(|file| file.is_file());
    let read = |name: &str| {
        let file = find(name)
            .ok_or_else(|| BenchmarkError::Input(format!("{} holds no {name}, upstream's prompt file", folder.display())))?;
        std::fs::read_to_string(&file)
            .map_err(|error| BenchmarkError::Input(format!("{} cannot be read: {error}", file.display())))
    };
    let system = if reasoning && find(&special).is_some() { special } else { plain };
    Ok((read(&system)?, read(&format!("{method}_human.txt"))?))
}

/// The problem under its headings, each left out where there is nothing under it; `$$$` is `$$` in the end.
fn problem(sample: &Sample) -> String {
    let field = |name: &str| match sample.inputs.get(name) {
        Some(serde_json::Value::String(text)) => Some(text.clone()),
        Some(serde_json::Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let mut block = String::new();
    let mut add = |heading: &str, name: &str, fenced: bool| {
        if let Some(text) = field(name) {
            let text = if fenced { format!("```\n{text}\n```") } else { text };
            block.push_str(&format!("## {heading}\n{text}\n\n"));
        }
    };
    add("Statement", "statement", false);
    let mut limits = String::new();
    if let Some(limit) = field("time_limit") {
        limits.push_str(&format!("Time Limit: {limit}ms\n\n"));
    }
    if let Some(limit) = field("memory_limit") {
        limits.push_str(&format!("Memory Limit: {limit} megabytes\n\n"));
    }
    let statement = std::mem::take(&mut block);
    let mut add = |heading: &str, name: &str, fenced: bool| {
        if let Some(text) = field(name) {
            let text = if fenced { format!("```\n{text}\n```") } else { text };
            block.push_str(&format!("## {heading}\n{text}\n\n"));
        }
    };
    add("Input Format", "input", false);
    add("Output Format", "output", false);
    add("Example Input", "example_input", true);
    add("Example Output", "example_output", true);
    add("Note", "note", false);
    format!("{statement}{limits}{block}").replace("$$$", "$$")
}

fn code(sample: &Sample, variant: Variant) -> String {
    let text = |name: &str| sample.text(name).unwrap_or_default();
    let wrong = text("wrong_code");
    if !variant.shows_correct() {
        return format!("## Code\n```\n{wrong}\n```");
    }
    let correct = sample.text("correct_cpp").filter(|text| !text.is_empty()).unwrap_or_else(|| text("correct_python"));
    format!("## Buggy Code\n```\n{wrong}\n```\n\n## Correct Code\n```\n{correct}\n```")
}
