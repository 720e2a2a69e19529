//! The ways of asking (spec section 3).

use proctor_core::BenchmarkError;

/// A way of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// The problem and the wrong program.
    ZeroShot,
    /// The same, after three answered questions.
    FewShot,
    /// With the trusted program.
    Oracle,
    /// The model writes a solution and a random generator.
    Search,
    /// The model writes a random generator; the trusted program is known.
    SearchOracle,
    /// The model may run programs before it answers.
    Agent,
}

impl Variant {
    /// All of them; the first is the default.
    pub const ALL: [Variant; 6] =
        [Variant::ZeroShot, Variant::FewShot, Variant::Oracle, Variant::Search, Variant::SearchOracle, Variant::Agent];

    /// What stands after the colon.
    pub fn word(self) -> &'static str {
        match self {
            Variant::ZeroShot => "zero-shot",
            Variant::FewShot => "few-shot",
            Variant::Oracle => "oracle",
            Variant::Search => "randsearch",
            Variant::SearchOracle => "randsearch-oracle",
            Variant::Agent => "agent",
        }
    }

    /// The beginning of upstream's file names; the agent's prompts are in the paper only.
    pub fn upstream(self) -> Option<&'static str> {
        match self {
            Variant::ZeroShot => Some("zero_shot"),
            Variant::FewShot => Some("few_shot"),
            Variant::Oracle => Some("zero_shot_oracle"),
            Variant::Search => Some("randsearch"),
            Variant::SearchOracle => Some("randsearch_oracle"),
            Variant::Agent => None,
        }
    }

    /// Whether the trusted program is shown.
    pub fn shows_correct(self) -> bool {
        matches!(self, Variant::Oracle | Variant::SearchOracle)
    }

    /// Whether the answer is a generator for a search.
    pub fn searches(self) -> bool {
        matches!(self, Variant::Search | Variant::SearchOracle)
    }

    /// What it is, in words.
    pub fn summary(self) -> &'static str {
        match self {
            Variant::ZeroShot => "Find a valid input that breaks a wrong program; judged by running it.",
            Variant::FewShot => "The same after three answered questions.",
            Variant::Oracle => "The same with a right program beside the wrong one.",
            Variant::Search => "Write a solution and a random generator that break a wrong program within a minute.",
            Variant::SearchOracle => "Write a random generator that breaks a wrong program, shown beside a right one.",
            Variant::Agent => "Find a breaking input after running programs of one's own.",
        }
    }

    /// Reads what stands after the colon.
    pub fn parse(word: Option<&str>) -> Result<Variant, BenchmarkError> {
        let Some(word) = word else { return Ok(Variant::ZeroShot) };
        Variant::ALL.into_iter().find(|variant| variant.word() == word).ok_or_else(|| {
            let word: String = word.chars().take(80).collect();
            let known = Variant::ALL.map(Variant::word).join(", ");
            BenchmarkError::Input(format!("refute has no variant `{word}`; it has: {known}"))
        })
    }
}
