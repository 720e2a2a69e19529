//! HumanEval Pro, MBPP Pro and BigCodeBench-Lite Pro against their specification.

mod extraction;
mod grading;
mod guest;
mod import;
mod loader;
mod metrics;
mod prompts;
mod real_data;
mod support;
