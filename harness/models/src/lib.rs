//! Backends: everything that answers a [`proctor_core::Request`].
//!
//! [`open`] turns a name such as `openai/gpt-5` or `replay/answers.jsonl` into a model. A backend is one file (or
//! folder) here plus one line in `registry.rs`. This is the only crate that connects to models.

mod anthropic;
mod argument;
mod batch;
#[cfg(feature = "candle")]
pub mod candle;
mod environment;
mod google;
mod http;
mod mock;
mod openai;
mod options;
mod probe;
mod registry;
mod remote;
mod replay;
mod responses;
mod secret;
mod services;
mod spelling;
mod stops;
mod thinking;
mod tokens;

pub use argument::parse_argument;
pub use environment::{Environment, ProcessEnvironment};
pub use http::{ServerEvent, SseError, SseParser, rate_limits, retry_after};
pub use options::{ModelOptions, Timeouts};
pub use probe::{Finding, Verdict, probe};
pub use registry::{Backend, backends, open, open_with};
pub use replay::request_sha256;
pub use secret::Secret;
pub use stops::cut_at_stop;
pub use thinking::split_thinking;
