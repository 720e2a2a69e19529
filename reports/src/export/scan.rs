use crate::ReportError;
use polars::prelude::{LazyFrame, PlRefPath, ScanArgsParquet};
use std::path::Path;

/// A table that [`super::write`] wrote as Parquet, to be read as far as a question needs it.
pub fn scan(path: &Path) -> Result<LazyFrame, ReportError> {
    let there = std::fs::File::open(path);
    there.map_err(|source| ReportError::Unreadable { path: path.to_path_buf(), source })?;
    Ok(LazyFrame::scan_parquet(PlRefPath::try_from_path(path)?, ScanArgsParquet::default())?)
}
