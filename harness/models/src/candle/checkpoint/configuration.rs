//! `config.json`, told as a GGUF file's metadata.

use super::names::{FAMILIES, Family};
use super::rotation::{Llama3, llama3_divisors, long_magnitude};
use crate::candle::failure;
use candle_core::quantized::gguf_file::Value as Entry;
use proctor_core::ModelError;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Most layers that a list may tell of.
const MOST_LAYERS: usize = 65_536;

/// What a configuration comes to.
pub(super) struct Configuration {
    pub family: &'static Family,
    /// The metadata a GGUF file of this model would have.
    pub metadata: HashMap<String, Entry>,
    /// Tensors a GGUF file would have and a checkpoint has not: they follow from the configuration.
    pub made: HashMap<&'static str, Vec<f32>>,
    /// Whether the embedding serves as output matrix, too.
    pub tied: bool,
    /// Tokens of the vocabulary.
    pub vocabulary: usize,
    pub query_heads: usize,
    pub key_heads: usize,
    pub width: usize,
    /// Values of a head that are rotated.
    pub rotated: usize,
}

/// Typed reading of an object in `config.json`.
struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// A value that is there and not null.
    fn get(&self, key: &str) -> Option<&'a Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    fn optional_size(&self, key: &str) -> Result<Option<usize>, ModelError> {
        match self.get(key).map(Value::as_u64) {
            None => Ok(None),
            Some(Some(value @ 1..=0x0100_0000)) => Ok(Some(value as usize)),
            Some(_) => Err(failure(format!("the `{key}` of config.json is no number between 1 and 16777216"))),
        }
    }

    fn size(&self, key: &str) -> Result<usize, ModelError> {
        self.optional_size(key)?.ok_or_else(|| failure(format!("config.json lacks `{key}`")))
    }

    fn number(&self, key: &str) -> Result<Option<f64>, ModelError> {
        match self.get(key).map(Value::as_f64) {
            None => Ok(None),
            Some(Some(value)) if value.is_finite() => Ok(Some(value)),
            Some(_) => Err(failure(format!("the `{key}` of config.json is no number"))),
        }
    }

    /// A number above zero.
    fn positive(&self, key: &str) -> Result<Option<f64>, ModelError> {
        match self.number(key)? {
            Some(value) if value <= 0.0 => Err(failure(format!("the `{key}` of config.json is {value}, which makes no sense"))),
            other => Ok(other),
        }
    }

    fn truth(&self, key: &str, missing: bool) -> Result<bool, ModelError> {
        match self.get(key) {
            None => Ok(missing),
            Some(Value::Bool(value)) => Ok(*value),
            Some(_) => Err(failure(format!("the `{key}` of config.json is neither true nor false"))),
        }
    }

    fn text(&self, key: &str) -> Option<&'a str> {
        self.get(key).and_then(Value::as_str)
    }
}

/// Reads a configuration; refuses families and variants that the forward pass would get wrong.
pub(super) fn read(config: &Value) -> Result<Configuration, ModelError> {
    let whole = config.as_object().ok_or_else(|| failure("config.json holds no object"))?;
    let family = family(whole)?;
    // Models that also see pictures keep the text's part apart.
    let inner = whole.get("text_config").and_then(Value::as_object).unwrap_or(whole);
    if let Some(quantization) = whole.get("quantization_config").or(inner.get("quantization_config")).filter(|q| !q.is_null()) {
        let method = quantization.get("quant_method").and_then(Value::as_str).unwrap_or("unnamed");
        return Err(failure(format!(
            "the model is quantised by the method `{method}`, which is not supported; use the model it was made from, or a GGUF file"
        )));
    }
    let fields = Fields(inner);
    let mut writer = Writer { name: family.name, metadata: HashMap::new(), made: HashMap::new() };
    let queries = fields.size("num_attention_heads")?;
    let hidden = fields.size("hidden_size")?;
    let keys = fields.optional_size("num_key_value_heads")?.unwrap_or(queries);
    let width = match fields.optional_size("head_dim")?.or(family.defaults.width) {
        Some(width) => width,
        None if hidden.is_multiple_of(queries) => hidden / queries,
        None => {
            return Err(failure(format!("config.json has {queries} heads, which do not divide its `hidden_size` of {hidden}")));
        }
    };
    let layers = fields.size("num_hidden_layers")?;
    if layers > MOST_LAYERS {
        return Err(failure(format!("config.json tells of {layers} layers, which makes no sense")));
    }
    writer.metadata.insert("general.architecture".into(), Entry::String(family.name.into()));
    writer.size("block_count", layers);
    writer.size("context_length", fields.size("max_position_embeddings")?);
    writer.size("embedding_length", hidden);
    writer.size("feed_forward_length", fields.size("intermediate_size")?);
    writer.size("attention.head_count", queries);
    writer.size("attention.head_count_kv", keys);
    writer.size("attention.key_length", width);
    writer.size("attention.value_length", width);
    let epsilon = fields.positive("rms_norm_eps")?.unwrap_or(family.defaults.epsilon);
    writer.number("attention.layer_norm_rms_epsilon", epsilon);
    let rotated = rotation(&fields, family, width, &mut writer)?;
    windows(&fields, family, layers, &mut writer)?;
    particulars(&fields, family, &mut writer)?;
    let tied = match whole.get("tie_word_embeddings").and_then(Value::as_bool) {
        Some(tied) => tied,
        None => fields.truth("tie_word_embeddings", family.defaults.tied)?,
    };
    let vocabulary = fields.size("vocab_size")?;
    let Writer { metadata, made, .. } = writer;
    Ok(Configuration { family, metadata, made, tied, vocabulary, query_heads: queries, key_heads: keys, width, rotated })
}

