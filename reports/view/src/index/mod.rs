//! The read index: a file of the view's own, made of the store and never the other way round.

mod filter;
mod list;
mod open;
mod query;
mod summary;
mod sync;
mod texts;

pub(crate) use filter::outcome_place;
pub use filter::{Filter, Sort};
pub use list::{AttemptLine, Page};
pub use open::Index;
pub use query::match_expression;
pub use summary::{RunEntry, Tally};
pub use sync::{Synced, UNGRADED, synchronise};
pub use texts::{TextProgress, read_texts};

/// Bits of the epoch in an attempt's id.
pub(crate) const EPOCH_BITS: u32 = 14;
/// Bits of the position in an attempt's id.
pub(crate) const POSITION_BITS: u32 = 26;

/// The id of an attempt.
pub fn attempt_id(run: i64, position: u32, epoch: u32) -> i64 {
    (run << (POSITION_BITS + EPOCH_BITS)) | (i64::from(position) << EPOCH_BITS) | i64::from(epoch)
}

/// Run, position and epoch of an attempt's id.
pub fn parts(id: i64) -> (i64, u32, u32) {
    let position = (id >> EPOCH_BITS) & ((1 << POSITION_BITS) - 1);
    // Both are masked to fewer than 32 bits.
    (id >> (POSITION_BITS + EPOCH_BITS), position as u32, (id & ((1 << EPOCH_BITS) - 1)) as u32)
}

/// The ids of a run: the first, and the first of the next run.
pub(crate) fn run_range(run: i64) -> (i64, i64) {
    (attempt_id(run, 0, 0), attempt_id(run + 1, 0, 0))
}
