//! FailSafeQA (arXiv 2502.06329): whether a model keeps answering well over a long financial filing when question or scan
//! degrade, and declines when the filing is missing or does not answer. A judge model rates every answer from 1 to 6.

mod adapter;
mod attempt;
mod builtin;
mod case;
mod grading;
mod import;
mod intervals;
mod load;
mod metrics;
mod official;
mod pairing;
mod prompt;
mod record;
mod samples;
mod scorer;
mod settings;

pub use adapter::{FAMILY, FailSafeQa};
pub use builtin::{MOST_ERRORS, corrupt, misspell, records};
pub use case::{CASES, Case, Criteria, Task};
pub use record::Record;
pub use scorer::{Aggregates, Cell, RecordRatings, Rule, aggregate, llm_compliance};
