//! The questions (spec section 3, messages).

use crate::variant::Variant;
use proctor_core::{BenchmarkError, Message, Prompt, PromptSource, Protocol, Role, Sample, sha256_hex};
use serde_json::Value;
use std::path::Path;

const FIND: &str = include_str!("../prompts/system_find.txt");
const ORACLE: &str = include_str!("../prompts/system_oracle.txt");
const EXAMPLES: &str = include_str!("../prompts/examples.txt");
const SEARCH: &str = include_str!("../prompts/system_search.txt");
const SEARCH_ORACLE: &str = include_str!("../prompts/system_search_oracle.txt");
const AGENT: &str = include_str!("../prompts/system_agent.txt");
const SEARCH_EXAMPLES: &str = include_str!("../prompts/search_examples.txt");

/// What is said before each question.
#[derive(Debug, Clone)]
pub struct Prompts {
    system: String,
    human: String,
    variant: Variant,
    /// Whether the words are upstream's: then the problem is laid out as upstream lays it out, to the last blank.
    upstream: bool,
}

impl Prompts {
    /// The project's own or upstream's, for models that reason of themselves or not.
    pub fn of(source: &PromptSource, variant: Variant, reasoning: bool) -> Result<Self, BenchmarkError> {
        let (system, human) = match source {
            PromptSource::Own => (own(variant).to_owned(), ours(variant).to_owned()),
            PromptSource::Official(folder) => upstream(folder, variant, reasoning)?,
        };
        let system = match (variant, source) {
            (Variant::FewShot, PromptSource::Own) => format!("{system}{}", examples(reasoning)),
            (Variant::Search | Variant::SearchOracle, PromptSource::Own) if !(reasoning && variant == Variant::Search) => {
                format!("{system}{}", search_examples(variant))
            }
            _ => system,
        };
        Ok(Prompts { system, human, variant, upstream: *source != PromptSource::Own })
    }

    /// SHA-256 over all that does not come from the item.
    pub fn sha256(&self) -> String {
        sha256_hex([self.variant.word(), &self.system, &self.human, "2"].join("\0").as_bytes())
    }

    /// The question about an item.
    pub fn build(&self, sample: &Sample, protocol: Protocol) -> Prompt {
        let gap = if self.upstream { upstream_gap(self.variant) } else { "" };
        let user = format!("{}\n\n{}{gap}{}", self.human, problem(sample, self.upstream), code(sample, self.variant));
        match protocol {
            Protocol::Chat => Prompt::Chat(vec![Message::new(Role::System, &self.system), Message::new(Role::User, user)]),
            Protocol::Completion => Prompt::Completion(format!("{}\n\n{user}\n\n## Answer\n\n", self.system)),
        }
    }
}

/// The answered questions; for models that reason of themselves one instead of three, as upstream has it.
fn examples(reasoning: bool) -> String {
    match (reasoning, EXAMPLES.match_indices("\nQuestion:").nth(1)) {
        (true, Some((second, _))) => EXAMPLES
            .get(..second)
            .unwrap_or(EXAMPLES)
            .replace("Three answered questions follow.", "An answered question follows."),
        _ => EXAMPLES.to_owned(),
    }
}

/// Answered questions of a search: only the generators where the right program is known.
fn search_examples(variant: Variant) -> String {
    let without = variant == Variant::SearchOracle;
    let parts = SEARCH_EXAMPLES.split("<action>").enumerate().map(|(i, part)| match (i, part.contains("solve_brute")) {
        (0, _) => part.to_owned(),
        (_, true) if without => String::new(),
        _ => format!("<action>{part}"),
    });
    parts.collect()
}

/// What upstream puts between problem and programs.
fn upstream_gap(variant: Variant) -> &'static str {
    if variant.shows_correct() { "\n\n" } else { "\n" }
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

/// The problem under its headings, each left out where there is nothing under it; `$$$` is `$$` in the end. Upstream's
/// headings end with a blank, and it says `None` of a memory limit that is null.
fn problem(sample: &Sample, upstream: bool) -> String {
    let field = |name: &str| match sample.inputs.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(Value::Null) if upstream && name == "memory_limit" => Some("None".to_owned()),
        _ => None,
    };
    let blank = if upstream { " " } else { "" };
    let section = |heading: &str, name: &str| field(name).map(|text| format!("## {heading}{blank}\n{text}\n\n"));
    let fenced = |heading: &str, name: &str| field(name).map(|text| format!("## {heading}{blank}\n```\n{text}\n```\n\n"));
    let whole = field("time_limit").and_then(|limit| limit.trim().parse::<f64>().ok()).map(|limit| limit.trunc() as i64);
    let parts = [
        section("Statement", "statement"),
        whole.map(|limit| format!("Time Limit: {limit}ms\n\n")),
        field("memory_limit").map(|limit| format!("Memory Limit: {limit} megabytes\n\n")),
        section("Input Format", "input"),
        section("Output Format", "output"),
        fenced("Example Input", "example_input"),
        fenced("Example Output", "example_output"),
        section("Note", "note"),
    ];
    parts.into_iter().flatten().collect::<String>().replace("$$$", "$$")
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
