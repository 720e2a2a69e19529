//! Small random model files of every family, in the tensors and metadata that such files have.
#![allow(dead_code)]

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use std::path::Path;

/// Where a layer has norms.
#[derive(Clone, Copy, PartialEq)]
pub enum Norms {
    Before,
    Behind,
    Around,
    /// One for both parts.
    Shared,
    /// Falcon's second one, for attention.
    Two,
}

/// What norms of heads a layer has.
#[derive(Clone, Copy, PartialEq)]
pub enum HeadNorm {
    None,
    Alike,
    Each,
    Whole,
}

/// How feed-forward's matrices are stored.
#[derive(Clone, Copy, PartialEq)]
pub enum Gate {
    Own,
    InUp,
    None,
}

/// What a family's files look like.
#[derive(Clone)]
pub struct Recipe {
    /// The name of the case.
    pub name: &'static str,
    pub architecture: &'static str,
    pub hidden: usize,
    pub heads: usize,
    pub key_heads: usize,
    pub width: usize,
    pub rotated: usize,
    pub feed_forward: usize,
    pub layers: usize,
    pub context: usize,
    pub vocabulary: usize,
    pub centred: bool,
    pub norm_biases: bool,
    pub norms: Norms,
    pub fused: bool,
    pub query_biases: bool,
    pub output_bias: bool,
    pub attention_bias: bool,
    pub feed_forward_biases: bool,
    pub gate: Gate,
    pub head_norm: HeadNorm,
    pub learned_positions: bool,
    pub own_output: bool,
    /// Experts, those used, and whether there is a shared one and a gate for it.
    pub experts: Option<(usize, usize, bool, bool)>,
    pub divisors: &'static [&'static str],
    /// The norm before feed-forward is stored under this name.
    pub feed_forward_norm: &'static str,
    pub more: Vec<(&'static str, Value)>,
    pub kind: GgmlDType,
    /// What tells `tokenizer.ggml.pre`.
    pub pre: &'static str,
}

/// Numbers in [-1, 1), the same on every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }
}

impl Recipe {
    pub fn llama() -> Self {
        Self {
            name: "llama",
            architecture: "llama",
            hidden: 256,
            heads: 4,
            key_heads: 2,
            width: 64,
            rotated: 64,
            feed_forward: 512,
            layers: 4,
            context: 4096,
            vocabulary: 1024,
            centred: false,
            norm_biases: false,
            norms: Norms::Before,
            fused: false,
            query_biases: false,
            output_bias: false,
            attention_bias: false,
            feed_forward_biases: false,
            gate: Gate::Own,
            head_norm: HeadNorm::None,
            learned_positions: false,
            own_output: false,
            experts: None,
            divisors: &[],
            feed_forward_norm: "ffn_norm",
            more: Vec::new(),
            kind: GgmlDType::F32,
            pre: "gpt-2",
        }
    }

    fn named(name: &'static str) -> Self {
        Self { name, architecture: name, ..Self::llama() }
    }

    fn classic(name: &'static str) -> Self {
        Self {
            centred: true,
            norm_biases: true,
            query_biases: true,
            attention_bias: true,
            feed_forward_biases: true,
            gate: Gate::None,
            own_output: true,
            ..Self::named(name)
        }
    }

