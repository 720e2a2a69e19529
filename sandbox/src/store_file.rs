//! Files of the cache: written whole or not at all, and used only when nobody else can have written them.
//!
//! Compiled guests are native code that the engine runs as it finds it, and images are the memory that code works on.
//! So both are taken only from a folder and a file that belong to this user and that nobody else may write, and only
//! when they are what was written: each has a stamp beside it with its size, its time of change and its SHA-256. A
//! file whose size and time agree with the stamp is trusted; one whose time differs is hashed; any other is made again.

use crate::SandboxError;
use rustix::fs::{FlockOperation, Mode, OFlags};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[derive(Serialize, Deserialize)]
struct Stamp {
    size: u64,
    modified_ns: i128,
    sha256: String,
}

/// Makes the folder `path` (mode 0700) where it is missing, and refuses one that others could write.
pub(crate) fn own_folder(path: &Path) -> Result<(), SandboxError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|e| SandboxError::file(path, format!("the folder cannot be made: {e}")))?;
    let meta = fs::metadata(path).map_err(|e| SandboxError::file(path, e))?;
    refuse_foreign(path, &meta)
}

fn refuse_foreign(path: &Path, meta: &fs::Metadata) -> Result<(), SandboxError> {
    let user = rustix::process::geteuid().as_raw();
    if meta.uid() != user {
        let reason = format!("it belongs to user {}, not to you; choose another cache folder", meta.uid());
        return Err(SandboxError::file(path, reason));
    }
    if meta.mode() & 0o022 != 0 {
        return Err(SandboxError::file(path, "others may write it; type `chmod go-w` for it"));
    }
    Ok(())
}

/// Held while something is made in the cache, so that two processes do not make the same thing at once.
pub(crate) struct Lock {
    _file: File,
}

/// Longest wait for another process that makes something.
const LOCK_SECONDS: u64 = 1200;

/// Waits for the lock of the file `target` that is to be made.
pub(crate) fn lock(target: &Path) -> Result<Lock, SandboxError> {
    let path = beside(target, "lock");
    let file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(|e| SandboxError::file(&path, e))?;
    let give_up = Instant::now() + Duration::from_secs(LOCK_SECONDS);
    loop {
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(Lock { _file: file }),
            Err(rustix::io::Errno::WOULDBLOCK) if Instant::now() < give_up => std::thread::sleep(Duration::from_millis(100)),
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let reason = format!("another process has held this lock for {LOCK_SECONDS} s; end it and try again");
                return Err(SandboxError::file(path, reason));
            }
            // A file system without locks: two processes may then make the same thing, which is only slower.
            Err(_) => return Ok(Lock { _file: file }),
        }
    }
}

/// Opens a file of the cache for reading, refusing links and what others could have written.
pub(crate) fn open_own(path: &Path) -> Result<File, SandboxError> {
    let fd = rustix::fs::open(path, OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
        .map_err(|e| SandboxError::file(path, e))?;
    let file = File::from(fd);
    let meta = file.metadata().map_err(|e| SandboxError::file(path, e))?;
    refuse_foreign(path, &meta)?;
    Ok(file)
}

/// Writes `path` with its stamp, atomically: under another name first, synced, then renamed.
pub(crate) fn write(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), SandboxError> {
    remove_parts(path);
    let part = beside(path, &format!("part-{}", std::process::id()));
    let result = (|| {
        let mut file = File::options().read(true).write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        fill(&mut file)?;
        file.sync_data()?;
        fs::rename(&part, path)?;
        let stamp = stamp_of(path, sha256_of(path)?)?;
        let text = serde_json::to_vec(&stamp).map_err(io::Error::other)?;
        let stamp_part = beside(path, &format!("stamp-{}", std::process::id()));
        fs::write(&stamp_part, text)?;
        fs::rename(&stamp_part, beside(path, "stamp"))
    })();
    if result.is_err() {
        let _ = fs::remove_file(&part);
    }
    result.map_err(|e| SandboxError::file(path, format!("cannot be written: {e}")))
}

/// Removes what writers of `path` left that were killed; whoever writes holds its lock.
fn remove_parts(path: &Path) {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|n| n.to_str())) else { return };
    let part = format!("{name}.part-");
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(|n| n.starts_with(&part)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether `path` is there and is what [`write`] wrote.
pub(crate) fn intact(path: &Path) -> bool {
    let check = || -> io::Result<bool> {
        let stamp: Stamp = serde_json::from_slice(&fs::read(beside(path, "stamp"))?).map_err(io::Error::other)?;
        let now = stamp_of(path, String::new())?;
        if now.size != stamp.size {
            return Ok(false);
        }
        if now.modified_ns == stamp.modified_ns {
            return Ok(true);
        }
        let same = sha256_of(path)? == stamp.sha256;
        if same {
            // Only its time differs, as after copying: the next look shall be quick again.
            let text = serde_json::to_vec(&Stamp { modified_ns: now.modified_ns, ..stamp }).map_err(io::Error::other)?;
            let _ = fs::write(beside(path, "stamp"), text);
        }
        Ok(same)
    };
    check().unwrap_or(false)
}

/// Files of one kind that are kept beside the one in use: another version of the program may be at work with its own.
const OTHERS_KEPT: usize = 1;

/// Removes older files of the kind of `used`: those in its folder named `prefix`, hexadecimal digits and dashes, and one of
/// `suffixes`, whose first is that of `used`. A process that has one of them mapped keeps it until it ends.
pub(crate) fn prune(used: &Path, prefix: &str, suffixes: &[&str]) {
    let Some((folder, suffix)) = used.parent().zip(suffixes.first()) else { return };
    let names = fs::read_dir(folder).into_iter().flatten().flatten().filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let digits = name.strip_prefix(prefix)?.strip_suffix(suffix)?.strip_suffix('.')?.to_string();
        let hexadecimal = digits.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit());
        let old = hexadecimal && entry.path() != used;
        old.then(|| Some((entry.metadata().ok()?.modified().ok()?, digits))).flatten()
    });
    let mut old: Vec<_> = names.collect();
    old.sort_by_key(|(modified, _)| std::cmp::Reverse(*modified));
    for (_, digits) in old.into_iter().skip(OTHERS_KEPT) {
        for suffix in suffixes {
            let path = folder.join(format!("{prefix}{digits}.{suffix}"));
            // What cannot be removed only takes room.
            for path in [beside(&path, "stamp"), beside(&path, "lock"), path] {
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// SHA-256 of a file, in hexadecimal.
pub(crate) fn sha256_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            return Ok(hex::encode(hasher.finalize()));
        }
        hasher.update(&buffer[..n]);
    }
}

fn stamp_of(path: &Path, sha256: String) -> io::Result<Stamp> {
    let meta = fs::metadata(path)?;
    let modified_ns = i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec());
    Ok(Stamp { size: meta.len(), modified_ns, sha256 })
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".");
    name.push(suffix);
    path.with_file_name(name)
}
