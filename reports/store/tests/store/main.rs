//! The store: what it keeps, what it refuses, and what it says when it cannot be used.

mod opening;
mod rows;
mod support;
