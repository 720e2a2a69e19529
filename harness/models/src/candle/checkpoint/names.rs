//! What the tensors of checkpoints are called, by the names of GGUF files.

/// A kind of network that checkpoints of the Hub hold.
#[derive(Debug)]
pub(super) struct Family {
    /// What `architectures` in `config.json` calls it.
    pub classes: &'static [&'static str],
    /// Its `model_type`.
    pub kinds: &'static [&'static str],
    /// Its name in GGUF files.
    pub name: &'static str,
    /// Names within a layer: GGUF's, and the checkpoint's.
    layer: &'static [(&'static str, &'static str)],
    pub defaults: Defaults,
}

/// What a `config.json` that leaves something out means.
#[derive(Debug)]
pub(super) struct Defaults {
    pub tied: bool,
    pub epsilon: f64,
    pub rotary_base: f64,
    pub width: Option<usize>,
}

const PARTS: &[(&str, &str)] = &[
    ("attn_norm", "input_layernorm"),
    ("attn_q", "self_attn.q_proj"),
    ("attn_k", "self_attn.k_proj"),
    ("attn_v", "self_attn.v_proj"),
    ("attn_q_norm", "self_attn.q_norm"),
    ("attn_k_norm", "self_attn.k_norm"),
    ("attn_output", "self_attn.o_proj"),
    ("ffn_norm", "post_attention_layernorm"),
    ("ffn_gate", "mlp.gate_proj"),
    ("ffn_up", "mlp.up_proj"),
    ("ffn_down", "mlp.down_proj"),
];

const GEMMA_PARTS: &[(&str, &str)] = &[
    ("attn_norm", "input_layernorm"),
    ("attn_q", "self_attn.q_proj"),
    ("attn_k", "self_attn.k_proj"),
    ("attn_v", "self_attn.v_proj"),
    ("attn_q_norm", "self_attn.q_norm"),
    ("attn_k_norm", "self_attn.k_norm"),
    ("attn_output", "self_attn.o_proj"),
    ("post_attention_norm", "post_attention_layernorm"),
    ("ffn_norm", "pre_feedforward_layernorm"),
    ("ffn_gate", "mlp.gate_proj"),
    ("ffn_up", "mlp.up_proj"),
    ("ffn_down", "mlp.down_proj"),
    ("post_ffw_norm", "post_feedforward_layernorm"),
];

const PHI3_PARTS: &[(&str, &str)] = &[
    ("attn_norm", "input_layernorm"),
    ("attn_qkv", "self_attn.qkv_proj"),
    ("attn_output", "self_attn.o_proj"),
    ("ffn_norm", "post_attention_layernorm"),
    ("ffn_up", "mlp.gate_up_proj"),
    ("ffn_down", "mlp.down_proj"),
];

const BEHIND_PARTS: &[(&str, &str)] = &[
    ("attn_q", "self_attn.q_proj"),
    ("attn_k", "self_attn.k_proj"),
    ("attn_v", "self_attn.v_proj"),
    ("attn_q_norm", "self_attn.q_norm"),
    ("attn_k_norm", "self_attn.k_norm"),
    ("attn_output", "self_attn.o_proj"),
    ("post_attention_norm", "post_attention_layernorm"),
    ("ffn_gate", "mlp.gate_proj"),
    ("ffn_up", "mlp.up_proj"),
    ("ffn_down", "mlp.down_proj"),
    ("post_ffw_norm", "post_feedforward_layernorm"),
];

const fn defaults(tied: bool, epsilon: f64) -> Defaults {
    Defaults { tied, epsilon, rotary_base: 1e4, width: None }
}

