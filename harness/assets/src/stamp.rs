use super::catalogue::Asset;
use super::error::{AssetError, Blame};
use super::locate::Layout;
use super::unpack::{Unpacked, hash_file};
use serde::{Deserialize, Serialize};
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What was installed, written last: an asset without its stamp is not installed.
#[derive(Debug, Serialize, Deserialize)]
struct Stamp {
    /// SHA-256 of the archives it came from.
    archives: Vec<String>,
    files: Vec<StampedFile>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StampedFile {
    path: PathBuf,
    bytes: u64,
    modified_s: i64,
    modified_ns: i64,
    sha256: String,
}

/// How an installed asset is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Lengths and times of modification against the stamp; milliseconds.
    Stamp,
    /// SHA-256 of every file.
    Hash,
}

/// How an asset is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Installed and as it was.
    Ready,
    /// Not installed.
    Missing,
    /// Installed from archives other than the catalogue's.
    Outdated,
    /// Something about it changed since; the sentence says what.
    Changed(String),
}

/// Looks at an asset.
pub fn state(layout: &Layout, asset: &Asset, depth: Depth) -> State {
    let stamp = match read(&layout.stamp(asset.name)) {
        Ok(stamp) => stamp,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return State::Missing,
        Err(e) => return State::Changed(format!("its stamp is unreadable: {e}")),
    };
    if !stamp.archives.iter().map(String::as_str).eq(asset.archives.iter().map(|a| a.sha256)) {
        return State::Outdated;
    }
    for file in &stamp.files {
        let path = layout.root().join(&file.path);
        match fs::metadata(&path) {
            Err(e) => return State::Changed(format!("{} cannot be read: {e}", file.path.display())),
            Ok(data) if data.len() != file.bytes => {
                return State::Changed(format!("{} has {} bytes, not {}", file.path.display(), data.len(), file.bytes));
            }
            Ok(data) if depth == Depth::Stamp && times(&data) != (file.modified_s, file.modified_ns) => {
                return State::Changed(format!("{} was modified after it was installed", file.path.display()));
            }
            Ok(_) => {}
        }
        if depth == Depth::Hash {
            match hash_file(&path, None) {
                Ok(hash) if hash == file.sha256 => {}
                Ok(hash) => return State::Changed(format!("{} has SHA-256 {hash}, not {}", file.path.display(), file.sha256)),
                Err(e) => return State::Changed(e.message),
            }
        }
    }
    State::Ready
}

/// Writes the stamp of an asset whose files are in their places.
pub fn write(layout: &Layout, asset: &Asset, files: &[Unpacked]) -> Result<(), AssetError> {
    let mut stamped = Vec::with_capacity(files.len());
    for file in files {
        let path = layout.root().join(&file.path);
        let data = fs::metadata(&path).map_err(|e| AssetError::io("reading", &path, &e))?;
        let (modified_s, modified_ns) = times(&data);
        stamped.push(StampedFile {
            path: file.path.clone(),
            bytes: file.bytes,
            modified_s,
            modified_ns,
            sha256: file.sha256.clone(),
        });
    }
    let stamp = Stamp { archives: asset.archives.iter().map(|a| a.sha256.to_string()).collect(), files: stamped };
    write_json(&layout.stamp(asset.name), &stamp)
}

/// Stamps an asset again whose files have the right hashes and other times of modification, as after a copy.
pub fn renew(layout: &Layout, asset: &Asset) -> Result<(), AssetError> {
    let path = layout.stamp(asset.name);
    let stamp = read(&path).map_err(|e| AssetError::io("reading", &path, &e))?;
    let files: Vec<Unpacked> =
        stamp.files.into_iter().map(|f| Unpacked { path: f.path, bytes: f.bytes, sha256: f.sha256 }).collect();
    write(layout, asset, &files)
}

/// Takes the stamp away, so that the asset counts as missing until it is stamped again.
pub fn remove(layout: &Layout, asset: &Asset) -> Result<(), AssetError> {
    let path = layout.stamp(asset.name);
    match fs::remove_file(&path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(AssetError::io("removing", &path, &e)),
        _ => Ok(()),
    }
}

/// Writes a JSON file in one go: beside its place first, then renamed.
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<(), AssetError> {
    let fail = |e: &io::Error| AssetError::io("writing", path, e);
    let folder = path.parent().unwrap_or(Path::new("."));
    super::disk::make_folder(folder)?;
    let mut file = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder).map_err(|e| fail(&e))?;
    serde_json::to_writer(file.as_file_mut(), value)
        .map_err(|e| AssetError::new(Blame::Environment, format!("writing {} failed: {e}", path.display())))?;
    file.persist(path).map_err(|e| fail(&e.error))?;
    Ok(())
}

fn read(path: &Path) -> io::Result<Stamp> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

fn times(data: &Metadata) -> (i64, i64) {
    (data.mtime(), data.mtime_nsec())
}
