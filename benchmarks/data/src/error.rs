/// Why data could not be fetched, pinned or checked: one sentence with what, where, what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    /// A name, option or lock file is wrong.
    #[error("{0}")]
    Input(String),
    /// The other side refuses or lacks what was asked for, or cannot be reached.
    #[error("{0}")]
    Remote(String),
    /// What came is not what is pinned.
    #[error("{0}")]
    Changed(String),
    /// A file or folder on this machine cannot be used.
    #[error("{0}")]
    Disk(String),
}

impl DataError {
    /// A failure of `doing` something with `path`.
    pub(crate) fn disk(doing: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        DataError::Disk(format!("{doing} {} failed: {error}", path.display()))
    }
}
