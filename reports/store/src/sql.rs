//! Questions in SQL to a store, answered and never obeyed: nothing is written, whatever the statement says.

use futures::{StreamExt, TryStreamExt};
use serde_json::Value;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{
    AssertSqlSafe, Column, ConnectOptions, Connection, Executor, PgConnection, Row, SqlSafeStr, SqliteConnection, Statement,
    TypeInfo, ValueRef,
};
use std::ops::ControlFlow;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

/// Longest wait for another program's lock.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a statement may begin with.
const READING: [&str; 4] = ["select", "with", "values", "explain"];

/// Why a question cannot be answered.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// Nothing but white space and comments.
    #[error("the question is empty; write a SELECT, e.g. SELECT * FROM v_runs")]
    Empty,
    /// It begins with a word that does something else than read.
    #[error("`{0}` is refused: only SELECT, WITH, VALUES and EXPLAIN are answered, and nothing is ever written")]
    NotReading(String),
    /// More than one statement.
    #[error("there is more than one statement; ask one at a time")]
    Several,
    /// The database refused to write.
    #[error("the statement would write, and `sql` only reads")]
    Writes,
    /// Anything else the database says.
    #[error("the store says: {0}")]
    Failed(String),
}

/// Answers one question. `columns` is called once with the names, then `row` with each row, as JSON values, as they
/// come; it may end the reading. `location` is a path or a `postgres://` URL.
pub async fn ask(
    location: &str,
    sql: &str,
    columns: &mut (dyn FnMut(Vec<String>) + Send),
    row: &mut (dyn FnMut(Vec<Value>) -> ControlFlow<()> + Send),
) -> Result<(), SqlError> {
    check(sql)?;
    let sql = sql.trim().trim_end_matches(';').trim_end();
    match location.starts_with("postgres://") || location.starts_with("postgresql://") {
        true => ask_postgres(location, sql, columns, row).await,
        false => ask_sqlite(Path::new(location), sql, columns, row).await,
    }
}

/// Refuses everything but one statement that reads. The databases refuse writes themselves; this is for clear words, and
/// for what a database allows a reader (`VACUUM INTO`, `COPY … TO`, `ATTACH`, `PRAGMA`).
pub fn check(sql: &str) -> Result<(), SqlError> {
    let bare = bare(sql);
    let mut statements = bare.split(';').map(str::trim);
    let first = statements.next().unwrap_or_default();
    if statements.any(|rest| !rest.is_empty()) {
        return Err(SqlError::Several);
    }
    let word: String = first.trim_start_matches('(').trim_start().chars().take_while(|c| c.is_alphanumeric()).collect();
    match word.to_lowercase().as_str() {
        "" if first.is_empty() => Err(SqlError::Empty),
        "explain" if explains_a_write(first) => Err(SqlError::NotReading("EXPLAIN ANALYZE".into())),
        word if READING.contains(&word) => Ok(()),
        _ => Err(SqlError::NotReading(first.split_whitespace().next().unwrap_or_default().chars().take(40).collect())),
    }
}

/// PostgreSQL's `EXPLAIN ANALYZE` runs what it explains; of anything but a reading statement it is refused.
fn explains_a_write(statement: &str) -> bool {
    let words: Vec<String> = statement.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
    words.iter().any(|word| word == "analyze" || word == "analyse") && !words.iter().any(|word| word == "select")
}

