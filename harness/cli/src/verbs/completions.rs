use crate::args::Arguments;
use crate::context::Context;
use crate::error::CliResult;
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use proctor_core::ExitCode;

/// Which shell.
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// The shell.
    shell: Shell,
}

/// Prints the script.
pub fn execute(arguments: CompletionsArguments, context: &Context) -> CliResult {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "proctor", &mut script);
    context.printer.out_bytes(&script);
    Ok(ExitCode::Success)
}
