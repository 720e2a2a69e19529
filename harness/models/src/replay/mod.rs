//! `replay/FILE`: answers from a file.

mod answers;
mod model;
mod row;

pub use answers::request_sha256;
pub(crate) use model::open;
