use super::{Patience, Row, Statement, is_lost, sql};
use futures::stream::BoxStream;
use sqlx::pool::PoolConnection;
use sqlx::{Error, Executor as _, PgConnection, PgPool, PgTransaction, Postgres, Sqlite, SqliteConnection, SqlitePool};

/// The connections of a store.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    /// One connection writes, so writes of one process never wait for each other's locks.
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    /// The server sorts writers and readers out.
    Postgres(PgPool),
}

impl Database {
    /// A connection for reading.
    pub(crate) async fn reader(&self) -> Result<Connection, Error> {
        match self {
            Database::Sqlite { readers, .. } => readers.acquire().await.map(Connection::Sqlite),
            Database::Postgres(pool) => acquire(pool).await.map(Connection::Postgres),
        }
    }

    /// Whether trying once more can help after `error`: a server may come back, a file may not.
    pub(crate) fn may_return(&self, error: &Error) -> bool {
        matches!(self, Database::Postgres(_)) && is_lost(error)
    }

    /// A transaction that takes SQLite's write lock at once, so that waiting works and nothing is lost half-way.
    pub(crate) async fn begin(&self) -> Result<Transaction, Error> {
        match self {
            Database::Sqlite { writer, .. } => {
                let mut connection = writer.acquire().await?;
                (&mut *connection).execute("BEGIN IMMEDIATE").await?;
                Ok(Transaction::Sqlite(Open { connection, ended: false }))
            }
            Database::Postgres(pool) => begin(pool).await.map(Transaction::Postgres),
        }
    }

    /// The same, and the next number of the store's counter. Its row is locked until the end of the transaction, so numbers
    /// are in the order of commits.
    pub(crate) async fn begin_counting(&self) -> Result<(Transaction, i64), Error> {
        match self {
            Database::Sqlite { writer, .. } => {
                let mut open = Open { connection: writer.acquire().await?, ended: false };
                // In one message: both take less time than it takes to wake SQLite's thread.
                let begin = sql(format!("BEGIN IMMEDIATE; {COUNT}"));
                let revision = begin.one(Executor::Sqlite(&mut open.connection)).await?.integer("revision")?;
                Ok((Transaction::Sqlite(open), revision))
            }
            Database::Postgres(_) => {
                let mut transaction = self.begin().await?;
                let revision = transaction.count().await?;
                Ok((transaction, revision))
            }
        }
    }

    /// The rows of `statement` as they are taken.
    pub(crate) fn stream(&self, statement: Statement) -> BoxStream<'_, Result<Row, Error>> {
        match self {
            Database::Sqlite { readers, .. } => statement.stream_sqlite(readers),
            Database::Postgres(pool) => statement.stream_postgres(pool),
        }
    }

    /// Closes every connection.
    pub(crate) async fn close(&self) {
        match self {
            Database::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Database::Postgres(pool) => pool.close().await,
        }
    }
}

/// A connection to a server, which may be away for a while.
async fn acquire(pool: &PgPool) -> Result<PoolConnection<Postgres>, Error> {
    let mut patience = Patience::default();
    loop {
        match pool.acquire().await {
            Err(error) if patience.allows(&error).await => {}
            other => return other,
        }
    }
}

/// Likewise a transaction: nothing has happened in it yet, so it may be begun again.
async fn begin(pool: &PgPool) -> Result<PgTransaction<'static>, Error> {
    let mut patience = Patience::default();
    loop {
        match pool.begin().await {
            Err(error) if patience.allows(&error).await => {}
            other => return other,
        }
    }
}

/// A connection out of a pool.
pub(crate) enum Connection {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl Connection {
    /// Where a statement is carried out.
    pub(crate) fn on(&mut self) -> Executor<'_> {
        match self {
            Connection::Sqlite(connection) => Executor::Sqlite(connection),
            Connection::Postgres(connection) => Executor::Postgres(connection),
        }
    }
}

/// A transaction; dropped without `commit`, nothing of it happened.
pub(crate) enum Transaction {
    Sqlite(Open),
    Postgres(PgTransaction<'static>),
}

/// An SQLite connection with a transaction on it. SQLite ends a transaction by itself when the disk is full, which the
/// library's own transactions do not expect; so they are begun and ended by hand, and a connection whose transaction was
/// dropped is closed, which undoes it.
pub(crate) struct Open {
    connection: PoolConnection<Sqlite>,
    ended: bool,
}

impl Drop for Open {
    fn drop(&mut self) {
        if !self.ended {
            self.connection.close_on_drop();
        }
    }
}

impl Transaction {
    /// Where a statement is carried out.
    pub(crate) fn on(&mut self) -> Executor<'_> {
        match self {
            Transaction::Sqlite(open) => Executor::Sqlite(&mut open.connection),
            Transaction::Postgres(transaction) => Executor::Postgres(transaction),
        }
    }

    /// The next number of the store's counter.
    pub(crate) async fn count(&mut self) -> Result<i64, Error> {
        sql(COUNT).one(self.on()).await?.integer("revision")
    }

    /// Lets one process after the other through, until the transaction ends. SQLite has one writer anyway.
    pub(crate) async fn alone(&mut self) -> Result<(), Error> {
        if let Transaction::Postgres(_) = self {
            sql("SELECT CAST(pg_advisory_xact_lock(?1) AS TEXT)").bind(ALONE).optional(self.on()).await?;
        }
        Ok(())
    }

    /// Makes it so.
    pub(crate) async fn commit(self) -> Result<(), Error> {
        match self {
            Transaction::Sqlite(mut open) => {
                (&mut *open.connection).execute("COMMIT").await?;
                open.ended = true;
                Ok(())
            }
            Transaction::Postgres(transaction) => transaction.commit().await,
        }
    }

    /// Undoes it. A database that cannot even do that undoes it when the connection is closed.
    pub(crate) async fn undo(self) {
        match self {
            Transaction::Sqlite(mut open) => open.ended = (&mut *open.connection).execute("ROLLBACK").await.is_ok(),
            Transaction::Postgres(transaction) => drop(transaction.rollback().await),
        }
    }
}

const COUNT: &str = "UPDATE counter SET revision = revision + 1 RETURNING revision";

/// The advisory lock of [`Transaction::alone`] ("proctor").
const ALONE: i64 = 0x70_726f_6374_6f72;

/// Where a statement is carried out.
pub(crate) enum Executor<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

impl Executor<'_> {
    /// Whether placeholders have numbers here.
    pub(crate) fn numbered(&self) -> bool {
        matches!(self, Executor::Postgres(_))
    }

    /// The same place, for one of several statements.
    pub(crate) fn again(&mut self) -> Executor<'_> {
        match self {
            Executor::Sqlite(connection) => Executor::Sqlite(connection),
            Executor::Postgres(connection) => Executor::Postgres(connection),
        }
    }
}
