//! LaTeX as upstream's parser reads it (spec section 11): the longest readable start of a text, as a tree.

mod function;
mod lexer;
mod operators;
mod parser;
mod primary;
mod tree;

pub use parser::{ParseError, parse};
pub use tree::{Bound, Comparison, Expression, Function};
