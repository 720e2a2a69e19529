//! Evaluation in complex doubles with a running bound of the rounding error.

mod calculus;
mod estimate;
mod evaluate;
mod formula;
mod functions;
mod special;

pub use estimate::Estimate;
pub use evaluate::{Evaluation, Work};
pub use formula::{Formula, Symbols, formula};
