//! The shape of a network, from a GGUF file's metadata.

use super::attention::AttentionRule;
use super::cache::{BlockShape, CacheMode, Heads};
use super::failure;
use super::lanes::RotaryPairs;
use super::metadata::Metadata;
use proctor_core::ModelError;

/// The architectures that are supported, as errors name them.
const ARCHITECTURES: &str = "llama, qwen2, qwen3, gemma2, gemma3 or phi3";

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
    /// Whether queries, keys and values are one matrix in the file, and the feed-forward network's first two another.
    pub fused: bool,
    /// How many positions back every layer sees, where the layers do not differ.
    pub window: Option<usize>,
    /// What the rotated components are multiplied by.
    pub rotary_magnitude: f32,
    /// What products of queries and keys are multiplied by, where the metadata say it.
    pub attention_scale: Option<f32>,
    /// Which layers see a window only, where the metadata list them.
    pub local_layers: Option<Vec<bool>>,
    /// What the Gemma family does differently.
    pub gemma: Option<Gemma>,
}

/// What Gemma 2 and 3 do differently from Llama, besides their scaled embeddings, their norms behind attention and
/// feed-forward, and the activation (Gemma 2: arXiv 2408.00118; Gemma 3: arXiv 2503.19786).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Gemma {
    /// How many positions back a local layer sees.
    pub window: Option<usize>,
    /// Every layer of this number is global, the others are local.
    pub period: usize,
    /// The rotary base of local layers, which are not scaled; `None` where it is that of the others.
    pub local_base: Option<f64>,
    /// The cap on attention's scores.
    pub attention_cap: Option<f32>,
    /// The cap on logits.
    pub output_cap: Option<f32>,
}

impl Gemma {
    fn read(metadata: &Metadata<'_>, name: &str) -> Result<Self, ModelError> {
        let key = |suffix: &str| format!("{name}.{suffix}");
        let second = name == "gemma2";
        let cap = |suffix: &str, missing: f32| {
            let cap = metadata.float(&key(suffix)).map_or(missing, |cap| cap as f32);
            if cap.is_finite() && cap >= 0.0 {
                Ok(Some(cap).filter(|cap| *cap > 0.0))
            } else {
                Err(failure(format!("the model file's `{}` is {cap}, which is no cap", key(suffix))))
            }
        };
        let window = match metadata.integer(&key("attention.sliding_window")) {
            None if second => Some(4096),
            _ => sliding_window(metadata, name)?,
        };
        let local_base = metadata.float(&key("rope.freq_base_swa")).unwrap_or(1e4);
        if !local_base.is_finite() || local_base <= 0.0 {
            return Err(failure(format!("the model file's rotary base {local_base} makes no sense")));
        }
        Ok(Self {
            window,
            period: match metadata.booleans(&key("attention.sliding_window_pattern")) {
                Some(_) => 1,
                None => metadata.optional_size(&key("attention.sliding_window_pattern"))?.unwrap_or(if second { 2 } else { 6 }),
            },
            local_base: if second { None } else { Some(local_base) },
            attention_cap: cap("attn_logit_softcapping", if second { 50.0 } else { 0.0 })?,
            output_cap: cap("final_logit_softcapping", if second { 30.0 } else { 0.0 })?,
        })
    }
}

