//! How figures and foreign texts are written, the same in every form of report.

mod figure;
mod foreign;

pub use figure::{count, decimal, difference, dollars, figure, interval, p_value, range, score, seconds, successes};
pub use foreign::{Bounded, bounded, one_line, visible};
