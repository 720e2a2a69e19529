use crate::numeric::Work;
use crate::verdict::{AnswerKind, Lenience, Settings};

/// What one comparison knows.
pub struct Context<'a> {
    /// What the answer is.
    pub kind: AnswerKind,
    /// How strict it is.
    pub settings: &'a Settings,
    /// What work is left.
    pub work: &'a Work,
    /// How deep lists are nested here.
    pub depth: u32,
}

impl<'a> Context<'a> {
    /// The same for an element or another kind.
    pub fn of(&self, kind: AnswerKind) -> Context<'a> {
        Context { kind, settings: self.settings, work: self.work, depth: self.depth + 1 }
    }

    /// Whether exact numbers may differ within the tolerance.
    pub fn lenient(&self) -> bool {
        match self.settings.lenient_exact {
            Lenience::Always => true,
            Lenience::Rounded => false,
            Lenience::ByKind => self.kind != AnswerKind::Any,
        }
    }
}
