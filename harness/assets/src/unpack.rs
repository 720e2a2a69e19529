use super::catalogue::Take;
use super::container::{self, Entry};
use super::error::AssetError;
use proctor_core::Step;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// No single file of ours is larger; a safeguard against archives that blow up.
const LARGEST_FILE: u64 = 4 << 30;
/// Bytes copied at a time.
const CHUNK: usize = 1 << 18;

/// A file that was unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpacked {
    /// Its path relative to the cache (and to the staging folder).
    pub path: PathBuf,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: String,
}

/// An archive inside an archive, still to be opened.
struct Nested {
    path: PathBuf,
    within: &'static [&'static str],
    to: &'static str,
}

/// Takes out of `archive` what `takes` names, into `staging`, which mirrors the cache's layout. With `pinned`, files
/// must have the catalogue's length and hash.
///
/// # Errors
/// The archive is damaged or unsafe, lacks something, or differs from its pin; or the disk refuses.
pub fn unpack(
    archive: &Path,
    takes: &[Take],
    pinned: bool,
    staging: &Path,
    step: &dyn Step,
) -> Result<Vec<Unpacked>, AssetError> {
    let mut work = Work { archive, pinned, staging, step, written: 0, files: Vec::new(), nested: Vec::new() };
    let mut found = vec![false; takes.len()];
    container::walk(archive, &mut |entry| work.take(entry, takes, &mut found))?;
    if let Some((take, _)) = takes.iter().zip(found).find(|(_, found)| !found) {
        return Err(lacks(archive, take));
    }
    while let Some(nested) = work.nested.pop() {
        work.open(nested)?;
    }
    Ok(work.files)
}

/// An archive being unpacked.
struct Work<'a> {
    archive: &'a Path,
    pinned: bool,
    staging: &'a Path,
    step: &'a dyn Step,
    /// Bytes written so far.
    written: u64,
    files: Vec<Unpacked>,
    nested: Vec<Nested>,
}

