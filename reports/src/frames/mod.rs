//! Data frames: records in, columns out, and the aggregates reports are made of.

mod aggregate;
mod attempts;
mod column;
mod row;
mod summary;

pub use aggregate::{category_counts, outcome_counts, usage_totals};
pub use attempts::{attempts, grades};
pub use polars::prelude::DataFrame;
pub use row::{AttemptRow, Detail, RunRows};
pub(crate) use row::{finish_word, role_word};
pub use summary::summary;
