//! Limits that runs must keep, for continuous integration.

mod check;
mod junit;
mod policy;
mod terminal;

pub use check::{Baseline, Check, Evidence, GateReport, SCHEMA, checks};
pub use junit::junit;
pub use policy::{Policy, Prove, Rule, names};
pub use terminal::terminal;
