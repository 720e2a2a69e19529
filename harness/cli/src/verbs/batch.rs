use crate::args::{Format, FormatArguments};
use crate::conclusion::style;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::settings::{Backend, open_models};
use crate::verbs::wait;
use clap::{Args, Subcommand};
use proctor_core::{Batch, BatchPhase, ExitCode, Model};
use proctor_engine::{RunBatch, run_batches};
use proctor_models::Timeouts;
use proctor_reports::terminal::{Column, table};
use proctor_store::Store;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// What to do with the batches of runs (`run --batch`).
#[derive(Debug, Args)]
pub struct BatchArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show the batches of all runs, or of one, and where their providers say they stand.
    List(ListArguments),
    /// Ask the provider to stop working on a batch, or on all of a run. What is answered by then is kept and charged; the
    /// run's command collects that and hands in the rest again.
    Cancel(CancelArguments),
}

/// How the providers are reached.
#[derive(Debug, Args)]
struct Reaching {
    /// An option of the backend, as it was given to the run; may be repeated.
    #[arg(short = 'M', value_name = "KEY=VALUE")]
    arguments: Vec<String>,
    /// Base address of the endpoint, as it was given to the run.
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    #[command(flatten)]
    output: FormatArguments,
}

#[derive(Debug, Args)]
struct ListArguments {
    /// Only of this run.
    #[arg(value_name = "RUN")]
    run: Option<String>,
    #[command(flatten)]
    reaching: Reaching,
}

#[derive(Debug, Args)]
struct CancelArguments {
    /// A run, or the provider's name for one batch.
    #[arg(value_name = "RUN|BATCH")]
    name: String,
    #[command(flatten)]
    reaching: Reaching,
}

impl BatchArguments {
    /// How results are printed.
    pub fn format(&self) -> Format {
        match &self.action {
            Action::List(arguments) => arguments.reaching.output.format,
            Action::Cancel(arguments) => arguments.reaching.output.format,
        }
    }
}

/// Does it.
pub fn execute(arguments: BatchArguments, context: &Context) -> CliResult {
    match arguments.action {
        Action::List(arguments) => wait(list(&arguments, context)),
        Action::Cancel(arguments) => wait(cancel(&arguments, context)),
    }
}

/// A batch and where it stands: the provider's word, how many requests are done, of how many.
struct Standing {
    batch: RunBatch,
    /// What the provider says, or why that is not known.
    state: Result<(String, u64, u64), String>,
}

async fn list(arguments: &ListArguments, context: &Context) -> CliResult {
    let batches = stored(arguments.run.as_deref(), context).await?;
    let mut providers = Providers::new(&arguments.reaching, context);
    let mut standings = Vec::with_capacity(batches.len());
    for batch in batches {
        let state = match providers.of(&batch) {
            Ok(model) => state(&batch, model.as_ref()).await,
            Err(error) => Err(error),
        };
        standings.push(Standing { batch, state });
    }
    if context.format == Format::Json {
        let items: Vec<Value> = standings.iter().map(as_json).collect();
        context.printer.out(json!({"schema": "proctor.batches/1", "items": items}).to_string());
        return Ok(ExitCode::Success);
    }
    if standings.is_empty() {
        context.printer.note("no run has a batch at a provider; `proctor run --batch` hands requests in as batches");
        return Ok(ExitCode::Success);
    }
    let text = |title| Column { title, figures: false };
    let figure = |title| Column { title, figures: true };
    let columns =
        [text("run"), text("batch"), text("model"), figure("requests"), text("handed in"), text("state"), figure("done")];
    let row = |standing: &Standing| {
        let RunBatch { run_id, model, batch, requests, handed_in, .. } = &standing.batch;
        let (state, done) = match &standing.state {
            Ok((word, done, total)) => (word.clone(), format!("{done}/{total}")),
            Err(_) => ("unknown".to_owned(), String::new()),
        };
        let name = batch.clone().unwrap_or_else(|| "?".to_owned());
        vec![run_id.clone(), name, model.clone(), requests.to_string(), moment(handed_in), state, done]
    };
    let rows: Vec<Vec<String>> = standings.iter().map(row).collect();
    context.printer.out(table(&columns, &rows, style(context)).trim_end());
    let mut told: Vec<&String> = standings.iter().filter_map(|standing| standing.state.as_ref().err()).collect();
    told.dedup();
    for problem in told {
        context.printer.warn(format!("unknown: {problem}"));
    }
    Ok(ExitCode::Success)
}

