//! What an endpoint can do, found out by asking it: for `proctor doctor MODEL`.

mod abilities;
mod connection;
mod finding;
mod names;
mod questions;
mod run;

pub use finding::{Finding, Verdict};
pub use run::probe;
