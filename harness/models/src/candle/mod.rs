//! Models in this process, on the CPU, from GGUF files and from checkpoints in safetensors. See `docs/models.md` for use and `docs/performance.md` for
//! measurements.
//!
//! Candle reads GGUF files, `checkpoint` the others. The forward pass is our own: it takes sequences of different lengths in one step, keeps the
//! file's quants, and gives each sequence the same answer whatever runs beside it.

mod architecture;
mod attention;
mod backend;
mod blocks;
mod cache;
mod checkpoint;
mod cpu;
mod decoder;
mod failure;
mod families;
mod feed_forward;
mod file;
mod generation;
mod half_floats;
mod half_weights;
mod lanes;
mod layer;
mod load;
mod matrix;
mod memory;
mod metadata;
mod multiply;
#[cfg(target_arch = "x86_64")]
mod multiply_x86;
mod network;
mod norm;
mod operand;
mod origin;
mod pieces;
mod prefix;
mod queue;
mod rotary;
mod sampler;
mod scoring;
mod sequence;
mod settings;
mod team;
mod template;
mod tensors;
mod tiles;
mod tokenizer;
mod words;
mod worker;

pub use backend::{OpenFile, open};
pub use cache::{CacheMode, SequenceCache};
pub use checkpoint::{Repository, wanted_files};
pub use cpu::Cpu;
use failure::{failure, lock, reason};
pub use file::{KNOWN_MODELS, KnownModel, models_folder};
pub use load::Arithmetic;
pub use matrix::WeightMode;
pub use network::{Network, Row};
pub use operand::ActivationBits;
pub use sampler::Sampler;
pub use team::Team;
pub use template::ChatTemplate;
pub use tensors::{OpenDevice, Place, TensorNetwork};
pub use tokenizer::ModelTokenizer;