    /// Every family, and what files of one family differ in.
    pub fn all() -> Vec<Self> {
        let number = |n: u32| Value::U32(n);
        let float = |x: f32| Value::F32(x);
        let text = |t: &str| Value::String(t.to_owned());
        let llama = Self::llama;
        let yarn = || {
            vec![
                ("rope.scaling.type", text("yarn")),
                ("rope.scaling.factor", float(4.0)),
                ("rope.scaling.original_context_length", number(1024)),
            ]
        };
        let granite = || {
            vec![
                ("embedding_scale", float(6.0)),
                ("residual_scale", float(0.35)),
                ("attention.scale", float(0.05)),
                ("logit_scale", float(4.0)),
            ]
        };
        let window = |n: u32| ("attention.sliding_window", number(n));
        vec![
            llama(),
            Self {
                name: "llama, one key head, odd widths",
                hidden: 96,
                heads: 3,
                key_heads: 1,
                width: 40,
                rotated: 40,
                feed_forward: 160,
                ..llama()
            },
            Self { name: "llama 3", divisors: &["rope_freqs"], own_output: true, ..llama() },
            Self {
                name: "llama, linear",
                more: vec![("rope.scaling.type", text("linear")), ("rope.scaling.factor", float(4.0))],
                ..llama()
            },
            Self { name: "llama, yarn", more: yarn(), ..llama() },
            Self { name: "mixtral", experts: Some((8, 2, false, false)), own_output: true, ..llama() },
            Self { gate: Gate::None, ..Self::named("arcee") },
            Self {
                centred: true,
                norms: Norms::Shared,
                more: vec![("logit_scale", float(0.25)), window(200)],
                ..Self::named("cohere2")
            },
            Self { centred: true, norms: Norms::Shared, more: vec![("logit_scale", float(0.25))], ..Self::named("command-r") },
            Self {
                name: "command-r, 64 layers",
                layers: 64,
                hidden: 128,
                heads: 2,
                key_heads: 1,
                feed_forward: 128,
                centred: true,
                norms: Norms::Shared,
                head_norm: HeadNorm::Each,
                more: vec![("logit_scale", float(0.25))],
                ..Self::named("command-r")
            },
            Self { ..Self::named("ernie4_5") },
            Self { own_output: true, ..Self::named("exaone") },
            Self { norms: Norms::Behind, head_norm: HeadNorm::Alike, ..Self::named("exaone4") },
            Self {
                name: "exaone4, 64 layers",
                layers: 64,
                hidden: 128,
                heads: 2,
                key_heads: 1,
                feed_forward: 128,
                norms: Norms::Behind,
                head_norm: HeadNorm::Alike,
                more: vec![window(200), ("attention.sliding_window_pattern", number(4))],
                ..Self::named("exaone4")
            },
            Self {
                fused: true,
                norms: Norms::Shared,
                query_biases: false,
                attention_bias: false,
                feed_forward_biases: false,
                key_heads: 1,
                ..Self::classic("falcon")
            },
            Self {
                name: "falcon, two norms",
                fused: true,
                norms: Norms::Two,
                query_biases: false,
                attention_bias: false,
                feed_forward_biases: false,
                ..Self::classic("falcon")
            },
            Self::named("gemma"),
            Self { norms: Norms::Around, more: vec![window(200)], ..Self::named("gemma2") },
            Self {
                layers: 8,
                norms: Norms::Around,
                head_norm: HeadNorm::Alike,
                more: vec![window(200), ("rope.freq_base", float(1e6))],
                ..Self::named("gemma3")
            },
            Self {
                name: "gemma3, linear",
                layers: 8,
                norms: Norms::Around,
                head_norm: HeadNorm::Alike,
                more: vec![
                    window(200),
                    ("rope.freq_base", float(1e6)),
                    ("rope.scaling.type", text("linear")),
                    ("rope.scaling.factor", float(8.0)),
                ],
                ..Self::named("gemma3")
            },
            Self {
                norms: Norms::Around,
                gate: Gate::InUp,
                query_biases: true,
                rotated: 32,
                own_output: true,
                ..Self::named("glm4")
            },
            Self { fused: true, learned_positions: true, own_output: false, key_heads: 4, ..Self::classic("gpt2") },
            Self {
                fused: true,
                rotated: 16,
                key_heads: 4,
                more: vec![("use_parallel_residual", Value::Bool(true))],
                ..Self::classic("gptneox")
            },
            Self {
                name: "gptneox, sequential",
                fused: true,
                rotated: 16,
                key_heads: 4,
                more: vec![("use_parallel_residual", Value::Bool(false))],
                ..Self::classic("gptneox")
            },
            Self { more: granite(), ..Self::named("granite") },
            Self { more: granite(), experts: Some((8, 3, false, false)), ..Self::named("granitemoe") },
            Self { name: "granitemoe, shared", more: granite(), experts: Some((8, 3, true, false)), ..Self::named("granitemoe") },
            Self { head_norm: HeadNorm::Alike, ..Self::named("hunyuan-dense") },
            Self { own_output: true, ..Self::named("internlm2") },
            Self {
                more: vec![("embedding_scale", float(1.5)), ("residual_scale", float(0.5)), ("logit_scale", float(2.0))],
                ..Self::named("minicpm")
            },
            Self {
                query_biases: false,
                attention_bias: false,
                feed_forward_biases: false,
                rotated: 32,
                ..Self::classic("nemotron")
            },
            Self { norms: Norms::Behind, head_norm: HeadNorm::Whole, own_output: true, ..Self::named("olmo2") },
            Self {
                name: "olmo2, windows and yarn",
                norms: Norms::Behind,
                head_norm: HeadNorm::Whole,
                own_output: true,
                more: [yarn(), vec![window(200)]].concat(),
                ..Self::named("olmo2")
            },
            Self {
                head_norm: HeadNorm::Whole,
                key_heads: 4,
                own_output: true,
                experts: Some((8, 3, false, false)),
                ..Self::named("olmoe")
            },
            Self { norms: Norms::Shared, rotated: 24, output_bias: true, ..Self::classic("phi2") },
            Self { fused: true, gate: Gate::InUp, own_output: true, ..Self::named("phi3") },
            Self {
                name: "phi3, long and short",
                fused: true,
                gate: Gate::InUp,
                own_output: true,
                divisors: &["rope_factors_long", "rope_factors_short"],
                more: vec![("rope.scaling.original_context_length", number(4096)), ("rope.scaling.attn_factor", float(1.19))],
                context: 16384,
                ..Self::named("phi3")
            },
            Self { query_biases: true, ..Self::named("qwen2") },
            Self { name: "qwen2, yarn", query_biases: true, more: yarn(), ..Self::named("qwen2") },
            Self { query_biases: true, own_output: true, experts: Some((8, 3, true, true)), ..Self::named("qwen2moe") },
            Self { head_norm: HeadNorm::Alike, width: 32, rotated: 32, ..Self::named("qwen3") },
            Self { head_norm: HeadNorm::Alike, experts: Some((8, 3, false, false)), own_output: true, ..Self::named("qwen3moe") },
            Self { query_biases: true, own_output: true, feed_forward_norm: "post_attention_norm", ..Self::named("seed_oss") },
            Self::named("smollm3"),
            Self { centred: true, norm_biases: true, rotated: 16, own_output: true, ..Self::named("stablelm") },
            Self {
                name: "stablelm, one norm",
                centred: true,
                norm_biases: true,
                norms: Norms::Shared,
                head_norm: HeadNorm::Each,
                rotated: 16,
                own_output: true,
                ..Self::named("stablelm")
            },
            Self { fused: true, learned_positions: true, key_heads: 1, ..Self::classic("starcoder") },
            Self { own_output: false, ..Self::classic("starcoder2") },
            Self { own_output: true, ..Self::named("xverse") },
        ]
    }

