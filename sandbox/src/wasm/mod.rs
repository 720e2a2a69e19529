//! WebAssembly modules as bytes: taking them apart, changing a few functions, and counting work.

mod bulk;
mod meter;
mod places;
mod reader;
mod rewrite;
mod split;
mod symbols;
mod widen;

pub(crate) use bulk::replace_bulk;
pub(crate) use meter::{START, WORK_MEMORY, largest_function, metered};
pub(crate) use rewrite::{Body, I32, I64, Patch, Place};
pub(crate) use split::{Changes, Split, split};
pub(crate) use symbols::Symbols;
pub(crate) use widen::widened;
