use crate::ReportError;
use std::path::Path;
use std::str::FromStr;

/// A form of table that other programs read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values, UTF-8, a header line, every text quoted.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 3] = [Format::Csv, Format::Jsonl, Format::Parquet];

    /// The word on the command line, also the usual extension.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Jsonl => "jsonl",
            Format::Parquet => "parquet",
        }
    }

    /// The format that a file's extension names.
    pub fn of_path(path: &Path) -> Option<Format> {
        let extension = path.extension()?.to_str()?;
        Format::ALL.into_iter().find(|format| format.as_str().eq_ignore_ascii_case(extension))
    }
}

impl FromStr for Format {
    type Err = ReportError;

    fn from_str(word: &str) -> Result<Self, ReportError> {
        let found = Format::ALL.into_iter().find(|format| format.as_str() == word);
        found.ok_or_else(|| ReportError::UnknownFormat(word.to_string()))
    }
}

/// Which table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableKind {
    /// One row per attempt: its grade and figures.
    Grades,
    /// The same with the texts: prompt, answer, reasoning, what was extracted.
    Attempts,
    /// One row per run and metric.
    Summary,
}

impl TableKind {
    /// Every table.
    pub const ALL: [TableKind; 3] = [TableKind::Grades, TableKind::Attempts, TableKind::Summary];

    /// The word on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            TableKind::Grades => "grades",
            TableKind::Attempts => "attempts",
            TableKind::Summary => "summary",
        }
    }
}

impl FromStr for TableKind {
    type Err = ReportError;

    fn from_str(word: &str) -> Result<Self, ReportError> {
        let found = TableKind::ALL.into_iter().find(|table| table.as_str() == word);
        found.ok_or_else(|| ReportError::UnknownTable(word.to_string()))
    }
}
