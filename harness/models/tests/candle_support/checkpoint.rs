//! The same tiny models as checkpoints: `config.json`, `tokenizer.json` and safetensors files.

use super::{Tiny, TinyFile, VOCABULARY, byte_token};
use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder with a checkpoint.
pub struct Checkpoint {
    folder: TempDir,
}

/// A tensor as it stands in a checkpoint.
pub struct Stored {
    pub kind: Dtype,
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
}

impl Checkpoint {
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.file(name), content).unwrap();
    }

    /// Changes a JSON file.
    pub fn edit(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let mut value: Value = serde_json::from_slice(&std::fs::read(self.file(name)).unwrap()).unwrap();
        change(&mut value);
        self.write(name, value.to_string());
    }

    /// Writes the weights into so many files.
    pub fn write_weights(&self, tensors: &BTreeMap<String, Stored>, files: usize) {
        let view = |stored: &Stored| TensorView::new(stored.kind, stored.shape.clone(), &stored.bytes).unwrap().data().to_vec();
        let part = |index: usize| tensors.iter().skip(index).step_by(files);
        let bytes = |index: usize| {
            let data: Vec<(&String, &Stored, Vec<u8>)> = part(index).map(|(name, stored)| (name, stored, view(stored))).collect();
            let views = data.iter().map(|(n, s, d)| (n.as_str(), TensorView::new(s.kind, s.shape.clone(), d).unwrap()));
            serialize(views, None).unwrap()
        };
        if files == 1 {
            return self.write("model.safetensors", bytes(0));
        }
        let mut map = serde_json::Map::new();
        for index in 0..files {
            let name = format!("model-{:05}-of-{files:05}.safetensors", index + 1);
            self.write(&name, bytes(index));
            map.extend(part(index).map(|(tensor, _)| (tensor.clone(), json!(name))));
        }
        self.write("model.safetensors.index.json", json!({"metadata": {}, "weight_map": map}).to_string());
    }
}

const NAMES: [(&str, &str); 13] = [
    ("attn_norm", "input_layernorm"),
    ("attn_q", "self_attn.q_proj"),
    ("attn_k", "self_attn.k_proj"),
    ("attn_v", "self_attn.v_proj"),
    ("attn_q_norm", "self_attn.q_norm"),
    ("attn_k_norm", "self_attn.k_norm"),
    ("attn_output", "self_attn.o_proj"),
    ("ffn_norm", "post_attention_layernorm"),
    ("post_attention_norm", "post_attention_layernorm"),
    ("ffn_gate", "mlp.gate_proj"),
    ("ffn_up", "mlp.up_proj"),
    ("ffn_down", "mlp.down_proj"),
    ("post_ffw_norm", "post_feedforward_layernorm"),
];

impl TinyFile {
    /// The model as a checkpoint whose matrices are of `kind`.
    pub fn checkpoint(&self, kind: Dtype, files: usize) -> Checkpoint {
        let checkpoint = Checkpoint { folder: TempDir::new().unwrap() };
        checkpoint.write_weights(&self.stored(kind), files);
        checkpoint.write("config.json", self.tiny.configuration().to_string());
        checkpoint.write("tokenizer.json", tokenizer().to_string());
        let mut settings = json!({"bos_token": "<|start|>", "eos_token": {"content": "<|im_end|>", "lstrip": false}});
        if let Some(template) = self.tiny.template {
            settings["chat_template"] = json!(template);
        }
        checkpoint.write("tokenizer_config.json", settings.to_string());
        checkpoint
    }

    /// The tensors by the names and in the arrangement of checkpoints.
    pub fn stored(&self, kind: Dtype) -> BTreeMap<String, Stored> {
        let gemma = self.tiny.is_gemma();
        let mut tensors = BTreeMap::new();
        for (name, values) in &self.weights {
            let (own, mut values) = match name.as_str() {
                "token_embd.weight" => ("model.embed_tokens.weight".to_owned(), values.clone()),
                "output_norm.weight" => ("model.norm.weight".to_owned(), values.clone()),
                "output.weight" => ("lm_head.weight".to_owned(), values.clone()),
                "rope_freqs.weight" | "rope_factors_short.weight" => continue,
                name => (self.own_name(name), self.own_order(name, values)),
            };
            if gemma && own.ends_with("norm.weight") {
                values.iter_mut().for_each(|x| *x -= 1.0);
            }
            let width = self.width(name);
            let vector = own.ends_with("norm.weight") || own.ends_with("bias");
            let shape = if vector { vec![values.len()] } else { vec![values.len() / width, width] };
            let kind = if vector { Dtype::F32 } else { kind };
            tensors.insert(own, Stored { kind, shape, bytes: encoded(kind, &values) });
        }
        if self.tiny.architecture == "phi3" {
            for layer in 0..self.tiny.layers {
                for (fused, parts) in [
                    ("self_attn.qkv_proj", &["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"][..]),
                    ("mlp.gate_up_proj", &["mlp.gate_proj", "mlp.up_proj"]),
                ] {
                    let name = |part: &str| format!("model.layers.{layer}.{part}.weight");
                    let parts: Vec<Stored> = parts.iter().map(|part| tensors.remove(&name(part)).unwrap()).collect();
                    let shape = vec![parts.iter().map(|part| part.shape[0]).sum(), self.tiny.hidden];
                    let bytes = parts.iter().flat_map(|part| part.bytes.clone()).collect();
                    tensors.insert(name(fused), Stored { kind, shape, bytes });
                }
            }
        }
        tensors
    }

