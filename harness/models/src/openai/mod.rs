//! OpenAI and everything that speaks its two oldest dialects: chat completions and raw completions.

mod answer;
mod dialect;
mod failure;
mod model;
mod open;
mod question;
mod stream;

pub(crate) use open::{open, open_named};
