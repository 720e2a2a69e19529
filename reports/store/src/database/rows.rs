use super::{Executor, Value, sql};
use sqlx::Error;
use std::fmt::Write;

/// Most rows of one statement. Longer lists are cut into powers of two, so that few statements are prepared.
const MOST_ROWS: usize = 64;

/// Inserts `rows` into `table`, whose `columns` are separated by commas, and says how many were; `conflict` is the clause
/// after the values.
pub(crate) async fn insert_rows(
    mut on: Executor<'_>,
    table: &str,
    columns: &str,
    conflict: &str,
    rows: Vec<Vec<Value>>,
) -> Result<u64, Error> {
    let width = columns.split(',').count();
    let mut left = rows.len();
    let mut rows = rows.into_iter();
    let mut inserted = 0;
    while left > 0 {
        // The largest power of two that fits.
        let take = if left >= MOST_ROWS { MOST_ROWS } else { 1 << left.ilog2() };
        left -= take;
        let mut text = format!("INSERT INTO {table} ({columns}) VALUES ");
        placeholders(&mut text, take, width, on.numbered());
        text.push(' ');
        text.push_str(conflict);
        let values = rows.by_ref().take(take).flatten();
        inserted += sql(text).bind_all(values).execute(on.again()).await?;
    }
    Ok(inserted)
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
