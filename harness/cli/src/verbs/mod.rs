//! One file per verb.

pub mod completions;
pub mod list;

use crate::args::Command;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use std::future::Future;

/// Runs the verb. Only verbs that wait for something start the async runtime.
pub fn dispatch(command: Command, context: &Context) -> CliResult {
    match command {
        Command::List(arguments) => list::execute(arguments, context),
        Command::Completions(arguments) => completions::execute(arguments, context),
    }
}

/// Waits for `future` on a runtime of its own.
#[allow(dead_code)]
pub fn wait<T>(future: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| CliError::failure(format!("the async runtime does not start: {e}")))?;
    let result = runtime.block_on(future);
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    result
}
