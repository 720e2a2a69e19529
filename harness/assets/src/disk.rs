use super::error::{AssetError, Blame};
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

/// Makes a folder and those above it. Nobody but the owner may write to it, since compiled code is loaded from here.
pub fn make_folder(path: &Path) -> Result<(), AssetError> {
    fs::DirBuilder::new().recursive(true).mode(0o755).create(path).map_err(|e| AssetError::io("making the folder", path, &e))
}

/// Refuses a folder in which somebody else could put code for this user to run.
///
/// # Errors
/// It is no folder, belongs to another user, or others may write to it.
pub fn trust(folder: &Path) -> Result<(), AssetError> {
    let data = fs::metadata(folder).map_err(|e| AssetError::io("reading", folder, &e))?;
    let shown = folder.display();
    let elsewhere = "choose a folder of your own with PROCTOR_CACHE or --cache";
    let refuse = |why: String, hint: &str| Err(AssetError::new(Blame::Environment, why).hint(hint));
    if !data.is_dir() {
        return refuse(format!("{shown} is not a folder"), elsewhere);
    }
    let me = rustix::process::geteuid().as_raw();
    if data.uid() != me {
        let owner = data.uid();
        return refuse(
            format!("{shown} belongs to user {owner}, not to you ({me}): compiled code in it is not trusted"),
            elsewhere,
        );
    }
    if data.mode() & 0o022 != 0 {
        let why = format!("{shown} can be written by others: compiled code in it is not trusted");
        return refuse(why, &format!("type `chmod go-w {shown}`"));
    }
    Ok(())
}

/// Bytes an ordinary user may still write where `path` is.
pub fn free_bytes(path: &Path) -> io::Result<u64> {
    let room = rustix::fs::statvfs(path)?;
    Ok(room.f_bavail.saturating_mul(room.f_frsize))
}

/// Whether a file can be made in the folder; tries it.
pub fn writable(folder: &Path) -> io::Result<()> {
    tempfile::Builder::new().prefix(".probe-").tempfile_in(folder).map(drop)
}

/// Refuses to begin what would not fit. A file system that does not tell its room is let through.
pub fn require(folder: &Path, needed: u64) -> Result<(), AssetError> {
    let Ok(free) = free_bytes(folder) else { return Ok(()) };
    if free >= needed {
        return Ok(());
    }
    let message = format!("{} has {} free, and {} are needed", folder.display(), megabytes(free), megabytes(needed));
    Err(AssetError::new(Blame::Environment, message)
        .hint("free some space, choose another place with PROCTOR_CACHE or --cache, or take less with --small or --only"))
}

/// Bytes for people, in decimal megabytes.
pub fn megabytes(bytes: u64) -> String {
    if bytes < 10_000_000 { format!("{:.1} MB", bytes as f64 / 1e6) } else { format!("{:.0} MB", bytes as f64 / 1e6) }
}

/// Bytes of all files below a folder, following no links; what vanishes meanwhile counts nothing.
pub fn folder_bytes(folder: &Path) -> u64 {
    let mut total = 0;
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(next) = waiting.pop() {
        let Ok(entries) = fs::read_dir(&next) else { continue };
        for entry in entries.flatten() {
            let Ok(data) = entry.metadata() else { continue };
            if data.is_dir() {
                waiting.push(entry.path());
            } else {
                total += data.len();
            }
        }
    }
    total
}
