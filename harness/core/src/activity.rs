use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// When something last came of an answer that is under way; clones are one.
#[derive(Debug, Clone, Default)]
pub struct Activity(Arc<Mutex<Option<Instant>>>);

impl Activity {
    /// Something came: the head of the reply, or a piece of the answer.
    pub fn sign(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// The time since something last came; `None` where nothing has.
    pub fn silence(&self) -> Option<Duration> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).map(|last| last.elapsed())
    }
}
