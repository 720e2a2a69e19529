use proctor_core::ExitCode;
use std::path::{Path, PathBuf};

/// Why the store cannot be used, in one sentence with the path and what to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such file.
    #[error("there is no store at {}; `proctor run` creates one", .0.display())]
    Missing(PathBuf),
    /// The file or its folder cannot be opened or created.
    #[error("the store {} cannot be opened ({reason}); check the path and its permissions, or name another store", .path.display())]
    CannotOpen {
        /// The store.
        path: PathBuf,
        /// The operating system's words.
        reason: String,
    },
    /// It can be read but not written.
    #[error("the store {} cannot be written: the file, its folder or the file system is read-only; make it writable or name another store", .0.display())]
    ReadOnly(PathBuf),
    /// Another program keeps it locked.
    #[error("the store {} is locked by another program; wait until that ends, or name another store", .0.display())]
    Locked(PathBuf),
    /// No space is left.
    #[error("the disk that holds the store {} is full; everything finished so far is kept: free some space and repeat the command", .0.display())]
    Full(PathBuf),
    /// Not a database, or another program's.
    #[error("{} is not a store of proctor ({reason}); name another store, or move that file away", .path.display())]
    NotAStore {
        /// The file.
        path: PathBuf,
        /// How one can tell.
        reason: String,
    },
    /// Its schema is from the future.
    #[error("the store {} was written by a newer proctor (schema {found}, this one knows up to {known}); upgrade proctor, or name another store", .path.display())]
    Newer {
        /// The store.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// Another process works on the run.
    #[error("run {run_id} is being worked on by {holder}; wait until that ends, or stop it first")]
    Claimed {
        /// The run.
        run_id: String,
        /// Who holds it, e.g. `process 4711`.
        holder: String,
    },
    /// No run of that name.
    #[error("no run is called `{name}` or starts so in {}; `proctor list runs` shows them", .path.display())]
    NoSuchRun {
        /// What was asked for.
        name: String,
        /// The store.
        path: PathBuf,
    },
    /// Several runs start so.
    #[error("`{name}` could be any of {}; type more of it", .candidates.join(", "))]
    AmbiguousRun {
        /// What was asked for.
        name: String,
        /// The first few that match.
        candidates: Vec<String>,
    },
    /// The row exists already; finished work is never overwritten.
    #[error("{0} is recorded already")]
    AlreadyRecorded(String),
    /// A row does not hold what it should.
    #[error("the store {} is damaged ({reason}); restore a copy, or name another store", .path.display())]
    Damaged {
        /// The store.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Anything else the database reports.
    #[error("the store {} failed: {reason}", .path.display())]
    Failed {
        /// The store.
        path: PathBuf,
        /// The database's words.
        reason: String,
    },
}

impl StoreError {
    /// The exit status of the program for this error.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            StoreError::NoSuchRun { .. } | StoreError::AmbiguousRun { .. } | StoreError::Missing(_) => ExitCode::Usage,
            _ => ExitCode::Store,
        }
    }

    /// The error that `error` of the database stands for. Codes: <https://sqlite.org/rescode.html>.
    pub(super) fn from_sqlx(path: &Path, error: sqlx::Error) -> Self {
        let path = path.to_path_buf();
        let reason = error.to_string();
        let code = match &error {
            sqlx::Error::Database(database) => database.code().and_then(|c| c.parse::<i32>().ok()),
            sqlx::Error::PoolTimedOut => return StoreError::Locked(path),
            sqlx::Error::Io(io) => return Self::from_io(&path, io),
            sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => return StoreError::Damaged { path, reason },
            _ => None,
        };
        match code {
            Some(code) => Self::from_code(path, code, reason),
            None => StoreError::Failed { path, reason },
        }
    }

    /// The error that an SQLite result code stands for; the low byte is the primary code.
    pub(super) fn from_code(path: PathBuf, code: i32, reason: String) -> Self {
        const IOERR_WRITE: i32 = 778;
        const IOERR_SHMSIZE: i32 = 4874;
        if code == IOERR_SHMSIZE || code == IOERR_WRITE {
            return StoreError::Full(path);
        }
        match code & 0xff {
            5 | 6 => StoreError::Locked(path),
            8 => StoreError::ReadOnly(path),
            11 => StoreError::Damaged { path, reason },
            13 => StoreError::Full(path),
            14 => StoreError::CannotOpen { path, reason },
            26 => StoreError::NotAStore { path, reason: "it is not an SQLite database".into() },
            _ => StoreError::Failed { path, reason },
        }
    }

    /// The error that a failed operation on the file system stands for.
    pub(super) fn from_io(path: &Path, error: &std::io::Error) -> Self {
        let path = path.to_path_buf();
        match error.kind() {
            std::io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly(path),
            std::io::ErrorKind::StorageFull => StoreError::Full(path),
            _ => StoreError::CannotOpen { path, reason: error.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Result codes as SQLite documents them, plain and extended.
    #[test]
    fn every_kind_of_failure_is_told_apart() {
        let check = |codes: &[i32], words: &str| {
            for code in codes {
                let error = StoreError::from_code("x.db".into(), *code, "why".into());
                assert!(error.to_string().contains(words), "{code}: {error}");
            }
        };
        check(&[5, 261, 517, 773, 6, 262], "is locked by another program");
        check(&[8, 264, 520, 776, 1032, 1288, 1544], "is read-only");
        check(&[13, 778], "is full");
        check(&[14, 270, 526, 782, 1038], "cannot be opened (why)");
        check(&[11, 267, 523, 779], "is damaged (why)");
        check(&[26], "is not an SQLite database");
        check(&[1, 10, 19, 266, 787], "failed: why");
    }
}
