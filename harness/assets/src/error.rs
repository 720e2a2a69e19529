use std::fmt;
use std::io;
use std::path::Path;

/// Whose turn it is after an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// What the user named is wrong.
    Usage,
    /// A tool or an asset is missing.
    NotInstalled,
    /// Disk, network or another program failed.
    Environment,
}

/// Why an asset cannot be had: one sentence, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetError {
    /// Whose turn it is.
    pub blame: Blame,
    /// What is wrong and where.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl AssetError {
    /// An error with a sentence and no hint yet.
    pub fn new(blame: Blame, message: impl Into<String>) -> Self {
        Self { blame, message: message.into(), hint: None }
    }

    /// The same error with a hint on what to do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A failed operation on a path. `doing` completes "while …", e.g. `writing`.
    pub fn io(doing: &str, path: &Path, error: &io::Error) -> Self {
        let shown = path.display();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::new(Blame::Environment, format!("the disk is full: {doing} {shown} failed")).hint(
                    "free some space, or choose another place with PROCTOR_CACHE or --cache, and run the same command again",
                )
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::new(Blame::Environment, format!("{doing} {shown} is not permitted: {error}"))
                    .hint("give yourself access to it, or choose another place with PROCTOR_CACHE or --cache")
            }
            _ => Self::new(Blame::Environment, format!("{doing} {shown} failed: {error}")),
        }
    }
}

impl fmt::Display for AssetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for AssetError {}
