//! The engine against a scripted model and a benchmark of sums, over a real store.

mod batch;
mod failures;
mod grading;
mod kill;
mod panel;
mod planning;
mod prices;
mod running;
mod spending;
mod stopping;
mod support;
