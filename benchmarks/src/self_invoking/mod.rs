//! HumanEval Pro, MBPP Pro and BigCodeBench-Lite Pro: self-invoking code generation (arXiv 2412.21199). One adapter
//! serves the three; what differs between them is data in `set`.

mod adapter;
mod category;
mod extraction;
mod grading;
mod import;
mod item;
mod load;
mod metrics;
mod official;
mod prompt;
mod set;
mod strata;

pub use adapter::{FAMILY, SelfInvoking};
pub use extraction::{Extracted, extract, sanitise};
pub use item::Item;
