//! Runs written for other programs: tables as CSV, JSON lines and Parquet, all with the same columns; Inspect's logs;
//! JUnit XML.

mod format;
pub mod inspect;
pub mod junit;
mod scan;
mod write;

pub use format::{Format, TableKind};
pub use scan::scan;
pub use write::{to_file, write};
