//! The store: what it keeps, what it refuses, and what it says when it cannot be used.

#![allow(clippy::print_stderr, reason = "a skipped test says why")]

#[macro_use]
mod support;

mod durability;
mod light;
mod migrating;
mod opening;
#[path = "../../../../tests/support/postgres.rs"]
mod postgres;
mod rows;
mod servers;
mod sql;
