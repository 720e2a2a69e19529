//! FailSafeQA: data, prompts, asking, judging and figures.

mod asking;
mod builtin;
mod data;
mod judging;
mod prompts;
mod run;
mod support;
mod vectors;
