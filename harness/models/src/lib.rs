//! Backends: everything that answers a [`proctor_core::Request`].
//!
//! [`open`] turns a name such as `openai/gpt-5` or `replay/answers.jsonl` into a model. A backend is one file (or
//! folder) here plus one line in `registry.rs`. This is the only crate that connects to models.

mod argument;
#[cfg(feature = "candle")]
pub mod candle;
mod environment;
mod http;
mod mock;
mod openai;
mod options;
mod registry;
mod replay;
mod secret;
mod stops;
mod thinking;

pub use argument::parse_argument;
pub use environment::{Environment, ProcessEnvironment};
pub use http::{ServerEvent, SseError, SseParser, retry_after};
pub use options::{ModelOptions, Timeouts};
pub use registry::{Backend, backends, open, open_with};
pub use replay::request_sha256;
pub use secret::Secret;
pub use stops::cut_at_stop;
pub use thinking::split_thinking;
