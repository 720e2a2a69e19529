//! The machine that turns a plan into answers and grades: it schedules, asks, retries, grades, records and resumes.
//!
//! A dispatcher owns the state of a run and the event sink, so events have one order; executors ask and grade in
//! bounded numbers and make each result durable before the dispatcher hears of it.

mod asker;
mod backoff;
mod batch;
mod cache;
mod context;
mod dispatcher;
mod drought;
mod error;
mod events;
mod grader;
mod import;
mod money;
mod outcome;
pub mod pacing;
mod panel;
mod plan;
mod regrade;
mod run;
mod samples;
mod settings;
mod stop;
mod storing;
mod watch;
mod work;

pub use batch::{BatchSettings, RunBatch, run_batches};
pub use cache::answer_keys;
pub use context::Context;
pub use error::EngineError;
pub use events::{EventLog, Sinks};
pub use import::{Import, grade_imported};
pub use money::{
    Asked, Budget, Caps, CostRange, Counted, Estimate, Estimating, Experience, Factor, JudgeEstimate, JudgeModel, Leave, Price,
    PriceError, Prices, Rates, UnderWay, estimate,
};
pub use outcome::RunOutcome;
pub use panel::{Panel, panel_provenance};
pub use plan::{Planned, plan};
pub use regrade::regrade;
pub use run::{MOST_FOUND, run};
pub use settings::{GradeSettings, Retries, RunSettings, SamplingOverrides};
pub use stop::{Stage, Stop, StopReason};
