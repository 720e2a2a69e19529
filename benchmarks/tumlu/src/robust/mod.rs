//! The project's own extraction (spec section 7.1).

mod rules;

pub use rules::{Found, Rule, VERSION, extract};
