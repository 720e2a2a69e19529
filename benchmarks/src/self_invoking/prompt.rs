//! The prompts: the project's own words in exactly upstream's structure (spec section 3).

use super::item::Item;
use super::official::Official;
use super::set::{Set, Variant};
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use proctor_core::{BenchmarkError, Message, Prompt, Protocol, Role, sha256_hex};

const PERSONA: &str = include_str!("prompts/persona.j2");
const THINK: &str = include_str!("prompts/think.j2");
const INSTRUCTION: &str = include_str!("prompts/instruction.j2");
const CHAT: &str = include_str!("prompts/chat.j2");
const COMPLETION: &str = include_str!("prompts/completion.j2");

/// What opens the block of code.
const FENCE: &str = "```python";

/// The prompt of an item, byte for byte as sent.
pub fn build(
    words: Option<&Official>,
    set: &Set,
    variant: Variant,
    protocol: Protocol,
    item: &Item,
) -> Result<Prompt, BenchmarkError> {
    let raw_problem = strip(&item.raw_problem);
    let example = if variant == Variant::OneShot { Some(item.example(set)?) } else { None };
    let instruction = render(
        INSTRUCTION,
        context! { raw_problem, new_problem => strip(&item.new_problem), example, blank_line => set.blank_line },
    )?;
    // The structure is the same; upstream's sentence takes the place of ours.
    let instruction = match (words, instruction.split_once(FENCE)) {
        (Some(words), Some((_, code))) => [&words.sentence, FENCE, code].concat(),
        _ => instruction,
    };
    match protocol {
        Protocol::Chat if words.is_some() => {
            let Some(words) = words else { return Err(BenchmarkError::Input("there are no upstream words".into())) };
            let mut user = words.chat(&instruction)?;
            if variant == Variant::ThoughtPaper {
                user += words.think.trim_end();
            }
            Ok(Prompt::Chat(vec![Message::new(Role::System, &words.persona), Message::new(Role::User, user)]))
        }
        Protocol::Chat => {
            let think = (variant == Variant::ThoughtPaper).then_some(THINK);
            let user = render(CHAT, context! { instruction, think })?;
            Ok(Prompt::Chat(vec![Message::new(Role::System, PERSONA), Message::new(Role::User, user)]))
        }
        Protocol::Completion if variant == Variant::ThoughtPaper => Err(BenchmarkError::Input(format!(
            "{}:cot-paper is a chat prompt; ask by chat, or use {}:cot for raw completion",
            set.name, set.name
        ))),
        Protocol::Completion if words.is_some() => {
            let Some(words) = words else { return Err(BenchmarkError::Input("there are no upstream words".into())) };
            let think = if variant == Variant::ThoughtReleased { words.think.as_str() } else { "" };
            let response = [think, FENCE, "\n", raw_problem, "\n"].concat();
            Ok(Prompt::Completion(words.completion(&instruction, &response)?))
        }
        Protocol::Completion => {
            let think = (variant == Variant::ThoughtReleased).then_some(THINK);
            let text = render(COMPLETION, context! { persona => PERSONA, instruction, think, raw_problem })?;
            Ok(Prompt::Completion(text))
        }
    }
}

/// SHA-256 over all templates and the variant.
pub fn templates_sha256(words: Option<&Official>, variant: Variant) -> String {
    if let Some(words) = words {
        return sha256_hex([variant.suffix().unwrap_or("0shot"), &words.sha256()].join("\0").as_bytes());
    }
    let parts = [variant.suffix().unwrap_or("0shot"), PERSONA, THINK, INSTRUCTION, CHAT, COMPLETION];
    sha256_hex(parts.join("\0").as_bytes())
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

/// As Python's `str.strip`, which counts the four information separators among the spaces.
fn strip(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c))
}
