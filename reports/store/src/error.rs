use super::Location;
use super::database::PATIENCE;
use proctor_core::ExitCode;

/// Why the store cannot be used, in one sentence that says where it is and what to do.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// There is no such file, or no store in that database.
    #[error("there is no store at {}; `proctor run` creates one", .0)]
    Missing(Location),
    /// The file or its folder cannot be opened or created.
    #[error("the store {} cannot be opened ({reason}); check where it is and what you may do there, or name another store", .store)]
    CannotOpen {
        /// The store.
        store: Location,
        /// The operating system's words.
        reason: String,
    },
    /// It can be read but not written.
    #[error("the store {} cannot be written: it, its folder or the file system is read-only; make it writable or name another store", .0)]
    ReadOnly(Location),
    /// Another program keeps it locked.
    #[error("the store {} is locked by another program; wait until that ends, or name another store", .0)]
    Locked(Location),
    /// No space is left.
    #[error("the disk that holds the store {} is full; everything finished so far is kept: free some space and repeat the command", .0)]
    Full(Location),
    /// Not a database, or another program's.
    #[error("{} is not a store of proctor ({reason}); name another store, or move that file away", .store)]
    NotAStore {
        /// The file.
        store: Location,
        /// How one can tell.
        reason: String,
    },
    /// Its schema is from the future.
    #[error("the store {} was written by a newer proctor (schema {found}, this one knows up to {known}); upgrade proctor, or name another store", .store)]
    Newer {
        /// The store.
        store: Location,
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
    #[error("no run is called `{name}` or starts so in {}; `proctor list runs` shows them", .store)]
    NoSuchRun {
        /// What was asked for.
        name: String,
        /// The store.
        store: Location,
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
    /// The row would belong to nothing.
    #[error("{0} belongs to no run or sample of the store")]
    Unknown(String),
    /// A row does not hold what it should.
    #[error("the store {} is damaged ({reason}); restore a copy, or name another store", .store)]
    Damaged {
        /// The store.
        store: Location,
        /// What is wrong.
        reason: String,
    },
    /// Anything else the database reports.
    #[error("the store {} failed: {reason}", .store)]
    Failed {
        /// The store.
        store: Location,
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

    /// The error that `error` of the database stands for. Codes: <https://sqlite.org/rescode.html>,
    /// <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
    pub(super) fn from_sqlx(store: &Location, error: sqlx::Error) -> Self {
        let store = store.clone();
        let reason = match &error {
            sqlx::Error::Database(database) => one_line(database.message()),
            other => one_line(&other.to_string()),
        };
        match &error {
            sqlx::Error::Database(database) => match (store.path(), database.code()) {
                (None, Some(state)) => Self::from_state(store, &state, reason),
                // SQLite does not say why a file does not open; another try does.
                (Some(path), Some(code)) if let Ok(code) = code.parse() => match std::fs::File::open(path) {
                    Err(io) if code & 0xff == CANTOPEN && is_out_of_files(&io) => Self::from_io(&store, &io),
                    _ => Self::from_code(store, code, reason),
                },
                _ => StoreError::Failed { store, reason },
            },
            sqlx::Error::PoolTimedOut if store.path().is_some() => StoreError::Locked(store),
            sqlx::Error::PoolTimedOut => {
                let reason = format!("no connection for {} s", PATIENCE.as_secs());
                StoreError::CannotOpen { store, reason }
            }
            sqlx::Error::Io(io) => Self::from_io(&store, io),
            sqlx::Error::Tls(_) | sqlx::Error::Configuration(_) => StoreError::CannotOpen { store, reason },
            sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => StoreError::Damaged { store, reason },
            _ => StoreError::Failed { store, reason },
        }
    }

    /// The error that a state of PostgreSQL stands for.
    pub(super) fn from_state(store: Location, state: &str, reason: String) -> Self {
        match state {
            "53100" => StoreError::Full(store),
            "25006" => StoreError::ReadOnly(store),
            "55P03" | "40P01" | "57014" => StoreError::Locked(store),
            _ if ["08", "28", "3D", "53", "57"].iter().any(|class| state.starts_with(class)) => {
                StoreError::CannotOpen { store, reason }
            }
            _ if state.starts_with("XX") => StoreError::Damaged { store, reason },
            _ => StoreError::Failed { store, reason },
        }
    }

    /// The error that an SQLite result code stands for; the low byte is the primary code.
    pub(super) fn from_code(store: Location, code: i32, reason: String) -> Self {
        const IOERR_WRITE: i32 = 778;
        const IOERR_SHMSIZE: i32 = 4874;
        if code == IOERR_SHMSIZE || code == IOERR_WRITE {
            return StoreError::Full(store);
        }
        match code & 0xff {
            5 | 6 => StoreError::Locked(store),
            8 => StoreError::ReadOnly(store),
            11 => StoreError::Damaged { store, reason },
            13 => StoreError::Full(store),
            CANTOPEN => StoreError::CannotOpen { store, reason },
            26 => StoreError::NotAStore { store, reason: "it is not an SQLite database".into() },
            _ => StoreError::Failed { store, reason },
        }
    }

    /// The error that a failed operation on the file system, or a lost connection, stands for.
    pub(super) fn from_io(store: &Location, error: &std::io::Error) -> Self {
        let store = store.clone();
        match error.kind() {
            std::io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly(store),
            std::io::ErrorKind::StorageFull => StoreError::Full(store),
            _ if is_out_of_files(error) => {
                let reason = "this process has as many files and connections open as it may: `ulimit -n`".into();
                StoreError::CannotOpen { store, reason }
            }
            _ => StoreError::CannotOpen { store, reason: error.to_string() },
        }
    }
}

/// SQLite's code for a file that does not open.
const CANTOPEN: i32 = 14;

/// Whether the process, or the system, has too many files open: EMFILE and ENFILE on Linux and macOS.
fn is_out_of_files(error: &std::io::Error) -> bool {
    matches!(error.raw_os_error(), Some(23 | 24))
}

/// A message without line ends.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
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

    #[test]
    fn every_kind_of_failure_of_a_server_is_told_apart() {
        let check = |states: &[&str], words: &str| {
            for state in states {
                let error = StoreError::from_state("postgres://me:secret@db/x".into(), state, "why".into());
                assert!(error.to_string().contains(words), "{state}: {error}");
                assert!(!error.to_string().contains("secret"), "{error}");
            }
        };
        check(&["53100"], "is full");
        check(&["25006"], "is read-only");
        check(&["40P01", "55P03"], "is locked");
        check(&["28P01", "28000", "3D000", "08006", "53300", "57P01", "57P03"], "cannot be opened (why)");
        check(&["XX001"], "is damaged (why)");
        check(&["42P01", "23505"], "failed: why");
    }
}
