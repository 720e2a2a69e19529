//! TUMLU-mini: school questions with options in eight Turkic languages and their scripts (arXiv 2502.11020).

mod adapter;
mod builtin;
mod grading;
mod import;
mod item;
mod language;
mod load;
mod metrics;
pub mod official;
mod official_prompts;
mod picture;
mod prompt;
pub mod robust;
mod rows;
mod shuffle;
mod subject;
mod tally;
mod variant;

pub use adapter::{FAMILY, Tumlu};
pub use item::Item;
pub use language::{LANGUAGES, Language, Script};
pub use official_prompts::OfficialPrompts;
pub use prompt::{Setting, Templates, Words, question, shots};
pub use shuffle::Shuffle;
pub use subject::{CORE, Subject, unify};
