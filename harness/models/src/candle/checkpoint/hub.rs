//! Models that the Hub's tools have downloaded, found in the Hub's cache.

use super::folder::Folder;
use crate::Environment;
use crate::candle::failure;
use proctor_core::{ModelError, ModelErrorKind};
use std::path::{Path, PathBuf};

/// Deepest folder of a repository that files are looked for in, and most files that are looked at.
const DEEPEST: usize = 4;
const MOST_FILES: usize = 10_000;

/// A model on the Hub: a name like `ORG/NAME@REVISION:FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// `ORG/NAME`.
    pub name: String,
    /// A branch, tag or commit.
    pub revision: Option<String>,
    /// A GGUF file in the repository, or the quants it has, e.g. `Q4_K_M`.
    pub choice: Option<String>,
}

impl Repository {
    /// Reads a name; `None` where it is not of this form.
    pub fn parse(text: &str) -> Option<Self> {
        let (rest, choice) = match text.split_once(':') {
            Some((rest, choice)) => (rest, Some(choice.to_owned())),
            None => (text, None),
        };
        let (name, revision) = match rest.split_once('@') {
            Some((name, revision)) => (name, Some(revision.to_owned())),
            None => (rest, None),
        };
        let (owner, own) = name.split_once('/')?;
        let plain = |part: &str| {
            !part.is_empty() && !part.starts_with('.') && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        let inside =
            |path: &str| !path.is_empty() && !path.contains('\\') && path.split('/').all(|p| !matches!(p, "" | "." | ".."));
        let fits = plain(owner) && plain(own) && revision.as_deref().is_none_or(inside) && choice.as_deref().is_none_or(inside);
        fits.then(|| Self { name: name.to_owned(), revision, choice })
    }

    /// Where the model lies: a GGUF file, or the folder of a checkpoint.
    pub fn find(&self, environment: &dyn Environment) -> Result<PathBuf, ModelError> {
        let Some(cache) = cache_folder(environment) else {
            return Err(failure("no folder of the Hub's cache is known; set HF_HOME to one"));
        };
        let folder = cache.join(format!("models--{}", self.name.replace('/', "--")));
        if !folder.is_dir() {
            return Err(self.absent(&format!("is not in the Hub's cache {}", cache.display())));
        }
        let snapshot = self.snapshot(&folder)?;
        let mut files = Vec::new();
        gguf_files(&snapshot, &mut files);
        match &self.choice {
            Some(choice) => self.chosen(choice, &snapshot, files),
            None if Folder::is_checkpoint(&snapshot) => Ok(snapshot),
            None => match files.as_slice() {
                [one] => Ok(one.clone()),
                [] => Err(self.absent(&format!("is incomplete in the Hub's cache ({} holds no model)", snapshot.display()))),
                _ => Err(self.unclear(&snapshot, &files)),
            },
        }
    }

    fn snapshot(&self, folder: &Path) -> Result<PathBuf, ModelError> {
        let snapshots = folder.join("snapshots");
        let wanted = self.revision.as_deref().unwrap_or("main");
        if snapshots.join(wanted).is_dir() {
            return Ok(snapshots.join(wanted));
        }
        let commit = std::fs::read_to_string(folder.join("refs").join(wanted)).unwrap_or_default();
        let commit = commit.trim();
        let is_commit = !commit.is_empty() && commit.bytes().all(|b| b.is_ascii_alphanumeric());
        if is_commit && snapshots.join(commit).is_dir() {
            return Ok(snapshots.join(commit));
        }
        // What was downloaded by commit has no branch; where there is one only, it is meant.
        let present: Vec<PathBuf> = std::fs::read_dir(&snapshots)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|p| p.is_dir())
            .collect();
        match (&self.revision, present.as_slice()) {
            (None, [one]) => Ok(one.clone()),
            _ => Err(self.absent(&format!("is in the Hub's cache, but not at revision {wanted}"))),
        }
    }

    fn chosen(&self, choice: &str, snapshot: &Path, files: Vec<PathBuf>) -> Result<PathBuf, ModelError> {
        let exact = snapshot.join(choice);
        if exact.is_file() {
            return Ok(exact);
        }
        if choice.to_lowercase().ends_with(".gguf") {
            return Err(self.absent(&format!("has no `{choice}` in the Hub's cache")));
        }
        let fitting: Vec<PathBuf> = files.iter().filter(|path| has_quants(path, choice)).cloned().collect();
        match fitting.as_slice() {
            [one] => Ok(one.clone()),
            [] if files.is_empty() => Err(self.absent(&format!("has no GGUF file in the Hub's cache, so none with `{choice}`"))),
            [] => Err(self.unclear(snapshot, &files)),
            _ => Err(self.unclear(snapshot, &fitting)),
        }
    }