/// The statement without comments and with every quoted part emptied, so that words and `;` in it are its own.
fn bare(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(c) = rest.chars().next() {
        let skipped = match c {
            '\'' | '"' | '`' => quoted(rest, c, c),
            '[' => quoted(rest, '[', ']'),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => comment(rest),
            '$' => dollar(rest).unwrap_or(0),
            _ => 0,
        };
        if skipped > 0 {
            out.push_str(if matches!(c, '-' | '/') { " " } else { "''" });
            rest = &rest[skipped..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out.trim().to_string()
}

/// The length of the quoted part that `text` begins with; a doubled closing quote stands for itself.
fn quoted(text: &str, open: char, close: char) -> usize {
    let mut at = open.len_utf8();
    loop {
        match text[at..].find(close) {
            None => return text.len(),
            Some(found) => at += found + close.len_utf8(),
        }
        if open != close || !text[at..].starts_with(close) {
            return at;
        }
        at += close.len_utf8();
    }
}

/// The length of the comment that `text` begins with. SQLite ends it at the first `*/`, PostgreSQL lets them nest; what
/// follows the first end is looked at, so that neither reading hides a statement.
fn comment(text: &str) -> usize {
    text.find("*/").map_or(text.len(), |at| at + 2)
}

/// The length of PostgreSQL's `$tag$ … $tag$` that `text` begins with, if it does.
fn dollar(text: &str) -> Option<usize> {
    let end = text[1..].find('$')? + 2;
    let tag = &text[..end];
    if !tag[1..end - 1].chars().all(|c| c.is_alphanumeric() || c == '_') {
        return None;
    }
    Some(text[end..].find(tag).map_or(text.len(), |found| end + found + end))
}

async fn ask_sqlite(
    path: &Path,
    sql: &str,
    columns: &mut (dyn FnMut(Vec<String>) + Send),
    row: &mut (dyn FnMut(Vec<Value>) -> ControlFlow<()> + Send),
) -> Result<(), SqlError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(PATIENCE)
        .pragma("query_only", "ON")
        .disable_statement_logging();
    let mut connection: SqliteConnection = options.connect().await.map_err(failed)?;
    let statement = (&mut connection).prepare(AssertSqlSafe(sql.to_string()).into_sql_str()).await.map_err(failed)?;
    columns(statement.columns().iter().map(|c| c.name().to_string()).collect());
    let mut rows = sqlx::query(AssertSqlSafe(sql.to_string())).fetch(&mut connection);
    while let Some(found) = rows.try_next().await.map_err(failed)? {
        if row(sqlite_cells(&found)).is_break() {
            break;
        }
    }
    drop(rows);
    connection.close().await.map_err(failed)
}

fn sqlite_cells(row: &SqliteRow) -> Vec<Value> {
    let cell = |i: usize| {
        let kind = row.try_get_raw(i).map(|value| value.type_info().name().to_string()).unwrap_or_default();
        match kind.as_str() {
            "INTEGER" | "BOOLEAN" => row.try_get::<i64, _>(i).map(Value::from).ok(),
            "REAL" => row.try_get::<f64, _>(i).map(Value::from).ok(),
            "NULL" => None,
            "BLOB" => row.try_get::<Vec<u8>, _>(i).ok().map(|bytes| Value::from(format!("[{} bytes]", bytes.len()))),
            _ => row.try_get_unchecked::<String, _>(i).map(Value::from).ok(),
        }
        .unwrap_or(Value::Null)
    };
    (0..row.len()).map(cell).collect()
}

async fn ask_postgres(
    url: &str,
    sql: &str,
    columns: &mut (dyn FnMut(Vec<String>) + Send),
    row: &mut (dyn FnMut(Vec<Value>) -> ControlFlow<()> + Send),
) -> Result<(), SqlError> {
    let options = PgConnectOptions::from_str(url).map_err(failed)?.disable_statement_logging();
    let mut connection: PgConnection = options.connect().await.map_err(failed)?;
    let mut transaction = connection.begin_with("BEGIN TRANSACTION READ ONLY").await.map_err(failed)?;
    let statement = (&mut *transaction).prepare(AssertSqlSafe(sql.to_string()).into_sql_str()).await.map_err(failed)?;
    let names: Vec<String> = statement.columns().iter().map(|c| c.name().to_string()).collect();
    drop(statement);
    columns(names.clone());
    // Every type PostgreSQL has, it can write as JSON; an array keeps columns of one name apart.
    let explains = bare(sql).to_lowercase().starts_with("explain");
    let aliases: Vec<String> = (0..names.len()).map(|i| format!("c{i}")).collect();
    let question = match explains {
        true => sql.to_string(),
        false => {
            format!("SELECT json_build_array({})::text FROM (\n{sql}\n) AS question ({})", aliases.join(", "), aliases.join(", "))
        }
    };
    let mut rows = sqlx::query(AssertSqlSafe(question)).fetch(&mut *transaction);
    while let Some(found) = rows.next().await {
        let text: String = found.and_then(|found| found.try_get(0)).map_err(failed)?;
        let cells = match explains {
            true => vec![Value::from(text)],
            false => serde_json::from_str(&text).map_err(|e| SqlError::Failed(e.to_string()))?,
        };
        if row(cells).is_break() {
            break;
        }
    }
    drop(rows);
    transaction.rollback().await.map_err(failed)
}

fn failed(error: sqlx::Error) -> SqlError {
    if let sqlx::Error::Database(database) = &error {
        // SQLITE_READONLY and its extensions; PostgreSQL's read_only_sql_transaction.
        let code = database.code().unwrap_or_default();
        let sqlite = code.parse::<i32>().is_ok_and(|code| code & 0xff == 8);
        if (sqlite && code.len() < 5) || code == "25006" {
            return SqlError::Writes;
        }
        return SqlError::Failed(database.message().to_string());
    }
    SqlError::Failed(error.to_string())
}
