use super::error::{AssetError, Blame};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Component, Path, PathBuf};

/// More entries than any archive of ours has.
const MOST_ENTRIES: usize = 100_000;

/// One file in an archive.
pub struct Entry<'a> {
    /// Its path there, checked: relative, and never upwards.
    pub path: &'a Path,
    /// Its bytes.
    pub content: &'a mut dyn Read,
}

/// Shows every file of a zip (`.whl`, `.zip`), tar (`.tar`) or gzipped tar (`.tgz`, `.gz`) to `visit`, in order.
/// Folders are passed over; entries that are not read cost nothing in a zip.
///
/// # Errors
/// The file is not such an archive, is damaged, holds a link or a path that leads out of the folder it is unpacked to,
/// or `visit` fails.
pub fn walk(archive: &Path, visit: &mut dyn FnMut(Entry<'_>) -> Result<(), AssetError>) -> Result<(), AssetError> {
    let file = File::open(archive).map_err(|e| AssetError::io("opening", archive, &e))?;
    match archive.extension().and_then(|e| e.to_str()) {
        Some("tar") => walk_tar(archive, BufReader::new(file), visit),
        Some("tgz" | "gz") => walk_tar(archive, flate2::read::GzDecoder::new(BufReader::new(file)), visit),
        _ => walk_zip(archive, file, visit),
    }
}

fn walk_zip(archive: &Path, file: File, visit: &mut dyn FnMut(Entry<'_>) -> Result<(), AssetError>) -> Result<(), AssetError> {
    let mut zip = zip::ZipArchive::new(BufReader::new(file)).map_err(|e| damaged(archive, &e))?;
    if zip.len() > MOST_ENTRIES {
        return Err(damaged(archive, &"it has too many entries"));
    }
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).map_err(|e| damaged(archive, &e))?;
        let name = entry.name().map_err(|e| damaged(archive, &e))?.into_owned();
        if entry.is_symlink() {
            return Err(unsafe_entry(archive, &name));
        }
        let path = inside(&name).ok_or_else(|| unsafe_entry(archive, &name))?;
        if entry.is_file() {
            visit(Entry { path: &path, content: &mut entry })?;
        }
    }
    Ok(())
}

fn walk_tar(
    archive: &Path,
    reader: impl Read,
    visit: &mut dyn FnMut(Entry<'_>) -> Result<(), AssetError>,
) -> Result<(), AssetError> {
    let mut tar = tar::Archive::new(reader);
    let entries = tar.entries().map_err(|e| damaged(archive, &e))?;
    for (count, entry) in entries.enumerate() {
        let mut entry = entry.map_err(|e| damaged(archive, &e))?;
        if count >= MOST_ENTRIES {
            return Err(damaged(archive, &"it has too many entries"));
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let path = inside(&name).ok_or_else(|| unsafe_entry(archive, &name))?;
        match entry.header().entry_type() {
            tar::EntryType::Regular | tar::EntryType::Continuous => visit(Entry { path: &path, content: &mut entry })?,
            tar::EntryType::Directory | tar::EntryType::XGlobalHeader => {}
            _ => return Err(unsafe_entry(archive, &name)),
        }
    }
    Ok(())
}

/// The entry's path if it stays inside the folder it is unpacked to.
fn inside(name: &str) -> Option<PathBuf> {
    if name.contains(['\\', '\0']) {
        return None;
    }
    let mut path = PathBuf::new();
    for component in Path::new(name).components() {
        match component {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(path)
}

/// The error for an archive that cannot be read.
pub fn damaged(archive: &Path, why: &dyn std::fmt::Display) -> AssetError {
    AssetError::new(Blame::Environment, format!("{} is not a sound archive: {why}", archive.display()))
        .hint("delete the file and run the same command again")
}

fn unsafe_entry(archive: &Path, name: &str) -> AssetError {
    let message = format!("{} holds an unsafe entry, {name:?}: a link, or a path leading elsewhere", archive.display());
    AssetError::new(Blame::Environment, message).hint("nothing was unpacked; do not trust this archive")
}

#[cfg(test)]
mod tests {
    use super::inside;
    use std::path::PathBuf;

    #[test]
    fn only_paths_inside_are_let_through() {
        for (name, expected) in [
            ("a/b.txt", Some("a/b.txt")),
            ("./a", Some("a")),
            ("../a", None),
            ("a/../../b", None),
            ("/etc/passwd", None),
            ("..\\a", None),
            ("a\0b", None),
        ] {
            assert_eq!(inside(name), expected.map(PathBuf::from), "{name:?}");
        }
    }
}
