//! Contest problems written for proctor: statement, validator, tests, right and wrong programs.

mod field;
mod problems;
mod records;

pub use field::contests;
pub use problems::{problems, refute_items};
pub use records::read_records;
