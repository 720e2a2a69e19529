use proctor_core::Outcome;

/// Which attempts a list shows, and in what order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// Only this run, by id.
    pub run: Option<String>,
    /// Only runs of this benchmark.
    pub benchmark: Option<String>,
    /// Only runs of this model.
    pub model: Option<String>,
    /// Only samples of this named subset.
    pub stratum: Option<String>,
    /// Only this error category.
    pub category: Option<String>,
    /// Only these outcomes (places in `Outcome::ALL`, or [`super::UNGRADED`]); empty is all.
    pub outcomes: Vec<u8>,
    /// Only samples of this id.
    pub sample: Option<String>,
    /// Only attempts whose question, answer or explanation holds these words.
    pub words: Option<String>,
    /// The order.
    pub sort: Sort,
    /// Where the page before ended.
    pub after: Option<(i64, i64)>,
    /// Most lines.
    pub limit: usize,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// By run, then in the order of its plan.
    #[default]
    Plan,
    /// The longest answer first.
    Tokens,
    /// The longest wait first.
    Time,
}

impl Sort {
    /// The word in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Sort::Plan => "plan",
            Sort::Tokens => "tokens",
            Sort::Time => "time",
        }
    }

    /// The order called `word`; that of the plan for any other.
    pub fn parse(word: &str) -> Self {
        [Sort::Tokens, Sort::Time].into_iter().find(|sort| sort.as_str() == word).unwrap_or_default()
    }
}

/// The word of an outcome as the index keeps it.
pub(crate) fn outcome_word(outcome: u8) -> &'static str {
    Outcome::ALL.get(usize::from(outcome)).map_or("ungraded", |outcome| outcome.as_str())
}

/// The outcome that `word` names.
pub(crate) fn outcome_place(word: &str) -> Option<u8> {
    if word == "ungraded" {
        return Some(super::UNGRADED);
    }
    let place = Outcome::ALL.iter().position(|outcome| outcome.as_str() == word)?;
    u8::try_from(place).ok()
}
