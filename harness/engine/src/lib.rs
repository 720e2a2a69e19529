//! The machine that turns a plan into answers and grades: it schedules, asks, retries, grades, records and resumes.
//!
//! A dispatcher owns the state of a run and the event sink, so events have one order; executors ask and grade in
//! bounded numbers and make each result durable before the dispatcher hears of it.

mod asker;
mod backoff;
mod context;
mod dispatcher;
mod error;
mod grader;
mod import;
mod limit;
mod outcome;
mod panel;
mod plan;
mod regrade;
mod run;
mod settings;
mod stop;
mod work;

pub use context::Context;
pub use error::EngineError;
pub use import::{Import, grade_imported};
pub use outcome::RunOutcome;
pub use panel::{Panel, panel_provenance};
pub use plan::{Planned, plan};
pub use regrade::regrade;
pub use run::run;
pub use settings::{GradeSettings, Retries, RunSettings, SamplingOverrides};
pub use stop::{Stage, Stop};
