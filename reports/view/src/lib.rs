//! The live view: runs, samples and comparisons as pages, served to a browser on this machine and to nobody else.
//!
//! It listens on the loopback address, answers only who holds the random token of its address, and never writes to the
//! store. Lists, filters and search are answered from a read index of its own (`index`), which is made of the store in
//! the background.

mod error;
mod figures;
mod index;
mod pages;
mod server;

pub use error::ViewError;
pub use figures::Figures;
pub use index::{AttemptLine, Filter, Index, Page, RunEntry, Sort, Synced, Tally, TextProgress, UNGRADED, attempt_id};
pub use index::{match_expression, read_texts, synchronise};
pub use server::{Serving, ViewOptions, serve};
