//! Runs as one HTML file that needs nothing else: no network, no other file, and no script to be read.
//!
//! Data reaches the page as escaped text only; the one script and the one style sheet are allowed by their hashes
//! (Content-Security-Policy), so that nothing a model wrote can ever run.

mod bars;
mod evidence;
mod page;
mod run;
mod sample;

pub use page::{PageOptions, page};
