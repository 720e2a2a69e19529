//! The prompts: the project's own words in exactly upstream's structure (spec section 3).

use super::item::Item;
use super::set::{Set, Variant};
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use proctor_core::{BenchmarkError, Message, Prompt, Protocol, Role, sha256_hex};

const PERSONA: &str = include_str!("prompts/persona.j2");
const THINK: &str = include_str!("prompts/think.j2");
const INSTRUCTION: &str = include_str!("prompts/instruction.j2");
const CHAT: &str = include_str!("prompts/chat.j2");
const COMPLETION: &str = include_str!("prompts/completion.j2");

/// The prompt of an item, byte for byte as sent.
pub fn build(set: &Set, variant: Variant, protocol: Protocol, item: &Item) -> Result<Prompt, BenchmarkError> {
    let raw_problem = strip(&item.raw_problem);
    let example = if variant == Variant::OneShot { Some(item.example(set)?) } else { None };
    let instruction = render(
        INSTRUCTION,
        context! { raw_problem, new_problem => strip(&item.new_problem), example, blank_line => set.blank_line },
    )?;
    match protocol {
        Protocol::Chat => {
            let think = (variant == Variant::ThoughtPaper).then_some(THINK);
            let user = render(CHAT, context! { instruction, think })?;
            Ok(Prompt::Chat(vec![Message::new(Role::System, PERSONA), Message::new(Role::User, user)]))
        }
        Protocol::Completion if variant == Variant::ThoughtPaper => Err(BenchmarkError::Input(format!(
            "{}:cot-paper is a chat prompt; ask by chat, or use {}:cot for raw completion",
            set.name, set.name
        ))),
        Protocol::Completion => {
            let think = (variant == Variant::ThoughtReleased).then_some(THINK);
            let text = render(COMPLETION, context! { persona => PERSONA, instruction, think, raw_problem })?;
            Ok(Prompt::Completion(text))
        }
    }
}

/// SHA-256 over all templates and the variant.
pub fn templates_sha256(variant: Variant) -> String {
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
