//! The project's own questions: written for it, in upstream's schema, in each language's own script.

use crate::language::Language;

macro_rules! questions {
    ($($name:literal),* $(,)?) => {
        /// Language, questions, shots.
        const ALL: &[(&str, &str, &str)] = &[
            $(($name, include_str!(concat!("builtin/", $name, "/test.jsonl")), include_str!(concat!("builtin/", $name, "/dev.jsonl")))),*
        ];
    };
}

questions!(
    "azerbaijani",
    "crimean-tatar",
    "karakalpak",
    "kazakh",
    "tatar",
    "turkish",
    "uyghur",
    "uzbek",
    "crimean-tatar-cyrillic",
    "kazakh-latin",
    "uyghur-latin",
    "uzbek-cyrillic",
);

/// Questions and shots of a language, as JSON lines.
pub fn of(language: &Language) -> Option<(&'static str, &'static str)> {
    ALL.iter().find(|(name, _, _)| *name == language.name).map(|(_, test, dev)| (*test, *dev))
}

/// The languages that have built-in questions.
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|(name, _, _)| *name).collect()
}

/// How many questions are built in for a language.
pub fn count(language: &Language) -> usize {
    of(language).map_or(0, |(test, _)| test.lines().filter(|line| !line.trim().is_empty()).count())
}