    /// Some tokens of the vocabulary.
    pub fn tokens(&self, count: usize) -> Vec<u32> {
        (0..count).map(|i| ((i * i * 7 + i * 131 + i / 7 * 53) % (self.vocabulary - 2)) as u32).collect()
    }

    fn metadata(&self) -> Vec<(String, Value)> {
        let key = |suffix: &str| format!("{}.{suffix}", self.architecture);
        let number = |n: usize| Value::U32(n as u32);
        let epsilon = if self.centred { "attention.layer_norm_epsilon" } else { "attention.layer_norm_rms_epsilon" };
        let mut tokens: Vec<Value> = (0..=255u8).map(|b| Value::String(super::byte_token(b))).collect();
        tokens.push(Value::String("ab".to_owned()));
        tokens.extend((257..self.vocabulary - 2).map(|id| Value::String(format!("filler{id}"))));
        tokens.extend(["<|start|>", "<|im_end|>"].map(|t| Value::String(t.to_owned())));
        let special = self.vocabulary - 2;
        let types = (0..self.vocabulary).map(|id| Value::I32(if id < special { 1 } else { 3 })).collect();
        let mut metadata = vec![
            ("general.architecture".to_owned(), Value::String(self.architecture.to_owned())),
            (key("block_count"), number(self.layers)),
            (key("context_length"), number(self.context)),
            (key("embedding_length"), number(self.hidden)),
            (key("feed_forward_length"), number(self.feed_forward)),
            (key("attention.head_count"), number(self.heads)),
            (key("attention.head_count_kv"), number(self.key_heads)),
            (key("attention.key_length"), number(self.width)),
            (key("attention.value_length"), number(self.width)),
            (key("rope.dimension_count"), number(self.rotated)),
            (key(epsilon), Value::F32(1e-5)),
            ("tokenizer.ggml.model".to_owned(), Value::String("gpt2".to_owned())),
            ("tokenizer.ggml.pre".to_owned(), Value::String(self.pre.to_owned())),
            ("tokenizer.ggml.tokens".to_owned(), Value::Array(tokens)),
            ("tokenizer.ggml.token_type".to_owned(), Value::Array(types)),
            ("tokenizer.ggml.merges".to_owned(), Value::Array(vec![Value::String("a b".to_owned())])),
            ("tokenizer.ggml.bos_token_id".to_owned(), number(special)),
            ("tokenizer.ggml.eos_token_id".to_owned(), number(special + 1)),
        ];
        if let Some((count, used, shared, _)) = self.experts {
            metadata.push((key("expert_count"), number(count)));
            metadata.push((key("expert_used_count"), number(used)));
            metadata.push((key("expert_feed_forward_length"), number(self.feed_forward)));
            if shared {
                metadata.push((key("expert_shared_feed_forward_length"), number(self.feed_forward)));
            }
        }
        metadata.extend(self.more.iter().map(|(suffix, value)| (key(suffix), value.clone())));
        metadata
    }

