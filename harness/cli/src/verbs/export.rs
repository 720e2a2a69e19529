use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::verbs::report::chosen;
use crate::verbs::wait;
use crate::{figures, pages, reporting};
use clap::{Args, ValueEnum};
use proctor_core::{ExitCode, RunRecord};
use proctor_reports::frames::{self, AttemptRow, DataFrame, RunRows};
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
        let runs = chosen(&store, &arguments.runs).await?;
        if let Some(format) = format.table() {
            let frame = table(&store, &runs, arguments.table).await?;
            store.close().await;
            return deliver_table(frame, format, &arguments, context);
        }
        let mut reports: Vec<ReportRun> = Vec::new();
        for run in &runs {
            reports.push(reporting::report(&store, run).await?);
        }
        store.close().await;
        match format {
            FileFormat::Inspect => inspect(&reports, arguments.output.as_deref(), context),
            _ => {
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

/// The table asked for. Only that of attempts reads transcripts.
async fn table(store: &Store, runs: &[RunRecord], table: Table) -> Result<DataFrame, CliError> {
    if table == Table::Summary {
        return Ok(frames::summary(&pages::summaries(store, runs).await?)?);
    }
    let mut rows: Vec<Vec<AttemptRow>> = Vec::new();
    for run in runs {
        rows.push(match table {
            Table::Attempts => reporting::views(store, run).await?.iter().map(AttemptRow::from).collect(),
            _ => figures::rows(store, run).await?,
        });
    }
    let runs: Vec<RunRows<'_>> = runs.iter().zip(&rows).map(|(run, rows)| RunRows { run, rows }).collect();
    Ok(match table {
        Table::Attempts => frames::attempts(&runs)?,
        _ => frames::grades(&runs)?,
    })
}

fn deliver_table(mut frame: DataFrame, format: export::Format, arguments: &ExportArguments, context: &Context) -> CliResult {
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

impl FileFormat {
    /// The form of a table; `None` for a form of whole runs.
    fn table(self) -> Option<export::Format> {
        match self {
            FileFormat::Csv => Some(export::Format::Csv),
            FileFormat::Jsonl => Some(export::Format::Jsonl),
            FileFormat::Parquet => Some(export::Format::Parquet),
            FileFormat::Inspect | FileFormat::Junit => None,
        }
    }
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
