//! The tensors of safetensors files: one file, or several with an index.

use crate::candle::{failure, reason};
use proctor_core::ModelError;
use safetensors::Dtype;
use safetensors::tensor::Metadata;
use serde_json::Value;
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Most bytes of a file's header, and most files of one checkpoint.
const LARGEST_HEADER: u64 = 100_000_000;
const MOST_FILES: usize = 4096;

/// Where a tensor lies.
#[derive(Debug, Clone)]
pub(super) struct Place {
    file: usize,
    start: u64,
    bytes: usize,
    pub kind: Dtype,
    pub shape: Vec<usize>,
}

/// All tensors of a checkpoint, by the names they have there.
#[derive(Debug)]
pub(super) struct Shards {
    files: Vec<PathBuf>,
    places: HashMap<String, Place>,
}

impl Shards {
    /// Reads one file's header.
    pub fn single(path: &Path) -> Result<Self, ModelError> {
        let mut shards = Self { files: Vec::new(), places: HashMap::new() };
        shards.add(path, |_| true)?;
        Ok(shards)
    }

    /// Reads the headers of all files that an index (`{"weight_map": {tensor: file}}`) names.
    pub fn indexed(path: &Path, index: &Value) -> Result<Self, ModelError> {
        let unusable = |why: String| failure(format!("the index {} is unusable: {why}", path.display()));
        let map = index.get("weight_map").and_then(Value::as_object);
        let map = map.ok_or_else(|| unusable("it has no `weight_map`".into()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut files: Vec<&str> = Vec::new();
        for (tensor, file) in map {
            let file = file.as_str().filter(|name| is_plain(name));
            let file = file.ok_or_else(|| unusable(format!("it does not say which file beside it `{tensor}` is in")))?;
            if !files.contains(&file) {
                files.push(file);
            }
            if files.len() > MOST_FILES {
                return Err(unusable(format!("it names more than {MOST_FILES} files")));
            }
        }
        let mut shards = Self { files: Vec::new(), places: HashMap::new() };
        for file in files {
            let place = folder.join(file);
            if !place.is_file() {
                return Err(unusable(format!("it names `{file}`, which is not there; fetch the rest of the model")));
            }
            shards.add(&place, |tensor| map.get(tensor).and_then(Value::as_str) == Some(file))?;
        }
        match map.keys().find(|tensor| !shards.has(tensor)) {
            Some(tensor) => Err(unusable(format!("`{tensor}` is not in the file it names"))),
            None => Ok(shards),
        }
    }

    fn add(&mut self, path: &Path, wanted: impl Fn(&str) -> bool) -> Result<(), ModelError> {
        let unusable = |why: String| failure(format!("{} is no usable safetensors file: {why}", path.display()));
        let mut file = File::open(path).map_err(|e| unusable(reason(&e)))?;
        let length = file.metadata().map_err(|e| unusable(reason(&e)))?.len();
        let mut size = [0; 8];
        file.read_exact(&mut size).map_err(|_| unusable("it is shorter than a header".into()))?;
        let size = u64::from_le_bytes(size);
        if size > LARGEST_HEADER || size > length.saturating_sub(8) {
            return Err(unusable(format!("its header would have {size} bytes, and the file has {length}")));
        }
        let mut header = Vec::new();
        file.take(size).read_to_end(&mut header).map_err(|e| unusable(reason(&e)))?;
        // Reading the header checks that the tensors follow one another without gap or overlap, each as long as its
        // shape and type say.
        let header: Metadata = serde_json::from_slice(&header).map_err(|e| unusable(reason(&e)))?;
        let whole = 8 + size + header.data_len() as u64;
        if whole != length {
            return Err(unusable(format!("its header tells of {whole} bytes, and the file has {length}; fetch it again")));
        }
        for (name, info) in header.tensors() {
            if !wanted(&name) {
                continue;
            }
            let (start, end) = info.data_offsets;
            let place = Place {
                file: self.files.len(),
                start: 8 + size + start as u64,
                bytes: end.saturating_sub(start),
                kind: info.dtype,
                shape: info.shape.clone(),
            };
            self.places.insert(name, place);
        }
        self.files.push(path.to_owned());
        Ok(())
    }

    /// The files, in the order in which the index names them.
    pub fn into_files(self) -> Vec<PathBuf> {
        self.files
    }

    pub fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    pub fn place(&self, name: &str) -> Option<&Place> {
        self.places.get(name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    /// The bytes of a tensor. They are read, not mapped: weights are regrouped in memory anyway, and a file that another
    /// program shortens becomes an error instead of a signal.
    pub fn bytes(&self, name: &str, place: &Place) -> Result<Vec<u8>, ModelError> {
        let path = self.files.get(place.file).map_or(Path::new(""), PathBuf::as_path);
        let unreadable = |why: &dyn std::fmt::Display| {
            failure(format!("tensor `{name}` of {} cannot be read: {}", path.display(), reason(&why)))
        };
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(place.bytes).map_err(|e| unreadable(&e))?;
        let mut file = File::open(path).map_err(|e| unreadable(&e))?;
        file.seek(SeekFrom::Start(place.start)).map_err(|e| unreadable(&e))?;
        file.take(place.bytes as u64).read_to_end(&mut bytes).map_err(|e| unreadable(&e))?;
        if bytes.len() != place.bytes {
            return Err(unreadable(&"the file has become shorter"));
        }
        Ok(bytes)
    }
}

/// Whether a name is that of a file in the same folder.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.contains(['/', '\\', '\0']) && name != "." && name != ".."
}
