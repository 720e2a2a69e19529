//! OpenAI's chat and completions, and everybody who speaks them: the services of a table, Azure, servers of one's own.

mod azure;
mod chat;
mod dialect;
mod echo;
mod logprobs;
mod open;
mod read;
mod stream;

pub(crate) use azure::open as open_azure;
pub(crate) use dialect::{Taste, is_reasoning_model};
pub(crate) use logprobs::read_logprobs;
pub(crate) use open::{open, open_named, open_service};
