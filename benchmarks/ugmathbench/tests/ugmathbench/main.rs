//! Tests of the UGMathBench adapter.

mod builtin;
mod calculator;
mod checks;
