use std::path::PathBuf;

/// What can go wrong between records and a report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The data-frame library refused the table.
    #[error("the table of grades could not be built: {0}")]
    Frame(#[from] polars::error::PolarsError),
    /// A template failed; a fault of proctor, not of the data.
    #[error("the HTML page could not be built: {0:#}")]
    Template(#[from] minijinja::Error),
    /// A value could not be written as JSON.
    #[error("the report could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A file could not be written.
    #[error("{path} could not be written: {source}; check that the folder exists, is writable and has space")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file could not be read.
    #[error("{path} cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The output, e.g. a pipe, could not be written.
    #[error("the output could not be written: {0}")]
    Output(#[from] std::io::Error),
    /// The JUnit file could not be built.
    #[error("the JUnit file could not be built: {0}")]
    Junit(String),
    /// A format nobody knows.
    #[error("unknown export format `{0}`; use csv, jsonl or parquet")]
    UnknownFormat(String),
    /// A table nobody knows.
    #[error("unknown table `{0}`; use grades, attempts or summary")]
    UnknownTable(String),
}
