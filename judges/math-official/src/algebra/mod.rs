//! What upstream's computer algebra would say, without the computer algebra.
//!
//! Two expressions are first compared by value at a few complex places, with a running bound of the rounding error:
//! that tells identities from non-identities. Where upstream's answer depends on how decimals are rounded, the
//! difference is also formed term by term, in the order upstream does it.

mod compare;
mod compile;
mod domain;
mod form;
mod number;
mod sample;
mod special;
mod twister;
mod value;

pub(crate) use compare::{Likeness, Sides};
pub(crate) use form::same_form;
