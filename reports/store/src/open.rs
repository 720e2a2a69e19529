use super::claim::LockFile;
use super::database::Database;
use super::migrations::{APPLICATION_ID, LATEST, sqlite};
use super::recorder::Recorder;
use super::{Location, StoreError, header, server};
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Executor, SqliteConnection};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Where runs, attempts and grades are kept: one SQLite file in WAL mode, or a PostgreSQL database. Clones share
/// connections.
///
/// Every write is committed, and on the disk (`synchronous=FULL`), before its call returns: what was reported finished
/// survives `kill -9` and a power cut. Writes that are waiting at the same time are committed together, so that many of them
/// cost one wait for the disk.
///
/// One connection writes to SQLite, so writes of one process never wait for each other's locks; other processes are waited
/// for up to [`StoreOptions::busy_timeout`].
#[derive(Debug, Clone)]
pub struct Store {
    location: Arc<Location>,
    pub(super) database: Database,
    pub(super) recorder: Recorder,
}

/// Rows that are read ahead of whoever takes them: handing them over in larger lots is what makes a million rows quick.
const ROWS_AHEAD: usize = 512;

/// Pages that a reading connection keeps, in KiB as SQLite wants it written: rows are mostly read in their order, and the
/// system keeps the file's pages anyway. SQLite's own 2 MiB are had four times over.
const READ_CACHE: &str = "-512";

/// How a store is opened.
#[derive(Debug, Clone, Copy)]
pub struct StoreOptions {
    /// How long to wait for another process that is writing.
    pub busy_timeout: Duration,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { busy_timeout: Duration::from_secs(30) }
    }
}

impl Store {
    /// Opens the store for reading and writing; creates it, and the folders above a file, where missing.
    pub async fn open(location: impl Into<Location>) -> Result<Self, StoreError> {
        Self::open_with(location, StoreOptions::default()).await
    }

    /// [`Store::open`] with options.
    pub async fn open_with(location: impl Into<Location>, options: StoreOptions) -> Result<Self, StoreError> {
        let location = location.into();
        match (location.path(), location.address()) {
            (Some(path), _) => Self::open_file(&location, path, options).await,
            (None, address) => {
                let database = server::open(&location, address.unwrap_or_default(), options, true).await?;
                Ok(Self::over(&location, database))
            }
        }
    }

    /// Opens a store that must exist. A file that cannot be written is opened for reading only.
    pub async fn open_existing(location: impl Into<Location>) -> Result<Self, StoreError> {
        let location = location.into();
        let options = StoreOptions::default();
        match (location.path(), location.address()) {
            (Some(path), _) => Self::open_existing_file(&location, path, options).await,
            (None, address) => {
                let database = server::open(&location, address.unwrap_or_default(), options, false).await?;
                Ok(Self::over(&location, database))
            }
        }
    }

