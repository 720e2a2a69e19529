//! A checkpoint's tensors, by the names and in the arrangement of GGUF files.

use super::configuration::{self, Configuration};
use super::folder::Folder;
use super::names::PREFIXES;
use super::shards::{Place, Shards};
use crate::candle::families::Family;
use crate::candle::lanes::RotaryPairs;
use crate::candle::memory::check_at_hand;
use crate::candle::{failure, reason};
use candle_core::Device;
use candle_core::quantized::gguf_file::Value as Entry;
use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use half::{bf16, f16};
use proctor_core::ModelError;
use safetensors::Dtype;
use std::collections::HashMap;

/// A checkpoint opened: the configuration and the headers are read, the weights are not.
pub(in crate::candle) struct Checkpoint {
    configuration: Configuration,
    shards: Shards,
    prefix: &'static str,
}

impl Checkpoint {
    /// Reads the configuration and the headers of the weights.
    pub fn read(folder: &Folder) -> Result<Self, ModelError> {
        let configuration = configuration::read(&folder.json("config.json")?)?;
        let shards = folder.shards()?;
        let found = PREFIXES.iter().find(|prefix| shards.has(&format!("{prefix}embed_tokens.weight")));
        let prefix = found.ok_or_else(|| failure("the checkpoint has no tensor `model.embed_tokens.weight`"))?;
        // What is there and not used would make answers wrong unseen.
        let layers = format!("{prefix}layers.0.");
        let unknown = shards
            .names()
            .filter_map(|name| name.strip_prefix(&layers))
            .find(|part| !configuration.family.knows(part))
            .map(str::to_owned);
        if let Some(part) = unknown {
            return Err(failure(format!(
                "the checkpoint's tensor `{layers}{part}` is none that this architecture is known to have"
            )));
        }
        Ok(Self { configuration, shards, prefix })
    }

    /// The metadata a GGUF file of this model would have.
    pub fn metadata(&self) -> &HashMap<String, Entry> {
        &self.configuration.metadata
    }

    /// Tokens of the vocabulary.
    pub fn vocabulary(&self) -> usize {
        self.configuration.vocabulary
    }

    fn find(&self, name: &str) -> Option<(String, &Place)> {
        if name == "output.weight" && self.configuration.tied {
            return None;
        }
        let own = self.configuration.family.translate(name, self.prefix)?;
        self.shards.place(&own).map(|place| (own, place))
    }

    /// Whether there is a tensor of this name.
    pub fn has(&self, name: &str) -> bool {
        // An output matrix that should be there must be, or the embedding would be taken instead.
        self.configuration.made.contains_key(name)
            || (name == "output.weight" && !self.configuration.tied)
            || self.find(name).is_some()
    }

    /// Number and type of the weights of every tensor that is read.
    pub fn sizes(&self) -> impl Iterator<Item = (GgmlDType, usize)> {
        let text = |name: &&str| name.starts_with(self.prefix) || name.ends_with("lm_head.weight");
        let places = self.shards.names().filter(text).filter_map(|name| self.shards.place(name));
        places.filter_map(|place| Some((kind(place.kind)?, place.shape.iter().product())))
    }

    /// Reads a tensor.
    pub fn tensor(&self, name: &str) -> Result<QTensor, ModelError> {
        if let Some(values) = self.configuration.made.get(name) {
            let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
            return tensor(name, bytes, GgmlDType::F32, &[values.len()]);
        }
        let Some((own, place)) = self.find(name) else {
            let own = self.configuration.family.translate(name, self.prefix).unwrap_or_else(|| name.to_owned());
            return Err(failure(format!("the checkpoint has no tensor `{own}`")));
        };
        let kind = kind(place.kind).ok_or_else(|| {
            failure(format!("tensor `{own}` of the checkpoint is of type {}; supported are F32, F16 and BF16", place.kind))
        })?;
        let mut bytes = self.shards.bytes(&own, place)?;
        let name_in_layer = name.split('.').nth(2).unwrap_or(name);
        if self.pairs_are_neighbours() {
            let heads = match name_in_layer {
                "attn_q" => self.configuration.query_heads,
                "attn_k" => self.configuration.key_heads,
                _ => 0,
            };
            if heads > 0 {
                bytes = self.neighbours(&own, &bytes, heads, place)?;
            }
        }
        // Gemma's norms multiply by one more than the checkpoint holds.
        if self.configuration.family.name.starts_with("gemma") && name.ends_with("norm.weight") {
            let values = widened(kind, &bytes).map(|x| x + 1.0);
            return tensor(&own, values.flat_map(f32::to_le_bytes).collect(), GgmlDType::F32, &place.shape);
        }
        tensor(&own, bytes, kind, &place.shape)
    }

    /// Whether GGUF files of this family have rotated pairs side by side.
    fn pairs_are_neighbours(&self) -> bool {
        Family::find(self.configuration.family.name).is_some_and(|family| family.pairs == RotaryPairs::Neighbours)
    }

    /// Rows of query or key heads in the order in which rotated pairs are neighbours, as GGUF files of this family have
    /// them; in checkpoints a pair lies half a head apart.
    fn neighbours(&self, name: &str, bytes: &[u8], heads: usize, place: &Place) -> Result<Vec<u8>, ModelError> {
        let Configuration { width, rotated, .. } = self.configuration;
        if place.shape.first() != Some(&(heads * width)) || bytes.is_empty() {
            return Err(failure(format!("tensor `{name}` of the checkpoint does not have {heads} heads of {width} rows")));
        }
        let row = bytes.len() / (heads * width);
        let mut ordered = Vec::with_capacity(bytes.len());
        for head in bytes.chunks_exact(row * width) {
            for place in 0..width {
                let from = if place < rotated { place / 2 + place % 2 * (rotated / 2) } else { place };
                ordered.extend_from_slice(&head[from * row..(from + 1) * row]);
            }
        }
        Ok(ordered)
    }
}

fn kind(kind: Dtype) -> Option<GgmlDType> {
    match kind {
        Dtype::F32 => Some(GgmlDType::F32),
        Dtype::F16 => Some(GgmlDType::F16),
        Dtype::BF16 => Some(GgmlDType::BF16),
        _ => None,
    }
}

fn widened(kind: GgmlDType, bytes: &[u8]) -> Box<dyn Iterator<Item = f32> + '_> {
    let (pairs, _) = bytes.as_chunks::<2>();
    match kind {
        GgmlDType::F16 => Box::new(pairs.iter().map(|pair| f16::from_le_bytes(*pair).to_f32())),
        GgmlDType::BF16 => Box::new(pairs.iter().map(|pair| bf16::from_le_bytes(*pair).to_f32())),
        _ => Box::new(bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four))),
    }
}

fn tensor(name: &str, bytes: Vec<u8>, kind: GgmlDType, shape: &[usize]) -> Result<QTensor, ModelError> {
    check_at_hand(bytes.len(), "the weights")?;
    QStorage::from_data(bytes.into(), &Device::Cpu, kind)
        .and_then(|storage| QTensor::new(storage, shape))
        .map_err(|e| failure(format!("tensor `{name}` of the checkpoint cannot be used: {}", reason(&e))))
}
