//! Tests of the benchmark; those that use the data beside the checkout say so where it is absent.

#![allow(clippy::print_stdout)] // Tests say what they skip.

mod asking;
mod composites;
mod figures;
mod grading;
mod import;
mod loader;
mod parser;
mod prompts;
mod properties;
mod robust;
mod stories;
mod support;
mod topology;
mod variants;
mod vectors;
