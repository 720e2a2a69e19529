use crate::args::{Format, FormatArguments};
use crate::conclusion::style;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::settings::{PriceArguments, dollars};
use clap::{Args, Subcommand};
use proctor_core::ExitCode;
use proctor_engine::{Price, Prices, Rates};
use proctor_reports::terminal::{Column, table};
use serde_json::{Value, json};
use std::fmt::Write;

/// What models cost.
#[derive(Debug, Args)]
pub struct PricesArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show the prices in force, yours first, each with its date and its source.
    List(ListArguments),
    /// Write the price of a model into prices.toml beside the store.
    Set(SetArguments),
}

#[derive(Debug, Args)]
struct ListArguments {
    /// Only models with this in their names.
    #[arg(value_name = "TEXT")]
    text: Option<String>,
    #[command(flatten)]
    prices: PriceArguments,
    #[command(flatten)]
    output: FormatArguments,
}

#[derive(Debug, Args)]
struct SetArguments {
    /// The model, by the name that -m takes.
    #[arg(value_name = "MODEL")]
    model: String,
    /// US dollars for a million tokens of prompts.
    #[arg(long, value_name = "USD", allow_negative_numbers = true, value_parser = dollars)]
    input: f64,
    /// US dollars for a million tokens of answers, reasoning included.
    #[arg(long, value_name = "USD", allow_negative_numbers = true, value_parser = dollars)]
    output: f64,
    /// The same of prompt tokens that the vendor reads from its cache.
    #[arg(long, value_name = "USD", allow_negative_numbers = true, value_parser = dollars)]
    cached_input: Option<f64>,
    /// The same of prompt tokens that the vendor writes into its cache.
    #[arg(long, value_name = "USD", allow_negative_numbers = true, value_parser = dollars)]
    cache_write: Option<f64>,
    /// What the whole is multiplied by in a batch, e.g. 0.5.
    #[arg(long, value_name = "FACTOR", allow_negative_numbers = true, value_parser = dollars)]
    batch: Option<f64>,
}

impl PricesArguments {
    /// How results are printed.
    pub fn format(&self) -> Format {
        match &self.action {
            Action::List(arguments) => arguments.output.format,
            Action::Set(_) => Format::Text,
        }
    }
}

/// Does it.
pub fn execute(arguments: PricesArguments, context: &Context) -> CliResult {
    match arguments.action {
        Action::List(arguments) => list(&arguments, context),
        Action::Set(arguments) => set(&arguments, context),
    }
}

fn list(arguments: &ListArguments, context: &Context) -> CliResult {
    let prices = arguments.prices.open(context)?;
    let wanted = arguments.text.as_deref().unwrap_or_default().to_lowercase();
    let found = prices.all().flat_map(|price| price.models().iter().map(move |model| (model, price)));
    let found: Vec<(&String, &Price)> = found.filter(|(model, _)| model.to_lowercase().contains(&wanted)).collect();
    if context.format == Format::Json {
        let items: Vec<Value> = found.iter().map(|(model, price)| as_json(model, price)).collect();
        context.printer.out(json!({"schema": "proctor.prices/1", "items": items}).to_string());
        return Ok(ExitCode::Success);
    }
    if found.is_empty() {
        context.printer.note(format!("no model with `{wanted}` in its name has a price here; `proctor prices set` gives it one"));
        return Ok(ExitCode::Success);
    }
    let text = |title| Column { title, figures: false };
    let figure = |title| Column { title, figures: true };
    let columns =
        [text("model"), figure("input"), figure("cached"), figure("written"), figure("output"), figure("batch"), text("as of")];
    let rows: Vec<Vec<String>> = found.iter().flat_map(|(model, price)| rows(model, price)).collect();
    context.printer.out(table(&columns, &rows, style(context)).trim_end());
    context.printer.out("US$ per million tokens; a name also stands for its dated versions");
    for line in tiers(&found) {
        context.printer.out(line);
    }
    let mut sources: Vec<String> = found.iter().map(|(_, price)| source(price)).collect();
    sources.sort_unstable();
    sources.dedup();
    for source in sources {
        context.printer.out(source);
    }
    Ok(ExitCode::Success)
}

