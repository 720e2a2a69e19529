//! The shape of a network, from a file's metadata.

use super::attention::AttentionRule;
use super::cache::{BlockShape, CacheMode, Heads};
use super::failure;
use super::families::{FAMILIES, Family, NormPlaces, Residual, Scales, Turned, Windows};
use super::feed_forward::RouterRule;
use super::metadata::Metadata;
use super::norm::NormKind;
use super::rotary::{RotaryScaling, Turns, scaling};
use proctor_core::ModelError;

/// How a layer turns queries and keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Not,
    Global,
    /// As layers with a window do, where that differs.
    Local,
}

/// Sizes and constants of a network.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Architecture {
    pub family: &'static Family,
    pub layers: usize,
    /// Tokens of context that are used.
    pub context: usize,
    /// Tokens of context the model was made for.
    pub whole_context: usize,
    /// Width of the hidden state.
    pub hidden: usize,
    pub heads: Heads,
    pub norm_epsilon: f32,
    /// Whether feed-forward reads what attention reads; `None` where the layer's norms tell.
    pub parallel: Option<bool>,
    /// The angles of most layers.
    pub turns: Turns,
    /// The angles of layers with a window, where they differ.
    pub local_turns: Option<Turns>,
    /// Positions that longer texts need the long factors for, where the file has such.
    pub short_context: Option<usize>,
    /// Whether the long factors are used.
    pub long_factors: bool,
    /// How many positions back layers with a window see.
    pub window: Option<usize>,
    /// Which layers have a window, one by one, or all but the last of so many.
    windowed: Windowed,
    /// What products of queries and keys are multiplied by.
    pub attention_scale: f32,
    /// The cap on attention's scores.
    pub attention_cap: Option<f32>,
    /// The cap on logits.
    pub output_cap: Option<f32>,
    pub embedding_scale: f32,
    /// What attention's and feed-forward's outputs are multiplied by.
    pub residual_scale: f32,
    pub logit_scale: f32,
    /// How experts are chosen, where there are any, and how many there are.
    pub experts: Option<(usize, RouterRule)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Windowed {
    Each(Vec<bool>),
    Periodic(usize),
}

impl Architecture {
    /// Reads the shape; refuses families and variants that the forward pass would get wrong.
    pub fn read(metadata: &Metadata<'_>) -> Result<Self, ModelError> {
        let name = metadata
            .text("general.architecture")
            .ok_or_else(|| failure("the model file's metadata lack `general.architecture`"))?;
        let family = Family::find(name).ok_or_else(|| {
            let names: Vec<&str> = FAMILIES.iter().map(|family| family.name).collect();
            failure(format!("model files of the `{name}` architecture are not supported; supported are {}", names.join(", ")))
        })?;
        let reader = Reader { metadata, family };
        reader.check_unsupported()?;
        let hidden = reader.size("embedding_length")?;
        let heads = reader.heads(hidden)?;
        let rotated = reader.optional_size("rope.dimension_count")?.unwrap_or(heads.width);
        if rotated > heads.width || rotated % 2 != 0 {
            return Err(failure(format!(
                "the model file turns {rotated} of the {} values of a head, which makes no sense",
                heads.width
            )));
        }
        let layers = reader.size("block_count")?;
        let context = reader.size("context_length")?;
        let (scaling, magnitude) = scaling(metadata, name)?;
        let base = reader.base("rope.freq_base", if name == "gemma3" { 1e6 } else { 1e4 })?;
        let turns = Turns::new(rotated, base, scaling, magnitude);
        let (window, windowed) = reader.windows(layers)?;
        // Layers with a window are not scaled where a family has angles of their own for them.
        let local_turns = match name {
            "gemma3" => Some(reader.base("rope.freq_base_swa", 1e4)?),
            "olmo2" if window.is_some() => Some(reader.base("rope.freq_base_swa", base)?),
            _ => None,
        };
        let local_turns = local_turns.map(|base| Turns::new(rotated, base, RotaryScaling::Linear(1.0), 1.0));
        let [embedding_scale, residual_scale, logit_scale] = reader.scales(hidden, layers)?;
        Ok(Self {
            family,
            layers,
            context,
            whole_context: context,
            hidden,
            heads,
            norm_epsilon: reader.epsilon()?,
            parallel: match family.residual {
                Residual::Sequential => Some(false),
                Residual::Parallel => Some(true),
                Residual::ByNorm => None,
                Residual::Declared => Some(metadata.boolean(&reader.key("use_parallel_residual")).unwrap_or(true)),
            },
            turns,
            local_turns,
            short_context: reader.optional_size("rope.scaling.original_context_length")?,
            long_factors: false,
            window,
            windowed,
            attention_scale: reader.attention_scale(hidden, heads, layers)?,
            attention_cap: reader.cap("attn_logit_softcapping", if name == "gemma2" { 50.0 } else { 0.0 })?,
            output_cap: reader.cap("final_logit_softcapping", if name == "gemma2" { 30.0 } else { 0.0 })?,
            embedding_scale,
            residual_scale,
            logit_scale,
            experts: reader.experts()?,
        })
    }

