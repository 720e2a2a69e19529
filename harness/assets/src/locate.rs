use super::error::AssetError;
use super::stamp::write_json;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where everything is in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

/// The user's own files, recorded in `config.json`; they stay where they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Folder with the files of a Python guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python_guest: Option<PathBuf>,
    /// Image of a small Python guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python_small_guest: Option<PathBuf>,
    /// A GGUF file, used where the default model is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_file: Option<PathBuf>,
}

impl Layout {
    /// The layout below a cache folder.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The cache folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Archives, before they are unpacked or with `--keep`.
    pub fn downloads(&self) -> PathBuf {
        self.root.join("downloads")
    }

    /// Compiled images.
    pub fn compiled(&self) -> PathBuf {
        self.root.join("compiled")
    }

    /// Folder of the full Python guest: the user's own, else the installed one.
    pub fn python(&self) -> PathBuf {
        self.config().python_guest.unwrap_or_else(|| self.root.join("guests/python"))
    }

    /// Image of the small Python guest: the user's own, else the installed one.
    pub fn python_small(&self) -> PathBuf {
        self.config().python_small_guest.unwrap_or_else(|| self.root.join("guests/python-small/python-3.12.0.wasm"))
    }

    /// Folder of the compiler guest.
    pub fn clang(&self) -> PathBuf {
        self.root.join("guests/clang")
    }

    /// File of the default model: the user's own, else the installed one.
    pub fn model(&self) -> PathBuf {
        self.config().model_file.unwrap_or_else(|| self.root.join("models/smollm2-135m.gguf"))
    }

    /// The default model as `-m` takes it: `candle/smollm2-135m`, or `candle/PATH` of the user's own file.
    pub fn default_model(&self) -> String {
        match self.config().model_file {
            Some(path) => format!("candle/{}", path.display()),
            None => "candle/smollm2-135m".to_string(),
        }
    }

    /// File with the stamp of an asset.
    pub fn stamp(&self, asset: &str) -> PathBuf {
        self.root.join("installed").join(format!("{asset}.json"))
    }

    /// The user's own files; none where the record is absent or unreadable (`doctor` tells).
    pub fn config(&self) -> Config {
        self.read_config().unwrap_or_default()
    }

    /// The user's own files.
    ///
    /// # Errors
    /// The record exists and cannot be read.
    pub fn read_config(&self) -> io::Result<Config> {
        match fs::read(self.config_file()) {
            Ok(text) => Ok(serde_json::from_slice(&text)?),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Config::default()),
            Err(e) => Err(e),
        }
    }

    /// Records the user's own files.
    pub fn write_config(&self, config: &Config) -> Result<(), AssetError> {
        write_json(&self.config_file(), config)
    }

    /// The record of the user's own files.
    pub fn config_file(&self) -> PathBuf {
        self.root.join("config.json")
    }
}
