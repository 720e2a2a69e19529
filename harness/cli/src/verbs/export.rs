use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::reporting;
use crate::verbs::report::chosen;
use crate::verbs::wait;
use clap::{Args, ValueEnum};
use proctor_core::ExitCode;
use proctor_reports::frames::{self, AttemptRow, RunRows};
use proctor_reports::{ReportRun, export, write_file};
use proctor_store::Store;
use std::path::{Path, PathBuf};

/// Which runs, what of them, how and where to.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// Runs, by id or the beginning of one; the default is all.
    #[arg(value_name = "RUN")]
    runs: Vec<String>,
    /// What of them, for tables.
    #[arg(long, value_enum, default_value_t = Table::Grades)]
    table: Table,
    /// How; the default is by the name of the file, else CSV.
    #[arg(long, value_enum)]
    format: Option<FileFormat>,
    /// Where to; the default is standard output. With `--format inspect` and several runs a folder.
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
    /// A log that Inspect's reader and viewer open; one file per run.
    Inspect,
    /// JUnit XML for CI servers: a suite per run, a case per attempt.
    Junit,
}

/// Writes it.
pub fn execute(arguments: ExportArguments, context: &Context) -> CliResult {
    let format = match (arguments.format, &arguments.output) {
        (Some(format), _) => format,
        (None, None) => FileFormat::Csv,
        (None, Some(path)) => of_path(path).ok_or_else(|| {
            CliError::usage(format!("the name of {} tells no format", path.display()))
                .hint("add --format csv|jsonl|parquet|inspect|junit")
        })?,
    };
    wait(async {
        let store = Store::open_existing(&context.store).await?;
        let mut reports: Vec<ReportRun> = Vec::new();
        for run in chosen(&store, &arguments.runs).await? {
            reports.push(reporting::report(&store, &run).await?);
        }
        store.close().await;
        match format {
            FileFormat::Csv => table(&reports, &arguments, export::Format::Csv, context),
            FileFormat::Jsonl => table(&reports, &arguments, export::Format::Jsonl, context),
            FileFormat::Parquet => table(&reports, &arguments, export::Format::Parquet, context),
            FileFormat::Inspect => inspect(&reports, arguments.output.as_deref(), context),
            FileFormat::Junit => {
                let runs: Vec<_> = reports.iter().map(|r| (&r.summary, r.samples.as_slice())).collect();
                let mut bytes = Vec::new();
                export::junit::write(&runs, &mut bytes)?;
                deliver(&bytes, arguments.output.as_deref(), context)
            }
        }
    })
}

fn of_path(path: &Path) -> Option<FileFormat> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "csv" => Some(FileFormat::Csv),
        "jsonl" => Some(FileFormat::Jsonl),
        "parquet" => Some(FileFormat::Parquet),
        "xml" => Some(FileFormat::Junit),
        _ => None,
    }
}

fn table(reports: &[ReportRun], arguments: &ExportArguments, format: export::Format, context: &Context) -> CliResult {
    let rows: Vec<Vec<AttemptRow>> = reports.iter().map(|r| r.samples.iter().map(AttemptRow::from).collect()).collect();
    let runs: Vec<RunRows<'_>> =
        reports.iter().zip(&rows).map(|(report, rows)| RunRows { run: &report.summary.run, rows }).collect();
    let mut frame = match arguments.table {
        Table::Grades => frames::grades(&runs)?,
        Table::Attempts => frames::attempts(&runs)?,
        Table::Summary => frames::summary(&reports.iter().map(|r| r.summary.clone()).collect::<Vec<_>>())?,
    };
    let mut bytes = Vec::new();
    export::write(&mut frame, format, &mut bytes)?;
    if let Some(path) = &arguments.output {
        write_file(path, &bytes)?;
        context.printer.note(format!("{} rows: {}", frame.height(), path.display()));
    } else {
        context.printer.out_bytes(&bytes);
    }
    Ok(ExitCode::Success)
}

fn inspect(reports: &[ReportRun], output: Option<&Path>, context: &Context) -> CliResult {
    let document = |report: &ReportRun| {
        let mut bytes = Vec::new();
        export::inspect::write(&report.summary, &report.samples, &mut bytes).map(|()| bytes)
    };
    match (reports, output) {
        ([one], output) if output.is_none_or(|path| !path.is_dir()) => deliver(&document(one)?, output, context),
        (several, Some(folder)) if folder.is_dir() || folder.extension().is_none() => {
            std::fs::create_dir_all(folder)
                .map_err(|e| CliError::failure(format!("the folder {} cannot be made: {e}", folder.display())))?;
            for report in several {
                write_file(&folder.join(format!("{}.json", report.summary.run.id)), &document(report)?)?;
            }
            context.printer.note(format!("{} logs: {}", several.len(), folder.display()));
            Ok(ExitCode::Success)
        }
        (several, _) => Err(CliError::usage(format!("an Inspect log holds one run, and there are {}", several.len()))
            .hint("name one run, or a folder: -o DIR")),
    }
}

fn deliver(bytes: &[u8], output: Option<&Path>, context: &Context) -> CliResult {
    match output {
        Some(path) => {
            write_file(path, bytes)?;
            context.printer.note(format!("written: {}", path.display()));
        }
        None => context.printer.out_bytes(bytes),
    }
    Ok(ExitCode::Success)
}
