//! The program `proctor`: one file per verb under `verbs`, clap text and resolved settings apart, one printer.

mod allocator;
mod args;
mod conclusion;
mod context;
mod descriptors;
mod environment;
mod error;
mod figures;
mod foreign_files;
mod guests;
mod health;
mod hub_models;
mod interrupt;
mod judging;
mod live_figures;
mod pages;
mod printer;
mod progress;
mod reporting;
mod selection;
mod settings;
mod steps;
mod transcript;
mod verbs;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    allocator::limit_pools();
    let arguments = args::Arguments::parse();
    let context = context::Context::resolve(&arguments.global, arguments.command.format());
    let code = match verbs::dispatch(arguments.command, &context) {
        Ok(code) => code,
        Err(error) => {
            context.printer.error(&error);
            error.code
        }
    };
    ExitCode::from(code as u8)
}
