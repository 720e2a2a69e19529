use crate::context::Context;
use crate::error::CliResult;
use clap::{Args, ValueEnum};
use proctor_core::ExitCode;

/// What to list.
#[derive(Debug, Args)]
pub struct ListArguments {
    /// What to list.
    #[arg(value_enum, default_value_t = Listed::Benchmarks)]
    what: Listed,
}

/// What can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Listed {
    /// Benchmarks and their variants.
    Benchmarks,
    /// Names by which models are asked for.
    Models,
    /// Runs in the store.
    Runs,
}

/// Prints the list.
pub fn execute(_arguments: ListArguments, _context: &Context) -> CliResult {
    Ok(ExitCode::Success)
}
