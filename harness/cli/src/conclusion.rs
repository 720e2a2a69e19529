//! How a run, a grading or a look at stored runs ends: summaries on the terminal, a page, an exit status.

use crate::allocator;
use crate::args::Format;
use crate::context::Context;
use crate::error::CliError;
use crate::pages;
use proctor_core::{ExitCode, RunRecord, sha256_hex};
use proctor_engine::{RunOutcome, StopReason};
use proctor_reports::html::PageOptions;
use proctor_reports::terminal::{self, TerminalStyle};
use proctor_reports::{Summary, json};
use proctor_store::Store;
use std::path::{Path, PathBuf};

/// Attempts of which a page is written without being asked for: it takes time and memory for each of them.
const MOST_ATTEMPTS: usize = 10_000;

/// Prints the summaries of `outcomes` and writes the page: to `page` where the user names one, else, for people, to a
/// file beside the store.
pub async fn conclude(context: &Context, store: &Store, outcomes: &[RunOutcome], page: Option<&Path>) -> Result<(), CliError> {
    let runs: Vec<RunRecord> = outcomes.iter().map(|outcome| outcome.run.clone()).collect();
    let attempts: usize = outcomes.iter().map(|outcome| outcome.counts.answered).sum();
    let page = match (page, context.format) {
        (Some(path), _) => Some(path.to_path_buf()),
        (None, Format::Text) if attempts <= MOST_ATTEMPTS => default_page(context, outcomes),
        (None, _) => None,
    };
    let page = page.filter(|_| !runs.is_empty());
    // Connections and what came over them are gone by now.
    allocator::give_back();
    let mut light = Vec::new();
    for run in &runs {
        light.push(pages::light_run(store, run, page.is_some()).await?);
    }
    print_summaries(context, &light.iter().map(|run| run.summary.clone()).collect::<Vec<_>>())?;
    if let Some(page) = page {
        pages::write_page(store, &runs, light, PageOptions::default(), &page).await?;
        context.printer.note(format!("\nreport: {}", page.display()));
    } else if let (Format::Text, [first, ..]) = (context.format, runs.as_slice()) {
        context.printer.note(format!("\n{attempts} attempts make a large page: proctor report {} -o report.html", first.id));
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
pub fn print_summaries(context: &Context, summaries: &[Summary]) -> Result<(), CliError> {
    match context.format {
        Format::Json => context.printer.out(json::text(summaries)?),
        Format::Text if summaries.is_empty() => {}
        Format::Text => context.printer.out(terminal::summaries(summaries, style(context)).trim_end()),
    }
    Ok(())
}

/// How tables look on this terminal.
pub fn style(context: &Context) -> TerminalStyle {
    TerminalStyle { width: context.printer.width(), colour: context.printer.colours_results() }
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
