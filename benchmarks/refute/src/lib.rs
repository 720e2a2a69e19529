//! REFUTE (arXiv 2502.19414): can a model find a valid input on which a wrong program fails?

mod actions;
mod adapter;
mod agent;
mod evaluation;
mod grading;
mod import;
mod item;
mod label;
mod load;
mod metrics;
mod prompt;
mod search;
mod variant;

pub use actions::{Actions, Fields, NoActions, official as official_actions, tolerant as tolerant_actions};
pub use adapter::{FAMILY, Refute};
pub use evaluation::{Code, Evaluation, Item, admit, evaluate};
pub use grading::{Admissions, Mode};
pub use label::{family, language};
pub use load::samples;
pub use search::{Search, search};
pub use variant::Variant;
