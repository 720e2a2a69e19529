use super::database::{Patience, Row, Statement, sql};
use super::{Store, StoreError};
use futures::StreamExt;
use futures::stream::{self, BoxStream};

impl Store {
    /// The rows of `statement`.
    pub(super) async fn all(&self, statement: Statement) -> Result<Vec<Row>, StoreError> {
        let mut patience = Patience::default();
        loop {
            let mut reader = self.database.reader().await.map_err(|e| self.failed(e))?;
            match statement.clone().all(reader.on()).await {
                Err(error) if self.database.may_return(&error) && patience.lasts().await => {}
                other => return other.map_err(|e| self.failed(e)),
            }
        }
    }

    /// The first row of `statement`, if there is one.
    pub(super) async fn optional(&self, statement: Statement) -> Result<Option<Row>, StoreError> {
        let mut patience = Patience::default();
        loop {
            let mut reader = self.database.reader().await.map_err(|e| self.failed(e))?;
            match statement.clone().optional(reader.on()).await {
                Err(error) if self.database.may_return(&error) && patience.lasts().await => {}
                other => return other.map_err(|e| self.failed(e)),
            }
        }
    }

    /// Carries out one statement that may be repeated without harm, in a transaction of its own; how many rows it changed. Where
    /// a server went away meanwhile, it is repeated.
    pub(super) async fn change(&self, statement: Statement) -> Result<u64, StoreError> {
        let mut patience = Patience::default();
        loop {
            let changed = async {
                let mut transaction = self.database.begin().await?;
                let changed = statement.clone().execute(transaction.on()).await?;
                transaction.commit().await.map(|()| changed)
            };
            match changed.await {
                Err(error) if self.database.may_return(&error) && patience.lasts().await => {}
                other => return other.map_err(|e| self.failed(e)),
            }
        }
    }

    /// The number of a run, which its rows are kept under.
    pub(super) async fn seq(&self, run_id: &str) -> Result<Option<i64>, StoreError> {
        let row = self.optional(sql("SELECT seq FROM runs WHERE id = ?1").bind(run_id)).await?;
        row.map(|row| row.integer("seq").map_err(|e| self.failed(e))).transpose()
    }

    /// The rows that `statement` finds for the number of a run, as they are taken; none for a run that is not there.
    pub(super) fn rows_of_run<'a>(
        &'a self,
        run_id: &'a str,
        statement: impl FnOnce(i64) -> Statement + Send + 'a,
    ) -> BoxStream<'a, Result<Row, StoreError>> {
        stream::once(async move {
            match self.seq(run_id).await {
                Ok(Some(seq)) => self.database.stream(statement(seq)).map(|row| row.map_err(|e| self.failed(e))).boxed(),
                Ok(None) => stream::empty().boxed(),
                Err(error) => stream::iter([Err(error)]).boxed(),
            }
        })
        .flatten()
        .boxed()
    }

    /// `value` as the JSON text of a column.
    pub(super) fn to_json<T: serde::Serialize>(&self, value: &T) -> Result<String, StoreError> {
        serde_json::to_string(value)
            .map_err(|e| StoreError::Failed { store: self.location().clone(), reason: format!("cannot write JSON: {e}") })
    }

    /// The value of a JSON column; `what` names it in the error.
    pub(super) fn parse_json<T: serde::de::DeserializeOwned>(&self, text: &str, what: &str) -> Result<T, StoreError> {
        serde_json::from_str(text).map_err(|e| self.damaged(format!("{what} is unreadable: {e}")))
    }

    /// The outcome called `word`.
    pub(super) fn outcome(&self, word: &str) -> Result<proctor_core::Outcome, StoreError> {
        proctor_core::Outcome::parse(word).ok_or_else(|| self.damaged(format!("`{word}` is not an outcome")))
    }
}
