//! Where a network's tensors come from.

use super::checkpoint::Checkpoint;
use super::matrix::{WeightMode, memory_of};
use super::memory::check_at_hand;
use super::metadata::Metadata;
use super::{failure, reason};
use candle_core::Device;
use candle_core::quantized::QTensor;
use candle_core::quantized::gguf_file::Content;
use proctor_core::ModelError;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// A file or folder whose metadata have been read. Tensors have the names of GGUF files.
pub(super) enum Origin {
    /// A GGUF file.
    Gguf { path: PathBuf, content: Content },
    /// A folder with safetensors.
    Checkpoint(Box<Checkpoint>),
}

impl Origin {
    /// Reads a GGUF file's metadata.
    pub fn gguf(path: &Path) -> Result<Self, ModelError> {
        let unusable = |reason: &str| failure(format!("{} is no usable GGUF file: {reason}", path.display()));
        let file = File::open(path).map_err(|e| unusable(&reason(&e)))?;
        // The reader divides by the file's alignment, which a damaged file may set to zero.
        let read = std::panic::catch_unwind(|| Content::read(&mut BufReader::with_capacity(1 << 20, file)));
        let content = read.map_err(|_| unusable("its header is damaged"))?.map_err(|e| unusable(&reason(&e)))?;
        Ok(Self::Gguf { path: path.to_owned(), content })
    }

    /// The metadata.
    pub fn metadata(&self) -> Metadata<'_> {
        match self {
            Self::Gguf { content, .. } => Metadata::new(&content.metadata),
            Self::Checkpoint(checkpoint) => Metadata::new(checkpoint.metadata()),
        }
    }

    /// Whether there is a tensor of this name.
    pub fn has(&self, name: &str) -> bool {
        match self {
            Self::Gguf { content, .. } => content.tensor_infos.contains_key(name),
            Self::Checkpoint(checkpoint) => checkpoint.has(name),
        }
    }

    /// Bytes of memory all tensors take in a mode.
    pub fn memory(&self, mode: WeightMode) -> usize {
        match self {
            Self::Gguf { content, .. } => {
                let sizes = content.tensor_infos.values();
                let sizes = sizes.map(|info| memory_of(info.ggml_dtype, info.shape.elem_count(), mode));
                sizes.fold(0, usize::saturating_add)
            }
            Self::Checkpoint(checkpoint) => {
                checkpoint.sizes().map(|(kind, count)| memory_of(kind, count, mode)).fold(0, usize::saturating_add)
            }
        }
    }

    /// A handle to read tensors with; each thread has its own.
    pub fn handle(&self) -> Result<Handle<'_>, ModelError> {
        let file = match self {
            Self::Gguf { path, .. } => {
                let opened = File::open(path);
                let file = opened.map_err(|e| failure(format!("the model file {} cannot be opened: {e}", path.display())))?;
                Some(BufReader::with_capacity(1 << 20, file))
            }
            Self::Checkpoint(_) => None,
        };
        Ok(Handle { origin: self, file })
    }
}

/// Reads tensors of an [`Origin`].
pub(super) struct Handle<'a> {
    origin: &'a Origin,
    file: Option<BufReader<File>>,
}

impl Handle<'_> {
    /// Whether there is a tensor of this name.
    pub fn has(&self, name: &str) -> bool {
        self.origin.has(name)
    }

    /// Names of the tensors of a GGUF file. Those of a checkpoint are checked where it is opened.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let infos = match self.origin {
            Origin::Gguf { content, .. } => Some(&content.tensor_infos),
            Origin::Checkpoint(_) => None,
        };
        infos.into_iter().flat_map(|infos| infos.keys()).map(String::as_str)
    }

    /// Reads a tensor.
    pub fn tensor(&mut self, name: &str) -> Result<QTensor, ModelError> {
        match (self.origin, &mut self.file) {
            (Origin::Gguf { content, .. }, Some(file)) => {
                let Some(info) = content.tensor_infos.get(name) else {
                    return Err(failure(format!("the model file has no tensor `{name}`")));
                };
                // The bytes of the file, and the copy that the reader makes of them.
                let weights = info.shape.elem_count() / info.ggml_dtype.block_size();
                check_at_hand(weights.saturating_mul(2 * info.ggml_dtype.type_size()), "the weights")?;
                content
                    .tensor(file, name, &Device::Cpu)
                    .map_err(|e| failure(format!("tensor `{name}` of the model file cannot be read: {}", reason(&e))))
            }
            (Origin::Checkpoint(checkpoint), _) => checkpoint.tensor(name),
            (Origin::Gguf { path, .. }, None) => Err(failure(format!("the model file {} is not open", path.display()))),
        }
    }
}
