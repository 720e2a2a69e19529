//! Results as pages: one HTML file that needs nothing else, and the templates that the live view shares.
//!
//! Figures are in the page as escaped text. Samples and plots are in it as compressed data, which the page's script shows
//! as text, never as markup. The one script and the one style sheet are admitted by their hashes
//! (Content-Security-Policy), and Trusted Types forbid the script to make markup of a text; so nothing a model wrote can
//! ever run.

mod boards;
mod charts;
mod document;
mod evidence;
mod matrix;
mod pack;
pub mod plots;
mod policy;
mod pool;
mod report;
mod rows;
mod section;
mod templates;

pub use boards::{ComparisonRowView, ComparisonView, FlipView, LeaderboardView, comparison, leaderboard};
pub use document::{Block, Fact, SampleDocument, Text, TextLimits, Turn};
pub use matrix::{BarView, MatrixCell, MatrixColumn, MatrixRow, MatrixView};
pub use report::{PageBuilder, PageOptions, PageRun, page};
pub use templates::{Assets, SCRIPT, STYLE, Shell, Templates};