    /// Uses another context where one is wanted, at most the model's. In files that have `factors` for short and for
    /// long texts, the long ones are used where more context is wanted than the short ones are for; else the short
    /// ones, and the context ends there. Either way all positions turn by the same factors, since those of a beginning
    /// that is kept must not change.
    pub fn choose_context(&mut self, wanted: Option<usize>, factors: bool) {
        let short = self.short_context.filter(|_| factors).unwrap_or(self.whole_context);
        self.long_factors = wanted.is_some_and(|wanted| wanted > short && short < self.whole_context);
        let most = if self.long_factors { self.whole_context } else { short };
        self.context = most.min(self.whole_context).min(wanted.unwrap_or(usize::MAX));
    }

    /// How layer `index` attends.
    pub fn attention(&self, index: usize) -> AttentionRule {
        AttentionRule {
            scale: self.attention_scale,
            window: self.window.filter(|_| self.is_local(index)),
            cap: self.attention_cap,
        }
    }

    /// Whether layer `index` sees a window only.
    pub fn is_local(&self, index: usize) -> bool {
        self.window.is_some()
            && match &self.windowed {
                Windowed::Each(layers) => layers.get(index).copied().unwrap_or(false),
                Windowed::Periodic(0) => true,
                Windowed::Periodic(period) => !(index + 1).is_multiple_of(*period),
            }
    }

    /// How layer `index` turns queries and keys.
    pub fn turn(&self, index: usize) -> Turn {
        let local = self.is_local(index);
        match self.family.turned {
            Turned::Never => Turn::Not,
            Turned::ThreeOfFour if (index + 1).is_multiple_of(4) => Turn::Not,
            Turned::Local if self.window.is_some() && !local => Turn::Not,
            _ if local && self.local_turns.is_some() => Turn::Local,
            _ => Turn::Global,
        }
    }

    /// Whether layers have norms before their parts, and behind them.
    pub fn norms(&self) -> (bool, bool) {
        (self.family.places != NormPlaces::Behind, self.family.places != NormPlaces::Before)
    }

    /// The shape of the blocks that keys and values are kept in.
    pub fn block_shape(&self, mode: CacheMode) -> BlockShape {
        BlockShape { layers: self.layers, heads: self.heads, mode }
    }
}

/// Reads what belongs to a family.
struct Reader<'a> {
    metadata: &'a Metadata<'a>,
    family: &'static Family,
}

