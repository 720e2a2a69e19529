use super::StoreError;
use super::claim::LockFile;
use super::migrations::{APPLICATION_ID, LATEST, migrator};
use sqlx::migrate::MigrateError;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Executor, Sqlite, SqliteConnection, SqlitePool};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Where runs, attempts and grades are kept: one SQLite file in WAL mode. Clones share connections.
///
/// Every write is committed before its call returns, so what was reported finished survives `kill -9`. Plans and attempts
/// are also on the disk by then (`synchronous=FULL`) and survive a power cut, because answers cost money and time. Grades
/// are not waited for (`synchronous=NORMAL`): a power cut may take the latest of them, in order and without damage to
/// anything else, and the same command makes them again without asking.
///
/// One connection writes, so writes of one process never wait for each other's locks; other processes are waited for up
/// to [`StoreOptions::busy_timeout`].
#[derive(Debug, Clone)]
pub struct Store {
    path: Arc<PathBuf>,
    pub(super) writer: SqlitePool,
    pub(super) readers: SqlitePool,
}

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
    /// Opens the store at `path` for reading and writing; creates it, and the folders above it, where missing.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::open_with(path, StoreOptions::default()).await
    }

    /// [`Store::open`] with options.
    pub async fn open_with(path: impl AsRef<Path>, options: StoreOptions) -> Result<Self, StoreError> {
        let path = path.as_ref();
        refuse_folder(path)?;
        if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::create_dir_all(parent).map_err(|e| StoreError::from_io(path, &e))?;
        }
        // One process at a time creates or migrates.
        let lock = LockFile::take(path, "schema", options.busy_timeout).await?;
        let connect = connect_options(path, options).create_if_missing(true);
        let mut connection = connection(path, &connect).await?;
        let found = inspect(path, &mut connection).await?;
        // Only now, so that another program's file stays as it is. The mode is a property of the file.
        connection.execute("PRAGMA journal_mode = WAL").await.map_err(|e| StoreError::from_sqlx(path, e))?;
        if found != Some(LATEST) {
            migrator().run_direct(None, &mut connection, false).await.map_err(|e| from_migrate(path, e))?;
        }
        connection.close().await.map_err(|e| StoreError::from_sqlx(path, e))?;
        drop(lock);
        Ok(Self::pooled(path, connect_options(path, options), options))
    }

    /// Opens the store at `path`, which must exist. A store that cannot be written is opened for reading only.
    pub async fn open_existing(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let options = StoreOptions::default();
        let path = path.as_ref();
        match std::fs::metadata(path) {
            Ok(_) => refuse_folder(path)?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(StoreError::Missing(path.to_path_buf())),
            Err(e) => return Err(StoreError::from_io(path, &e)),
        }
        let mut connect = connect_options(path, options);
        let found = match look(path, &connect).await {
            // Without the right to write beside it, a store at rest can still be read as it lies.
            Err(StoreError::ReadOnly(_) | StoreError::CannotOpen { .. }) => {
                connect = connect.read_only(true).immutable(true);
                look(path, &connect).await?
            }
            other => other?,
        };
        match found {
            Some(version) if version == LATEST => Ok(Self::pooled(path, connect, options)),
            _ => Self::open_with(path, options).await,
        }
    }

    fn pooled(path: &Path, connect: SqliteConnectOptions, options: StoreOptions) -> Self {
        let pool = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(options.busy_timeout * 4)
                .test_before_acquire(false)
        };
        // Whoever wants less says so each time, and cannot leave it behind.
        let writer = pool(1).before_acquire(|connection, _| {
            Box::pin(async move {
                connection.execute("PRAGMA synchronous = FULL").await?;
                Ok(true)
            })
        });
        Self {
            path: Arc::new(path.to_path_buf()),
            writer: writer.connect_lazy_with(connect.clone()),
            readers: pool(4).connect_lazy_with(connect),
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Closes every connection and folds the write-ahead log into the file. Dropping is safe too, only less tidy.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// The store's error for a database error.
    pub(super) fn failed(&self, error: sqlx::Error) -> StoreError {
        StoreError::from_sqlx(&self.path, error)
    }

    /// The writing connection, for what can be made again: committed, but not waited for until it is on the disk.
    pub(super) async fn writer_of_grades(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        let mut connection = self.writer.acquire().await.map_err(|e| self.failed(e))?;
        connection.execute("PRAGMA synchronous = NORMAL").await.map_err(|e| self.failed(e))?;
        Ok(connection)
    }

    /// A transaction that takes the write lock at once, so that waiting works and nothing is lost half-way.
    pub(super) async fn begin(&self) -> Result<sqlx::SqliteTransaction<'static>, StoreError> {
        self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(|e| self.failed(e))
    }
}

fn refuse_folder(path: &Path) -> Result<(), StoreError> {
    match path.is_dir() {
        true => Err(StoreError::NotAStore { path: path.to_path_buf(), reason: "it is a folder".into() }),
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

async fn connection(path: &Path, connect: &SqliteConnectOptions) -> Result<SqliteConnection, StoreError> {
    connect.connect().await.map_err(|e| StoreError::from_sqlx(path, e))
}

/// Connects, looks at the schema and hangs up.
async fn look(path: &Path, connect: &SqliteConnectOptions) -> Result<Option<i64>, StoreError> {
    let mut connection = connection(path, connect).await?;
    let found = inspect(path, &mut connection).await?;
    connection.close().await.map_err(|e| StoreError::from_sqlx(path, e))?;
    Ok(found)
}

/// The schema version; `None` for an empty database; an error for one that is not ours or from the future.
async fn inspect(path: &Path, connection: &mut SqliteConnection) -> Result<Option<i64>, StoreError> {
    let failed = |e| StoreError::from_sqlx(path, e);
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
        return Err(StoreError::NotAStore { path: path.to_path_buf(), reason });
    }
    let version: Option<i64> =
        sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(&mut *connection).await.map_err(failed)?;
    match version {
        Some(found) if found > LATEST => Err(StoreError::Newer { path: path.to_path_buf(), found, known: LATEST }),
        other => Ok(other),
    }
}

fn from_migrate(path: &Path, error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _) => StoreError::from_sqlx(path, e),
        other => StoreError::Damaged { path: path.to_path_buf(), reason: other.to_string() },
    }
}
