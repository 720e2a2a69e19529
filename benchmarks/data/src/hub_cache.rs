use crate::{DataError, Shelf};
use std::path::{Path, PathBuf};

/// One repository in the Hub's cache: `datasets--OWNER--NAME/{blobs,refs,snapshots}`, or `models--…`.
pub(crate) struct HubCache {
    root: PathBuf,
}

impl HubCache {
    pub(crate) fn new(cache: &Path, shelf: Shelf, repository: &str) -> Self {
        Self { root: cache.join(format!("{}--{}", shelf.word(), repository.replace('/', "--"))) }
    }

    /// Where a file of a commit is seen.
    pub(crate) fn snapshot(&self, commit: &str) -> PathBuf {
        self.root.join("snapshots").join(commit)
    }

    /// Where the content lies; `etag` names it.
    pub(crate) fn blob(&self, etag: &str) -> PathBuf {
        self.root.join("blobs").join(etag)
    }

    /// The commit a branch or tag stood at when it was last fetched; a commit is itself.
    pub(crate) fn resolve(&self, revision: &str) -> Option<String> {
        if self.snapshot(revision).is_dir() {
            return Some(revision.to_owned());
        }
        let commit = std::fs::read_to_string(self.root.join("refs").join(revision)).ok()?.trim().to_owned();
        self.snapshot(&commit).is_dir().then_some(commit)
    }

    /// Remembers which commit a branch stands at.
    pub(crate) fn remember(&self, revision: &str, commit: &str) -> Result<(), DataError> {
        if revision == commit {
            return Ok(());
        }
        let path = self.root.join("refs").join(revision);
        make_parent(&path)?;
        std::fs::write(&path, commit).map_err(|error| DataError::disk("writing", &path, &error))
    }

    /// Makes the blob `etag` visible as `path` of `commit`.
    pub(crate) fn link(&self, etag: &str, commit: &str, path: &str) -> Result<PathBuf, DataError> {
        let seen = self.snapshot(commit).join(path);
        make_parent(&seen)?;
        let _ = std::fs::remove_file(&seen);
        #[cfg(unix)]
        {
            let up = "../".repeat(path.split('/').count() + 1);
            std::os::unix::fs::symlink(format!("{up}blobs/{etag}"), &seen)
                .map_err(|error| DataError::disk("linking", &seen, &error))?;
        }
        #[cfg(not(unix))]
        std::fs::copy(self.blob(etag), &seen).map_err(|error| DataError::disk("copying to", &seen, &error))?;
        Ok(seen)
    }

    /// Every file of a commit that is here, by path.
    pub(crate) fn files(&self, commit: &str) -> Vec<String> {
        let root = self.snapshot(commit);
        let mut found = Vec::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    folders.push(path);
                } else if let Some(name) = path.strip_prefix(&root).ok().and_then(Path::to_str) {
                    found.push(name.to_owned());
                }
            }
        }
        found.sort();
        found
    }
}

/// Makes the folder above `path`.
pub(crate) fn make_parent(path: &Path) -> Result<(), DataError> {
    match path.parent() {
        Some(parent) => std::fs::create_dir_all(parent).map_err(|error| DataError::disk("making the folder", parent, &error)),
        None => Ok(()),
    }
}
