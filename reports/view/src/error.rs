use std::path::PathBuf;

/// What can go wrong in the view.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// The store.
    #[error(transparent)]
    Store(#[from] proctor_store::StoreError),
    /// The read index.
    #[error("the view's index {} cannot be used: {reason}; delete it, and it is made again", .path.display())]
    Index {
        /// Its file.
        path: PathBuf,
        /// What the database says.
        reason: String,
    },
    /// No port.
    #[error("no port can be listened on at {address}: {reason}")]
    Port {
        /// The address.
        address: String,
        /// The operating system's words.
        reason: String,
    },
    /// A page could not be rendered; a fault of proctor, not of the data.
    #[error("the page could not be built: {0:#}")]
    Template(#[from] minijinja::Error),
    /// A figure could not be computed.
    #[error("{0}")]
    Figures(String),
    /// Something asked for is not there.
    #[error("{0}")]
    NotFound(String),
    /// A request that makes no sense.
    #[error("{0}")]
    Request(String),
}
