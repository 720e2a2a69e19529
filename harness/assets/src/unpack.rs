use super::catalogue::Take;
use super::container::{self, Entry};
use super::error::{AssetError, Blame};
use super::progress::Step;
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
    let mut files = Vec::new();
    let mut nested = Vec::new();
    let mut found = vec![false; takes.len()];
    container::walk(archive, &mut |entry| {
        take(entry, archive, takes, pinned, staging, &mut found, &mut nested, &mut files)?;
        step.reach(files.iter().map(|f: &Unpacked| f.bytes).sum());
        Ok(())
    })?;
    for (take, found) in takes.iter().zip(found) {
        if !found {
            return Err(lacks(archive, take));
        }
    }
    while let Some(Nested { path, within, to }) = nested.pop() {
        if let Some((first, rest)) = within.split_first() {
            let mut inner = None;
            container::walk(&path, &mut |entry| {
                if entry.path == Path::new(first) {
                    let target = staging.join(".nested").join(first);
                    copy(entry.content, &target, LARGEST_FILE)?;
                    inner = Some(target);
                }
                Ok(())
            })?;
            let path = inner.ok_or_else(|| container::damaged(&path, &format!("it lacks {first}")))?;
            nested.push(Nested { path, within: rest, to });
        } else {
            container::walk(&path, &mut |entry| tree(entry, to, staging, &mut files))?;
            step.reach(files.iter().map(|f| f.bytes).sum());
        }
    }
    Ok(files)
}

/// Takes one entry of the outermost archive, if it is wanted.
#[allow(clippy::too_many_arguments)]
fn take(
    entry: Entry<'_>,
    archive: &Path,
    takes: &[Take],
    pinned: bool,
    staging: &Path,
    found: &mut [bool],
    nested: &mut Vec<Nested>,
    files: &mut Vec<Unpacked>,
) -> Result<(), AssetError> {
    let mut copied: Option<PathBuf> = None;
    for (index, take) in takes.iter().enumerate() {
        match take {
            Take::File { from, to, sha256, bytes } if entry.path == Path::new(from) => {
                let target = staging.join(to);
                let (length, hash) = copy(entry.content, &target, if pinned { *bytes } else { LARGEST_FILE })?;
                if pinned && (length, hash.as_str()) != (*bytes, sha256) {
                    return Err(container::damaged(
                        archive,
                        &format!("{from} has {length} bytes and SHA-256 {hash}, not {bytes} and {sha256}"),
                    ));
                }
                files.push(Unpacked { path: PathBuf::from(to), bytes: length, sha256: hash });
                found[index] = true;
                copied = Some(target);
            }
            Take::Tree { within: [], to, .. } => {
                tree(Entry { path: entry.path, content: &mut *entry.content }, to, staging, files)?;
                found[index] = true;
            }
            Take::Tree { within: [first, rest @ ..], to, .. } if entry.path == Path::new(first) => {
                let path = match &copied {
                    Some(path) => path.clone(),
                    None => {
                        let target = staging.join(".nested").join(first);
                        copy(entry.content, &target, LARGEST_FILE)?;
                        copied.insert(target).clone()
                    }
                };
                nested.push(Nested { path, within: rest, to });
                found[index] = true;
            }
            _ => {}
        }
    }
    Ok(())
}

fn tree(entry: Entry<'_>, to: &str, staging: &Path, files: &mut Vec<Unpacked>) -> Result<(), AssetError> {
    let path = Path::new(to).join(entry.path);
    let (bytes, sha256) = copy(entry.content, &staging.join(&path), LARGEST_FILE)?;
    files.push(Unpacked { path, bytes, sha256 });
    Ok(())
}

/// Copies at most `most` bytes to a file, hashing on the way; gives back length and SHA-256.
fn copy(content: &mut dyn Read, target: &Path, most: u64) -> Result<(u64, String), AssetError> {
    if let Some(folder) = target.parent() {
        super::disk::make_folder(folder)?;
    }
    let mut file = File::create(target).map_err(|e| AssetError::io("writing", target, &e))?;
    let mut buffer = vec![0; CHUNK];
    let mut hash = Sha256::new();
    let mut length = 0;
    loop {
        let read = content
            .read(&mut buffer)
            .map_err(|e| AssetError::new(Blame::Environment, format!("unpacking {} failed: {e}", target.display())))?;
        if read == 0 {
            break;
        }
        length += read as u64;
        if length > most {
            return Err(AssetError::new(Blame::Environment, format!("{} would be larger than {most} bytes", target.display()))
                .hint("the archive is not what it should be; delete it and run the same command again"));
        }
        hash.update(&buffer[..read]);
        file.write_all(&buffer[..read]).map_err(|e| AssetError::io("writing", target, &e))?;
    }
    Ok((length, hex::encode(hash.finalize())))
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
