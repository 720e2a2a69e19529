//! Two models, or two runs, compared question by question.

mod build;
mod difference;
mod side;
mod table;
mod terminal;
mod words;

pub use build::{CompareOptions, Pair, comparison, refusal};
pub use difference::Headline;
pub use side::{RunGrades, in_slices};
pub use table::{Comparison, ComparisonRow, Finding, Flip, Flips, SCHEMA, Side};
pub use terminal::{markdown, side_interval, terminal};
pub use words::{effect, needed, sentence};
