use std::path::PathBuf;

/// What can go wrong in the sandbox itself. A program's own failure is a verdict, never one of these.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SandboxError {
    /// The guest is not where it should be.
    #[error("the {what} is not installed: {} does not exist; {hint}", .path.display())]
    NotInstalled {
        /// Which guest or file.
        what: String,
        /// Where it was looked for.
        path: PathBuf,
        /// What to type.
        hint: String,
    },
    /// A file is there and cannot be used.
    #[error("{}: {reason}", .path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// The engine refused a guest or failed.
    #[error("{0}")]
    Engine(String),
}

impl SandboxError {
    pub(crate) fn file(path: impl Into<PathBuf>, reason: impl ToString) -> Self {
        SandboxError::File { path: path.into(), reason: reason.to_string() }
    }

    pub(crate) fn engine(what: &str, error: impl std::fmt::Display) -> Self {
        SandboxError::Engine(format!("{what}: {error}"))
    }
}
