use crate::StopReason;
use proctor_core::{ExitCode, RunRecord, RunState};
use proctor_store::{GroundTruth, RunCounts};

/// What a run came to, as far as it came.
#[derive(Debug, Clone)]
pub struct RunOutcome {
    /// The run as it now stands in the store.
    pub run: RunRecord,
    /// Whether it was there before.
    pub resumed: bool,
    /// How far it has come.
    pub counts: RunCounts,
    /// What reference solutions came to; `None` where the user did without.
    pub ground_truth: Option<GroundTruth>,
    /// Why it was stopped before its end, if it was.
    pub stopped: Option<StopReason>,
}

impl RunOutcome {
    /// Whether nothing is left to do.
    pub fn is_complete(&self) -> bool {
        self.run.state == RunState::Finished
    }

    /// Why the score must not be shown; `None` when nothing speaks against it.
    pub fn withheld(&self) -> Option<String> {
        self.ground_truth.as_ref().and_then(GroundTruth::withheld)
    }

    /// The exit status of the program for this run.
    pub fn exit_code(&self) -> ExitCode {
        if let Some(reason) = &self.stopped {
            match reason {
                StopReason::Interrupted => ExitCode::Interrupted,
                StopReason::Budget(_) => ExitCode::Budget,
            }
        } else if self.withheld().is_some() {
            ExitCode::GroundTruth
        } else if self.counts.infra_errors > 0 {
            ExitCode::InfraErrors
        } else {
            ExitCode::Success
        }
    }
}
