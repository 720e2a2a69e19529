//! OpenAI's responses API.

mod read;
mod stream;
mod wire;

pub(crate) use wire::Responses;
