//! CodeElo (arXiv 2501.01257): contest problems, each tried eight times, judged here, and a rating among people.

mod adapter;
mod extract;
mod generated;
mod grading;
mod import;
mod infer;
mod jury;
mod load;
mod metrics;
mod problem;
mod prompt;
mod ratings;

pub use adapter::{CodeElo, FAMILY};
pub use extract::{Extracted, LANGUAGES, official as official_program, robust as robust_program};
pub use grading::{JudgedBy, Settings};
pub use load::{contests, people, samples};
pub use metrics::metrics;
pub use ratings::Ranking;