    fn absent(&self, what: &str) -> ModelError {
        failure(format!("the model `{}` {what}; run `proctor setup --model {self}`", self.name))
    }

    fn unclear(&self, snapshot: &Path, files: &[PathBuf]) -> ModelError {
        let names: Vec<String> =
            files.iter().take(20).map(|path| path.strip_prefix(snapshot).unwrap_or(path).display().to_string()).collect();
        let message = format!("which file of `{0}`? give one as candle/{0}:FILE; there are {1}", self.name, names.join(", "));
        ModelError::new(ModelErrorKind::NotFound, message)
    }
}

impl std::fmt::Display for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, revision, choice } = self;
        f.write_str(name)?;
        revision.iter().try_for_each(|revision| write!(f, "@{revision}"))?;
        choice.iter().try_for_each(|choice| write!(f, ":{choice}"))
    }
}

/// Whether a GGUF file's name says that it has these quants, e.g. `model-Q4_K_M.gguf`.
pub(super) fn has_quants(path: &Path, quants: &str) -> bool {
    let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_lowercase();
    let quants = quants.to_lowercase();
    name.match_indices(&quants).any(|(at, _)| {
        let border = |byte: Option<&u8>| byte.is_none_or(|byte| matches!(byte, b'-' | b'.' | b'_'));
        let before = at.checked_sub(1).and_then(|at| name.as_bytes().get(at));
        let after = name.as_bytes().get(at + quants.len());
        // `Q4_K` is not meant by the name of `Q4_K_M`.
        border(before) && border(after) && after != Some(&b'_')
    })
}

/// GGUF files of a snapshot, in its subfolders, too.
fn gguf_files(snapshot: &Path, found: &mut Vec<PathBuf>) {
    let mut folders = vec![(snapshot.to_owned(), 0)];
    let mut seen = 0;
    while let Some((folder, depth)) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            seen += 1;
            if seen > MOST_FILES {
                return;
            }
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if depth < DEEPEST {
                    folders.push((path, depth + 1));
                }
            } else if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gguf")) && path.is_file() {
                found.push(path);
            }
        }
    }
    found.sort();
}

/// The Hub's cache folder, from the variables that its own tools read.
fn cache_folder(environment: &dyn Environment) -> Option<PathBuf> {
    let given = |name: &str| environment.get(name).map(PathBuf::from);
    given("HF_HUB_CACHE")
        .or_else(|| given("HUGGINGFACE_HUB_CACHE"))
        .or_else(|| given("HF_HOME").map(|home| home.join("hub")))
        .or_else(|| given("XDG_CACHE_HOME").map(|cache| cache.join("huggingface/hub")))
        .or_else(|| given("HOME").map(|home| home.join(".cache/huggingface/hub")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read() {
        let read = |text: &str| Repository::parse(text).map(|r| (r.name, r.revision, r.choice));
        let some = |name: &str, revision: Option<&str>, choice: Option<&str>| {
            Some((name.to_owned(), revision.map(str::to_owned), choice.map(str::to_owned)))
        };
        assert_eq!(read("org/name"), some("org/name", None, None));
        assert_eq!(read("org/name@refs/pr/1"), some("org/name", Some("refs/pr/1"), None));
        assert_eq!(read("org/Na-me_1.5@v2:sub/f.gguf"), some("org/Na-me_1.5", Some("v2"), Some("sub/f.gguf")));
        assert_eq!(read("org/name:Q4_K_M"), some("org/name", None, Some("Q4_K_M")));
        for wrong in ["name", "a/b/c", "../x", "a/..", "a/b:../c", "a/b@../../c", "a/b@", "a/b:", "/b", "a/", "a b/c"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn quants_are_told_apart() {
        for (name, quants, fits) in [
            ("Model-Q4_K_M.gguf", "q4_k_m", true),
            ("Model-Q4_K_M.gguf", "Q4_K", false),
            ("model.Q8_0.gguf", "Q8_0", true),
            ("model.Q8_0-00001-of-00002.gguf", "Q8_0", true),
            ("model-IQ4_0.gguf", "Q4_0", false),
            ("model-bf16.gguf", "F16", false),
        ] {
            assert_eq!(has_quants(Path::new(name), quants), fits, "{name} {quants}");
        }
    }
}
