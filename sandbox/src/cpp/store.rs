//! Compiled programs on disk, by their content: a program that was compiled once is not compiled again.

use crate::store_file;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Bytes of compiled programs that are kept; the oldest go first.
const MOST_BYTES: u64 = 512 << 20;
/// Programs written between two looks at how much there is.
const LOOK_EVERY: u64 = 32;

/// Where the program with this key lies.
pub(crate) fn path(folder: &Path, key: &str) -> PathBuf {
    folder.join("programs").join(format!("{key}.cwasm"))
}

/// Keeps `code`; a failure only means that it is compiled again another time.
pub(crate) fn keep(folder: &Path, key: &str, code: &[u8]) {
    let programs = folder.join("programs");
    if store_file::own_folder(&programs).is_err() {
        return;
    }
    let target = path(folder, key);
    if store_file::write(&target, |file| file.write_all(code)).is_ok() && u64::from(code.len() as u32) % LOOK_EVERY == 0 {
        prune(&programs);
    }
}

/// Removes the oldest programs while there are more than may be.
fn prune(programs: &Path) {
    let mut files: Vec<(SystemTime, u64, PathBuf)> = fs::read_dir(programs)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let meta = entry.metadata().ok()?;
            Some((meta.modified().ok()?, meta.len(), entry.path()))
        })
        .collect();
    files.sort();
    let mut total: u64 = files.iter().map(|(_, len, _)| len).sum();
    for (_, len, path) in files {
        if total <= MOST_BYTES {
            return;
        }
        if fs::remove_file(&path).is_ok() {
            total -= len;
        }
    }
}
