use crate::{AttemptKey, Outcome};
use serde::{Deserialize, Serialize};

/// What happens in a run, in order. Terminal, files and tests are consumers of these.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A run began or was resumed.
    RunStarted {
        /// The run.
        run_id: String,
        /// Attempts in the plan.
        attempts: usize,
        /// Attempts already answered in the store.
        answered: usize,
        /// Attempts already graded in the store.
        graded: usize,
        /// Whether it continues an earlier run.
        resumed: bool,
    },
    /// Reference solutions are being graded.
    GroundTruthStarted {
        /// The run.
        run_id: String,
        /// How many.
        samples: usize,
    },
    /// One reference solution was graded.
    GroundTruthGraded {
        /// The run.
        run_id: String,
        /// The sample.
        sample_id: String,
        /// What its reference came to.
        outcome: Outcome,
    },
    /// An attempt began.
    AttemptStarted {
        /// Which.
        key: AttemptKey,
    },
    /// A request is tried again.
    Retrying {
        /// Which attempt.
        key: AttemptKey,
        /// How often it was tried before.
        tries: u32,
        /// Seconds until the next try.
        wait_s: f64,
        /// Why.
        reason: String,
    },
    /// An attempt is answered and durable.
    AttemptFinished {
        /// Which.
        key: AttemptKey,
        /// Tokens of its answers, where known.
        completion_tokens: Option<u64>,
        /// Seconds waited for the model.
        latency_s: f64,
        /// Why there is no answer, if there is none.
        error: Option<String>,
    },
    /// A grade is made and durable.
    GradeFinished {
        /// Which.
        key: AttemptKey,
        /// What it came to.
        outcome: Outcome,
        /// Why.
        explanation: String,
    },
    /// Something the user should know.
    Warning {
        /// One sentence.
        message: String,
    },
    /// The run is being stopped; work in flight is finished first.
    Draining {
        /// Attempts and grades in flight.
        in_flight: usize,
    },
    /// A run ended.
    RunFinished {
        /// The run.
        run_id: String,
        /// Attempts answered in the store.
        answered: usize,
        /// Attempts graded in the store.
        graded: usize,
        /// Infrastructure errors left.
        infra_errors: usize,
    },
}

/// Where events go. Called in order from one place; must not block for long.
pub trait EventSink: Send + Sync {
    /// Takes one event.
    fn emit(&self, event: &Event);
}
