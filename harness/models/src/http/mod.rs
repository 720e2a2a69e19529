//! What every endpoint backend shares: the connection, its limits and its errors; it knows no provider's format.

mod client;
mod endpoint;
mod failure;
mod limits;
mod patience;
mod retry_after;
mod sse;

pub(crate) use client::{Client, Key, KeyHeader, Reply};
pub(crate) use endpoint::Endpoint;
pub(crate) use failure::excerpt;
pub use limits::rate_limits;
pub(crate) use limits::wait;
pub use retry_after::retry_after;
pub use sse::{ServerEvent, SseError, SseParser};
