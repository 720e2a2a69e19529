//! What is judged and what comes of it.

use crate::answer_type::AnswerType;

/// Which of upstream's two rule judges is imitated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// The rule judge (spec sections 5 and 6).
    #[default]
    Rule,
    /// The rule part of the model-assisted judge (spec section 7).
    Marj,
}

/// One question's reference answers, as the data set has them.
#[derive(Clone, Debug, Default)]
pub struct Instance {
    /// The reference of each blank.
    pub answers: Vec<String>,
    /// The type of each reference; blanks beyond this list are not judged.
    pub types: Vec<AnswerType>,
    /// The options of each blank, empty unless it is multiple choice; blanks beyond this list are not judged.
    pub options: Vec<Vec<String>>,
}

/// How a slot's verdict came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The texts were compared.
    Text,
    /// Both sides are plain numbers.
    Number,
    /// Both sides were read as mathematics and have the same form.
    SameForm,
    /// Both sides were read as mathematics and their values compared.
    Value,
    /// One or both sides are a number times a power of ten.
    Scientific,
    /// The difference of both sides vanishes identically, or does not.
    Identity,
    /// The difference was evaluated at random places.
    Sampled,
    /// Parts were compared one by one.
    Parts,
    /// A side cannot be read as mathematics.
    Unreadable,
    /// Upstream raises an exception here.
    Raised,
    /// More work than is granted.
    TooMuch,
}

impl Step {
    /// One sentence for people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Text => "the texts were compared",
            Self::Number => "both sides are plain numbers and were compared within 1e-3",
            Self::SameForm => "both sides have the same form",
            Self::Value => "the values of both sides were compared",
            Self::Scientific => "the sides were compared in scientific notation",
            Self::Identity => "the difference of both sides was compared with zero",
            Self::Sampled => "the difference of both sides was evaluated at random places",
            Self::Parts => "the parts were compared one by one",
            Self::Unreadable => "a side cannot be read as LaTeX by upstream's parser",
            Self::Raised => "upstream's judge fails on this comparison",
            Self::TooMuch => "the comparison needs more work than is granted",
        }
    }
}

/// The verdict on one slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotVerdict {
    /// Whether upstream accepts the slot.
    pub correct: bool,
    /// What decided.
    pub step: Step,
    /// The prediction's normal form.
    pub prediction: String,
    /// The reference's normal form.
    pub reference: String,
}

/// Why an instance as a whole got its verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// No answer was found in the completion.
    NoAnswer,
    /// Fewer answers than references.
    WrongNumber,
    /// A slot is wrong; it is the last one judged.
    WrongSlot,
    /// Every judged slot is right.
    AllCorrect,
}

/// The verdict on one completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether upstream accepts the completion.
    pub correct: bool,
    /// Why.
    pub reason: Reason,
    /// The judged slots: up to and including the first wrong one.
    pub slots: Vec<SlotVerdict>,
    /// The answer found in the completion.
    pub extracted: Option<String>,
}
