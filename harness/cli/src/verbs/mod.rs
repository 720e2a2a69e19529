//! One file per verb.

pub mod batch;
pub mod cache;
pub mod compare;
pub mod completions;
pub mod data;
pub mod doctor;
pub mod exec;
pub mod export;
pub mod gate;
pub mod grade;
pub mod import;
pub mod judge;
pub mod leaderboard;
pub mod list;
pub mod plan;
pub mod prices;
pub mod rate;
pub mod report;
pub mod run;
pub mod setup;
pub mod show;
pub mod sql;
pub mod statistics;
pub mod view;

use crate::args::Command;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use std::future::Future;

/// Runs the verb. Only verbs that wait for something start the async runtime.
pub fn dispatch(command: Command, context: &Context) -> CliResult {
    match command {
        Command::Run(arguments) => run::execute(arguments, context),
        Command::Plan(arguments) => plan::execute(arguments, context),
        Command::Grade(arguments) => grade::execute(arguments, context),
        Command::Cache(arguments) => cache::execute(arguments, context),
        Command::Prices(arguments) => prices::execute(arguments, context),
        Command::Batch(arguments) => batch::execute(arguments, context),
        Command::Data(arguments) => data::execute(arguments, context),
        Command::List(arguments) => list::execute(arguments, context),
        Command::Show(arguments) => show::execute(arguments, context),
        Command::Report(arguments) => report::execute(arguments, context),
        Command::Compare(arguments) => compare::execute(arguments, context),
        Command::Leaderboard(arguments) => leaderboard::execute(arguments, context),
        Command::Gate(arguments) => gate::execute(arguments, context),
        Command::Statistics(arguments) => statistics::execute(arguments, context),
        Command::Export(arguments) => export::execute(arguments, context),
        Command::Import(arguments) => import::execute(arguments, context),
        Command::Sql(arguments) => sql::execute(arguments, context),
        Command::View(arguments) => view::execute(arguments, context),
        Command::Judge(arguments) => judge::execute(arguments, context),
        Command::Rate(arguments) => rate::execute(arguments, context),
        Command::Exec(arguments) => exec::execute(arguments, context),
        Command::Setup(arguments) => setup::execute(arguments, context),
        Command::Doctor(arguments) => doctor::execute(arguments, context),
        Command::Completions(arguments) => completions::execute(arguments, context),
    }
}

/// Waits for `future` on a runtime of its own.
pub fn wait<T>(future: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| CliError::failure(format!("the async runtime does not start: {e}")))?;
    let result = runtime.block_on(async {
        crate::interrupt::survive_limits_of_size();
        future.await
    });
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    result
}
