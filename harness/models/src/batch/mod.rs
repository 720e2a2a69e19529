//! The batch APIs of OpenAI and Anthropic.

mod anthropic;
mod openai;
mod results;

pub(crate) use anthropic::AnthropicBatch;
pub(crate) use openai::OpenAiBatch;
