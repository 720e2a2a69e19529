use crate::args::{Format, FormatArguments};
use crate::conclusion::style;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::verbs::wait;
use clap::{Args, Subcommand, ValueEnum};
use proctor_core::ExitCode;
use proctor_reports::terminal::{Column, table};
use proctor_store::{Purpose, ResponseFilter, ResponseGroup, Store};
use serde_json::{Value, json};
use std::time::Duration;

/// What to do with kept answers.
#[derive(Debug, Args)]
pub struct CacheArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show how many answers are kept, of which models, how large and how old.
    List(ListArguments),
    /// Remove answers that are older than some age. Runs keep their transcripts.
    Prune(PruneArguments),
    /// Remove all answers, or those of one model. Runs keep their transcripts.
    Clear(ClearArguments),
}

/// Which answers.
#[derive(Debug, Clone, Args)]
struct Which {
    /// Only of this model; `openai/*` means all whose names begin so.
    #[arg(short, long, value_name = "MODEL")]
    model: Option<String>,
    /// Only answers of tested models, or only verdicts of judge models.
    #[arg(long, value_enum)]
    of: Option<Whose>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Whose {
    /// Tested models.
    Answers,
    /// Judge models.
    Judges,
}

#[derive(Debug, Args)]
struct ListArguments {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    output: FormatArguments,
}

#[derive(Debug, Args)]
struct PruneArguments {
    #[command(flatten)]
    which: Which,
    /// The age: 12h, 30d, 8w.
    #[arg(long, value_name = "AGE", value_parser = age)]
    older_than: Duration,
    #[command(flatten)]
    output: FormatArguments,
}

#[derive(Debug, Args)]
struct ClearArguments {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    output: FormatArguments,
}

impl CacheArguments {
    /// How results are printed.
    pub fn format(&self) -> Format {
        match &self.action {
            Action::List(arguments) => arguments.output.format,
            Action::Prune(arguments) => arguments.output.format,
            Action::Clear(arguments) => arguments.output.format,
        }
    }
}

impl Which {
    fn filter(&self) -> ResponseFilter {
        let purpose = self.of.map(|whose| match whose {
            Whose::Answers => Purpose::Answer,
            Whose::Judges => Purpose::Judge,
        });
        ResponseFilter { model: self.model.clone(), purpose, older_than: None }
    }
}

/// Does it.
pub fn execute(arguments: CacheArguments, context: &Context) -> CliResult {
    match arguments.action {
        Action::List(arguments) => list(&arguments.which.filter(), context),
        Action::Prune(arguments) => {
            let older_than = Some(arguments.older_than);
            remove(&ResponseFilter { older_than, ..arguments.which.filter() }, context)
        }
        Action::Clear(arguments) => remove(&arguments.which.filter(), context),
    }
}

fn list(filter: &ResponseFilter, context: &Context) -> CliResult {
    let groups = if context.store.may_exist() { wait(groups(filter, context))? } else { Vec::new() };
    if context.format == Format::Json {
        let items: Vec<Value> = groups.iter().map(as_json).collect();
        context.printer.out(json!({"schema": "proctor.cache/1", "items": items}).to_string());
        return Ok(ExitCode::Success);
    }
    if groups.is_empty() {
        context.printer.note("no answers are kept");
        return Ok(ExitCode::Success);
    }
    let text = |title| Column { title, figures: false };
    let figure = |title| Column { title, figures: true };
    let columns = [text("model"), text("of"), figure("answers"), figure("size"), text("oldest"), text("newest")];
    let rows: Vec<Vec<String>> = groups
        .iter()
        .map(|g| {
            vec![g.model.clone(), g.purpose.clone(), g.answers.to_string(), size(g.bytes), g.oldest.clone(), g.newest.clone()]
        })
        .collect();
    context.printer.out(table(&columns, &rows, style(context)).trim_end());
    Ok(ExitCode::Success)
}

async fn groups(filter: &ResponseFilter, context: &Context) -> Result<Vec<ResponseGroup>, CliError> {
    let store = Store::open_existing(&context.store).await?;
    let groups = store.responses(filter).await?;
    store.close().await;
    Ok(groups)
}

fn remove(filter: &ResponseFilter, context: &Context) -> CliResult {
    let removed = wait(async {
        let store = Store::open_existing(&context.store).await?;
        let removed = store.remove_responses(filter).await?;
        store.close().await;
        Ok(removed)
    })?;
    match context.format {
        Format::Json => context.printer.out(json!({"schema": "proctor.cache/1", "removed": removed}).to_string()),
        Format::Text => context.printer.out(format!("{removed} kept answers removed; runs keep their transcripts")),
    }
    Ok(ExitCode::Success)
}

fn as_json(group: &ResponseGroup) -> Value {
    json!({
        "model": group.model,
        "of": group.purpose,
        "answers": group.answers,
        "bytes": group.bytes,
        "oldest": group.oldest,
        "newest": group.newest,
    })
}

/// Bytes in the unit that suits them.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// An age in hours, days or weeks.
fn age(text: &str) -> Result<Duration, String> {
    let wrong = || "write an age such as 12h, 30d or 8w".to_string();
    let unit = match text.chars().last() {
        Some('h') => 1,
        Some('d') => 24,
        Some('w') => 24 * 7,
        _ => return Err(wrong()),
    };
    let count = text[..text.len() - 1].parse::<u32>().map_err(|_| wrong())?;
    Ok(Duration::from_secs(u64::from(count) * unit * 3600))
}
