//! How much work a second is.

/// Units of work in the Python guest that stand for one second of native CPython 3.11 on a usual server core.
///
/// Measured with programs of pure computation run natively and in the guest; docs/sandbox.md has the figures. The
/// guest's clock runs by it, sleeping costs it, and limits that upstream gives in seconds are multiples of it.
pub const WORK_PER_SECOND: u64 = 5_000_000_000;

/// Work for programs upstream gives `seconds` of wall-clock time: twice that, because upstream's seconds include the
/// start of a process and because a verdict must not hang on a close race.
pub const fn work_for_seconds(seconds: u64) -> u64 {
    seconds * WORK_PER_SECOND * 2
}
