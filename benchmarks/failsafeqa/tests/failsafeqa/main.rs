//! FailSafeQA: data, prompts, asking, judging and figures.
#![allow(clippy::print_stderr)] // A skipped check says so.

mod asking;
mod builtin;
mod data;
mod judging;
mod prompts;
mod run;
mod support;
mod vectors;
