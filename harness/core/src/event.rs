use crate::{AttemptKey, Outcome, Pace, Wait};
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
        /// Attempts already graded `correct` in the store.
        #[serde(default)]
        correct: usize,
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
        /// Tokens of its prompts, where known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prompt_tokens: Option<u64>,
        /// Tokens of its answers, where known.
        completion_tokens: Option<u64>,
        /// Price in US dollars, where known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cost_usd: Option<f64>,
        /// Whether nothing of it was asked: every answer was a kept one.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        cached: bool,
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
    /// Nothing was finished for some seconds; says what the run waits for. Comes again every ten seconds, and sooner when
    /// something else is waited for.
    Waiting {
        /// The run.
        run_id: String,
        /// All that follows in one sentence.
        #[serde(default)]
        says: String,
        /// Seconds since something was last finished.
        quiet_s: f64,
        /// What is waited for, the most telling first; empty only where proctor itself is at fault.
        waits: Vec<Wait>,
        /// Attempts not begun yet.
        to_ask: usize,
        /// Grades not begun yet.
        to_grade: usize,
    },
    /// How fast an endpoint is asked, when that has changed; at most once in two seconds.
    PaceChanged {
        /// The run.
        run_id: String,
        /// The pace now.
        pace: Pace,
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
