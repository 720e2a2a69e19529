//! The pace of asking, against simulated services in virtual time.

mod interleavings;
mod server;
mod services;
mod simulation;
