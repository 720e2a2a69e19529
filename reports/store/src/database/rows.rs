use super::{Executor, Value, sql};
use sqlx::Error;
use std::fmt::Write;

/// Most rows of one statement. Longer lists are cut into powers of two, so that few statements are prepared.
const MOST_ROWS: usize = 64;

/// Rows for one table.
pub(crate) struct Insertion {
    /// The table.
    pub(crate) table: &'static str,
    /// Its columns, separated by commas.
    pub(crate) columns: &'static str,
    /// The clause after the values.
    pub(crate) conflict: &'static str,
    /// Their values.
    pub(crate) rows: Vec<Vec<Value>>,
}

/// Inserts rows and says how many were.
pub(crate) async fn insert_rows(mut on: Executor<'_>, insertion: Insertion) -> Result<u64, Error> {
    let mut left = insertion.rows.len();
    let numbered = on.numbered();
    let mut rows = insertion.rows.into_iter();
    let mut inserted = 0;
    while left > 0 {
        let take = part(left);
        left -= take;
        let mut text = String::new();
        insert(&mut text, insertion.table, insertion.columns, insertion.conflict, take, numbered);
        let values = rows.by_ref().take(take).flatten();
        inserted += sql(text).bind_all(values).execute(on.again()).await?;
    }
    Ok(inserted)
}

/// Inserts what belongs together, the first before the second, and says how many rows of both were inserted. SQLite is handed
/// a statement for each in one message: its thread is woken half as often.
pub(crate) async fn insert_both(mut on: Executor<'_>, first: Insertion, second: Insertion) -> Result<u64, Error> {
    if on.numbered() || first.rows.len() != second.rows.len() {
        return Ok(insert_rows(on.again(), first).await? + insert_rows(on, second).await?);
    }
    let mut left = first.rows.len();
    let (mut some, mut others) = (first.rows.into_iter(), second.rows.into_iter());
    let mut inserted = 0;
    while left > 0 {
        let take = part(left);
        left -= take;
        let mut text = String::new();
        insert(&mut text, first.table, first.columns, first.conflict, take, false);
        text.push(';');
        insert(&mut text, second.table, second.columns, second.conflict, take, false);
        let values = some.by_ref().take(take).flatten().chain(others.by_ref().take(take).flatten());
        inserted += sql(text).bind_all(values).execute(on.again()).await?;
    }
    Ok(inserted)
}

/// How many of the rows `left` go into one statement: the largest power of two that fits.
fn part(left: usize) -> usize {
    if left >= MOST_ROWS { MOST_ROWS } else { 1 << left.ilog2() }
}

fn insert(text: &mut String, table: &str, columns: &str, conflict: &str, rows: usize, numbered: bool) {
    let width = columns.split(',').count();
    // Writing to a string cannot fail.
    let _ = write!(text, "INSERT INTO {table} ({columns}) VALUES ");
    placeholders(text, rows, width, numbered);
    text.push(' ');
    text.push_str(conflict);
}

/// `(?, ?), (?, ?)`, or where they must be `numbered`, `($1, $2), ($3, $4)`. SQLite looks a numbered placeholder up in a list
/// each time it is bound, which takes longer than the rest where there are hundreds.
pub(crate) fn placeholders(text: &mut String, rows: usize, width: usize, numbered: bool) {
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=width {
            let comma = if column == 1 { "" } else { ", " };
            text.push_str(comma);
            // Writing to a string cannot fail.
            let _ = if numbered { write!(text, "${}", row * width + column) } else { write!(text, "?") };
        }
        text.push(')');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_count_through() {
        let mut text = String::new();
        placeholders(&mut text, 2, 3, true);
        assert_eq!(text, "($1, $2, $3), ($4, $5, $6)");
        text.clear();
        placeholders(&mut text, 2, 2, false);
        assert_eq!(text, "(?, ?), (?, ?)");
    }
}
