use crate::{DataError, Kind};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Most bytes of a lock file.
const MOST_BYTES: u64 = 16 << 20;
/// The version of the format.
const VERSION: u32 = 1;

/// What was fetched and is fetched from now on: `proctor.lock`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// The version of the format.
    pub version: u32,
    /// Every source that was fetched, by benchmark and kind.
    #[serde(default, rename = "source")]
    pub sources: Vec<LockedSource>,
}

/// One source, pinned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedSource {
    /// The benchmark.
    pub benchmark: String,
    /// `data` or `prompts`.
    pub kind: String,
    /// `hub` or `repository`.
    pub place: String,
    /// `owner/name`.
    pub repository: String,
    /// The commit.
    pub revision: String,
    /// Its files, by path.
    #[serde(default, rename = "file")]
    pub files: Vec<LockedFile>,
}

/// One file, pinned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedFile {
    /// Its path in the repository.
    pub path: String,
    /// Its content.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}

impl Default for Lock {
    fn default() -> Self {
        Self { version: VERSION, sources: Vec::new() }
    }
}

impl Lock {
    /// Reads the lock file at `path`; one that is not there pins nothing.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        let size = match std::fs::metadata(path) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(DataError::disk("reading", path, &error)),
        };
        let wrong = |why: String| DataError::Input(format!("{} is not a lock file of proctor: {why}", path.display()));
        if size > MOST_BYTES {
            return Err(wrong(format!("it has {size} bytes")));
        }
        let text = std::fs::read_to_string(path).map_err(|error| DataError::disk("reading", path, &error))?;
        let lock: Lock = toml::from_str(&text).map_err(|error| wrong(one_line(&error.to_string())))?;
        if lock.version > VERSION {
            return Err(wrong(format!("its version is {}, this proctor knows {VERSION}; upgrade", lock.version)));
        }
        for file in lock.sources.iter().flat_map(|source| &source.files) {
            if !plain(&file.path) {
                return Err(wrong(format!("`{}` is not a path inside a repository", one_line(&file.path))));
            }
        }
        Ok(lock)
    }

    /// What is pinned of a source.
    pub fn find(&self, benchmark: &str, kind: Kind) -> Option<&LockedSource> {
        self.sources.iter().find(|source| source.benchmark == benchmark && source.kind == kind.as_str())
    }

    /// Pins a source, in place of what was pinned of it.
    pub fn put(&mut self, pinned: LockedSource) {
        self.sources.retain(|source| source.benchmark != pinned.benchmark || source.kind != pinned.kind);
        self.sources.push(pinned);
        self.sources.sort_by(|a, b| (&a.benchmark, &a.kind).cmp(&(&b.benchmark, &b.kind)));
    }

    /// Writes the lock file whole or not at all.
    pub fn write(&self, path: &Path) -> Result<(), DataError> {
        let body = toml::to_string(self).map_err(|error| DataError::Input(format!("the lock cannot be written: {error}")))?;
        let text = format!("# Written by `proctor data fetch`; commit it, so that everybody evaluates the same data.\n{body}");
        let beside = path.with_extension(format!("lock.{}", std::process::id()));
        std::fs::write(&beside, text).map_err(|error| DataError::disk("writing", &beside, &error))?;
        std::fs::rename(&beside, path).map_err(|error| DataError::disk("writing", path, &error))
    }
}

/// Whether a path stays inside the folder it is joined to.
pub(crate) fn plain(path: &str) -> bool {
    let parts = path.split('/');
    !path.is_empty()
        && path.len() <= 1024
        && !path.contains(['\\', '\0', '\n'])
        && parts.into_iter().all(|part| !part.is_empty() && part != "." && part != "..")
}

/// Text from elsewhere, in one line and not too long.
pub(crate) fn one_line(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}
