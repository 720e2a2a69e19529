//! What the beginning and the length of a file tell before a database is opened, which might change it.

use super::{Location, StoreError};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The first bytes of every SQLite database, and where the size of its pages stands: <https://sqlite.org/fileformat.html>.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const HEADER: usize = 100;

/// Refuses a file that is no database, and one that was cut off, as an interrupted copy leaves it. SQLite takes the shortest
/// of them for empty, and fills the last page of others up. An empty file will do: it is what SQLite makes first.
pub(super) fn check(location: &Location, path: &Path) -> Result<(), StoreError> {
    let io = |e: std::io::Error| StoreError::from_io(location, &e);
    let mut header = Vec::with_capacity(HEADER);
    match File::open(path) {
        Ok(file) => file.take(HEADER as u64).read_to_end(&mut header).map_err(io)?,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(io(e)),
    };
    let shared = header.len().min(MAGIC.len());
    if header.get(..shared) != MAGIC.get(..shared) {
        let reason = "it is not an SQLite database".into();
        return Err(StoreError::NotAStore { store: location.clone(), reason });
    }
    let damaged = |reason: &str| StoreError::Damaged { store: location.clone(), reason: reason.into() };
    let page = match header.get(16..18) {
        None if header.is_empty() => return Ok(()),
        Some([0, 1]) if header.len() == HEADER => 65_536,
        Some([high, low]) if header.len() == HEADER => u64::from(*high) << 8 | u64::from(*low),
        _ => return Err(damaged("it ends in the middle of its header")),
    };
    // Who has the store open may be writing; what is missing in the file is in the log then.
    if page.is_power_of_two() && !has_log(path) {
        let length = std::fs::metadata(path).map_err(io)?.len();
        if length % page != 0 && !has_log(path) {
            return Err(damaged("it was cut off in the middle of a page"));
        }
    }
    Ok(())
}

fn has_log(path: &Path) -> bool {
    let beside = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name).exists()
    };
    beside("-wal") || beside("-journal")
}
