//! The pace of asking, against simulated services in virtual time.

mod server;
mod services;
mod simulation;
