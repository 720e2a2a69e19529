//! Reading LaTeX and calculator syntax into one tree.

mod characters;
mod commands;
mod factors;
mod functions;
mod groups;
mod lexer;
mod lists;
mod names;
mod numbers;
mod parser;
mod products;
mod resolve;
pub mod units;

pub use parser::{Reading, Unreadable, read};