/// Every kind that is supported.
pub(super) const FAMILIES: &[Family] = &[
    Family { classes: &["LlamaForCausalLM"], kinds: &["llama"], name: "llama", layer: PARTS, defaults: defaults(false, 1e-6) },
    Family {
        classes: &["MistralForCausalLM"],
        kinds: &["mistral"],
        name: "llama",
        layer: PARTS,
        defaults: defaults(false, 1e-6),
    },
    Family { classes: &["Qwen2ForCausalLM"], kinds: &["qwen2"], name: "qwen2", layer: PARTS, defaults: defaults(false, 1e-6) },
    Family {
        classes: &["Qwen3ForCausalLM"],
        kinds: &["qwen3"],
        name: "qwen3",
        layer: PARTS,
        defaults: Defaults { width: Some(128), ..defaults(false, 1e-6) },
    },
    Family {
        classes: &["SmolLM3ForCausalLM"],
        kinds: &["smollm3"],
        name: "smollm3",
        layer: PARTS,
        defaults: Defaults { rotary_base: 2e6, ..defaults(true, 1e-6) },
    },
    Family {
        classes: &["GraniteForCausalLM"],
        kinds: &["granite"],
        name: "granite",
        layer: PARTS,
        defaults: defaults(false, 1e-6),
    },
    Family {
        classes: &["Olmo2ForCausalLM"],
        kinds: &["olmo2"],
        name: "olmo2",
        layer: BEHIND_PARTS,
        defaults: defaults(false, 1e-5),
    },
    Family {
        classes: &["GemmaForCausalLM"],
        kinds: &["gemma"],
        name: "gemma",
        layer: PARTS,
        defaults: Defaults { width: Some(256), ..defaults(true, 1e-6) },
    },
    Family {
        classes: &["Gemma2ForCausalLM"],
        kinds: &["gemma2"],
        name: "gemma2",
        layer: GEMMA_PARTS,
        defaults: Defaults { width: Some(256), ..defaults(true, 1e-6) },
    },
    Family {
        classes: &["Gemma3ForCausalLM", "Gemma3ForConditionalGeneration"],
        kinds: &["gemma3_text", "gemma3"],
        name: "gemma3",
        layer: GEMMA_PARTS,
        defaults: Defaults { width: Some(256), rotary_base: 1e6, ..defaults(true, 1e-6) },
    },
    Family { classes: &["Phi3ForCausalLM"], kinds: &["phi3"], name: "phi3", layer: PHI3_PARTS, defaults: defaults(false, 1e-5) },
];

/// What may stand before `embed_tokens`, `layers` and `norm`: models that also see pictures keep the text's part apart.
pub(super) const PREFIXES: [&str; 4] = ["model.", "language_model.model.", "model.language_model.", ""];

impl Family {
    /// The checkpoint's name for a tensor, behind `prefix`; `None` for a name that this family has no tensor for.
    pub fn translate(&self, name: &str, prefix: &str) -> Option<String> {
        match name {
            "token_embd.weight" => return Some(format!("{prefix}embed_tokens.weight")),
            "output_norm.weight" => return Some(format!("{prefix}norm.weight")),
            "output.weight" if prefix == "language_model.model." => return Some("language_model.lm_head.weight".to_owned()),
            "output.weight" => return Some("lm_head.weight".to_owned()),
            _ => {}
        }
        let (layer, part) = name.strip_prefix("blk.")?.split_once('.')?;
        let (part, kind) = part.rsplit_once('.')?;
        let (_, own) = self.layer.iter().find(|(known, _)| *known == part)?;
        Some(format!("{prefix}layers.{layer}.{own}.{kind}"))
    }

    /// Whether a tensor of a layer, e.g. `self_attn.q_proj.weight`, is one that [`Self::translate`] can name.
    pub fn knows(&self, part: &str) -> bool {
        // Older checkpoints hold the frequencies of the rotation, which follow from the configuration.
        part == "self_attn.rotary_emb.inv_freq"
            || part
                .rsplit_once('.')
                .is_some_and(|(part, kind)| matches!(kind, "weight" | "bias") && self.layer.iter().any(|(_, own)| *own == part))
    }
}