fn family(config: &Map<String, Value>) -> Result<&'static Family, ModelError> {
    let class = config.get("architectures").and_then(|list| list.get(0)).and_then(Value::as_str);
    let kind = config.get("model_type").and_then(Value::as_str);
    let found = match (class, kind) {
        (Some(class), _) => FAMILIES.iter().find(|family| family.classes.contains(&class)),
        (None, Some(kind)) => FAMILIES.iter().find(|family| family.kinds.contains(&kind)),
        (None, None) => return Err(failure("config.json names neither `architectures` nor `model_type`")),
    };
    found.ok_or_else(|| {
        let known: Vec<&str> = FAMILIES.iter().flat_map(|family| family.classes).copied().collect();
        let name = class.or(kind).unwrap_or("unnamed");
        failure(format!("models of the architecture `{name}` are not supported; use one of {}", known.join(", ")))
    })
}

/// Collects metadata.
struct Writer {
    name: &'static str,
    metadata: HashMap<String, Entry>,
    made: HashMap<&'static str, Vec<f32>>,
}

impl Writer {
    fn put(&mut self, key: &str, entry: Entry) {
        self.metadata.insert(format!("{}.{key}", self.name), entry);
    }

    fn size(&mut self, key: &str, value: usize) {
        self.put(key, Entry::U64(value as u64));
    }

    fn number(&mut self, key: &str, value: f64) {
        self.put(key, Entry::F64(value));
    }
}

