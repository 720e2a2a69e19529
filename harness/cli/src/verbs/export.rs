use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::reporting;
use crate::verbs::report::chosen;
use crate::verbs::wait;
use clap::{Args, ValueEnum};
use proctor_core::ExitCode;
use proctor_reports::frames::{self, AttemptRow, RunRows};
use proctor_reports::store::Store;
use proctor_reports::{ReportRun, export};
use std::path::PathBuf;

/// Which runs, what of them, how and where to.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// Runs, by id or the beginning of one; the default is all.
    #[arg(value_name = "RUN")]
    runs: Vec<String>,
    /// What of them.
    #[arg(long, value_enum, default_value_t = Table::Grades)]
    table: Table,
    /// How; the default is by the name of the file, else CSV.
    #[arg(long, value_enum)]
    format: Option<FileFormat>,
    /// Where to; the default is standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// What can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Table {
    /// One row for each grade.
    Grades,
    /// One row for each attempt, graded or not.
    Attempts,
    /// One row for each figure of each run.
    Summary,
}

/// In which format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FileFormat {
    /// Comma-separated values.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// Apache Parquet.
    Parquet,
}

/// Writes the table.
pub fn execute(arguments: ExportArguments, context: &Context) -> CliResult {
    let format = match (arguments.format, &arguments.output) {
        (Some(FileFormat::Csv), _) => export::Format::Csv,
        (Some(FileFormat::Jsonl), _) => export::Format::Jsonl,
        (Some(FileFormat::Parquet), _) => export::Format::Parquet,
        (None, Some(path)) => export::Format::of_path(path).ok_or_else(|| {
            CliError::usage(format!("the name of {} tells no format", path.display())).hint("add --format csv|jsonl|parquet")
        })?,
        (None, None) => export::Format::Csv,
    };
    wait(async {
        let store = Store::open_existing(&context.store).await?;
        let mut reports: Vec<ReportRun> = Vec::new();
        for run in chosen(&store, &arguments.runs).await? {
            reports.push(reporting::report(&store, &run).await?);
        }
        store.close().await;
        let rows: Vec<Vec<AttemptRow>> = reports.iter().map(|r| r.samples.iter().map(AttemptRow::from).collect()).collect();
        let runs: Vec<RunRows<'_>> =
            reports.iter().zip(&rows).map(|(report, rows)| RunRows { run: &report.summary.run, rows }).collect();
        let mut frame = match arguments.table {
            Table::Grades => frames::grades(&runs)?,
            Table::Attempts => frames::attempts(&runs)?,
            Table::Summary => frames::summary(&reports.iter().map(|r| r.summary.clone()).collect::<Vec<_>>())?,
        };
        match &arguments.output {
            Some(path) => {
                export::to_file(&mut frame, format, path)?;
                context.printer.note(format!("{} rows: {}", frame.height(), path.display()));
            }
            None => {
                let mut bytes = Vec::new();
                export::write(&mut frame, format, &mut bytes)?;
                context.printer.out_bytes(&bytes);
            }
        }
        Ok(ExitCode::Success)
    })
}
