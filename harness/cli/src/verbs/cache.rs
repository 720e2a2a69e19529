use crate::args::{Format, FormatArguments};
use crate::conclusion::style;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::verbs::wait;
use clap::{Args, Subcommand, ValueEnum};
use proctor_core::ExitCode;
use proctor_reports::terminal::{Column, table};
use proctor_reports::text::count;
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
    /// Remove answers that are older than some age, or the oldest of too many. Runs keep their transcripts.
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
    /// Those that are older: 12h, 30d, 8w.
    #[arg(long, value_name = "AGE", value_parser = age)]
    older_than: Option<Duration>,
    /// The oldest, until the others take no more than so much: 500MB, 2GB.
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    max_size: Option<u64>,
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
        ResponseFilter { model: self.model.clone(), purpose, ..ResponseFilter::default() }
    }
}

/// Does it.
pub fn execute(arguments: CacheArguments, context: &Context) -> CliResult {
    match arguments.action {
        Action::List(arguments) => list(&arguments.which.filter(), context),
        Action::Prune(arguments) => {
            let PruneArguments { older_than, max_size, .. } = arguments;
            if older_than.is_none() && max_size.is_none() {
                return Err(CliError::usage("say what is to go: --older-than 30d, --max-size 500MB, or both"));
            }
            remove(&ResponseFilter { older_than, beyond_bytes: max_size, ..arguments.which.filter() }, context)
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
    let columns = [text("model"), text("of"), figure("answers"), figure("size"), figure("oldest (UTC)"), figure("newest (UTC)")];
    let rows: Vec<Vec<String>> = groups
        .iter()
        .map(|g| vec![g.model.clone(), g.purpose.clone(), count(g.answers), size(g.bytes), minute(&g.oldest), minute(&g.newest)])
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
        Format::Text => {
            let plural = if removed == 1 { "" } else { "s" };
            context.printer.out(format!("{} kept answer{plural} removed; runs keep their transcripts", count(removed)));
        }
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

/// A moment to the minute, in UTC: `2026-11-24 19:16`.
fn minute(moment: &str) -> String {
    moment.get(..16).unwrap_or(moment).replace('T', " ")
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

/// A size in bytes, with the units that [`size`] writes.
fn bytes(text: &str) -> Result<u64, String> {
    let lower = text.trim().to_ascii_lowercase();
    let units = [("kb", 1e3), ("mb", 1e6), ("gb", 1e9), ("k", 1e3), ("m", 1e6), ("g", 1e9), ("b", 1.0)];
    let (number, unit) = units.iter().find_map(|(name, unit)| Some((lower.strip_suffix(name)?, *unit))).unwrap_or((&lower, 1.0));
    let size = number.trim().parse::<f64>().ok().map(|size| size * unit);
    size.filter(|size| (0.0..1e18).contains(size))
        .map(|size| size as u64)
        .ok_or_else(|| "write a size such as 500MB or 2GB".into())
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
