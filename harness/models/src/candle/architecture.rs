//! The shape of a network, from a GGUF file's metadata.

use super::cache::{BlockShape, CacheMode, Heads};
use super::failure;
use super::lanes::RotaryPairs;
use super::metadata::Metadata;
use proctor_core::ModelError;

/// The architectures that are supported, as errors name them.
const ARCHITECTURES: &str = "llama, qwen2 or qwen3";

/// Sizes and constants of a network of the llama family.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Architecture {
    /// The family's name in the file.
    pub name: String,
    pub layers: usize,
    /// Tokens of context the model was made for.
    pub context: usize,
    /// Width of the hidden state.
    pub hidden: usize,
    pub heads: Heads,
    /// Values of a head that are rotated by position.
    pub rotated: usize,
    pub rotary_base: f64,
    pub rotary_pairs: RotaryPairs,
    /// What positions are divided by before they rotate.
    pub rotary_factor: f64,
    pub norm_epsilon: f32,
    /// Whether query and key heads are normed before they rotate.
    pub head_norms: bool,
}

impl Architecture {
    /// Reads the shape; refuses families and variants that the forward pass would get wrong.
    pub fn read(metadata: &Metadata<'_>) -> Result<Self, ModelError> {
        let name = metadata
            .text("general.architecture")
            .ok_or_else(|| failure("the model file's metadata lack `general.architecture`"))?;
        let rotary_pairs = match name {
            "llama" => RotaryPairs::Neighbours,
            "qwen2" | "qwen3" => RotaryPairs::Halves,
            other => {
                return Err(failure(format!(
                    "model files of the `{other}` architecture are not supported; use one of {ARCHITECTURES}"
                )));
            }
        };
        let key = |suffix: &str| format!("{name}.{suffix}");
        if metadata.integer(&key("expert_count")).is_some_and(|n| n > 0) {
            return Err(failure("mixture-of-experts model files are not supported; use a dense model"));
        }
        let rotary_factor = rotary_factor(metadata, name)?;
        let hidden = metadata.size(&key("embedding_length"))?;
        let queries = metadata.size(&key("attention.head_count"))?;
        let keys = metadata.optional_size(&key("attention.head_count_kv"))?.unwrap_or(queries);
        let width = metadata.optional_size(&key("attention.key_length"))?.unwrap_or(hidden / queries);
        let values = metadata.optional_size(&key("attention.value_length"))?.unwrap_or(width);
        let rotated = metadata.optional_size(&key("rope.dimension_count"))?.unwrap_or(width);
        if !queries.is_multiple_of(keys) || width == 0 || values != width || rotated > width || rotated % 2 != 0 {
            return Err(failure(format!(
                "the model file's head sizes do not fit together: {queries} query heads, {keys} key heads, \
                 {width} and {values} values each, {rotated} of them rotated"
            )));
        }
        Ok(Self {
            name: name.to_owned(),
            layers: metadata.size(&key("block_count"))?,
            context: metadata.size(&key("context_length"))?,
            hidden,
            heads: Heads { queries, keys, width },
            rotated,
            rotary_base: metadata.float(&key("rope.freq_base")).unwrap_or(10_000.0),
            rotary_pairs,
            rotary_factor,
            head_norms: name == "qwen3",
            norm_epsilon: metadata.float(&key("attention.layer_norm_rms_epsilon")).unwrap_or(1e-5) as f32,
        })
    }

    /// The shape of the blocks that keys and values are kept in.
    pub fn block_shape(&self, mode: CacheMode) -> BlockShape {
        BlockShape { layers: self.layers, heads: self.heads, mode }
    }
}

/// What linear scaling divides positions by. Llama 3 files keep their scaling in a tensor, `rope_freqs.weight`.
fn rotary_factor(metadata: &Metadata<'_>, name: &str) -> Result<f64, ModelError> {
    let older = metadata.float(&format!("{name}.rope.scale_linear"));
    let factor = match metadata.text(&format!("{name}.rope.scaling.type")) {
        None => older.unwrap_or(1.0),
        Some("none") => 1.0,
        Some("linear") => metadata.float(&format!("{name}.rope.scaling.factor")).or(older).unwrap_or(1.0),
        Some(other) => {
            return Err(failure(format!(
                "model files with rotary scaling `{other}` are not supported; supported are `none`, `linear` and Llama 3's"
            )));
        }
    };
    // Some files say 0 for no scaling.
    match factor {
        0.0 => Ok(1.0),
        factor if factor.is_finite() && factor > 0.0 => Ok(factor),
        _ => Err(failure(format!("the model file's rotary scaling by {factor} makes no sense"))),
    }
}
