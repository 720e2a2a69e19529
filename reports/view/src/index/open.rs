use crate::ViewError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection, SqlitePool};
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Rises with every change of the schema: an index of another version is made anew.
const VERSION: i64 = 1;
/// Longest wait for another view that writes the same index.
const PATIENCE: Duration = Duration::from_secs(10);
/// Readers at once.
const READERS: u32 = 4;

/// An open read index. Clones share connections.
#[derive(Debug, Clone)]
pub struct Index {
    path: Arc<PathBuf>,
    readers: SqlitePool,
}

impl Index {
    /// Opens the index at `path`, or makes an empty one. One of another version, or one that is damaged, is replaced.
    pub async fn open(path: &Path) -> Result<Self, ViewError> {
        let failed = |reason: String| ViewError::Index { path: path.to_path_buf(), reason };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| failed(e.to_string()))?;
        }
        if !is_current(path).await {
            for end in ["", "-wal", "-shm"] {
                let mut name = path.as_os_str().to_owned();
                name.push(end);
                match std::fs::remove_file(&name) {
                    Ok(()) => {}
                    Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                    Err(e) => return Err(failed(e.to_string())),
                }
            }
            create(path).await.map_err(|e| failed(e.to_string()))?;
        }
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options(path).pragma("query_only", "ON").pragma("cache_size", "-32768"))
            .await
            .map_err(|e| failed(e.to_string()))?;
        Ok(Self { path: Arc::new(path.to_path_buf()), readers })
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A connection that writes.
    pub(super) async fn writer(&self) -> Result<SqliteConnection, ViewError> {
        let options = options(&self.path).pragma("cache_size", "-65536");
        options.connect().await.map_err(|e| self.failed(e))
    }

    /// Connections that read.
    pub(super) fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// The right to keep the index up to date, which one process has at a time; `None` where another one has it.
    pub fn claim(&self) -> Option<File> {
        let mut name = self.path.as_os_str().to_owned();
        name.push(".lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(PathBuf::from(name)).ok()?;
        file.try_lock().is_ok().then_some(file)
    }

    pub(super) fn failed(&self, error: sqlx::Error) -> ViewError {
        ViewError::Index { path: self.path.to_path_buf(), reason: error.to_string() }
    }

    /// Ends all connections.
    pub async fn close(&self) {
        self.readers.close().await;
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(PATIENCE)
        // It can be made again, so nothing waits for the disk.
        .synchronous(SqliteSynchronous::Off)
        .disable_statement_logging()
}

async fn create(path: &Path) -> Result<(), sqlx::Error> {
    let options = options(path).create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
    let mut connection = options.connect().await?;
    sqlx::raw_sql(include_str!("schema.sql")).execute(&mut connection).await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("PRAGMA user_version = {VERSION}"))).execute(&mut connection).await?;
    connection.close().await
}

/// Whether there is an index of this version that can be read.
async fn is_current(path: &Path) -> bool {
    if !path.is_file() {
        return false;
    }
    let Ok(mut connection) = options(path).connect().await else { return false };
    let version: Result<i64, _> = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut connection).await;
    let readable: Result<Option<i64>, _> = sqlx::query_scalar("SELECT max(seq) FROM runs").fetch_one(&mut connection).await;
    version.is_ok_and(|version| version == VERSION) && readable.is_ok()
}
