use crate::args::{Format, FormatArguments};
use crate::conclusion::style;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use clap::Args;
use proctor_core::ExitCode;
use proctor_reports::terminal::{Column, table};
use proctor_statistics::cases::{KINDS, deviations, figures};
use serde_json::{Map, Value, json};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Longest file of cases, in bytes.
const MOST_BYTES: u64 = 256 << 20;

const HELP: &str = "\
Examples:
  proctor statistics                                          what there is
  proctor statistics wilson successes=20 n=164
  proctor statistics mcnemar_exact only_a_right=1 only_b_right=7
  proctor statistics sample_size_binary effect=0.02 discordant_rate=0.2
  proctor statistics --cases vectors.json --check

A case is {\"kind\": NAME, \"inputs\": {…}}, perhaps with `name`, `expected` and `tolerance` {abs, rel}. A file holds one case,
a list of them, {\"vectors\": [...]}, or one a line.

Exit status: 0; with --check 10 where a figure is not what its case expects.";

/// Which statistic, of what.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct StatisticsArguments {
    /// The statistic; without it all are listed.
    #[arg(value_name = "NAME", conflicts_with = "cases")]
    kind: Option<String>,
    /// Its inputs; values are JSON.
    #[arg(value_name = "INPUT=VALUE", requires = "kind")]
    inputs: Vec<String>,
    /// A file of cases; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    cases: Option<PathBuf>,
    /// Compare the figures with what the cases expect.
    #[arg(long, requires = "cases")]
    check: bool,
    #[command(flatten)]
    pub output: FormatArguments,
}

/// Computes statistics from numbers alone.
pub fn execute(arguments: StatisticsArguments, context: &Context) -> CliResult {
    match (&arguments.kind, &arguments.cases) {
        (Some(kind), _) => one(kind, &arguments.inputs, context),
        (None, Some(path)) => many(path, arguments.check, context),
        (None, None) => {
            list(context);
            Ok(ExitCode::Success)
        }
    }
}

fn list(context: &Context) {
    if context.format == Format::Json {
        let items: Vec<Value> =
            KINDS.iter().map(|kind| json!({"name": kind.name, "inputs": kind.inputs, "summary": kind.summary})).collect();
        return context.printer.out(json!({"schema": "proctor.statistics/1", "items": items}).to_string());
    }
    let columns = ["statistic", "inputs", "what it is"].map(|title| Column { title, figures: false });
    let rows: Vec<Vec<String>> =
        KINDS.iter().map(|kind| vec![kind.name.into(), kind.inputs.into(), kind.summary.into()]).collect();
    context.printer.out(table(&columns, &rows, style(context)).trim_end());
}

fn one(kind: &str, inputs: &[String], context: &Context) -> CliResult {
    let mut given = Map::new();
    for input in inputs {
        let Some((name, value)) = input.split_once('=') else {
            return Err(CliError::usage(format!("`{input}` is not INPUT=VALUE")));
        };
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        given.insert(name.to_owned(), value);
    }
    let found = figures(kind, &given).map_err(|e| CliError::usage(format!("{kind}: {e}")))?;
    if context.format == Format::Json {
        context.printer.out(json!({"schema": "proctor.statistics/1", "kind": kind, "figures": found}).to_string());
    } else {
        found.iter().for_each(|(name, value)| context.printer.out(format!("{name} {value}")));
    }
    Ok(ExitCode::Success)
}

fn many(path: &Path, check: bool, context: &Context) -> CliResult {
    let cases = read(path)?;
    let mut results = Vec::new();
    let (mut wrong, mut figures_checked) = (0usize, 0usize);
    for (place, case) in cases.iter().enumerate() {
        let name = case.get("name").and_then(Value::as_str).map_or_else(|| format!("case {}", place + 1), str::to_owned);
        let kind = case.get("kind").and_then(Value::as_str).unwrap_or_default();
        let inputs = case.get("inputs").and_then(Value::as_object).cloned().unwrap_or_default();
        let mut result = json!({"name": name, "kind": kind});
        let mut lines = Vec::new();
        match figures(kind, &inputs) {
            Ok(found) => {
                if check {
                    let off = deviations(case, &found);
                    figures_checked += case.get("expected").and_then(Value::as_object).map_or(0, Map::len);
                    wrong += usize::from(!off.is_empty());
                    lines.extend(off.iter().map(|d| format!("{name}: {} is {}, not {}", d.figure, d.found, d.expected)));
                    result["passed"] = Value::from(off.is_empty());
                } else {
                    let shown: Vec<String> = found.iter().map(|(name, value)| format!("{name} {value}")).collect();
                    lines.push(format!("{name}: {}", shown.join("  ")));
                }
                result["figures"] = Value::Object(found);
            }
            Err(error) => {
                wrong += 1;
                lines.push(format!("{name}: {error}"));
                result["error"] = Value::from(error.to_string());
            }
        }
        if context.format == Format::Text {
            lines.iter().for_each(|line| context.printer.out(line));
        }
        results.push(result);
    }
    if context.format == Format::Json {
        context.printer.out(json!({"schema": "proctor.statistics/1", "cases": results}).to_string());
    } else if check {
        context.printer.out(format!("{} of {} cases agree ({figures_checked} figures)", cases.len() - wrong, cases.len()));
    }
    Ok(if wrong > 0 { ExitCode::Verdict } else { ExitCode::Success })
}

fn read(path: &Path) -> Result<Vec<Value>, CliError> {
    let failed = |e: std::io::Error| CliError::usage(format!("the cases {} cannot be read: {e}", path.display()));
    let mut text = String::new();
    match path.as_os_str() == "-" {
        true => std::io::stdin().lock().take(MOST_BYTES).read_to_string(&mut text),
        false => File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text)),
    }
    .map_err(failed)?;
    let cases = match serde_json::from_str::<Value>(&text) {
        Ok(Value::Array(cases)) => cases,
        Ok(Value::Object(mut file)) => match file.remove("vectors") {
            Some(Value::Array(cases)) => cases,
            _ => vec![Value::Object(file)],
        },
        _ => {
            let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
            let parsed = lines.map(|(i, line)| {
                serde_json::from_str(line)
                    .map_err(|e| CliError::usage(format!("{} line {}: no JSON ({e})", path.display(), i + 1)))
            });
            parsed.collect::<Result<Vec<Value>, CliError>>()?
        }
    };
    match cases.iter().position(|case| !case.is_object()) {
        Some(place) => Err(CliError::usage(format!("case {} of {} is no JSON object", place + 1, path.display()))),
        None => Ok(cases),
    }
}
