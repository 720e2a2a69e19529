use crate::args::{Format, FormatArguments};
use crate::conclusion::{print_summaries, style};
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::pages;
use crate::settings::{OpeningArguments, ProtocolArgument, source};
use crate::transcript;
use crate::verbs::wait;
use clap::Args;
use futures::TryStreamExt;
use proctor_core::{AttemptKey, ExitCode, Prompt, Protocol, Role, RunRecord, Selection};
use proctor_reports::SampleView;
use proctor_reports::terminal::{Column, table};
use proctor_reports::text::one_line;
use proctor_store::{LightOptions, Store};
use serde_json::json;
use std::path::PathBuf;

/// What to show.
#[derive(Debug, Args)]
pub struct ShowArguments {
    /// A run, by id or the beginning of one; or the word `prompt`.
    #[arg(value_name = "RUN|prompt")]
    target: String,
    /// With `prompt`: the benchmark.
    #[arg(value_name = "BENCHMARK")]
    benchmark: Option<String>,
    /// One sample: its transcript, program, output and verdict; with `prompt`: its prompt.
    #[arg(long, value_name = "ID")]
    sample: Option<String>,
    /// Which attempt at the sample, from 0.
    #[arg(long, value_name = "K", default_value_t = 0)]
    epoch: u32,
    /// With `prompt`: a local copy of the real data in upstream's layout.
    #[arg(long, value_name = "DIR|hub")]
    data: Option<PathBuf>,
    /// With `prompt`: how the question reaches the model.
    #[arg(long, value_enum, default_value = "chat")]
    protocol: ProtocolArgument,
    #[command(flatten)]
    opening: OpeningArguments,
    #[command(flatten)]
    pub output: FormatArguments,
}

/// Shows it.
pub fn execute(arguments: ShowArguments, context: &Context) -> CliResult {
    match (&arguments.benchmark, arguments.target.as_str()) {
        (Some(benchmark), "prompt") => show_prompt(&arguments, benchmark, context),
        (None, "prompt") => {
            Err(CliError::usage("nothing says which benchmark's prompt").hint("proctor show prompt BENCHMARK --sample ID"))
        }
        (Some(surplus), _) => {
            Err(CliError::usage(format!("`{surplus}` is one word too many")).hint("proctor show RUN --sample ID"))
        }
        (None, _) => wait(show_run(&arguments, context)),
    }
}

fn show_prompt(arguments: &ShowArguments, benchmark: &str, context: &Context) -> CliResult {
    let benchmark = arguments.opening.open(benchmark, context)?;
    let source = source(arguments.data.as_deref(), &benchmark.card().name, context)?;
    let selection = Selection { ids: arguments.sample.iter().cloned().collect(), limit: Some(1) };
    let samples = benchmark.samples(&source, &selection)?;
    let sample = samples.first().ok_or_else(|| CliError::usage(format!("{} has no samples", benchmark.card().name)))?;
    let protocol = Protocol::from(arguments.protocol);
    let request = benchmark.request(sample, protocol, &benchmark.sampling(protocol))?;
    if context.format == Format::Json {
        context.printer.out(json!({"schema": "proctor.prompt/1", "sample": sample.id, "request": request}).to_string());
        return Ok(ExitCode::Success);
    }
    match &request.prompt {
        Prompt::Completion(text) => context.printer.out_bytes(text.as_bytes()),
        Prompt::Chat(messages) => {
            for message in messages {
                let role = match message.role {
                    Role::System => "system",
                    Role::User => "user",
                    Role::Assistant => "assistant",
                };
                context.printer.note(context.printer.paint(&format!("[{role}: {} bytes]", message.content.len()), "2"));
                context.printer.out_bytes(message.content.as_bytes());
                context.printer.note("");
            }
        }
    }
    Ok(ExitCode::Success)
}

async fn show_run(arguments: &ShowArguments, context: &Context) -> CliResult {
    let store = Store::open_existing(&context.store).await?;
    let run = store.run(&arguments.target).await?;
    match &arguments.sample {
        Some(id) => show_sample(&store, &run, id, arguments.epoch, context).await?,
        None => show_list(&store, &run, context).await?,
    }
    store.close().await;
    Ok(ExitCode::Success)
}

/// The run in figures, then a line for each attempt. No transcript is read.
async fn show_list(store: &Store, run: &RunRecord, context: &Context) -> Result<(), CliError> {
    print_summaries(context, &pages::summaries(store, std::slice::from_ref(run)).await?)?;
    if context.format != Format::Text {
        return Ok(());
    }
    let samples = store.light_samples(&run.id).await?;
    let mut light = store.light(&run.id, LightOptions { explanation: true, ..LightOptions::default() });
    let mut rows = Vec::new();
    while let Some(row) = light.try_next().await? {
        let Some(sample) = samples.get(row.position as usize) else { continue };
        let (outcome, why) = match (row.outcome, row.answered) {
            (Some(outcome), _) => (outcome.to_string(), row.explanation.unwrap_or_default()),
            (None, false) => ("infra_error".to_owned(), "there is no answer".to_owned()),
            (None, true) => ("not graded yet".to_owned(), String::new()),
        };
        let why: String = one_line(&why).chars().take(120).collect();
        rows.push(vec![sample.sample_id.clone(), row.epoch.to_string(), outcome, why]);
    }
    let columns = [("sample", false), ("attempt", true), ("outcome", false), ("why", false)];
    let columns = columns.map(|(title, figures)| Column { title, figures });
    context.printer.out("");
    context.printer.out(table(&columns, &rows, style(context)).trim_end());
    context.printer.note(format!("\none sample in full: proctor show {} --sample ID", run.id));
    Ok(())
}

/// One attempt in full.
async fn show_sample(store: &Store, run: &RunRecord, id: &str, epoch: u32, context: &Context) -> Result<(), CliError> {
    let key = AttemptKey { run_id: run.id.clone(), sample_id: id.to_owned(), epoch };
    let found = (store.sample(&run.id, id).await?, store.attempt(&key).await?);
    let (Some(sample), Some(attempt)) = found else {
        let message = if run.plan.sample_ids.iter().any(|known| known == id) {
            format!("sample {id} of run {} has no attempt {epoch} yet", run.id)
        } else {
            format!("run {} has no sample `{id}`", run.id)
        };
        return Err(CliError::usage(message).hint(format!("`proctor show {}` lists its samples", run.id)));
    };
    let view = SampleView { sample, attempt, grade: store.grade(&key).await?.map(|record| record.grade) };
    if context.format == Format::Json {
        let document = json!({
            "schema": "proctor.sample/1",
            "run": run.id,
            "sample": view.sample,
            "attempt": view.attempt,
            "grade": view.grade,
        });
        context.printer.out(document.to_string());
    } else {
        context.printer.out(transcript::render(&view, &context.printer).trim_end());
    }
    Ok(())
}
