use super::{Executor, Row, Value};
use futures::StreamExt;
use futures::stream::BoxStream;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Error, PgPool, Postgres, Sqlite, SqlitePool};
use std::borrow::Cow;

/// A statement with what is bound to its placeholders. Its text comes from this crate alone, never from a user.
#[derive(Clone)]
pub(crate) struct Statement {
    text: Cow<'static, str>,
    values: Vec<Value>,
}

/// A statement; its placeholders are `?1`, `?2`, … in the order of [`Statement::bind`].
pub(crate) fn sql(text: impl Into<Cow<'static, str>>) -> Statement {
    Statement { text: text.into(), values: Vec::new() }
}

impl Statement {
    /// Binds the next placeholder.
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Binds the next placeholders.
    pub(crate) fn bind_all(mut self, values: impl IntoIterator<Item = Value>) -> Self {
        self.values.extend(values);
        self
    }

    /// Every row.
    pub(crate) async fn all(self, on: Executor<'_>) -> Result<Vec<Row>, Error> {
        match on {
            Executor::Sqlite(connection) => {
                self.sqlite().fetch_all(connection).await.map(|rows| rows.into_iter().map(Row::Sqlite).collect())
            }
            Executor::Postgres(connection) => {
                self.postgres().fetch_all(connection).await.map(|rows| rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// The first row, if there is one.
    pub(crate) async fn optional(self, on: Executor<'_>) -> Result<Option<Row>, Error> {
        match on {
            Executor::Sqlite(connection) => Ok(self.sqlite().fetch_optional(connection).await?.map(Row::Sqlite)),
            Executor::Postgres(connection) => Ok(self.postgres().fetch_optional(connection).await?.map(Row::Postgres)),
        }
    }

    /// The first row.
    pub(crate) async fn one(self, on: Executor<'_>) -> Result<Row, Error> {
        self.optional(on).await?.ok_or(Error::RowNotFound)
    }

    /// Carries it out; how many rows it changed.
    pub(crate) async fn execute(self, on: Executor<'_>) -> Result<u64, Error> {
        match on {
            Executor::Sqlite(connection) => Ok(self.sqlite().execute(connection).await?.rows_affected()),
            Executor::Postgres(connection) => Ok(self.postgres().execute(connection).await?.rows_affected()),
        }
    }

    /// Rows as they are taken.
    pub(crate) fn stream_sqlite(self, pool: &SqlitePool) -> BoxStream<'_, Result<Row, Error>> {
        self.sqlite().fetch(pool).map(|row| row.map(Row::Sqlite)).boxed()
    }

    /// Rows as they are taken.
    pub(crate) fn stream_postgres(self, pool: &PgPool) -> BoxStream<'_, Result<Row, Error>> {
        self.postgres().fetch(pool).map(|row| row.map(Row::Postgres)).boxed()
    }

    fn sqlite(self) -> Query<'static, Sqlite, SqliteArguments> {
        let query = sqlx::query::<Sqlite>(AssertSqlSafe(self.text));
        self.values.into_iter().fold(query, |query, value| match value {
            Value::Text(text) => query.bind(text),
            Value::Integer(number) => query.bind(number),
            Value::Real(number) => query.bind(number),
        })
    }

    fn postgres(self) -> Query<'static, Postgres, PgArguments> {
        // No text of this crate's statements holds a question mark but as a placeholder.
        let query = sqlx::query::<Postgres>(AssertSqlSafe(self.text.replace('?', "$")));
        self.values.into_iter().fold(query, |query, value| match value {
            Value::Text(text) => query.bind(text.map(without_nul)),
            Value::Integer(number) => query.bind(number),
            Value::Real(number) => query.bind(number),
        })
    }
}

/// Begins what stands for a character that PostgreSQL cannot keep. It is a noncharacter of Unicode, so texts do not use it.
const ESCAPE: char = '\u{FDD0}';

/// PostgreSQL's texts cannot hold U+0000, which models and programs do write: it is kept as `ESCAPE 0`, and `ESCAPE` itself
/// as `ESCAPE 1`.
fn without_nul(text: String) -> String {
    match text.contains(['\0', ESCAPE]) {
        true => text.replace(ESCAPE, "\u{FDD0}1").replace('\0', "\u{FDD0}0"),
        false => text,
    }
}

/// What [`without_nul`] made of a text, undone.
pub(super) fn with_nul(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.contains(ESCAPE) {
        true => Cow::Owned(text.replace("\u{FDD0}0", "\0").replace("\u{FDD0}1", "\u{FDD0}")),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back_from_a_database_without_nul() {
        for text in ["", "a", "\0", "a\0\0b", "\u{FDD0}", "\u{FDD0}0", "\u{FDD0}1", "\0\u{FDD0}\0", "\u{FDD0}\u{FDD0}01"] {
            let kept = without_nul(text.to_owned());
            assert!(!kept.contains('\0'));
            assert_eq!(with_nul(kept.into()), text);
        }
    }
}
