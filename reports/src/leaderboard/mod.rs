//! Models by benchmarks: scores with intervals, places with intervals, what cannot be compared, tokens, time and cost.

mod build;
mod entry;
mod frame;
mod markdown;
mod places;
mod table;
mod terminal;

pub use build::leaderboard;
pub use entry::{Entry, Score, conditions, group_key};
pub use frame::{entries_of_grades, narrowed};
pub use markdown::markdown;
pub use table::{BenchmarkColumn, Cell, Leaderboard, ModelRow, SCHEMA, Standing};
pub use terminal::terminal;
