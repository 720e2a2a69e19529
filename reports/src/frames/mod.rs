//! Data frames: records in, columns out.

mod attempts;
mod column;
mod row;
mod summary;

pub use attempts::{attempts, grades};
pub use polars::prelude::DataFrame;
pub use row::{AttemptRow, Detail, RunRows};
pub(crate) use row::{finish_word, role_word};
pub use summary::summary;
