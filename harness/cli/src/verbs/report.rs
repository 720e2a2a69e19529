use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::verbs::wait;
use crate::{conclusion, reporting};
use clap::Args;
use proctor_core::{ExitCode, RunRecord};
use proctor_reports::store::Store;
use proctor_reports::{ReportRun, markdown};
use std::path::PathBuf;

/// Which runs, and where to.
#[derive(Debug, Args)]
pub struct ReportArguments {
    /// Runs, by id or the beginning of one; the default is all.
    #[arg(value_name = "RUN")]
    runs: Vec<String>,
    /// The file: HTML, or Markdown where its name ends in .md; `-` prints Markdown.
    #[arg(short, long, value_name = "FILE", default_value = "report.html")]
    output: PathBuf,
}

/// Writes the file.
pub fn execute(arguments: ReportArguments, context: &Context) -> CliResult {
    wait(async {
        let store = Store::open_existing(&context.store).await?;
        let mut runs: Vec<ReportRun> = Vec::new();
        for run in chosen(&store, &arguments.runs).await? {
            runs.push(reporting::report(&store, &run).await?);
        }
        store.close().await;
        let summaries = || runs.iter().map(|r| r.summary.clone()).collect::<Vec<_>>();
        let path = &arguments.output;
        if path.as_os_str() == "-" {
            context.printer.out(markdown::summaries(&summaries()).trim_end());
            return Ok(ExitCode::Success);
        }
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("md")) {
            proctor_reports::write_file(path, markdown::summaries(&summaries()).as_bytes())?;
        } else {
            conclusion::write_page(path, &runs)?;
        }
        context.printer.note(format!("report: {}", path.display()));
        Ok(ExitCode::Success)
    })
}

/// The runs that `names` name, oldest first; all where it is empty.
pub async fn chosen(store: &Store, names: &[String]) -> Result<Vec<RunRecord>, CliError> {
    let mut runs = Vec::new();
    if names.is_empty() {
        runs = store.runs().await?;
        runs.reverse();
    }
    for name in names {
        runs.push(store.run(name).await?);
    }
    if runs.is_empty() {
        return Err(CliError::usage(format!("there are no runs in {}", store.path().display())).hint("`proctor run` makes one"));
    }
    Ok(runs)
}
