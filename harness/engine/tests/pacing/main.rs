//! The pace of asking, against simulated services in virtual time.

mod interleavings;
mod queue;
mod server;
mod services;
mod simulation;