impl Reader<'_> {
    fn key(&self, suffix: &str) -> String {
        format!("{}.{suffix}", self.family.name)
    }

    fn size(&self, suffix: &str) -> Result<usize, ModelError> {
        self.metadata.size(&self.key(suffix))
    }

    fn optional_size(&self, suffix: &str) -> Result<Option<usize>, ModelError> {
        self.metadata.optional_size(&self.key(suffix))
    }

    /// A finite number, `missing` where there is none.
    fn number(&self, suffix: &str, missing: f64) -> Result<f64, ModelError> {
        let number = self.metadata.float(&self.key(suffix)).unwrap_or(missing);
        if number.is_finite() { Ok(number) } else { Err(self.senseless(suffix, number)) }
    }

    fn base(&self, suffix: &str, missing: f64) -> Result<f64, ModelError> {
        let base = self.number(suffix, missing)?;
        if base > 0.0 { Ok(base) } else { Err(self.senseless(suffix, base)) }
    }

    fn senseless(&self, suffix: &str, number: f64) -> ModelError {
        failure(format!("the model file's `{}` is {number}, which makes no sense", self.key(suffix)))
    }

    /// Refuses what the forward pass does not compute.
    fn check_unsupported(&self) -> Result<(), ModelError> {
        for suffix in ["attention.clamp_kqv", "attention.max_alibi_bias", "attention.temperature_scale"] {
            if self.metadata.float(&self.key(suffix)).is_some_and(|value| value != 0.0) {
                return Err(failure(format!("model files with `{}` are not supported", self.key(suffix))));
            }
        }
        if self.metadata.boolean(&self.key("rope.scaling.finetuned")) == Some(false) && self.family.scales == Scales::Granite {
            return Err(failure("Granite model files without rotary positions are not supported"));
        }
        let logistic = self.metadata.integer(&self.key("expert_gating_func"));
        match logistic {
            None | Some(0..=2) => Ok(()),
            Some(other) => Err(failure(format!("model files whose experts are chosen by function {other} are not supported"))),
        }
    }

    fn heads(&self, hidden: usize) -> Result<Heads, ModelError> {
        let queries = self.size("attention.head_count")?;
        let keys = self.optional_size("attention.head_count_kv")?.unwrap_or(queries);
        let width = self.optional_size("attention.key_length")?.unwrap_or(hidden / queries);
        let values = self.optional_size("attention.value_length")?.unwrap_or(width);
        if !queries.is_multiple_of(keys) || width == 0 || values != width {
            return Err(failure(format!(
                "the model file's head sizes do not fit together: {queries} query heads, {keys} key heads, \
                 {width} and {values} values each"
            )));
        }
        Ok(Heads { queries, keys, width })
    }

    fn epsilon(&self) -> Result<f32, ModelError> {
        let suffix = match self.family.norm {
            NormKind::MeanSquare => "attention.layer_norm_rms_epsilon",
            NormKind::Centred => "attention.layer_norm_epsilon",
        };
        Ok(self.number(suffix, 1e-5)? as f32)
    }

    /// The window, and which layers have it.
    fn windows(&self, layers: usize) -> Result<(Option<usize>, Windowed), ModelError> {
        const SIZE: &str = "attention.sliding_window";
        const PATTERN: &str = "attention.sliding_window_pattern";
        let each = self.metadata.booleans(&self.key(PATTERN));
        let (period, missing) = match self.family.windows {
            Windows::Listed if each.is_none() => return Ok((None, Windowed::Periodic(0))),
            Windows::Listed | Windows::Every => (0, None),
            Windows::Periodic { period, size } => (period, size),
        };
        // Some files say 0 for all positions.
        let window = match self.metadata.integer(&self.key(SIZE)) {
            Some(0) => None,
            _ => self.optional_size(SIZE)?.or(missing),
        };
        match each {
            Some(each) if each.len() != layers => {
                let key = self.key(PATTERN);
                Err(failure(format!("the model file's `{key}` tells of {} layers, not of {layers}", each.len())))
            }
            Some(each) => Ok((window, Windowed::Each(each))),
            None if period == 0 => Ok((window, Windowed::Periodic(0))),
            None => Ok((window, Windowed::Periodic(self.optional_size(PATTERN)?.unwrap_or(period)))),
        }
    }

    fn attention_scale(&self, hidden: usize, heads: Heads, layers: usize) -> Result<f32, ModelError> {
        // The 27B models of both generations scale by the hidden state's share of a head.
        let width = match (self.family.name, layers) {
            ("gemma2", 46) | ("gemma3", 62) => hidden as f32 / heads.queries as f32,
            _ => heads.width as f32,
        };
        let given = self.number("attention.scale", 0.0)?;
        Ok(if given == 0.0 { 1.0 / width.sqrt() } else { given as f32 })
    }

    fn cap(&self, suffix: &str, missing: f64) -> Result<Option<f32>, ModelError> {
        let cap = self.number(suffix, missing)?;
        if cap < 0.0 { Err(self.senseless(suffix, cap)) } else { Ok(Some(cap as f32).filter(|cap| *cap > 0.0)) }
    }

    /// What embeddings, each part's output and logits are multiplied by.
    fn scales(&self, hidden: usize, layers: usize) -> Result<[f32; 3], ModelError> {
        let given = |suffix, missing: f64| {
            let scale = self.number(suffix, 0.0)?;
            Ok(if scale == 0.0 { missing } else { scale })
        };
        let scales = match self.family.scales {
            Scales::None => [1.0, 1.0, 1.0],
            Scales::Root => [(hidden as f64).sqrt(), 1.0, 1.0],
            Scales::Logits => [1.0, 1.0, given("logit_scale", 1.0)?],
            Scales::Granite => [given("embedding_scale", 1.0)?, given("residual_scale", 1.0)?, 1.0 / given("logit_scale", 1.0)?],
            Scales::MiniCpm => [
                given("embedding_scale", 12.0)?,
                given("residual_scale", 1.4 / (layers as f64).sqrt())?,
                1.0 / given("logit_scale", hidden as f64 / 256.0)?,
            ],
        };
        Ok(scales.map(|scale| scale as f32))
    }

    fn experts(&self) -> Result<Option<(usize, RouterRule)>, ModelError> {
        if self.metadata.integer(&self.key("expert_count")).unwrap_or(0) == 0 {
            return Ok(None);
        }
        let Some(normalised) = self.family.normalised_experts else {
            return Err(failure(format!("`{}` model files with a mixture of experts are not supported", self.family.name)));
        };
        let (count, used) = (self.size("expert_count")?, self.size("expert_used_count")?);
        if used > count {
            return Err(failure(format!("the model file uses {used} of {count} experts, which makes no sense")));
        }
        let scale = self.number("expert_weights_scale", 0.0)?;
        let rule = RouterRule {
            used,
            logistic: self.metadata.integer(&self.key("expert_gating_func")) == Some(2),
            normalised: self.metadata.boolean(&self.key("expert_weights_norm")).unwrap_or(normalised),
            scale: if scale == 0.0 { 1.0 } else { scale as f32 },
        };
        Ok(Some((count, rule)))
    }
}
