use crate::conclusion::style;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::verbs::wait;
use clap::{Args, ValueEnum};
use proctor_core::ExitCode;
use proctor_reports::terminal::{Column, table};
use proctor_reports::text::{bounded, count};
use proctor_store::{SqlError, Store, ask};
use serde_json::{Map, Value};
use std::io::Read;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

/// Most rows that a table for people shows.
const MOST_ROWS: usize = 1000;
/// Most bytes of a text in a table for people.
const MOST_CELL_BYTES: usize = 400;
/// Most bytes of a question on standard input.
const MOST_QUESTION_BYTES: u64 = 1 << 20;

/// The question shown where none is asked.
const VIEWS: &str = "SELECT m.name AS view, p.name AS \"column\", lower(p.type) AS type FROM sqlite_master m, \
    pragma_table_info(m.name) p WHERE m.type = 'view' AND m.name LIKE 'v!_%' ESCAPE '!' ORDER BY m.name, p.cid";
const VIEWS_POSTGRES: &str = "SELECT table_name AS view, column_name AS \"column\", data_type AS type \
    FROM information_schema.columns WHERE table_schema = current_schema() AND table_name LIKE 'v!_%' ESCAPE '!' \
    ORDER BY table_name, ordinal_position";

/// What to ask.
#[derive(Debug, Args)]
pub struct SqlArguments {
    /// One SELECT, in the database's own SQL; `-` reads it from standard input. Without one, the views and their columns
    /// are shown: v_runs, v_samples, v_attempts, v_grades (docs/results.md).
    #[arg(value_name = "SELECT")]
    question: Option<String>,
    /// How rows are printed.
    #[arg(long, value_enum, default_value_t = SqlFormat::Table, help_heading = "Output")]
    format: SqlFormat,
}

/// How rows are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SqlFormat {
    /// For people: the first 1,000 rows, long texts cut.
    Table,
    /// Comma-separated values, whole.
    Csv,
    /// One JSON array of objects, whole.
    Json,
    /// One JSON object a line, whole.
    Jsonl,
}

/// Answers it; nothing is written to the store.
pub fn execute(arguments: SqlArguments, context: &Context) -> CliResult {
    wait(async {
        // Opening it looks whether it is a store, and brings an older one up to date, so that the views are there.
        Store::open_existing(&context.store).await?.close().await;
        let location = context.store.address().map_or_else(|| context.store.to_string(), str::to_owned);
        let question = match arguments.question.as_deref() {
            None if location.contains("://") => VIEWS_POSTGRES.to_string(),
            None => VIEWS.to_string(),
            Some("-") => from_stdin()?,
            Some(question) => question.to_string(),
        };
        let sheet = Mutex::new(Sheet { format: arguments.format, context, columns: Vec::new(), rows: Vec::new(), seen: 0 });
        let locked = || sheet.lock().unwrap_or_else(PoisonError::into_inner);
        ask(&location, &question, &mut |columns| locked().begin(columns), &mut |row| locked().row(row))
            .await
            .map_err(|error| explained(error, &question))?;
        locked().finish();
        Ok(ExitCode::Success)
    })
}

fn explained(error: SqlError, question: &str) -> CliError {
    let unknown = matches!(&error, SqlError::Failed(why) if why.contains("no such") || why.contains("does not exist"));
    let code = if matches!(error, SqlError::Failed(_)) && !unknown { ExitCode::Failure } else { ExitCode::Usage };
    let error = CliError::new(code, error.to_string());
    match unknown || question.trim().is_empty() {
        true => error.hint("`proctor sql` without a question shows the views and their columns"),
        false => error,
    }
}

fn from_stdin() -> Result<String, CliError> {
    let mut question = String::new();
    std::io::stdin()
        .take(MOST_QUESTION_BYTES)
        .read_to_string(&mut question)
        .map_err(|e| CliError::usage(format!("standard input cannot be read: {e}")))?;
    Ok(question)
}

/// Where rows go as they come. Tables are kept until the end, everything else is printed at once.
struct Sheet<'a> {
    format: SqlFormat,
    context: &'a Context,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
    seen: usize,
}

impl Sheet<'_> {
    fn begin(&mut self, columns: Vec<String>) {
        match self.format {
            SqlFormat::Csv => {
                let cells: Vec<String> = columns.iter().map(|name| quoted(name)).collect();
                self.context.printer.out(cells.join(","));
            }
            SqlFormat::Table | SqlFormat::Json | SqlFormat::Jsonl => {}
        }
        self.columns = columns;
    }

    fn row(&mut self, cells: Vec<Value>) -> ControlFlow<()> {
        self.seen += 1;
        let printer = &self.context.printer;
        match self.format {
            SqlFormat::Table if self.rows.len() >= MOST_ROWS => return ControlFlow::Break(()),
            SqlFormat::Table => self.rows.push(cells.iter().map(shown).collect()),
            SqlFormat::Csv => printer.out(cells.iter().map(csv).collect::<Vec<_>>().join(",")),
            SqlFormat::Jsonl => printer.out(self.object(cells)),
            SqlFormat::Json => {
                let lead = if self.seen == 1 { "[\n" } else { ",\n" };
                printer.out_bytes(format!("{lead}{}", self.object(cells)).as_bytes());
            }
        }
        ControlFlow::Continue(())
    }

    /// A row as a JSON object; a column whose name came before is numbered.
    fn object(&self, cells: Vec<Value>) -> String {
        let mut object = Map::new();
        for (i, (name, cell)) in self.columns.iter().zip(cells).enumerate() {
            let name = if object.contains_key(name) { format!("{name}:{}", i + 1) } else { name.clone() };
            object.insert(name, cell);
        }
        Value::Object(object).to_string()
    }

    fn finish(&self) {
        let printer = &self.context.printer;
        match self.format {
            SqlFormat::Json => printer.out_bytes(if self.seen > 0 { b"\n]\n" } else { b"[]\n" }),
            SqlFormat::Csv | SqlFormat::Jsonl => {}
            SqlFormat::Table => {
                let figures = |i: usize| !self.rows.is_empty() && self.rows.iter().all(|row| is_number(&row[i]));
                let columns: Vec<Column<'_>> =
                    self.columns.iter().enumerate().map(|(i, title)| Column { title, figures: figures(i) }).collect();
                printer.out(table(&columns, &self.rows, style(self.context)).trim_end());
                if self.seen > self.rows.len() {
                    let most = count(MOST_ROWS as u64);
                    printer.note(format!("… the first {most} rows; --format csv, json or jsonl prints all of them"));
                }
            }
        }
    }
}

fn is_number(cell: &str) -> bool {
    cell.is_empty() || cell.parse::<f64>().is_ok()
}

fn shown(cell: &Value) -> String {
    match cell {
        Value::Null => String::new(),
        Value::String(text) => bounded(text, MOST_CELL_BYTES).text.into_owned(),
        other => other.to_string(),
    }
}

/// A cell of a CSV file, as `proctor export` writes them: texts quoted, the unknown empty.
fn csv(cell: &Value) -> String {
    match cell {
        Value::Null => String::new(),
        Value::String(text) => quoted(text),
        Value::Number(_) | Value::Bool(_) => cell.to_string(),
        other => quoted(&other.to_string()),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
