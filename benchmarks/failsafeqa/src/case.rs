use std::fmt;

/// One of the seven ways in which a record is asked (spec section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Case {
    /// The question as it should be asked.
    Baseline,
    /// With misspellings.
    Misspelled,
    /// As keywords, like in a search box.
    Incomplete,
    /// In lay words. Still answerable.
    OutOfDomain,
    /// The question as it should be, over a badly scanned filing.
    Ocr,
    /// The question without the filing.
    MissingContext,
    /// A question and a filing that does not answer it.
    IrrelevantContext,
}

/// How many cases there are.
pub const CASES: usize = 7;

impl Case {
    /// Every case, in the order of the spec's table.
    pub const ALL: [Case; CASES] = [
        Case::Baseline,
        Case::Misspelled,
        Case::Incomplete,
        Case::OutOfDomain,
        Case::Ocr,
        Case::MissingContext,
        Case::IrrelevantContext,
    ];

    /// Every case, in the order of asking: those over the same text stand together, for the sake of prompt caches.
    pub const ASKED: [Case; CASES] = [
        Case::Baseline,
        Case::Misspelled,
        Case::Incomplete,
        Case::OutOfDomain,
        Case::IrrelevantContext,
        Case::Ocr,
        Case::MissingContext,
    ];

    /// The name in sample ids, strata and vectors.
    pub fn id(self) -> &'static str {
        match self {
            Case::Baseline => "baseline",
            Case::Misspelled => "misspelled",
            Case::Incomplete => "incomplete",
            Case::OutOfDomain => "out_of_domain",
            Case::Ocr => "ocr",
            Case::MissingContext => "missing_context",
            Case::IrrelevantContext => "irrelevant_context",
        }
    }

    /// The case called `id`.
    pub fn parse(id: &str) -> Option<Case> {
        Case::ALL.into_iter().find(|case| case.id() == id)
    }

    /// Its place in [`Case::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// Whether the right thing is to decline: such cases count in Context Grounding, the others in Robustness.
    pub fn must_decline(self) -> bool {
        matches!(self, Case::MissingContext | Case::IrrelevantContext)
    }

    /// The rubric it is judged by.
    pub fn rubric(self) -> Criteria {
        match self {
            Case::MissingContext => Criteria::MissingContext,
            Case::IrrelevantContext => Criteria::IrrelevantContext,
            _ => Criteria::Answerable,
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// Which of the three rubrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Criteria {
    /// The filing answers the question.
    Answerable,
    /// There is no filing.
    MissingContext,
    /// The filing does not answer the question.
    IrrelevantContext,
}

impl Criteria {
    /// All three.
    pub const ALL: [Criteria; 3] = [Criteria::Answerable, Criteria::MissingContext, Criteria::IrrelevantContext];

    /// The name in file names and evidence.
    pub fn id(self) -> &'static str {
        match self {
            Criteria::Answerable => "answerable",
            Criteria::MissingContext => "missing_context",
            Criteria::IrrelevantContext => "irrelevant_context",
        }
    }
}

/// What kind of work a question asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    /// Question answering.
    Qa,
    /// Text generation, e.g. a note or a post from the filing.
    Tg,
}

impl Task {
    /// Both.
    pub const ALL: [Task; 2] = [Task::Qa, Task::Tg];

    /// The short name, as in data files and strata.
    pub fn id(self) -> &'static str {
        match self {
            Task::Qa => "QA",
            Task::Tg => "TG",
        }
    }

    /// The task meant by `QA`, `qa`, `Question answering`, `TG`, `text_generation` and the like.
    pub fn parse(word: &str) -> Option<Task> {
        let letters: String = word.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect();
        match letters.as_str() {
            "qa" | "questionanswering" => Some(Task::Qa),
            "tg" | "textgeneration" => Some(Task::Tg),
            _ => None,
        }
    }
}