    async fn open_file(location: &Location, path: &Path, options: StoreOptions) -> Result<Self, StoreError> {
        refuse_folder(location, path)?;
        if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::create_dir_all(parent).map_err(|e| StoreError::from_io(location, &e))?;
        }
        // One process at a time creates or migrates.
        let lock = LockFile::take(location, path, "schema", options.busy_timeout).await?;
        header::check(location, path)?;
        let connect = connect_options(path, options).create_if_missing(true);
        let mut connection = connection(location, &connect).await?;
        let found = inspect(location, &mut connection).await?;
        // Only now, so that another program's file stays as it is. The mode is a property of the file.
        connection.execute("PRAGMA journal_mode = WAL").await.map_err(|e| StoreError::from_sqlx(location, e))?;
        if found != Some(LATEST) {
            sqlite().run_direct(None, &mut connection, false).await.map_err(|e| from_migrate(location, e))?;
        }
        connection.close().await.map_err(|e| StoreError::from_sqlx(location, e))?;
        drop(lock);
        Ok(Self::pooled(location, connect_options(path, options), options))
    }

    async fn open_existing_file(location: &Location, path: &Path, options: StoreOptions) -> Result<Self, StoreError> {
        match std::fs::metadata(path) {
            Ok(_) => refuse_folder(location, path)?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(StoreError::Missing(location.clone())),
            Err(e) => return Err(StoreError::from_io(location, &e)),
        }
        header::check(location, path)?;
        let mut connect = connect_options(path, options);
        let found = match look(location, &connect).await {
            // Without the right to write beside it, a store at rest can still be read as it lies.
            Err(StoreError::ReadOnly(_) | StoreError::CannotOpen { .. }) => {
                connect = connect.read_only(true).immutable(true);
                look(location, &connect).await?
            }
            other => other?,
        };
        match found {
            Some(version) if version == LATEST => Ok(Self::pooled(location, connect, options)),
            _ => Self::open_file(location, path, options).await,
        }
    }

    fn pooled(location: &Location, connect: SqliteConnectOptions, options: StoreOptions) -> Self {
        let pool = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(options.busy_timeout * 4)
                .test_before_acquire(false)
        };
        let writer = pool(1).connect_lazy_with(for_writing(connect.clone()));
        let readers = pool(4).connect_lazy_with(connect.row_buffer_size(ROWS_AHEAD).pragma("cache_size", READ_CACHE));
        Self::over(location, Database::Sqlite { writer, readers })
    }

    fn over(location: &Location, database: Database) -> Self {
        let recorder = Recorder::new(location.clone(), database.clone());
        Self { location: Arc::new(location.clone()), database, recorder }
    }

    /// Where it is.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Waits for what is being written, closes every connection and folds SQLite's write-ahead log into the file. Dropping
    /// is safe too, only less tidy.
    pub async fn close(&self) {
        self.recorder.flush().await;
        self.database.close().await;
    }

    /// The store's error for a database error.
    pub(super) fn failed(&self, error: sqlx::Error) -> StoreError {
        StoreError::from_sqlx(&self.location, error)
    }

    /// A row or text that does not hold what it should.
    pub(super) fn damaged(&self, reason: impl Into<String>) -> StoreError {
        StoreError::Damaged { store: self.location().clone(), reason: reason.into() }
    }
}

fn refuse_folder(location: &Location, path: &Path) -> Result<(), StoreError> {
    match path.is_dir() {
        true => Err(StoreError::NotAStore { store: location.clone(), reason: "it is a folder".into() }),
        false => Ok(()),
    }
}

fn connect_options(path: &Path, options: StoreOptions) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .busy_timeout(options.busy_timeout)
        .synchronous(SqliteSynchronous::Full)
        .disable_statement_logging()
}

async fn connection(location: &Location, connect: &SqliteConnectOptions) -> Result<SqliteConnection, StoreError> {
    connect.connect().await.map_err(|e| StoreError::from_sqlx(location, e))
}

/// Pages of the write-ahead log after which SQLite carries them over into the file: SQLite's own thousand is reached several
/// times a second by a fast run, which then writes the same pages again and again.
const PAGES_IN_LOG: &str = "4000";

/// What only the connection that writes needs. What a statement would undo if it failed half-way stays in memory (a few pages
/// a statement) instead of going through a temporary file.
fn for_writing(connect: SqliteConnectOptions) -> SqliteConnectOptions {
    connect.pragma("temp_store", "MEMORY").pragma("wal_autocheckpoint", PAGES_IN_LOG)
}

/// Connects, looks at the schema and hangs up.
async fn look(location: &Location, connect: &SqliteConnectOptions) -> Result<Option<i64>, StoreError> {
    let mut connection = connection(location, connect).await?;
    let found = inspect(location, &mut connection).await?;
    connection.close().await.map_err(|e| StoreError::from_sqlx(location, e))?;
    Ok(found)
}

/// The schema version; `None` for an empty database; an error for one that is not ours or from the future.
async fn inspect(location: &Location, connection: &mut SqliteConnection) -> Result<Option<i64>, StoreError> {
    let failed = |e| StoreError::from_sqlx(location, e);
    let application: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *connection).await.map_err(failed)?;
    let tables: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table'")
        .fetch_all(&mut *connection)
        .await
        .map_err(failed)?;
    // The list of migrations is made first; a process killed right then leaves nothing else.
    if tables.iter().all(|t| t == "_sqlx_migrations") && application == 0 {
        return Ok(None);
    }
    if application != APPLICATION_ID {
        let reason = "it is an SQLite database of another program".into();
        return Err(StoreError::NotAStore { store: location.clone(), reason });
    }
    let version: Option<i64> =
        sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(&mut *connection).await.map_err(failed)?;
    match version {
        Some(found) if found > LATEST => Err(StoreError::Newer { store: location.clone(), found, known: LATEST }),
        other => Ok(other),
    }
}

pub(super) fn from_migrate(location: &Location, error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _) => StoreError::from_sqlx(location, e),
        other => StoreError::Damaged { store: location.clone(), reason: other.to_string() },
    }
}
