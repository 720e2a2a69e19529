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

#[cfg(test)]
mod tests {
    use super::AssetError;
    use std::io::{Error, ErrorKind};
    use std::path::Path;

    #[test]
    fn what_the_disk_refuses_is_said_with_the_way_out() {
        for (kind, words, hint) in [
            (ErrorKind::StorageFull, "the disk is full: writing /c/x failed", Some("free some space")),
            (ErrorKind::QuotaExceeded, "the disk is full", Some("free some space")),
            (ErrorKind::ReadOnlyFilesystem, "writing /c/x is not permitted", Some("--cache")),
            (ErrorKind::PermissionDenied, "writing /c/x is not permitted", Some("PROCTOR_CACHE")),
            (ErrorKind::NotADirectory, "writing /c/x failed: ", None),
        ] {
            let error = AssetError::io("writing", Path::new("/c/x"), &Error::from(kind));
            assert!(error.message.contains(words), "{}", error.message);
            assert_eq!(error.hint.is_some(), hint.is_some(), "{kind:?}");
            assert!(error.hint.unwrap_or_default().contains(hint.unwrap_or_default()), "{kind:?}");
        }
    }
}
