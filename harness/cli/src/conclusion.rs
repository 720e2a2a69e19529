//! How a run, a grading or a look at stored runs ends: summaries on the terminal, a page, an exit status.

use crate::args::Format;
use crate::context::Context;
use crate::error::CliError;
use crate::reporting;
use proctor_core::{ExitCode, sha256_hex};
use proctor_engine::{RunOutcome, StopReason};
use proctor_reports::terminal::{self, TerminalStyle};
use proctor_reports::{ReportRun, html, json, write_file};
use proctor_store::Store;
use std::path::{Path, PathBuf};

/// Prints the summaries of `outcomes` and writes the page: to `page` where the user names one, else, for people, to a
/// file beside the store.
pub async fn conclude(context: &Context, store: &Store, outcomes: &[RunOutcome], page: Option<&Path>) -> Result<(), CliError> {
    let mut runs = Vec::new();
    for outcome in outcomes {
        runs.push(reporting::report(store, &outcome.run).await?);
    }
    print_summaries(context, &runs)?;
    let page = match (page, context.format) {
        (Some(path), _) => Some(path.to_path_buf()),
        (None, Format::Text) => default_page(context, outcomes),
        (None, _) => None,
    };
    if let Some(page) = page.filter(|_| !runs.is_empty()) {
        write_page(&page, &runs)?;
        context.printer.note(format!("\nreport: {}", page.display()));
    }
    if let (Format::Text, Some(first)) = (context.format, outcomes.first()) {
        context.printer.note(format!("look closer: proctor show {}", first.run.id));
    }
    match outcomes.iter().find_map(|o| o.stopped.as_ref()) {
        Some(StopReason::Interrupted) => context.printer.note("interrupted: the same command continues"),
        Some(StopReason::Budget(sentence)) => context.printer.note(format!("{sentence}; the same command with more continues")),
        None => {}
    }
    Ok(())
}

/// Prints summaries in the format asked for.
pub fn print_summaries(context: &Context, runs: &[ReportRun]) -> Result<(), CliError> {
    let summaries: Vec<_> = runs.iter().map(|r| r.summary.clone()).collect();
    match context.format {
        Format::Json => context.printer.out(json::summaries(&summaries)?.to_string()),
        Format::Text if summaries.is_empty() => {}
        Format::Text => context.printer.out(terminal::summaries(&summaries, style(context)).trim_end()),
    }
    Ok(())
}

/// How tables look on this terminal.
pub fn style(context: &Context) -> TerminalStyle {
    TerminalStyle { width: context.printer.width(), colour: context.printer.colours_results() }
}

/// Writes one page about `runs`, making its folder if need be.
pub fn write_page(path: &Path, runs: &[ReportRun]) -> Result<(), CliError> {
    if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|e| CliError::failure(format!("the folder {} cannot be made: {e}", folder.display())))?;
    }
    Ok(write_file(path, html::page(runs, &html::PageOptions::default())?.as_bytes())?)
}

/// The page of these runs beside the store: `reports/RUN.html`, or a name made of all runs.
fn default_page(context: &Context, outcomes: &[RunOutcome]) -> Option<PathBuf> {
    let name = match outcomes {
        [] => return None,
        [one] => one.run.id.clone(),
        several => {
            let ids: Vec<&str> = several.iter().map(|o| o.run.id.as_str()).collect();
            format!("runs-{}", &sha256_hex(ids.join("\n").as_bytes())[..8])
        }
    };
    Some(context.beside_store("reports").join(format!("{name}.html")))
}

/// The exit status of several runs: the most telling of theirs.
pub fn exit_code(outcomes: &[RunOutcome]) -> ExitCode {
    let codes: Vec<ExitCode> = outcomes.iter().map(RunOutcome::exit_code).collect();
    [ExitCode::Interrupted, ExitCode::Budget, ExitCode::GroundTruth, ExitCode::InfraErrors]
        .into_iter()
        .find(|code| codes.contains(code))
        .unwrap_or(ExitCode::Success)
}
