//! The names after the colon: which languages are asked, and in which setting.

use crate::language::{LANGUAGES, Language};
use crate::prompt::Setting;
use proctor_core::BenchmarkError;

/// What `tumlu:VARIANT` is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// What stands after the colon; `None` for plain `tumlu`.
    pub suffix: Option<String>,
    /// The languages asked, in order.
    pub languages: Vec<&'static Language>,
    /// What is asked for.
    pub setting: Setting,
}

/// Every variant: all main languages, the same with worked solutions, the languages that exist in two scripts, then
/// each language by itself.
pub fn all() -> Vec<Variant> {
    let main = || LANGUAGES.iter().filter(|language| language.is_main());
    let variant = |suffix: Option<&str>, languages: Vec<&'static Language>, setting| Variant {
        suffix: suffix.map(str::to_owned),
        languages,
        setting,
    };
    let mut variants = vec![
        variant(None, main().collect(), Setting::AnswerOnly),
        variant(Some("cot"), main().filter(|language| language.solution_word.is_some()).collect(), Setting::Solution),
        variant(Some("scripts"), scripts(), Setting::AnswerOnly),
    ];
    for language in &LANGUAGES {
        variants.push(variant(Some(language.name), vec![language], Setting::AnswerOnly));
        if language.solution_word.is_some() {
            variants.push(variant(Some(&format!("{}-cot", language.name)), vec![language], Setting::Solution));
        }
    }
    variants
}

/// Each language that exists in two scripts, followed by its other script.
fn scripts() -> Vec<&'static Language> {
    let pairs = LANGUAGES.iter().filter(|language| language.is_main()).filter_map(|language| {
        let other = LANGUAGES.iter().find(|other| other.variant_of == Some(language.name))?;
        Some([language, other])
    });
    pairs.flatten().collect()
}

/// The variant called `suffix`.
pub fn find(suffix: Option<&str>) -> Result<Variant, BenchmarkError> {
    let variants = all();
    if let Some(found) = variants.iter().find(|variant| variant.suffix.as_deref() == suffix) {
        return Ok(found.clone());
    }
    let known: Vec<&str> = variants.iter().filter_map(|variant| variant.suffix.as_deref()).collect();
    let suffix: String = suffix.unwrap_or_default().chars().take(80).collect();
    Err(BenchmarkError::Input(format!("TUMLU has no variant `{suffix}`; known are {}", known.join(", "))))
}