async fn cancel(arguments: &CancelArguments, context: &Context) -> CliResult {
    let name = arguments.name.as_str();
    let all = stored(None, context).await?;
    let mut meant: Vec<RunBatch> = all.iter().filter(|batch| batch.batch.as_deref() == Some(name)).cloned().collect();
    if meant.is_empty() {
        // A run, then, which may have none.
        meant = stored(Some(name), context).await?;
    }
    let mut providers = Providers::new(&arguments.reaching, context);
    let mut cancelled = Vec::new();
    for batch in &meant {
        let model = providers.of(batch).map_err(|problem| CliError::new(ExitCode::Endpoint, problem))?;
        let failed = |error: proctor_core::ModelError| CliError::new(ExitCode::Endpoint, error.message);
        let provider = batches_of(model.as_ref()).map_err(|problem| CliError::new(ExitCode::Endpoint, problem))?;
        if batch.cancel(provider).await.map_err(failed)? {
            cancelled.push(batch);
        }
    }
    if context.format == Format::Json {
        let names: Vec<&Option<String>> = cancelled.iter().map(|batch| &batch.batch).collect();
        context.printer.out(json!({"schema": "proctor.batches/1", "cancelled": names}).to_string());
        return Ok(ExitCode::Success);
    }
    for batch in &cancelled {
        let name = batch.batch.as_deref().unwrap_or("that was being handed in");
        context.printer.out(format!("batch {name} of run {} ({} requests) is being cancelled", batch.run_id, batch.requests));
    }
    context.printer.out(match (meant.len(), cancelled.len()) {
        (0, _) => format!("run {name} has no batch at a provider"),
        (_, 0) => "nothing to cancel: every batch has ended".to_owned(),
        _ => "what is answered by then is kept and charged; the command of the run collects it and hands in the rest again"
            .to_owned(),
    });
    Ok(ExitCode::Success)
}

/// The batches in the store.
async fn stored(run: Option<&str>, context: &Context) -> Result<Vec<RunBatch>, CliError> {
    if run.is_none() && !context.store.may_exist() {
        return Ok(Vec::new());
    }
    let store = Store::open_existing(&context.store).await?;
    let batches = run_batches(&store, run).await;
    store.close().await;
    Ok(batches?)
}

/// The models that runs ask, opened once each.
struct Providers<'a> {
    reaching: &'a Reaching,
    context: &'a Context,
    opened: HashMap<String, Result<Arc<dyn Model>, String>>,
}

impl<'a> Providers<'a> {
    fn new(reaching: &'a Reaching, context: &'a Context) -> Self {
        Self { reaching, context, opened: HashMap::new() }
    }

    /// The model of a batch, at the endpoint the run asked; or why there is none.
    fn of(&mut self, batch: &RunBatch) -> Result<Arc<dyn Model>, String> {
        let Self { reaching, context, opened } = self;
        let model = opened.entry(batch.model.clone()).or_insert_with(|| open(&batch.model, reaching, context)).clone()?;
        let endpoint = model.provenance().get("endpoint").and_then(Value::as_str).map(str::to_owned);
        match (&batch.endpoint, endpoint) {
            // Another's key is not sent there, nor this one's elsewhere.
            (Some(wanted), Some(found)) if *wanted != found => Err(format!(
                "run {} asked {wanted}, not {found}; say so with --base-url, as it was given to the run",
                batch.run_id
            )),
            _ => Ok(model),
        }
    }
}

fn open(name: &str, reaching: &Reaching, context: &Context) -> Result<Arc<dyn Model>, String> {
    let timeouts = Timeouts { connect: Duration::from_secs(10), total: Duration::from_secs(60), ..Timeouts::default() };
    let backend = Backend { base_url: reaching.base_url.clone(), timeouts, ..Backend::default() };
    let opened = open_models(&[name.to_owned()], &reaching.arguments, &backend, context).map_err(|error| error.message)?;
    opened.into_iter().next().ok_or_else(|| format!("{name} cannot be opened"))
}

fn batches_of(model: &dyn Model) -> Result<&dyn Batch, String> {
    model.batch().ok_or_else(|| format!("{} takes no batches", model.name()))
}

async fn state(batch: &RunBatch, model: &dyn Model) -> Result<(String, u64, u64), String> {
    let found = batch.state(batches_of(model)?).await.map_err(|error| error.message)?;
    Ok(match found {
        None => ("never arrived".to_owned(), 0, batch.requests as u64),
        Some(state) => match state.phase {
            BatchPhase::Rejected(why) => (format!("refused: {why}"), 0, state.total),
            BatchPhase::Working | BatchPhase::Ended => (state.word, state.done, state.total),
        },
    })
}

fn as_json(standing: &Standing) -> Value {
    let RunBatch { run_id, model, batch, requests, handed_in, .. } = &standing.batch;
    let known = standing.state.as_ref();
    json!({
        "run": run_id,
        "model": model,
        "batch": batch,
        "requests": requests,
        "handed_in": handed_in,
        "state": known.ok().map(|(word, ..)| word),
        "done": known.ok().map(|(_, done, _)| done),
        "total": known.ok().map(|(.., total)| total),
        "problem": known.err(),
    })
}

/// A moment without its fractions of a second.
fn moment(text: &str) -> String {
    text.chars().take(16).collect::<String>().replace('T', " ")
}
