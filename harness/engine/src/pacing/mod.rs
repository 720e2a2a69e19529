//! How fast an endpoint is asked: a controller that is pure, and a line in which requests wait for their turn.
//!
//! The controller takes the time as an argument and is told of every answer and refusal, so it is tested against
//! simulated services in virtual time. All runs of a process that share an endpoint and a key share one.

mod advertised;
mod bucket;
mod controller;
mod found_rate;
mod knee;
mod pacer;
mod paces;
mod places;
mod window;

pub use controller::{Answered, Bounds, Controller, Next, Refusal, Refused, Ticket};
pub use pacer::{Pacer, Permit, Retry};
pub use paces::Paces;
