//! What happens to an answer as text, before anything is read as mathematics.

mod clean;
mod extract;
mod formatting;
mod functions;
mod normal;
mod pieces;
mod prediction;
mod rewrite;
mod split;
mod units;

pub use extract::extract;
pub use normal::{normal_form, normal_form_with};
pub use prediction::normalise_prediction;
pub use split::split_by_comma;

pub(crate) use split::strip_set;
