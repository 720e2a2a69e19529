//! What a user can choose: `-B key=value`, the subject after the colon.

use crate::subjects::{self, Subject};
use proctor_core::{BenchmarkError, Opening, PromptSource};

/// How the question reaches the model (spec section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As upstream asks models behind an API: one user message.
    Closed,
    /// As upstream asks models with a chat template: an empty system message, stop strings, 2048 tokens in all.
    Open,
}

/// Which of upstream's judges gives the official verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfficialJudge {
    /// The rule judge.
    Rule,
    /// The rule judge, and a judge model where it says no.
    Marj,
}

/// Which verdict is the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Upstream's, faults included.
    Official,
    /// The mathematically right one.
    Improved,
}

impl Mode {
    /// The name of the score.
    pub fn score(self) -> &'static str {
        match self {
            Mode::Official => "official",
            Mode::Improved => "improved",
        }
    }

    /// The other one.
    pub fn other(self) -> Mode {
        match self {
            Mode::Official => Mode::Improved,
            Mode::Improved => Mode::Official,
        }
    }
}

/// In which order samples come, which matters only where the first so many are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// All first versions of a subject, then all second ones, as upstream asks.
    Version,
    /// The three versions of a problem one after the other.
    Problem,
}

/// All choices, checked.
#[derive(Debug, Clone)]
pub struct Options {
    /// Only this subject.
    pub subject: Option<&'static Subject>,
    /// How the question is put.
    pub style: Style,
    /// Name of upstream's wrapper.
    pub wrapper: String,
    /// Upstream's judge.
    pub judge: OfficialJudge,
    /// Which verdict counts.
    pub mode: Mode,
    /// In which order samples come.
    pub order: Order,
    /// Whether the judge model sees the problem (quirk Q22: upstream leaves a placeholder there).
    pub judge_sees_problem: bool,
}

const KEYS: [&str; 6] = ["prompt", "wrapper", "judge", "mode", "judge_problem", "order"];

impl Options {
    /// Reads an opening.
    pub fn parse(name: &str, opening: &Opening) -> Result<Self, BenchmarkError> {
        opening.refuse_unknown(name, &KEYS)?;
        let official_prompts = opening.prompts != PromptSource::Own;
        let subject = opening.variant.as_deref().map(subjects::find).transpose()?;
        let style = match opening.choice("prompt", &["closed", "open"])? {
            "open" => Style::Open,
            _ => Style::Closed,
        };
        let wrapper = opening.option("wrapper").unwrap_or("raw").to_owned();
        if wrapper != "raw" && !official_prompts {
            return Err(BenchmarkError::Input(
                "-B wrapper=… takes upstream's wrappers, which are in its prompt files; add --prompts official".into(),
            ));
        }
        if wrapper != "raw" && style == Style::Open {
            return Err(BenchmarkError::Input(
                "-B prompt=open uses the model's own chat template and no wrapper; leave out one of prompt and wrapper".into(),
            ));
        }
        let judge = match opening.choice("judge", &["rule", "marj"])? {
            "marj" => OfficialJudge::Marj,
            _ => OfficialJudge::Rule,
        };
        let mode = match opening.choice("mode", &["official", "improved"])? {
            "improved" => Mode::Improved,
            _ => Mode::Official,
        };
        let order = match opening.choice("order", &["version", "problem"])? {
            "problem" => Order::Problem,
            _ => Order::Version,
        };
        let words = if official_prompts { ["placeholder", "inserted"] } else { ["inserted", "placeholder"] };
        let judge_sees_problem = opening.choice("judge_problem", &words)? == "inserted";
        Ok(Self { subject, style, wrapper, judge, mode, order, judge_sees_problem })
    }

    /// Whether a judge model is asked.
    pub fn asks_judge(&self) -> bool {
        self.judge == OfficialJudge::Marj
    }
}