impl Work<'_> {
    /// Takes one entry of the outermost archive, if it is wanted.
    fn take(&mut self, entry: Entry<'_>, takes: &[Take], found: &mut [bool]) -> Result<(), AssetError> {
        let mut copied: Option<PathBuf> = None;
        for (take, found) in takes.iter().zip(found) {
            match take {
                Take::File { from, to, sha256, bytes } if entry.path == Path::new(from) => {
                    let target = self.staging.join(to);
                    let (length, hash) = self.copy(entry.content, &target, if self.pinned { *bytes } else { LARGEST_FILE })?;
                    if self.pinned && (length, hash.as_str()) != (*bytes, sha256) {
                        let why = format!("{from} has {length} bytes and SHA-256 {hash}, not {bytes} and {sha256}");
                        return Err(container::damaged(self.archive, &why));
                    }
                    self.files.push(Unpacked { path: PathBuf::from(to), bytes: length, sha256: hash });
                    copied = Some(target);
                }
                Take::Tree { within: [], to, .. } => {
                    self.plant(Entry { path: entry.path, content: &mut *entry.content }, to)?;
                }
                Take::Tree { within: [first, rest @ ..], to, .. } if entry.path == Path::new(first) => {
                    let path = match &copied {
                        Some(path) => path.clone(),
                        None => copied.insert(self.set_aside(entry.content, first)?).clone(),
                    };
                    self.nested.push(Nested { path, within: rest, to });
                }
                _ => continue,
            }
            *found = true;
        }
        Ok(())
    }

    /// Opens an archive found inside another: unpacks it, or what lies deeper in it.
    fn open(&mut self, nested: Nested) -> Result<(), AssetError> {
        let Nested { path, within, to } = nested;
        let Some((first, rest)) = within.split_first() else {
            return container::walk(&path, &mut |entry| self.plant(entry, to));
        };
        let mut inner = None;
        container::walk(&path, &mut |entry| {
            if entry.path == Path::new(first) {
                inner = Some(self.set_aside(entry.content, first)?);
            }
            Ok(())
        })?;
        let inner = inner.ok_or_else(|| container::damaged(&path, &format!("it lacks {first}")))?;
        self.nested.push(Nested { path: inner, within: rest, to });
        Ok(())
    }

    /// Unpacks an entry into the folder `to`.
    fn plant(&mut self, entry: Entry<'_>, to: &str) -> Result<(), AssetError> {
        let path = Path::new(to).join(entry.path);
        let (bytes, sha256) = self.copy(entry.content, &self.staging.join(&path), LARGEST_FILE)?;
        self.files.push(Unpacked { path, bytes, sha256 });
        Ok(())
    }

    /// Keeps an inner archive until it is opened.
    fn set_aside(&mut self, content: &mut dyn Read, name: &str) -> Result<PathBuf, AssetError> {
        let target = self.staging.join(".nested").join(name);
        self.copy(content, &target, LARGEST_FILE)?;
        Ok(target)
    }

    /// Copies at most `most` bytes to a file, hashing on the way; gives back length and SHA-256.
    fn copy(&mut self, content: &mut dyn Read, target: &Path, most: u64) -> Result<(u64, String), AssetError> {
        if let Some(folder) = target.parent() {
            super::disk::make_folder(folder)?;
        }
        let mut file = File::create(target).map_err(|e| AssetError::io("writing", target, &e))?;
        let mut buffer = vec![0; CHUNK];
        let mut hash = Sha256::new();
        let mut length = 0;
        loop {
            let read = content.read(&mut buffer).map_err(|e| container::damaged(self.archive, &e))?;
            if read == 0 {
                break;
            }
            length += read as u64;
            if length > most {
                let why =
                    format!("{} in it is larger than {most} bytes", target.file_name().unwrap_or_default().to_string_lossy());
                return Err(container::damaged(self.archive, &why));
            }
            hash.update(&buffer[..read]);
            file.write_all(&buffer[..read]).map_err(|e| AssetError::io("writing", target, &e))?;
            self.written += read as u64;
            self.step.reach(self.written);
        }
        Ok((length, hex::encode(hash.finalize())))
    }
}

/// SHA-256 of a file, telling `step` how far it is.
pub fn hash_file(path: &Path, step: Option<&dyn Step>) -> Result<String, AssetError> {
    let fail = |e: &std::io::Error| AssetError::io("reading", path, e);
    let mut file = File::open(path).map_err(|e| fail(&e))?;
    let mut buffer = vec![0; CHUNK];
    let mut hash = Sha256::new();
    let mut done = 0;
    loop {
        let read = file.read(&mut buffer).map_err(|e| fail(&e))?;
        if read == 0 {
            return Ok(hex::encode(hash.finalize()));
        }
        hash.update(&buffer[..read]);
        done += read as u64;
        if let Some(step) = step {
            step.reach(done);
        }
    }
}

/// Puts staged targets in their places. A file is replaced at once; a folder is moved aside first.
pub fn place(staging: &Path, root: &Path, targets: &[&str]) -> Result<(), AssetError> {
    for (index, target) in targets.iter().enumerate() {
        let (from, to) = (staging.join(target), root.join(target));
        if let Some(folder) = to.parent() {
            super::disk::make_folder(folder)?;
        }
        if to.is_dir() && !to.is_symlink() {
            let aside = staging.join(format!(".old-{index}"));
            fs::rename(&to, &aside).map_err(|e| AssetError::io("moving aside", &to, &e))?;
        }
        fs::rename(&from, &to).map_err(|e| AssetError::io("writing", &to, &e))?;
    }
    Ok(())
}

fn lacks(archive: &Path, take: &Take) -> AssetError {
    let what = match take {
        Take::File { from, .. } => from,
        Take::Tree { within, .. } => within.first().unwrap_or(&"any file"),
    };
    container::damaged(archive, &format!("it lacks {what}"))
}
