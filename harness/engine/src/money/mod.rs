//! What answers cost, and how much may be spent.

mod budget;
mod estimate;
mod prices;

pub(crate) use estimate::tokens_by_bytes;

pub use budget::{Budget, Caps, Leave};
pub use estimate::{CostRange, Counted, Estimate, Estimating, Experience, estimate};
pub use prices::{Price, PriceError, Prices, Rates};
