//! Listening, and who may ask.

mod background;
mod guard;
mod serve;
mod state;
mod token;

pub use serve::{Serving, ViewOptions, serve};
pub(crate) use state::App;
