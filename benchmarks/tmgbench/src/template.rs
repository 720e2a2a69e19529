//! The templates: the project's own words in upstream's structure (spec sections 3 and 4).

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use proctor_core::{BenchmarkError, sha256_hex};

pub(crate) const CLASSIC: &str = include_str!("prompts/classic.j2");
pub(crate) const STORY: &str = include_str!("prompts/story.j2");
pub(crate) const SINGLE: &str = include_str!("prompts/single.j2");
pub(crate) const SEVERAL: &str = include_str!("prompts/several.j2");
pub(crate) const NESTED: &str = include_str!("prompts/nested.j2");
pub(crate) const NEXT: &str = include_str!("prompts/next.j2");
pub(crate) const MODE: &str = include_str!("prompts/mode.j2");

/// SHA-256 over all templates and `what`, which tells what is asked with them.
pub(crate) fn templates_sha256(what: &str) -> String {
    sha256_hex([what, CLASSIC, STORY, SINGLE, SEVERAL, NESTED, NEXT, MODE].join("\0").as_bytes())
}

/// Fills in a template; a line end at its end is not part of the text.
pub(crate) fn render(template: &str, context: Value) -> Result<String, BenchmarkError> {
    let failed = |error: minijinja::Error| BenchmarkError::Input(format!("A prompt template cannot be filled in: {error:#}"));
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).build().map_err(failed)?);
    environment.render_str(template, context).map_err(failed)
}
