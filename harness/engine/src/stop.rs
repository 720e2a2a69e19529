use std::sync::{Arc, OnceLock};
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

/// Why runs are stopped before their end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopReason {
    /// By Ctrl-C or SIGTERM.
    Interrupted,
    /// A bound on money, tokens or time was reached; says which, in one sentence.
    Budget(String),
}

/// A token that stops runs in two stages; clones are one token. It never goes back.
#[derive(Debug, Clone)]
pub struct Stop(Arc<Token>);

#[derive(Debug)]
struct Token {
    stage: watch::Sender<Stage>,
    reason: OnceLock<StopReason>,
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

impl Stop {
    /// A token at [`Stage::Go`].
    pub fn new() -> Self {
        Self(Arc::new(Token { stage: watch::Sender::new(Stage::Go), reason: OnceLock::new() }))
    }

    /// Asks for what is in flight to be finished and nothing more to be started.
    pub fn drain(&self) {
        self.drain_because(StopReason::Interrupted);
    }

    /// [`Stop::drain`], for a reason; the first one given counts.
    pub fn drain_because(&self, reason: StopReason) {
        let _ = self.0.reason.set(reason);
        self.raise(Stage::Drain);
    }

    /// Why everything is to end, where it is.
    pub fn reason(&self) -> Option<StopReason> {
        (self.stage() > Stage::Go).then(|| self.0.reason.get().cloned().unwrap_or(StopReason::Interrupted))
    }

    /// Asks for everything to be dropped.
    pub fn abort(&self) {
        self.raise(Stage::Abort);
    }

    /// The stage now.
    pub fn stage(&self) -> Stage {
        *self.0.stage.borrow()
    }

    /// Waits until the stage is at least `stage`.
    pub async fn reached(&self, stage: Stage) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self.0.stage.subscribe().wait_for(|now| *now >= stage).await;
    }

    /// Waits until somebody wants everything to end; a bound that is reached ends the asking alone, not the grading.
    pub async fn interrupted(&self) {
        self.reached(Stage::Drain).await;
        if matches!(self.reason(), Some(StopReason::Budget(_))) {
            self.reached(Stage::Abort).await;
        }
    }

    fn raise(&self, stage: Stage) {
        self.0.stage.send_if_modified(|now| {
            let later = stage > *now;
            *now = stage.max(*now);
            later
        });
    }
}