impl Architecture {
    /// Reads the shape; refuses families and variants that the forward pass would get wrong.
    pub fn read(metadata: &Metadata<'_>) -> Result<Self, ModelError> {
        let name = metadata
            .text("general.architecture")
            .ok_or_else(|| failure("the model file's metadata lack `general.architecture`"))?;
        let rotary_pairs = match name {
            "llama" => RotaryPairs::Neighbours,
            "qwen2" | "qwen3" | "gemma2" | "gemma3" | "phi3" => RotaryPairs::Halves,
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
        let phi3 = name == "phi3";
        let (mut context, mut window, mut rotary_magnitude) = (metadata.size(&key("context_length"))?, None, 1.0);
        if phi3 {
            window = sliding_window(metadata, name)?;
            // Beyond that, the rotation of every position would be another one, those before included.
            context = context.min(metadata.optional_size(&key("rope.scaling.original_context_length"))?.unwrap_or(context));
            rotary_magnitude = metadata.float(&key("rope.scaling.attn_factor")).unwrap_or(1.0) as f32;
            if !rotary_magnitude.is_finite() || rotary_magnitude <= 0.0 {
                return Err(failure(format!("the model file's `{}` makes no sense", key("rope.scaling.attn_factor"))));
            }
        }
        let local_layers = metadata.booleans(&key("attention.sliding_window_pattern"));
        if local_layers.is_some() && !name.starts_with("gemma") {
            window = sliding_window(metadata, name)?;
        }
        let attention_scale = metadata.float(&key("attention.scale")).map(|scale| scale as f32);
        if attention_scale.is_some_and(|scale| !scale.is_finite() || scale <= 0.0) {
            return Err(failure(format!("the model file's `{}` makes no sense", key("attention.scale"))));
        }
        Ok(Self {
            name: name.to_owned(),
            layers: metadata.size(&key("block_count"))?,
            context,
            hidden,
            heads: Heads { queries, keys, width },
            rotated,
            rotary_base: metadata.float(&key("rope.freq_base")).unwrap_or(if name == "gemma3" { 1e6 } else { 1e4 }),
            rotary_pairs,
            rotary_factor,
            head_norms: matches!(name, "qwen3" | "gemma3"),
            fused: phi3,
            window,
            rotary_magnitude,
            attention_scale,
            local_layers,
            gemma: name.starts_with("gemma").then(|| Gemma::read(metadata, name)).transpose()?,
            norm_epsilon: metadata.float(&key("attention.layer_norm_rms_epsilon")).unwrap_or(1e-5) as f32,
        })
    }

    /// How layer `index` attends.
    pub fn attention(&self, index: usize) -> AttentionRule {
        let by_head = 1.0 / (self.heads.width as f32).sqrt();
        let by_head = self.attention_scale.unwrap_or(by_head);
        let Some(gemma) = self.gemma else {
            let sees_all = self.local_layers.as_ref().is_some_and(|local| !local.get(index).copied().unwrap_or(false));
            return AttentionRule { scale: by_head, window: self.window.filter(|_| !sees_all), cap: None };
        };
        // The 27B models of both generations scale by the hidden state's share of a head.
        let largest = matches!((self.name.as_str(), self.layers), ("gemma2", 46) | ("gemma3", 62));
        let by_share = 1.0 / (self.hidden as f32 / self.heads.queries as f32).sqrt();
        AttentionRule {
            scale: if largest && self.attention_scale.is_none() { by_share } else { by_head },
            window: if self.is_local(index) { gemma.window } else { None },
            cap: gemma.attention_cap,
        }
    }

    /// Whether layer `index` sees a window only.
    pub fn is_local(&self, index: usize) -> bool {
        self.gemma.is_some_and(|gemma| {
            gemma.window.is_some()
                && match &self.local_layers {
                    Some(local) => local.get(index).copied().unwrap_or(false),
                    None => !(index + 1).is_multiple_of(gemma.period),
                }
        })
    }

    /// The angle a position turns each rotated pair by, from a base and a factor that positions are divided by.
    pub fn rotary_steps(&self, base: f64, factor: f64) -> Vec<f64> {
        let step = |pair: usize| base.powf(-(2.0 * pair as f64) / self.rotated as f64) / factor;
        (0..self.rotated / 2).map(step).collect()
    }

    /// The shape of the blocks that keys and values are kept in.
    pub fn block_shape(&self, mode: CacheMode) -> BlockShape {
        BlockShape { layers: self.layers, heads: self.heads, mode }
    }
}

/// How many positions back attention sees; some files say 0 for all of them.
fn sliding_window(metadata: &Metadata<'_>, name: &str) -> Result<Option<usize>, ModelError> {
    let key = format!("{name}.attention.sliding_window");
    if metadata.integer(&key) == Some(0) { Ok(None) } else { metadata.optional_size(&key) }
}

/// What linear scaling divides positions by. Llama 3 files keep their scaling in a tensor, `rope_freqs.weight`.
fn rotary_factor(metadata: &Metadata<'_>, name: &str) -> Result<f64, ModelError> {
    let older = metadata.float(&format!("{name}.rope.scale_linear"));
    let factor = match metadata.text(&format!("{name}.rope.scaling.type")) {
        None => older.unwrap_or(1.0),
        Some("none") => 1.0,
        Some("longrope") if name == "phi3" => 1.0,
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
