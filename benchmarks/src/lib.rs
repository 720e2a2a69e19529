//! The benchmarks: where samples come from, what is asked, what counts as right, which figures are reported.
//!
//! One folder per family of benchmarks, and one line in the registry for each. Nothing here runs code (that is the
//! sandbox's work, reached through `proctor_core::Judges`), asks a model, or prints.

mod answers_file;
mod graded_elsewhere;
pub mod registry;
pub mod self_invoking;

pub use answers_file::{MOST_BYTES as ANSWERS_FILE_MOST_BYTES, read as read_answers_file};
pub use proctor_statistics::pass_at_k;
