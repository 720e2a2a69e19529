use std::sync::Arc;
use tokio::sync::watch;

/// How urgently work is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Not at all.
    Go,
    /// Finish what is in flight, start nothing.
    Drain,
    /// Drop what is in flight.
    Abort,
}

/// A token that stops runs in two stages; clones are one token. It never goes back.
#[derive(Debug, Clone)]
pub struct Stop(Arc<watch::Sender<Stage>>);

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

impl Stop {
    /// A token at [`Stage::Go`].
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Stage::Go)))
    }

    /// Asks for what is in flight to be finished and nothing more to be started.
    pub fn drain(&self) {
        self.raise(Stage::Drain);
    }

    /// Asks for everything to be dropped.
    pub fn abort(&self) {
        self.raise(Stage::Abort);
    }

    /// The stage now.
    pub fn stage(&self) -> Stage {
        *self.0.borrow()
    }

    /// Waits until the stage is at least `stage`.
    pub async fn reached(&self, stage: Stage) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self.0.subscribe().wait_for(|now| *now >= stage).await;
    }

    fn raise(&self, stage: Stage) {
        self.0.send_if_modified(|now| {
            let later = stage > *now;
            *now = stage.max(*now);
            later
        });
    }
}
