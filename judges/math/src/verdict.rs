use serde::Serialize;

/// What a slot of an answer is, as UGMathBench names it; `Any` where nothing is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerKind {
    /// NV: a number.
    Number,
    /// EX: an expression.
    Expression,
    /// EQ: an equation.
    Equation,
    /// INT: an interval or a union of intervals.
    Interval,
    /// OL: a tuple or vector.
    Ordered,
    /// UOL: a set.
    Unordered,
    /// TF: true or false.
    Truth,
    /// MCS: one option.
    Choice,
    /// MCM: several options.
    Choices,
    /// OE: a word or phrase.
    Phrase,
    /// Nothing is known; the reference says what it is.
    Any,
}

impl AnswerKind {
    /// The benchmark's code for it; `ANY` where nothing is known.
    pub fn code(self) -> &'static str {
        match self {
            Self::Number => "NV",
            Self::Expression => "EX",
            Self::Equation => "EQ",
            Self::Interval => "INT",
            Self::Ordered => "OL",
            Self::Unordered => "UOL",
            Self::Truth => "TF",
            Self::Choice => "MCS",
            Self::Choices => "MCM",
            Self::Phrase => "OE",
            Self::Any => "ANY",
        }
    }

    /// The kind of a benchmark's code: `NV`, `EX`, `EQ`, `INT`, `OL`, `UOL`, `TF`, `MCS`, `MCM`, `OE`.
    pub fn from_code(code: &str) -> Option<Self> {
        Some(match code.to_ascii_uppercase().as_str() {
            "NV" => Self::Number,
            "EX" => Self::Expression,
            "EQ" => Self::Equation,
            "INT" => Self::Interval,
            "OL" => Self::Ordered,
            "UOL" => Self::Unordered,
            "TF" => Self::Truth,
            "MCS" => Self::Choice,
            "MCM" => Self::Choices,
            "OE" => Self::Phrase,
            "ANY" | "" => Self::Any,
            _ => return None,
        })
    }
}

/// What a comparison came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The answers are the same.
    Equivalent,
    /// They are not.
    Different,
    /// It could not be decided; counted apart, and never as correct.
    Undecided,
}

/// What decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// There is no answer.
    Empty,
    /// The same text up to spaces.
    Text,
    /// Words and phrases.
    Words,
    /// Option letters and texts.
    Choice,
    /// Truth values.
    Truth,
    /// The answer, or the reference, could not be read.
    Unreadable,
    /// One is a number and the other a list, or the like.
    Shape,
    /// Exact arithmetic or the normal form.
    NormalForm,
    /// Numbers within the tolerance.
    Number,
    /// Values at many points.
    Points,
    /// Elements of lists, sets, vectors or matrices.
    Elements,
    /// Intervals and their ends.
    Intervals,
    /// Equations or inequalities.
    Relation,
    /// Units of measure.
    Units,
    /// Arbitrary constants were renamed or absorbed.
    Constants,
    /// The number of answers is wrong.
    Count,
}

impl Step {
    /// What decided, in a few words.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Empty => "there is no answer",
            Self::Text => "the texts were compared",
            Self::Words => "the words were compared",
            Self::Choice => "the options were compared",
            Self::Truth => "the truth values were compared",
            Self::Unreadable => "one side could not be read",
            Self::Shape => "they are things of different kinds",
            Self::NormalForm => "the normal forms were compared exactly",
            Self::Number => "the numbers were compared",
            Self::Points => "the values at many points were compared",
            Self::Elements => "the elements were compared",
            Self::Intervals => "the intervals were compared",
            Self::Relation => "the relations were compared",
            Self::Units => "the units were compared",
            Self::Constants => "the families of functions were compared",
            Self::Count => "the numbers of values were compared",
        }
    }
}

/// Where two answers differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Disagreement {
    /// Values of the variables; empty for numbers.
    pub point: Vec<(String, f64)>,
    /// The reference's value there.
    pub reference: String,
    /// The answer's value there.
    pub answer: String,
}

/// What a comparison came to, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// Equivalent, different or undecided.
    pub outcome: Outcome,
    /// What decided.
    pub step: Step,
    /// Where they differ, if that is a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disagreement: Option<Disagreement>,
    /// A sentence more, where there is something to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Verdict {
    /// The answers are the same.
    pub fn equivalent(step: Step) -> Self {
        Self { outcome: Outcome::Equivalent, step, disagreement: None, note: None }
    }

    /// The answers differ.
    pub fn different(step: Step) -> Self {
        Self { outcome: Outcome::Different, step, disagreement: None, note: None }
    }

    /// It could not be decided.
    pub fn undecided(step: Step, note: impl Into<String>) -> Self {
        Self { outcome: Outcome::Undecided, step, disagreement: None, note: Some(note.into()) }
    }

    /// With a sentence more.
    #[must_use]
    pub fn noting(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Whether the answers are the same.
    pub fn is_equivalent(&self) -> bool {
        self.outcome == Outcome::Equivalent
    }

    /// Equivalent or different, as `same` says.
    pub fn of(same: bool, step: Step) -> Self {
        if same { Self::equivalent(step) } else { Self::different(step) }
    }
}

/// How strictly answers are compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Largest relative difference of two numbers, one of which may be rounded.
    pub relative: f64,
    /// Largest difference from a reference that is zero.
    pub absolute: f64,
    /// Whether two exact numbers, such as `22/7` and `3`, may also differ by as much.
    pub lenient_exact: Lenience,
    /// Most steps of evaluation.
    pub work: u64,
}

/// Where the tolerance applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lenience {
    /// To every number: a benchmark that says so.
    Always,
    /// Only where at least one number is written as a decimal, which must be the other one rounded.
    Rounded,
    /// By what is known of the answer: always where its kind is given, else where it is rounded.
    ByKind,
}

impl Default for Settings {
    /// UGMathBench's tolerance of one in a thousand, with upstream's own slack of a hundredth of it.
    fn default() -> Self {
        Self { relative: 1.01e-3, absolute: 1e-6, lenient_exact: Lenience::ByKind, work: 300_000 }
    }
}
