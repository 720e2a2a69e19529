use crate::args::Format;
use crate::conclusion::style;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::figures::entries;
use crate::selection::{ResultFormat, narrowed};
use crate::verbs::report::chosen;
use crate::verbs::wait;
use clap::Args;
use proctor_core::ExitCode;
use proctor_reports::leaderboard::{self, Leaderboard};
use proctor_reports::{export, html, write_file};
use proctor_store::Store;
use std::path::PathBuf;

const HELP: &str = "\
Examples:
  proctor leaderboard                                  all models at all benchmarks
  proctor leaderboard -b tumlu --slice kazakh --slice history
  proctor leaderboard --format markdown > table.md
  proctor leaderboard --grades grades.parquet          of a table that `export` wrote";

/// Which runs, and how they are shown.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct LeaderboardArguments {
    /// Runs, by id or the beginning of one; the default is all.
    #[arg(value_name = "RUN")]
    runs: Vec<String>,
    /// Only this benchmark; a name without variant is all its variants. May be repeated.
    #[arg(short, long = "benchmark", value_name = "NAME")]
    benchmarks: Vec<String>,
    /// Only this model. May be repeated.
    #[arg(short, long = "model", value_name = "NAME")]
    models: Vec<String>,
    /// Only samples in this subset, e.g. `kazakh` or `level=2`; repeated, only those in all of them.
    #[arg(long = "slice", value_name = "SUBSET")]
    slices: Vec<String>,
    /// Score a table of grades instead of the store: Parquet, as `export --table grades` writes it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["runs"])]
    grades: Option<PathBuf>,
    /// Write a page, too.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t = ResultFormat::Text, help_heading = "Output")]
    format: ResultFormat,
}

impl LeaderboardArguments {
    /// How it is printed.
    pub fn format(&self) -> Format {
        self.format.into()
    }
}

/// Shows models by benchmarks.
pub fn execute(arguments: LeaderboardArguments, context: &Context) -> CliResult {
    let board = match &arguments.grades {
        Some(path) => {
            let entries = leaderboard::entries_of_grades(export::scan(path)?, &arguments.slices)?;
            let fits = |entry: &leaderboard::Entry| {
                let benchmark = |wanted: &String| proctor_reports::gate::names(wanted, &entry.benchmark);
                (arguments.benchmarks.is_empty() || arguments.benchmarks.iter().any(benchmark))
                    && (arguments.models.is_empty() || arguments.models.contains(&entry.model))
            };
            leaderboard::leaderboard(entries.into_iter().filter(fits).collect(), &arguments.slices)
        }
        None => wait(of_store(&arguments, context))?,
    };
    match arguments.format {
        ResultFormat::Text => context.printer.out(leaderboard::terminal(&board, style(context)).trim_end()),
        ResultFormat::Markdown => context.printer.out(leaderboard::markdown(&board).trim_end()),
        ResultFormat::Json => context.printer.out(serde_json::to_string(&board).map_err(CliError::failure)?),
    }
    if let Some(path) = &arguments.html {
        write_file(path, html::leaderboard(&board)?.as_bytes())?;
        context.printer.note(format!("page: {}", path.display()));
    }
    Ok(ExitCode::Success)
}

async fn of_store(arguments: &LeaderboardArguments, context: &Context) -> Result<Leaderboard, CliError> {
    let store = Store::open_existing(&context.store).await?;
    let runs = narrowed(chosen(&store, &arguments.runs).await?, &arguments.benchmarks, &arguments.models);
    if runs.is_empty() {
        return Err(CliError::usage(format!("no run in {} is of these benchmarks and models", store.location()))
            .hint("`proctor list runs` shows those there are"));
    }
    let entries = entries(&store, runs, &arguments.slices).await?;
    store.close().await;
    Ok(leaderboard::leaderboard(entries, &arguments.slices))
}
