//! What runs came to: the store they lie in, tables, summaries for the terminal, Markdown, JSON and HTML,
//! and exports for other programs.
//!
//! Nothing here writes to the terminal; the functions return text, or write to what they are given.

pub mod comparability;
pub mod compare;
pub mod export;
pub mod frames;
pub mod gate;
pub mod html;
pub mod import;
pub mod json;
pub mod leaderboard;
pub mod markdown;
pub mod summary;
pub mod terminal;
pub mod text;

mod error;
mod file;
mod view;

pub use error::ReportError;
pub use file::write_file;
pub use summary::{Summary, summarise, summarise_rows};
pub use view::{ReportRun, SampleView};
