//! WebAssembly modules as bytes: taking them apart, and changing a few functions.

mod bulk;
mod reader;
mod rewrite;
mod split;
mod symbols;

pub(crate) use bulk::replace_bulk;
pub(crate) use rewrite::{Body, I32, I64, Patch, Place};
pub(crate) use split::{Changes, Split, split};
pub(crate) use symbols::Symbols;