    /// Names, sizes (the slowest first), scale and shift of every tensor.
    fn tensors(&self) -> Vec<(String, Vec<usize>, f32, f32)> {
        let mut found: Vec<(String, Vec<usize>, f32, f32)> = Vec::new();
        let (hidden, inner) = (self.hidden, self.feed_forward);
        let (queries, keys) = (self.heads * self.width, self.key_heads * self.width);
        let scale = |inputs: usize| 2.0 / (inputs as f32).sqrt();
        found.push(("token_embd.weight".to_owned(), vec![self.vocabulary, hidden], 1.0, 0.0));
        if self.learned_positions {
            found.push(("position_embd.weight".to_owned(), vec![self.context, hidden], 0.5, 0.0));
        }
        for name in self.divisors {
            found.push((format!("{name}.weight"), vec![self.rotated / 2], 2.0, 4.0));
        }
        if self.own_output {
            found.push(("output.weight".to_owned(), vec![self.vocabulary, hidden], 0.5, 0.0));
        }
        if self.output_bias {
            found.push(("output.bias".to_owned(), vec![self.vocabulary], 0.5, 0.0));
        }
        fn norm(found: &mut Vec<(String, Vec<usize>, f32, f32)>, recipe: &Recipe, name: String) {
            found.push((format!("{name}.weight"), vec![recipe.hidden], 0.2, 1.0));
            if recipe.norm_biases {
                found.push((format!("{name}.bias"), vec![recipe.hidden], 0.2, 0.0));
            }
        }
        norm(&mut found, self, "output_norm".to_owned());
        for layer in 0..self.layers {
            let name = |part: &str| format!("blk.{layer}.{part}");
            let norms: &[&str] = match self.norms {
                Norms::Before => &["attn_norm", self.feed_forward_norm],
                Norms::Behind => &["post_attention_norm", "post_ffw_norm"],
                Norms::Around => &["attn_norm", "ffn_norm", "post_attention_norm", "post_ffw_norm"],
                Norms::Shared => &["attn_norm"],
                Norms::Two => &["attn_norm", "attn_norm_2"],
            };
            norms.iter().for_each(|part| norm(&mut found, self, name(part)));
            let mut matrix = |part: &str, shape: &[usize], bias: bool| {
                let inputs = shape[shape.len() - 1];
                found.push((format!("{}.weight", name(part)), shape.to_vec(), scale(inputs), 0.0));
                if bias {
                    found.push((format!("{}.bias", name(part)), vec![shape[0]], 0.3, 0.0));
                }
            };
            if self.fused {
                matrix("attn_qkv", &[queries + 2 * keys, hidden], self.query_biases);
            } else {
                matrix("attn_q", &[queries, hidden], self.query_biases);
                matrix("attn_k", &[keys, hidden], self.query_biases);
                matrix("attn_v", &[keys, hidden], self.query_biases);
            }
            matrix("attn_output", &[hidden, queries], self.attention_bias);
            if let Some((count, _, shared, gated)) = self.experts {
                matrix("ffn_gate_inp", &[count, hidden], false);
                matrix("ffn_gate_exps", &[count, inner, hidden], false);
                matrix("ffn_up_exps", &[count, inner, hidden], false);
                matrix("ffn_down_exps", &[count, hidden, inner], false);
                if shared {
                    matrix("ffn_gate_shexp", &[inner, hidden], false);
                    matrix("ffn_up_shexp", &[inner, hidden], false);
                    matrix("ffn_down_shexp", &[hidden, inner], false);
                }
                if gated {
                    matrix("ffn_gate_inp_shexp", &[hidden], false);
                }
            } else {
                let biases = self.feed_forward_biases;
                match self.gate {
                    Gate::Own => {
                        matrix("ffn_gate", &[inner, hidden], biases);
                        matrix("ffn_up", &[inner, hidden], biases);
                    }
                    Gate::InUp => matrix("ffn_up", &[2 * inner, hidden], biases),
                    Gate::None => matrix("ffn_up", &[inner, hidden], biases),
                }
                matrix("ffn_down", &[hidden, inner], biases);
            }
            for (part, heads) in [("attn_q_norm", self.heads), ("attn_k_norm", self.key_heads)] {
                let shape = match self.head_norm {
                    HeadNorm::None => continue,
                    HeadNorm::Alike => vec![self.width],
                    HeadNorm::Each => vec![heads, self.width],
                    HeadNorm::Whole => vec![heads * self.width],
                };
                found.push((format!("{}.weight", name(part)), shape, 0.5, 1.0));
            }
        }
        found
    }

    /// Writes the file.
    pub fn write(&self, path: &Path) {
        let mut numbers = Numbers(7);
        let mut tensors: Vec<(String, QTensor)> = Vec::new();
        for (name, shape, scale, shift) in self.tensors() {
            let count: usize = shape.iter().product();
            let values: Vec<f32> = (0..count).map(|_| numbers.next() * scale + shift).collect();
            let matrix =
                shape.len() > 1 && !name.contains("norm") && !name.contains("ffn_gate_inp") && !name.contains("position");
            let kind = if matrix { self.kind } else { GgmlDType::F32 };
            let tensor = QTensor::quantize(&Tensor::from_vec(values, shape, &Device::Cpu).unwrap(), kind).unwrap();
            tensors.push((name, tensor));
        }
        let metadata = self.metadata();
        let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(k, v)| (k.as_str(), v)).collect();
        let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(k, v)| (k.as_str(), v)).collect();
        gguf_file::write(&mut std::fs::File::create(path).unwrap(), &metadata, &tensors).unwrap();
    }
}
