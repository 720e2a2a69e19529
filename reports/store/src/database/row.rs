use super::statement::with_nul;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{ColumnIndex, Error, Row as _};
use std::borrow::Cow;

/// A row of either database. Columns are named, or numbered where speed counts.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// A text or NULL, borrowed where it can be.
    pub(crate) fn maybe_str<I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>>(
        &self,
        column: I,
    ) -> Result<Option<Cow<'_, str>>, Error> {
        match self {
            Row::Sqlite(row) => Ok(row.try_get::<Option<&str>, _>(column)?.map(Cow::Borrowed)),
            Row::Postgres(row) => Ok(row.try_get::<Option<&str>, _>(column)?.map(|text| with_nul(text.into()))),
        }
    }

    /// A text.
    pub(crate) fn str<I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>>(&self, column: I) -> Result<Cow<'_, str>, Error> {
        self.maybe_str(column)?.ok_or_else(null)
    }

    /// A text or NULL.
    pub(crate) fn maybe_text<I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>>(&self, column: I) -> Result<Option<String>, Error> {
        Ok(self.maybe_str(column)?.map(Cow::into_owned))
    }

    /// A text.
    pub(crate) fn text<I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>>(&self, column: I) -> Result<String, Error> {
        self.str(column).map(Cow::into_owned)
    }

    /// A whole number or NULL.
    pub(crate) fn maybe_integer<I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>>(&self, column: I) -> Result<Option<i64>, Error> {
        match self {
            Row::Sqlite(row) => row.try_get(column),
            Row::Postgres(row) => row.try_get(column),
        }
    }

    /// A whole number.
    pub(crate) fn integer<I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>>(&self, column: I) -> Result<i64, Error> {
        self.maybe_integer(column)?.ok_or_else(null)
    }

    /// A whole number that counts something; a negative one is an error.
    pub(crate) fn count<T: TryFrom<i64>, I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>>(&self, column: I) -> Result<T, Error> {
        T::try_from(self.integer(column)?).map_err(|_| Error::Decode("a count is out of range".into()))
    }

    /// A count of tokens; NULL and nonsense are `None`.
    pub(crate) fn tokens<I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>>(&self, column: I) -> Result<Option<u64>, Error> {
        Ok(self.maybe_integer(column)?.and_then(|count| u64::try_from(count).ok()))
    }

    /// A number or NULL.
    pub(crate) fn maybe_real<I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>>(&self, column: I) -> Result<Option<f64>, Error> {
        match self {
            Row::Sqlite(row) => row.try_get(column),
            Row::Postgres(row) => row.try_get(column),
        }
    }
}

fn null() -> Error {
    Error::Decode("a value is missing".into())
}
