//! Tables written for other programs: CSV, JSON lines and Parquet, all with the same columns.

mod format;
mod write;

pub use format::{Format, TableKind};
pub use write::{to_file, write};