/// How positions rotate. Says how many values of a head do.
fn rotation(fields: &Fields<'_>, family: &Family, width: usize, writer: &mut Writer) -> Result<usize, ModelError> {
    // Newer files keep everything about rotation in `rope_parameters`, for each kind of layer where these differ.
    let parameters = fields.get("rope_parameters").and_then(Value::as_object);
    let of = |kind: &str| parameters.and_then(|all| all.get(kind)).and_then(Value::as_object);
    let global = of("full_attention").or(parameters).map(Fields);
    let theta = global.as_ref().map(|global| global.positive("rope_theta")).transpose()?.flatten();
    let base = match theta {
        Some(base) => base,
        None => fields.positive("rope_theta")?.unwrap_or(family.defaults.rotary_base),
    };
    writer.number("rope.freq_base", base);
    if family.name == "gemma3" {
        let local = of("sliding_attention").map(|local| Fields(local).positive("rope_theta")).transpose()?.flatten();
        let local = match local {
            Some(base) => base,
            None => fields.positive("rope_local_base_freq")?.unwrap_or(1e4),
        };
        writer.number("rope.freq_base_swa", local);
    }
    let share = match global.as_ref().map(|global| global.positive("partial_rotary_factor")).transpose()?.flatten() {
        Some(share) => share,
        None => fields.positive("partial_rotary_factor")?.unwrap_or(1.0),
    };
    let rotated = ((width as f64 * share) as usize).min(width);
    writer.size("rope.dimension_count", rotated);
    let older = fields.get("rope_scaling").and_then(Value::as_object).map(Fields);
    let Some(scaling) = older.or(global) else { return Ok(rotated) };
    let kind = scaling.text("rope_type").or(scaling.text("type")).unwrap_or("default");
    let needed = |key: &str| {
        let value = scaling.positive(key)?;
        value.ok_or_else(|| failure(format!("the rotary scaling `{kind}` of config.json lacks `{key}`")))
    };
    match kind {
        // `dynamic` changes nothing within the context that the model was made for, and beyond it nothing is asked.
        "default" | "dynamic" => {}
        "linear" => {
            writer.put("rope.scaling.type", Entry::String("linear".into()));
            writer.number("rope.scaling.factor", needed("factor")?);
        }
        "llama3" => {
            let scaling = Llama3 {
                factor: needed("factor")?,
                low: needed("low_freq_factor")?,
                high: needed("high_freq_factor")?,
                original: needed("original_max_position_embeddings")?,
            };
            if scaling.high <= scaling.low {
                return Err(failure("the rotary scaling of config.json has factors of frequencies in the wrong order"));
            }
            writer.made.insert("rope_freqs.weight", llama3_divisors(base, rotated, scaling));
        }
        "longrope" | "su" => {
            let context = fields.size("max_position_embeddings")?;
            let original = match scaling.optional_size("original_max_position_embeddings")? {
                Some(original) => original,
                None => fields.size("original_max_position_embeddings")?,
            };
            writer.put("rope.scaling.type", Entry::String("longrope".into()));
            writer.size("rope.scaling.original_context_length", original);
            let magnitude = scaling.positive("attention_factor")?.unwrap_or_else(|| long_magnitude(context, original));
            writer.number("rope.scaling.attn_factor", magnitude);
            for (key, tensor) in [("short_factor", "rope_factors_short.weight"), ("long_factor", "rope_factors_long.weight")] {
                let factors = scaling.get(key).and_then(Value::as_array);
                let factors = factors.map(|list| list.iter().map(|x| x.as_f64().map(|x| x as f32)).collect::<Option<Vec<_>>>());
                let Some(factors) = factors.flatten().filter(|factors| factors.len() == rotated / 2) else {
                    let wanted = rotated / 2;
                    return Err(failure(format!("the rotary scaling of config.json needs {wanted} numbers in `{key}`")));
                };
                writer.made.insert(tensor, factors);
            }
        }
        "yarn" => {
            for key in ["mscale", "mscale_all_dim", "truncate"] {
                if scaling.get(key).is_some_and(|value| *value != Value::Bool(true)) {
                    return Err(failure(format!("the rotary scaling `yarn` of config.json with `{key}` is not supported")));
                }
            }
            writer.put("rope.scaling.type", Entry::String("yarn".into()));
            let factor = needed("factor")?;
            writer.number("rope.scaling.factor", factor);
            let original = match scaling.optional_size("original_max_position_embeddings")? {
                Some(original) => original,
                None => fields.size("max_position_embeddings")?,
            };
            writer.size("rope.scaling.original_context_length", original);
            writer.number("rope.scaling.yarn_beta_fast", scaling.positive("beta_fast")?.unwrap_or(32.0));
            writer.number("rope.scaling.yarn_beta_slow", scaling.positive("beta_slow")?.unwrap_or(1.0));
            if let Some(magnitude) = scaling.positive("attention_factor")? {
                writer.number("rope.scaling.yarn_attn_factor", magnitude / (1.0 + 0.1 * factor.ln()));
            }
        }
        other => {
            return Err(failure(format!(
                "the rotary scaling `{other}` of config.json is not supported; supported are linear, llama3, longrope, yarn and dynamic"
            )));
        }
    }
    Ok(rotated)
}

