//! A run as it goes, on the terminal: a bar and what is waited for; lines where standard error is no terminal.

mod meter;
mod screen;

pub use screen::Progress;
