use crate::args::{Format, FormatArguments};
use crate::conclusion::style;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::verbs::wait;
use clap::{Args, ValueEnum};
use proctor_benchmarks::registry;
use proctor_core::{ExitCode, RunState};
use proctor_models::backends;
use proctor_reports::terminal::{Column, table};
use proctor_store::Store;
use serde_json::{Value, json};

/// What to list.
#[derive(Debug, Args)]
pub struct ListArguments {
    /// What to list.
    #[arg(value_enum, default_value_t = Listed::Benchmarks)]
    what: Listed,
    #[command(flatten)]
    pub output: FormatArguments,
}

/// What can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Listed {
    /// Benchmarks and their variants.
    Benchmarks,
    /// Names by which models are asked for.
    Models,
    /// Runs in the store.
    Runs,
}

/// A table, and the same as JSON.
struct Listing {
    schema: &'static str,
    columns: Vec<Column<'static>>,
    rows: Vec<Vec<String>>,
    items: Vec<Value>,
    empty: &'static str,
}

/// Prints the list.
pub fn execute(arguments: ListArguments, context: &Context) -> CliResult {
    let listing = match arguments.what {
        Listed::Benchmarks => benchmarks(),
        Listed::Models => models(),
        Listed::Runs => runs(context)?,
    };
    if context.format == Format::Json {
        context.printer.out(json!({"schema": listing.schema, "items": listing.items}).to_string());
    } else if listing.rows.is_empty() {
        context.printer.note(listing.empty);
    } else {
        context.printer.out(table(&listing.columns, &listing.rows, style(context)).trim_end());
    }
    Ok(ExitCode::Success)
}

fn text(title: &str) -> Column<'_> {
    Column { title, figures: false }
}

fn figure(title: &str) -> Column<'_> {
    Column { title, figures: true }
}

fn benchmarks() -> Listing {
    let cards = registry::cards();
    Listing {
        schema: "proctor.benchmarks/1",
        columns: vec![text("benchmark"), figure("built-in"), figure("upstream"), text("headline"), text("what is measured")],
        rows: cards
            .iter()
            .map(|card| {
                vec![
                    card.name.clone(),
                    card.builtin_samples.to_string(),
                    card.upstream_samples.to_string(),
                    card.metrics.first().cloned().unwrap_or_default(),
                    card.summary.clone(),
                ]
            })
            .collect(),
        items: cards.iter().map(|card| json!(card)).collect(),
        empty: "no benchmarks",
    }
}

fn models() -> Listing {
    Listing {
        schema: "proctor.models/1",
        columns: vec![text("model"), text("what it is"), text("variables")],
        rows: backends().iter().map(|b| vec![b.form.into(), b.summary.into(), b.variables.join(" ")]).collect(),
        items: backends().iter().map(|b| json!({"form": b.form, "summary": b.summary, "variables": b.variables})).collect(),
        empty: "no models",
    }
}

fn runs(context: &Context) -> Result<Listing, CliError> {
    let mut listing = Listing {
        schema: "proctor.runs/1",
        columns: vec![
            text("run"),
            text("benchmark"),
            text("model"),
            figure("attempts"),
            figure("answered"),
            figure("graded"),
            text("state"),
            text("began"),
        ],
        rows: Vec::new(),
        items: Vec::new(),
        empty: "no runs yet: `proctor run` makes one",
    };
    if !context.store.may_exist() {
        return Ok(listing);
    }
    wait(async {
        let store = Store::open_existing(&context.store).await?;
        for run in store.runs().await? {
            let counts = store.counts(&run.id).await?;
            let state = match run.state {
                RunState::Running => "unfinished",
                RunState::Finished => "finished",
            };
            listing.rows.push(vec![
                run.id.clone(),
                run.plan.benchmark.clone(),
                run.plan.model.clone(),
                run.plan.attempts().to_string(),
                counts.answered.to_string(),
                counts.graded.to_string(),
                state.to_string(),
                run.created_at.clone(),
            ]);
            listing.items.push(json!({
                "id": run.id,
                "benchmark": run.plan.benchmark,
                "model": run.plan.model,
                "fingerprint": run.fingerprint,
                "attempts": run.plan.attempts(),
                "answered": counts.answered,
                "graded": counts.graded,
                "infra_errors": counts.infra_errors,
                "state": run.state,
                "created_at": run.created_at,
            }));
        }
        store.close().await;
        Ok(listing)
    })
}