    fn own_name(&self, name: &str) -> String {
        let (layer, rest) = name.strip_prefix("blk.").unwrap().split_once('.').unwrap();
        let (part, kind) = rest.rsplit_once('.').unwrap();
        let own = match part {
            "ffn_norm" if self.tiny.is_gemma() => "pre_feedforward_layernorm",
            part => NAMES.iter().find(|(known, _)| *known == part).unwrap().1,
        };
        format!("model.layers.{layer}.{own}.{kind}")
    }

    /// Rotated pairs are neighbours in this architecture's GGUF files, and half a head apart in checkpoints.
    fn own_order(&self, name: &str, values: &[f32]) -> Vec<f32> {
        let heads = if name.contains("attn_q.") || name.contains("attn_k.") { self.tiny.architecture == "llama" } else { false };
        if !heads {
            return values.to_vec();
        }
        let Tiny { width, rotated, .. } = self.tiny;
        let row = if name.ends_with("bias") { 1 } else { self.tiny.hidden };
        let mut ordered = Vec::new();
        for head in values.chunks(width * row) {
            for place in 0..width {
                let half = rotated / 2;
                let from = if place >= rotated { place } else { place % half * 2 + place / half };
                ordered.extend_from_slice(&head[from * row..(from + 1) * row]);
            }
        }
        ordered
    }

    fn width(&self, name: &str) -> usize {
        match name {
            name if name.contains("attn_output") => self.tiny.heads * self.tiny.width,
            name if name.contains("ffn_down") => self.tiny.feed_forward,
            _ => self.tiny.hidden,
        }
    }
}

impl Tiny {
    /// `config.json`.
    fn configuration(&self) -> Value {
        let window = self.window.is_some();
        let class = match self.architecture {
            "llama" if window => "MistralForCausalLM",
            "llama" => "LlamaForCausalLM",
            "qwen2" => "Qwen2ForCausalLM",
            "qwen3" => "Qwen3ForCausalLM",
            "gemma2" => "Gemma2ForCausalLM",
            "gemma3" => "Gemma3ForCausalLM",
            "phi3" => "Phi3ForCausalLM",
            other => other,
        };
        let mut config = json!({
            "architectures": [class],
            "hidden_size": self.hidden,
            "num_hidden_layers": self.layers,
            "intermediate_size": self.feed_forward,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.key_heads,
            "head_dim": self.width,
            "max_position_embeddings": self.context,
            "rms_norm_eps": 1e-5,
            "rope_theta": self.rotary_base,
            "vocab_size": VOCABULARY,
            "tie_word_embeddings": self.tied,
            "sliding_window": self.window,
        });
        if self.rotated != self.width {
            config["partial_rotary_factor"] = json!(self.rotated as f64 / self.width as f64);
        }
        if let Some((kind, factor)) = self.scaling {
            config["rope_scaling"] = json!({"rope_type": kind, "factor": factor});
        }
        if self.is_gemma() {
            config["hidden_activation"] = json!("gelu_pytorch_tanh");
            config["query_pre_attn_scalar"] = json!(self.width);
            config["attn_logit_softcapping"] = json!(self.caps.map(|caps| caps.0));
            config["final_logit_softcapping"] = json!(self.caps.map(|caps| caps.1));
        }
        config
    }
}

fn encoded(kind: Dtype, values: &[f32]) -> Vec<u8> {
    match kind {
        Dtype::F16 => values.iter().flat_map(|x| f16::from_f32(*x).to_le_bytes()).collect(),
        Dtype::BF16 => values.iter().flat_map(|x| bf16::from_f32(*x).to_le_bytes()).collect(),
        _ => values.iter().flat_map(|x| x.to_le_bytes()).collect(),
    }
}

/// A token for each byte, then start and end.
pub fn tokenizer() -> Value {
    let vocabulary: serde_json::Map<String, Value> = (0..=255u8).map(|b| (byte_token(b), json!(b))).collect();
    let added = |id: u32, text: &str| json!({"id": id, "content": text, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true});
    json!({
        "version": "1.0",
        "truncation": {"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0},
        "padding": null,
        "added_tokens": [added(256, "<|start|>"), added(257, "<|im_end|>")],
        "normalizer": null,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "post_processor": null,
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "model": {
            "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null, "end_of_word_suffix": null,
            "fuse_unk": false, "byte_fallback": false, "ignore_merges": false, "vocab": vocabulary, "merges": [],
        },
    })
}
