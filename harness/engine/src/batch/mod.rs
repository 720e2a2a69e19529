//! Asking in batches: requests that wait at the same time are handed in together, and answered within hours.
//!
//! To the rest of the engine a model asked in batches is a model like any other whose answers take long, so that
//! protocols of several questions, grading, recording and resuming stay as they are. What is handed in is written into
//! the store before and after, so that a run that was killed finds its batches again and pays nothing twice.

mod collector;
mod ledger;
mod listed;
mod model;

pub use collector::BatchSettings;
pub use listed::{RunBatch, run_batches};
pub(crate) use model::BatchModel;
