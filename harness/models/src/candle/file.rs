//! Which file a model's name stands for, and proof of what is in it.

use super::checkpoint::{Folder, Repository};
use super::failure;
use crate::{Environment, ModelOptions};
use proctor_core::{ModelError, ModelErrorKind};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// A model that `proctor setup` fetches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownModel {
    /// What stands after `candle/`.
    pub name: &'static str,
    /// The file's name in the cache's `models` folder.
    pub file_name: &'static str,
    /// Bytes of the file.
    pub bytes: u64,
    /// SHA-256 of the file, in lower-case hex.
    pub sha256: &'static str,
}

/// The models `proctor setup` knows; the first is the default.
pub const KNOWN_MODELS: &[KnownModel] = &[KnownModel {
    name: "smollm2-135m",
    file_name: "smollm2-135m.gguf",
    bytes: 98_362_432,
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
}];

/// A model that is there, and its hash.
#[derive(Debug, Clone)]
pub(super) struct ModelFile {
    /// A GGUF file, the folder of a checkpoint, or the file of its weights.
    pub path: PathBuf,
    /// Bytes of the file, or of all files of the checkpoint.
    pub bytes: u64,
    /// SHA-256 of the file; for a checkpoint, of the list of its files with theirs.
    pub sha256: String,
}

impl ModelFile {
    /// Finds the file for `rest` of `candle/REST`.
    pub fn find(rest: &str, options: &ModelOptions, environment: &dyn Environment) -> Result<Self, ModelError> {
        if let Some(path) = &options.model_file {
            return Self::at(path, environment);
        }
        if let Some(known) = KNOWN_MODELS.iter().find(|known| known.name == rest) {
            return Self::open_known(known, environment);
        }
        let path = Path::new(rest);
        let repository = Repository::parse(rest);
        let ends = |end: &str| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(end));
        let named_file = (ends("gguf") || ends("safetensors") || rest.ends_with(".safetensors.index.json"))
            && repository.as_ref().is_none_or(|repository| repository.choice.is_none());
        if named_file || path.exists() {
            return Self::at(path, environment);
        }
        if let Some(repository) = repository {
            return Self::at(&repository.find(environment)?, environment);
        }
        let names: Vec<_> = KNOWN_MODELS.iter().map(|known| known.name).collect();
        Err(ModelError::new(
            ModelErrorKind::NotFound,
            format!(
                "no local model is called `{rest}`; known are {}, or give the path of a .gguf file or of a folder with \
                 safetensors, or ORG/NAME of a model on the Hub",
                names.join(", ")
            ),
        ))
    }

    /// The model at a path: a GGUF file or a checkpoint.
    fn at(path: &Path, environment: &dyn Environment) -> Result<Self, ModelError> {
        let Some(folder) = Folder::of(path) else { return Self::open(path, environment) };
        let (mut bytes, mut list) = (0u64, String::new());
        for file in folder.files()? {
            let opened = Self::open(&file, environment)?;
            bytes = bytes.saturating_add(opened.bytes);
            let name = file.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
            list.push_str(&format!("{} {name}\n", opened.sha256));
        }
        let sha256 = proctor_core::sha256_hex(list.as_bytes());
        Ok(Self { path: path.to_owned(), bytes, sha256 })
    }

    fn open_known(known: &KnownModel, environment: &dyn Environment) -> Result<Self, ModelError> {
        let Some(folder) = models_folder(environment) else {
            return Err(failure("no cache folder is known; set PROCTOR_CACHE to one and run `proctor setup`"));
        };
        let path = folder.join(known.file_name);
        if !path.is_file() {
            return Err(failure(format!(
                "the model `candle/{}` is not installed ({} is missing); run `proctor setup`",
                known.name,
                path.display()
            )));
        }
        let file = Self::open(&path, environment)?;
        if file.bytes != known.bytes || file.sha256 != known.sha256 {
            return Err(failure(format!(
                "{} is not the file that `candle/{}` stands for ({} bytes, sha256 {}); delete it and run `proctor setup`",
                path.display(),
                known.name,
                file.bytes,
                file.sha256
            )));
        }
        Ok(file)
    }

    fn open(path: &Path, environment: &dyn Environment) -> Result<Self, ModelError> {
        let unreadable = |e: std::io::Error| failure(format!("the model file {} cannot be read: {e}", path.display()));
        let information = std::fs::metadata(path).map_err(unreadable)?;
        if !information.is_file() {
            return Err(failure(format!("the model file {} is not a file", path.display())));
        }
        let bytes = information.len();
        let modified = information.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let key = modified.map(|time| format!("{bytes} {}", time.as_nanos()));
        let stamp = models_folder(environment).and_then(|folder| stamp_path(&folder, path));
        if let (Some(stamp), Some(key)) = (&stamp, &key)
            && let Ok(text) = std::fs::read_to_string(stamp)
            && let Some((stamped, sha256)) = text.trim_end().rsplit_once(' ')
            && stamped == key
            && sha256.len() == 64
        {
            return Ok(Self { path: path.to_owned(), bytes, sha256: sha256.to_owned() });
        }
        let sha256 = hash(path).map_err(unreadable)?;
        if let (Some(stamp), Some(key)) = (&stamp, &key) {
            // The stamp only saves time; where it cannot be written the file is hashed again next time.
            let _ = write_stamp(stamp, &format!("{key} {sha256}\n"));
        }
        Ok(Self { path: path.to_owned(), bytes, sha256 })
    }
}

/// The folder `proctor setup` puts models in: `models` under `$PROCTOR_CACHE`, `$XDG_CACHE_HOME/proctor` or
/// `~/.cache/proctor`.
pub fn models_folder(environment: &dyn Environment) -> Option<PathBuf> {
    let cache = environment
        .get("PROCTOR_CACHE")
        .map(PathBuf::from)
        .or_else(|| environment.get("XDG_CACHE_HOME").map(|path| Path::new(&path).join("proctor")))
        .or_else(|| environment.get("HOME").map(|path| Path::new(&path).join(".cache/proctor")))?;
    Some(cache.join("models"))
}

fn stamp_path(folder: &Path, path: &Path) -> Option<PathBuf> {
    let absolute = std::fs::canonicalize(path).ok()?;
    let name = proctor_core::sha256_hex(absolute.as_os_str().as_encoded_bytes());
    Some(folder.join("stamps").join(name.get(..32)?))
}

fn write_stamp(stamp: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = stamp.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let draft = stamp.with_extension(std::process::id().to_string());
    std::fs::write(&draft, text)?;
    std::fs::rename(&draft, stamp)
}

fn hash(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0u8; 1 << 20];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hex::encode(hasher.finalize()));
        }
        hasher.update(&buffer[..read]);
    }
}
