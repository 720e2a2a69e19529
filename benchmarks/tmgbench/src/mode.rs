//! The choices that make a variant: form, setting, mode.

/// How many games are asked together, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// One game.
    Single,
    /// Several in order, in one question.
    Sequential,
    /// Several in order, each a further question of one conversation. Not upstream's.
    SequentialDialogue,
    /// Several at once, in one question.
    Parallel,
    /// Two, of which the first restricts the second.
    Nested,
}

impl Form {
    /// The word used in names and ids.
    pub fn as_str(self) -> &'static str {
        match self {
            Form::Single => "single",
            Form::Sequential => "sequential",
            Form::SequentialDialogue => "sequential-dialogue",
            Form::Parallel => "parallel",
            Form::Nested => "nested",
        }
    }
}

/// How a game is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Setting {
    /// As a table.
    Classic,
    /// As a story.
    Story,
}

/// How the model is told to think (spec section 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Answer only.
    Da,
    /// Step by step.
    Cot,
    /// First-order theory of mind.
    FoTom,
    /// Second-order theory of mind.
    SoTom,
    /// First-order with the players named in the other order.
    ReFoTom,
    /// Second-order with the players named in the other order.
    ReSoTom,
}

impl Mode {
    /// Every mode, the default first.
    pub const ALL: [Mode; 6] = [Mode::Cot, Mode::Da, Mode::FoTom, Mode::SoTom, Mode::ReFoTom, Mode::ReSoTom];

    /// The word used in names and options.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Da => "da",
            Mode::Cot => "cot",
            Mode::FoTom => "fotom",
            Mode::SoTom => "sotom",
            Mode::ReFoTom => "refotom",
            Mode::ReSoTom => "resotom",
        }
    }

    /// The words for people.
    pub fn title(self) -> &'static str {
        match self {
            Mode::Da => "answer only",
            Mode::Cot => "chain of thought",
            Mode::FoTom => "first-order theory of mind",
            Mode::SoTom => "second-order theory of mind",
            Mode::ReFoTom => "first-order theory of mind, players in the other order",
            Mode::ReSoTom => "second-order theory of mind, players in the other order",
        }
    }

    /// The mode of a word.
    pub fn find(word: &str) -> Option<Mode> {
        Mode::ALL.into_iter().find(|mode| mode.as_str() == word)
    }
}