/// Tiers of service, one line for all models with the same.
fn tiers(found: &[(&String, &Price)]) -> Vec<String> {
    let mut alike: Vec<(String, Vec<&str>)> = Vec::new();
    for (model, price) in found.iter().filter(|(_, price)| !price.tiers().is_empty()) {
        let factors: Vec<String> = price.tiers().iter().map(|(tier, factor)| format!("{tier} ×{}", factor.times)).collect();
        let factors = factors.join(", ");
        match alike.iter_mut().find(|(other, _)| *other == factors) {
            Some((_, models)) => models.push(model),
            None => alike.push((factors, vec![model])),
        }
    }
    let told = |(factors, models): (String, Vec<&str>)| match models.as_slice() {
        [first, _, _, ..] => format!("{factors}: {first} and {} others", models.len() - 1),
        few => format!("{factors}: {}", few.join(", ")),
    };
    alike.into_iter().map(told).collect()
}

/// One row, and another for long prompts where they have prices of their own.
fn rows(model: &str, price: &Price) -> Vec<Vec<String>> {
    let mut name = model.to_owned();
    if let Some(from) = price.from() {
        let _ = write!(name, ", from {from}");
    }
    let mut rows = vec![cells(name, &price.rates(0), price)];
    if let Some(over) = price.long_over() {
        rows.push(cells(format!("{model}, prompts over {over}"), &price.rates(over.saturating_add(1)), price));
    }
    rows
}

fn cells(name: String, rates: &Rates, price: &Price) -> Vec<String> {
    let maybe = |figure: Option<f64>| figure.map_or(String::new(), |figure| figure.to_string());
    let batch = if price.batch() == 1.0 { String::new() } else { format!("×{}", price.batch()) };
    vec![
        name,
        rates.input.to_string(),
        maybe(rates.cached_input),
        maybe(rates.cache_write),
        rates.output.to_string(),
        batch,
        price.as_of.clone(),
    ]
}

fn source(price: &Price) -> String {
    format!("{} ({})", if price.source.is_empty() { "your table" } else { &price.source }, price.as_of)
}

fn as_json(model: &str, price: &Price) -> Value {
    let rates = |rates: Rates| {
        json!({"input": rates.input, "cached_input": rates.cached_input, "cache_write": rates.cache_write,
            "cache_write_1h": rates.cache_write_1h, "output": rates.output})
    };
    json!({
        "model": model,
        "usd_per_million": rates(price.rates(0)),
        "long": price.long_over().map(|over| json!({"over": over, "usd_per_million": rates(price.rates(over.saturating_add(1)))})),
        "batch": price.batch(),
        "tiers": price.tiers().iter().map(|(tier, factor)| (tier.clone(), json!(factor.times))).collect::<serde_json::Map<_, _>>(),
        "most_at_peak": price.most_at_peak(),
        "from": price.from(),
        "as_of": price.as_of,
        "source": price.source,
    })
}

fn set(arguments: &SetArguments, context: &Context) -> CliResult {
    let SetArguments { model, input, output, cached_input, cache_write, batch } = arguments;
    if !model.contains('/') || model.chars().any(|c| c.is_control() || c == '"' || c == '\\') {
        return Err(CliError::usage(format!("`{model}` does not name a model; write it as -m takes it, e.g. openai/gpt-5")));
    }
    let file = context.beside_store("prices.toml");
    let shown = file.display().to_string();
    let before = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(CliError::usage(format!("{shown} cannot be read: {error}"))),
    };
    let known = Prices::default().before(&before, &shown).map_err(|error| CliError::usage(error.to_string()))?;
    if known.all().any(|price| price.models().contains(model)) {
        return Err(CliError::usage(format!("{model} has a price in {shown} already; change it there")));
    }
    let mut text = before;
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let today = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date();
    let _ = write!(text, "\n[[price]]\nmodels = [\"{model}\"]\ninput = {input:?}\noutput = {output:?}\n");
    for (name, figure) in [("cached_input", cached_input), ("cache_write", cache_write), ("batch", batch)] {
        if let Some(figure) = figure {
            let _ = writeln!(text, "{name} = {figure:?}");
        }
    }
    let _ = writeln!(text, "as_of = \"{today}\"");
    // What is written must be read again.
    Prices::default().before(&text, &shown).map_err(|error| CliError::usage(format!("{error}; add the price there by hand")))?;
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|error| CliError::usage(format!("{} cannot be made: {error}", folder.display())))?;
    }
    std::fs::write(&file, text.trim_start()).map_err(|error| CliError::usage(format!("{shown} cannot be written: {error}")))?;
    context.printer.out(format!("{model}: US$ {input} in, {output} out per million tokens, in {shown}"));
    Ok(ExitCode::Success)
}