/// Which layers see a window only, and how wide it is.
fn windows(fields: &Fields<'_>, family: &Family, layers: usize, writer: &mut Writer) -> Result<(), ModelError> {
    let used = match family.name {
        "qwen2" | "qwen3" | "smollm3" => fields.truth("use_sliding_window", false)?,
        _ => true,
    };
    let window = match (family.name, fields.optional_size("sliding_window")?) {
        ("gemma2" | "gemma3", None) if !fields.0.contains_key("sliding_window") => Some(4096),
        (_, window) => window.filter(|_| used),
    };
    let Some(window) = window else { return Ok(()) };
    // Some have no window, whatever their configuration says.
    if matches!(family.kinds, ["llama" | "gemma" | "granite" | "olmo2"]) {
        return Ok(());
    }
    writer.size("attention.sliding_window", window);
    let listed = match fields.get("layer_types").map(|value| value.as_array()) {
        None => None,
        Some(list) => {
            let local = |kind: &Value| match kind.as_str() {
                Some("sliding_attention") => Some(true),
                Some("full_attention") => Some(false),
                _ => None,
            };
            let list = list.and_then(|list| list.iter().map(local).collect::<Option<Vec<bool>>>());
            let list = list.filter(|list| list.len() == layers);
            Some(list.ok_or_else(|| failure("the `layer_types` of config.json are not one known kind for each layer"))?)
        }
    };
    let period = match family.name {
        "gemma2" => Some(2),
        "gemma3" => {
            let period = fields.optional_size("sliding_window_pattern")?.or(fields.optional_size("_sliding_window_pattern")?);
            Some(period.unwrap_or(6))
        }
        _ => None,
    };
    let first = match family.name {
        "qwen2" | "qwen3" => fields.number("max_window_layers")?.map_or(layers, |first| first.max(0.0) as usize),
        _ => 0,
    };
    let local = |index: usize| match (&listed, period) {
        (Some(listed), _) => listed.get(index).copied().unwrap_or(false),
        (None, Some(period)) => !(index + 1).is_multiple_of(period),
        (None, None) => index >= first,
    };
    let pattern = (0..layers).map(|index| Entry::Bool(local(index))).collect();
    writer.put("attention.sliding_window_pattern", Entry::Array(pattern));
    Ok(())
}

/// What single families have, and what is refused.
fn particulars(fields: &Fields<'_>, family: &Family, writer: &mut Writer) -> Result<(), ModelError> {
    let gemma = family.name.starts_with("gemma");
    let activation = fields.text("hidden_activation").or(fields.text("hidden_act"));
    let fits = match activation {
        None => true,
        Some("gelu_pytorch_tanh" | "gelu_new" | "gelu_fast") => gemma,
        // Gemma's older files say `gelu` and mean this one.
        Some("gelu") => matches!(family.name, "gemma" | "gemma2"),
        Some("silu" | "swish") => !gemma,
        Some(_) => false,
    };
    if !fits {
        let activation = activation.unwrap_or_default();
        return Err(failure(format!("the activation `{activation}` of config.json is not supported for this architecture")));
    }
    for key in ["mlp_bias", "use_bidirectional_attention"] {
        if fields.get(key).is_some_and(|value| *value != Value::Bool(false)) {
            return Err(failure(format!("models with `{key}` in config.json are not supported")));
        }
    }
    if family.name == "smollm3" {
        let interval = fields.optional_size("no_rope_layer_interval")?.unwrap_or(4);
        let turned = |(index, turned): (usize, &Value)| turned.as_u64() == Some(u64::from(!(index + 1).is_multiple_of(4)));
        let fits = match fields.get("no_rope_layers").map(Value::as_array) {
            None => interval == 4,
            Some(list) => list.is_some_and(|list| list.iter().enumerate().all(turned)),
        };
        if !fits {
            return Err(failure("the `no_rope_layers` of config.json are not every fourth, which is not supported"));
        }
    }
    if family.name == "granite" {
        for (key, entry) in [
            ("embedding_multiplier", "embedding_scale"),
            ("residual_multiplier", "residual_scale"),
            ("attention_multiplier", "attention.scale"),
            ("logits_scaling", "logit_scale"),
        ] {
            writer.number(entry, fields.positive(key)?.unwrap_or(1.0));
        }
    }
    if matches!(family.name, "gemma2" | "gemma3") {
        let (scores, logits) = if family.name == "gemma2" { (50.0, 30.0) } else { (0.0, 0.0) };
        for (key, entry, missing) in [
            ("attn_logit_softcapping", "attn_logit_softcapping", scores),
            ("final_logit_softcapping", "final_logit_softcapping", logits),
        ] {
            let cap = if fields.0.contains_key(key) { fields.positive(key)?.unwrap_or(0.0) } else { missing };
            writer.number(entry, cap);
        }
        let scalar = fields.positive("query_pre_attn_scalar")?.unwrap_or(256.0);
        writer.number("attention.scale", 1.0 / scalar.sqrt());
    }
    Ok(())
}
