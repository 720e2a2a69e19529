//! What answers cost, and how much may be spent.

mod budget;
mod estimate;
mod experience;
mod factor;
mod foreseen;
mod judging;
mod names;
mod prices;
mod tokens;

pub(crate) use tokens::estimated_tokens;

pub use budget::{Budget, Caps, Leave, UnderWay};
pub use estimate::{Estimate, Estimating, estimate};
pub use experience::Experience;
pub use factor::{Asked, Factor};
pub use foreseen::CostRange;
pub use judging::{JudgeEstimate, JudgeModel};
pub use prices::{Price, PriceError, Prices, Rates};
pub use tokens::Counted;
