//! Checkpoints: folders with `config.json`, weights in safetensors files and `tokenizer.json`, as the Hub has them.
//!
//! A checkpoint is read as if it were a GGUF file: its configuration becomes that format's metadata, and its tensors
//! answer to that format's names. So everything behind this module is the same for both.

mod configuration;
mod folder;
mod hub;
mod names;
mod rotation;
mod selection;
mod shards;
mod tokenizer;
mod weights;

pub(super) use folder::Folder;
pub use hub::Repository;
pub use selection::wanted_files;
pub(super) use tokenizer::read as read_tokenizer;
pub(super) use weights::Checkpoint;
