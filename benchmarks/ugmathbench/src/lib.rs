//! UGMathBench (arXiv 2501.13766): undergraduate mathematics with free-form answers, each problem in three versions that
//! differ in their numbers only. The headline is EAcc, the share of problems right in all three.
//!
//! Nothing here runs code, opens a connection or prints; both judges of answers are pure.

mod adapter;
pub mod builtin;
mod grading;
mod import;
mod item;
mod judging;
mod load;
pub mod marj;
mod metrics;
mod official;
mod options;
mod picture;
mod prompt;
pub mod python;
mod subjects;

pub use adapter::{FAMILY, UgMathBench};
pub use item::{Instance, Problem, TYPES, Version};
pub use load::rows_sha256;
pub use subjects::{SUBJECTS, Subject};
