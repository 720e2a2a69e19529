//! The program `proctor`: one file per verb under `verbs`, clap text and resolved settings apart, one printer.

mod args;
mod context;
mod environment;
mod error;
mod printer;
mod verbs;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = args::Arguments::parse();
    let context = context::Context::resolve(&arguments.global);
    let code = match verbs::dispatch(arguments.command, &context) {
        Ok(code) => code,
        Err(error) => {
            context.printer.error(&error);
            error.code
        }
    };
    ExitCode::from(code as u8)
}
