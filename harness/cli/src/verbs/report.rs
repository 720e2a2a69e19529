use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::pages;
use crate::verbs::wait;
use clap::Args;
use proctor_core::{ExitCode, RunRecord};
use proctor_reports::html::PageOptions;
use proctor_reports::markdown;
use proctor_store::Store;
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
    /// The most megabytes the page may have; texts are cut, then left out, to stay below, and the page says how many. The
    /// default is 3, and beyond 10,000 attempts in proportion, up to 16.
    #[arg(long, value_name = "MB", value_parser = megabytes)]
    max_size: Option<usize>,
    /// Title of the page.
    #[arg(long, value_name = "TEXT", default_value = "proctor report")]
    title: String,
}

/// Bytes of a number of megabytes.
fn megabytes(text: &str) -> Result<usize, String> {
    match text.parse::<f64>() {
        Ok(megabytes) if (0.1..=2000.0).contains(&megabytes) => Ok((megabytes * 1e6) as usize),
        _ => Err("a number of megabytes from 0.1 to 2000 is wanted".into()),
    }
}

/// Writes the file.
pub fn execute(arguments: ReportArguments, context: &Context) -> CliResult {
    wait(async {
        let store = Store::open_existing(&context.store).await?;
        let runs = chosen(&store, &arguments.runs).await?;
        let path = &arguments.output;
        if path.as_os_str() == "-" {
            context.printer.out(markdown::summaries(&pages::summaries(&store, &runs).await?).trim_end());
            store.close().await;
            return Ok(ExitCode::Success);
        }
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("md")) {
            let text = markdown::summaries(&pages::summaries(&store, &runs).await?);
            proctor_reports::write_file(path, text.as_bytes())?;
        } else {
            let options = PageOptions { title: arguments.title.clone(), bytes: arguments.max_size, ..PageOptions::default() };
            pages::write_report(&store, &runs, options, path).await?;
        }
        store.close().await;
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
        return Err(CliError::usage(format!("there are no runs in {}", store.location())).hint("`proctor run` makes one"));
    }
    Ok(runs)
}
