//! Anthropic's messages API.

mod open;
mod read;
mod stream;
mod wire;

pub(crate) use open::open;
