//! The ten types an answer can have (spec section 2.2).

/// What kind of answer a slot asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AnswerType {
    /// `NV`: a numerical value without units.
    Number,
    /// `EX`: an expression.
    Expression,
    /// `EQ`: an equation.
    Equation,
    /// `INT`: an interval or a union of intervals.
    Interval,
    /// `TF`: a truth value.
    Truth,
    /// `MCS`: one option.
    Choice,
    /// `MCM`: several options, letters concatenated.
    Choices,
    /// `OE`: a word or phrase.
    Words,
    /// `OL`: an ordered list, tuple or vector.
    List,
    /// `UOL`: an unordered list or set.
    Set,
}

impl AnswerType {
    /// The type with this code, or `None` for a code the data set does not use.
    pub fn from_code(code: &str) -> Option<Self> {
        Some(match code {
            "NV" => Self::Number,
            "EX" => Self::Expression,
            "EQ" => Self::Equation,
            "INT" => Self::Interval,
            "TF" => Self::Truth,
            "MCS" => Self::Choice,
            "MCM" => Self::Choices,
            "OE" => Self::Words,
            "OL" => Self::List,
            "UOL" => Self::Set,
            _ => return None,
        })
    }

    /// The code of this type in the data set.
    pub fn code(self) -> &'static str {
        match self {
            Self::Number => "NV",
            Self::Expression => "EX",
            Self::Equation => "EQ",
            Self::Interval => "INT",
            Self::Truth => "TF",
            Self::Choice => "MCS",
            Self::Choices => "MCM",
            Self::Words => "OE",
            Self::List => "OL",
            Self::Set => "UOL",
        }
    }
}
