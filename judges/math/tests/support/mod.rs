//! What several tests share.
#![allow(dead_code, reason = "no test uses all of it")]

pub mod clock;
pub mod latex;
pub mod memory;
pub mod mutate;
pub mod references;
