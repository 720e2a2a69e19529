use crate::language::Language;

/// Changes when a rule does.
pub const VERSION: u32 = 1;

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The whole answer is one letter.
    Bare,
}

impl Rule {
    /// Its name for people.
    pub fn title(self) -> &'static str {
        "bare letter"
    }
}

/// A found option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Position of the option.
    pub position: usize,
    /// The rule.
    pub rule: Rule,
    /// The matched text.
    pub text: String,
}

/// Reads.
pub fn extract(text: &str, _language: &Language, choices: &[String], _option_text: bool) -> Option<Found> {
    let position = crate::item::position(text)?;
    (position < choices.len()).then(|| Found { position, rule: Rule::Bare, text: text.to_owned() })
}
