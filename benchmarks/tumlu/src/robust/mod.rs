//! The project's own extraction (spec section 7.1): an ordered list of rules, each of which says what it matched. It
//! never guesses: what no rule reads is unparsed.

mod answer;
mod labels;
mod letters;
mod options;
mod reader;
mod rules;
mod sentences;
mod text;
mod words;

pub use rules::{Found, Rule, VERSION, extract};
