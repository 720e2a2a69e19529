//! HumanEval Pro, MBPP Pro and BigCodeBench-Lite Pro against their specification.

#![allow(clippy::print_stdout, reason = "a skipped test says so")]

mod extraction;
mod grading;
mod guest;
mod import;
mod loader;
mod metrics;
mod prompts;
mod real_data;
mod support;
