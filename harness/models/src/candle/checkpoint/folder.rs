//! The files of a checkpoint.

use super::shards::Shards;
use crate::candle::{failure, reason};
use proctor_core::ModelError;
use serde_json::Value;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Most bytes of a text file of a checkpoint: the largest are tokenizers, of some 35 MB.
const LARGEST_TEXT: u64 = 256 << 20;
/// The index of weights in several files, and the name of weights in one.
pub(super) const INDEX: &str = "model.safetensors.index.json";
pub(super) const SINGLE: &str = "model.safetensors";
/// Files besides the weights that decide what the model answers.
pub(super) const TEXTS: [&str; 6] = [
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
    "chat_template.json",
];

/// A folder with a checkpoint.
#[derive(Debug, Clone)]
pub(in crate::candle) struct Folder {
    path: PathBuf,
    /// The weights or their index, where the user named them.
    weights: Option<PathBuf>,
}

impl Folder {
    /// The checkpoint in a folder.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), weights: None }
    }

    /// The checkpoint that a path stands for: a folder, or a file of weights (or its index) in one. `None` where it is
    /// neither.
    pub fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_lowercase();
        if name.ends_with(".safetensors") || name.ends_with(".safetensors.index.json") {
            let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            return Some(Self { path: folder.to_owned(), weights: Some(path.to_owned()) });
        }
        path.is_dir().then(|| Self::new(path))
    }

    /// Whether a folder looks like a checkpoint.
    pub fn is_checkpoint(path: &Path) -> bool {
        path.join("config.json").is_file()
    }

    /// A text file of the checkpoint; `None` where it is missing.
    pub fn text(&self, name: &str) -> Result<Option<String>, ModelError> {
        let path = self.path.join(name);
        let unreadable = |why: String| failure(format!("{} cannot be read: {why}", path.display()));
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(reason(&error))),
        };
        let mut text = String::new();
        file.take(LARGEST_TEXT + 1).read_to_string(&mut text).map_err(|e| unreadable(reason(&e)))?;
        if text.len() as u64 > LARGEST_TEXT {
            return Err(unreadable(format!("it has more than {} MiB", LARGEST_TEXT >> 20)));
        }
        Ok(Some(text))
    }

    /// A JSON file of the checkpoint; `None` where it is missing.
    pub fn optional_json(&self, name: &str) -> Result<Option<Value>, ModelError> {
        let unusable = |e: serde_json::Error| failure(format!("{} is no JSON: {e}", self.path.join(name).display()));
        self.text(name)?.map(|text| serde_json::from_str(&text).map_err(unusable)).transpose()
    }

    /// A JSON file that must be there.
    pub fn json(&self, name: &str) -> Result<Value, ModelError> {
        self.optional_json(name)?.ok_or_else(|| self.missing(name))
    }

    /// That a file is missing.
    pub fn missing(&self, name: &str) -> ModelError {
        failure(format!(
            "{} holds no {name}; give a folder with config.json, tokenizer.json and *.safetensors",
            self.path.display()
        ))
    }

    /// The file of weights, or their index.
    fn weights(&self) -> Result<PathBuf, ModelError> {
        if let Some(weights) = &self.weights {
            return Ok(weights.clone());
        }
        for name in [SINGLE, INDEX] {
            if self.path.join(name).is_file() {
                return Ok(self.path.join(name));
            }
        }
        let entries = std::fs::read_dir(&self.path)
            .map_err(|e| failure(format!("the folder {} cannot be read: {}", self.path.display(), reason(&e))))?;
        let mut found =
            entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "safetensors"));
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one),
            (Some(_), Some(_)) => {
                Err(failure(format!("{} holds several .safetensors files and no {INDEX}", self.path.display())))
            }
            _ if self.path.join("pytorch_model.bin").is_file() || self.path.join("pytorch_model.bin.index.json").is_file() => {
                Err(failure(format!(
                    "{} holds weights as Python pickles, which are not read; convert them to safetensors",
                    self.path.display()
                )))
            }
            _ => Err(self.missing(SINGLE)),
        }
    }

    /// The headers of the weights.
    pub(super) fn shards(&self) -> Result<Shards, ModelError> {
        let path = self.weights()?;
        if path.extension().is_some_and(|e| e == "json") {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or(INDEX);
            return Shards::indexed(&path, &self.json(name)?);
        }
        Shards::single(&path)
    }

    /// Every file that decides what the model answers, weights last.
    pub fn files(&self) -> Result<Vec<PathBuf>, ModelError> {
        let texts = TEXTS.iter().map(|name| self.path.join(name)).filter(|path| path.is_file());
        let weights = self.weights()?;
        let mut files: Vec<PathBuf> = texts.collect();
        if weights.extension().is_some_and(|e| e == "json") {
            files.extend(self.shards()?.into_files());
        }
        files.push(weights);
        Ok(files)
    }
}
