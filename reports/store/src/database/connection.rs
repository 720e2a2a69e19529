use super::{Row, Statement, sql};
use futures::stream::BoxStream;
use sqlx::pool::PoolConnection;
use sqlx::{Error, PgConnection, PgPool, PgTransaction, Postgres, Sqlite, SqliteConnection, SqlitePool, SqliteTransaction};

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
            Database::Postgres(pool) => pool.acquire().await.map(Connection::Postgres),
        }
    }

    /// A transaction that takes SQLite's write lock at once, so that waiting works and nothing is lost half-way.
    pub(crate) async fn begin(&self) -> Result<Transaction, Error> {
        match self {
            Database::Sqlite { writer, .. } => writer.begin_with("BEGIN IMMEDIATE").await.map(Transaction::Sqlite),
            Database::Postgres(pool) => pool.begin().await.map(Transaction::Postgres),
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
    Sqlite(SqliteTransaction<'static>),
    Postgres(PgTransaction<'static>),
}

impl Transaction {
    /// Where a statement is carried out.
    pub(crate) fn on(&mut self) -> Executor<'_> {
        match self {
            Transaction::Sqlite(transaction) => Executor::Sqlite(transaction),
            Transaction::Postgres(transaction) => Executor::Postgres(transaction),
        }
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
            Transaction::Sqlite(transaction) => transaction.commit().await,
            Transaction::Postgres(transaction) => transaction.commit().await,
        }
    }

    /// Makes it not so.
    pub(crate) async fn rollback(self) -> Result<(), Error> {
        match self {
            Transaction::Sqlite(transaction) => transaction.rollback().await,
            Transaction::Postgres(transaction) => transaction.rollback().await,
        }
    }
}

/// The advisory lock of [`Transaction::alone`] ("proctor").
const ALONE: i64 = 0x70_726f_6374_6f72;

/// Where a statement is carried out.
pub(crate) enum Executor<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

impl Executor<'_> {
    /// The same place, for one of several statements.
    pub(crate) fn again(&mut self) -> Executor<'_> {
        match self {
            Executor::Sqlite(connection) => Executor::Sqlite(connection),
            Executor::Postgres(connection) => Executor::Postgres(connection),
        }
    }
}
