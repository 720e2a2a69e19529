//! What a run came to: figures with their intervals, every outcome counted, and all that a reader must know before
//! trusting them.

mod build;
mod record;
mod tally;

pub use build::{summarise, summarise_rows};
pub use record::{CategoryCount, OutcomeCount, ScoredMetric, Summary, Unit, UsageTotals};
pub use tally::Tally;
