//! The statistics by name, for one case at a time in JSON: what a case file holds, for checking them from outside.
//!
//! A case is `{"kind": …, "inputs": {…}}`, perhaps with `name`, `expected` and `tolerance`.

mod agreement;
mod check;
mod input;
mod intervals;
mod kinds;
mod tests;

pub use check::{Deviation, deviations};
pub use input::CaseError;
pub use kinds::{KINDS, Kind, figures};
