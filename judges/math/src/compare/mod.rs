//! Comparing two answers that were read.

pub mod choices;
mod constants;
mod context;
mod equations;
mod inequalities;
mod intervals;
mod lists;
mod numbers;
mod points;
mod scalars;
mod shapes;
mod solutions;
pub mod vectors;
pub mod words;

pub use context::Context;
pub use shapes::shapes;
