//! The engine against a scripted model and a benchmark of sums, over a real store.

mod failures;
mod grading;
mod kill;
mod panel;
mod running;
mod stopping;
mod support;
