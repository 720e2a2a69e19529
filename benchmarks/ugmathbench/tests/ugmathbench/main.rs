//! Tests of the UGMathBench adapter. Those that need data say why they skip.

#![allow(clippy::print_stderr)]

mod builtin;
mod calculator;
mod checks;
mod grading;
mod hostile;
mod import;
mod loader;
mod metrics;
mod official_prompts;
mod prompts;
mod python;
mod real_data;
mod replay;
mod support;
