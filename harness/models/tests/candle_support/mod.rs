//! Tiny random models, written as GGUF files, and a plain forward pass to compare with.
#![allow(dead_code)]

pub mod checkpoint;

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub mod made;

/// The shape of a tiny model.
#[derive(Debug, Clone)]
pub struct Tiny {
    pub architecture: &'static str,
    pub hidden: usize,
    pub heads: usize,
    pub key_heads: usize,
    pub width: usize,
    pub rotated: usize,
    pub feed_forward: usize,
    pub layers: usize,
    pub context: u32,
    pub kind: GgmlDType,
    pub biases: bool,
    /// Norms of query and key heads.
    pub head_norms: bool,
    /// The file's rotary scaling: its kind and factor.
    pub scaling: Option<(&'static str, f32)>,
    /// Whether the file has divisors of the rotary frequencies, as those of Llama 3 have.
    pub divisors: bool,
    pub rotary_base: f32,
    /// How many positions back local layers see.
    pub window: Option<usize>,
    /// Caps on attention's scores and on logits.
    pub caps: Option<(f32, f32)>,
    /// What rotated components are multiplied by.
    pub magnitude: f32,
    pub tied: bool,
    pub pre: &'static str,
    pub template: Option<&'static str>,
}

impl Default for Tiny {
    /// Three query heads of 20 values on one key head: nothing here is a multiple of a vector register.
    fn default() -> Self {
        Self {
            architecture: "llama",
            hidden: 44,
            heads: 3,
            key_heads: 1,
            width: 20,
            rotated: 20,
            feed_forward: 52,
            layers: 2,
            context: 256,
            kind: GgmlDType::F32,
            biases: false,
            head_norms: false,
            scaling: None,
            divisors: false,
            rotary_base: 10_000.0,
            window: None,
            caps: None,
            magnitude: 1.0,
            tied: true,
            pre: "gpt-2",
            template: Some("{% for m in messages %}[{{ m.role }}]{{ m.content }}\n{% endfor %}"),
        }
    }
}

/// Tokens of the vocabulary: 256 bytes, start, end.
pub const VOCABULARY: usize = 258;
pub const END: u32 = 257;

pub struct TinyFile {
    pub tiny: Tiny,
    pub path: PathBuf,
    weights: BTreeMap<String, Vec<f32>>,
    _folder: TempDir,
}

/// Numbers in [-1, 1), the same on every run.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }
}

pub fn byte_token(byte: u8) -> String {
    let plain = |b: u8| matches!(b, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    if plain(byte) {
        return char::from(byte).to_string();
    }
    let rank = (0..byte).filter(|b| !plain(*b)).count() as u32;
    char::from_u32(256 + rank).unwrap().to_string()
}

impl Tiny {
    pub fn write(&self) -> TinyFile {
        let mut numbers = Numbers(7);
        let mut tensors: Vec<(String, QTensor)> = Vec::new();
        let mut weights = BTreeMap::new();
        let mut add = |name: &str, shape: &[usize], scale: f32, shift: f32, kind: GgmlDType| {
            let count: usize = shape.iter().product();
            let values: Vec<f32> = (0..count).map(|_| numbers.next() * scale + shift).collect();
            let tensor = QTensor::quantize(&Tensor::from_vec(values, shape, &Device::Cpu).unwrap(), kind).unwrap();
            let kept = tensor.dequantize(&Device::Cpu).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
            weights.insert(name.to_owned(), kept);
            tensors.push((name.to_owned(), tensor));
        };
        let (queries, keys) = (self.heads * self.width, self.key_heads * self.width);
        add("token_embd.weight", &[VOCABULARY, self.hidden], 1.0, 0.0, self.kind);
        add("output_norm.weight", &[self.hidden], 0.2, 1.0, GgmlDType::F32);
        if !self.tied {
            add("output.weight", &[VOCABULARY, self.hidden], 0.5, 0.0, self.kind);
        }
        if self.divisors {
            add(self.divisors_name(), &[self.rotated / 2], 2.0, 4.0, GgmlDType::F32);
        }
        for layer in 0..self.layers {
            let mut matrix = |part: &str, outputs: usize, inputs: usize| {
                let scale = 2.0 / (inputs as f32).sqrt();
                add(&format!("blk.{layer}.{part}.weight"), &[outputs, inputs], scale, 0.0, self.kind);
            };
            if self.architecture == "phi3" {
                matrix("attn_qkv", queries + 2 * keys, self.hidden);
                matrix("ffn_up", 2 * self.feed_forward, self.hidden);
            } else {
                matrix("attn_q", queries, self.hidden);
                matrix("attn_k", keys, self.hidden);
                matrix("attn_v", keys, self.hidden);
                matrix("ffn_gate", self.feed_forward, self.hidden);
                matrix("ffn_up", self.feed_forward, self.hidden);
            }
            matrix("attn_output", self.hidden, queries);
            matrix("ffn_down", self.hidden, self.feed_forward);
            let norms = ["attn_norm", "ffn_norm", "post_attention_norm", "post_ffw_norm"];
            for norm in &norms[..if self.is_gemma() { 4 } else { 2 }] {
                add(&format!("blk.{layer}.{norm}.weight"), &[self.hidden], 0.2, 1.0, GgmlDType::F32);
            }
            if self.head_norms {
                for norm in ["attn_q_norm", "attn_k_norm"] {
                    add(&format!("blk.{layer}.{norm}.weight"), &[self.width], 0.5, 1.0, GgmlDType::F32);
                }
            }
            if self.biases {
                for (part, size) in [("attn_q", queries), ("attn_k", keys), ("attn_v", keys)] {
                    add(&format!("blk.{layer}.{part}.bias"), &[size], 0.5, 0.0, GgmlDType::F32);
                }
            }
        }
        if self.architecture == "phi3" {
            for layer in 0..self.layers {
                for (fused, parts) in [("attn_qkv", &["attn_q", "attn_k", "attn_v"][..]), ("ffn_up", &["ffn_gate", "ffn_up"])] {
                    let whole = weights.remove(&format!("blk.{layer}.{fused}.weight")).unwrap();
                    let (mut rest, mut kept) = (whole.as_slice(), parts.len());
                    for part in parts {
                        let size = match *part {
                            "attn_q" => queries * self.hidden,
                            "attn_k" | "attn_v" => keys * self.hidden,
                            _ => rest.len() / kept,
                        };
                        kept -= 1;
                        weights.insert(format!("blk.{layer}.{part}.weight"), rest[..size].to_vec());
                        rest = &rest[size..];
                    }
                }
            }
        }
        let metadata = self.metadata();
        let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(k, v)| (k.as_str(), v)).collect();
        let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(k, v)| (k.as_str(), v)).collect();
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("tiny.gguf");
        gguf_file::write(&mut std::fs::File::create(&path).unwrap(), &metadata, &tensors).unwrap();
        TinyFile { tiny: self.clone(), path, weights, _folder: folder }
    }

    fn divisors_name(&self) -> &'static str {
        if self.architecture == "phi3" { "rope_factors_short.weight" } else { "rope_freqs.weight" }
    }

    fn is_gemma(&self) -> bool {
        self.architecture.starts_with("gemma")
    }

    /// Whether layer `layer` sees a window only: all but every second of Gemma 2 and all but every sixth of Gemma 3.
    fn is_local(&self, layer: usize) -> bool {
        match self.architecture {
            "gemma2" => layer.is_multiple_of(2),
            "gemma3" => layer % 6 != 5,
            _ => self.window.is_some(),
        }
    }

    fn metadata(&self) -> Vec<(String, Value)> {
        let key = |suffix: &str| format!("{}.{suffix}", self.architecture);
        let number = |n: usize| Value::U32(n as u32);
        let mut tokens: Vec<Value> = (0..=255u8).map(|b| Value::String(byte_token(b))).collect();
        tokens.extend(["<|start|>", "<|im_end|>"].map(|t| Value::String(t.to_owned())));
        let types = (0..VOCABULARY).map(|id| Value::I32(if id < 256 { 1 } else { 3 })).collect();
        let mut metadata = vec![
            ("general.architecture".to_owned(), Value::String(self.architecture.to_owned())),
            (key("block_count"), number(self.layers)),
            (key("context_length"), Value::U32(self.context)),
            (key("embedding_length"), number(self.hidden)),
            (key("feed_forward_length"), number(self.feed_forward)),
            (key("attention.head_count"), number(self.heads)),
            (key("attention.head_count_kv"), number(self.key_heads)),
            (key("attention.key_length"), number(self.width)),
            (key("attention.value_length"), number(self.width)),
            (key("rope.dimension_count"), number(self.rotated)),
            (key("rope.freq_base"), Value::F32(self.rotary_base)),
            (key("attention.layer_norm_rms_epsilon"), Value::F32(1e-5)),
            ("tokenizer.ggml.model".to_owned(), Value::String("gpt2".to_owned())),
            ("tokenizer.ggml.pre".to_owned(), Value::String(self.pre.to_owned())),
            ("tokenizer.ggml.tokens".to_owned(), Value::Array(tokens)),
            ("tokenizer.ggml.token_type".to_owned(), Value::Array(types)),
            ("tokenizer.ggml.merges".to_owned(), Value::Array(vec![])),
            ("tokenizer.ggml.bos_token_id".to_owned(), Value::U32(256)),
            ("tokenizer.ggml.eos_token_id".to_owned(), Value::U32(END)),
        ];
        if let Some((kind, factor)) = self.scaling {
            metadata.push((key("rope.scaling.type"), Value::String(kind.to_owned())));
            metadata.push((key("rope.scaling.factor"), Value::F32(factor)));
        }
        if self.magnitude != 1.0 {
            metadata.push((key("rope.scaling.attn_factor"), Value::F32(self.magnitude)));
            metadata.push((key("rope.scaling.original_context_length"), Value::U32(self.context / 4)));
        }
        if let Some(window) = self.window {
            metadata.push((key("attention.sliding_window"), number(window)));
        }
        if let Some((scores, logits)) = self.caps {
            metadata.push((key("attn_logit_softcapping"), Value::F32(scores)));
            metadata.push((key("final_logit_softcapping"), Value::F32(logits)));
        }
        if let Some(template) = self.template {
            metadata.push(("tokenizer.chat_template".to_owned(), Value::String(template.to_owned())));
        }
        metadata
    }
}

type Rows = Vec<Vec<f64>>;

impl TinyFile {
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn weight(&self, name: &str) -> Vec<f64> {
        self.weights[name].iter().map(|w| f64::from(*w)).collect()
    }

    fn linear(&self, name: &str, input: &Rows) -> Rows {
        let weight = self.weight(&format!("{name}.weight"));
        let bias = self.weights.get(&format!("{name}.bias"));
        let width = input[0].len();
        let product = |row: &Vec<f64>| {
            let outputs = weight.chunks(width).enumerate();
            outputs
                .map(|(o, w)| {
                    let sum: f64 = w.iter().zip(row).map(|(a, b)| a * b).sum();
                    sum + bias.map_or(0.0, |b| f64::from(b[o]))
                })
                .collect()
        };
        input.iter().map(product).collect()
    }

    fn norm(&self, name: &str, input: &Rows) -> Rows {
        let weight = self.weight(name);
        let normed = |row: &Vec<f64>| {
            let mean = row.iter().map(|x| x * x).sum::<f64>() / row.len() as f64;
            row.iter().zip(&weight).map(|(x, w)| x / (mean + 1e-5).sqrt() * w).collect()
        };
        input.iter().map(normed).collect()
    }

    fn post_norm(&self, name: &str, input: Rows) -> Rows {
        if self.weights.contains_key(name) { self.norm(name, &input) } else { input }
    }

    /// Norms every head apart, where the file has norms for them.
    fn head_norm(&self, name: &str, input: Rows) -> Rows {
        if !self.weights.contains_key(name) {
            return input;
        }
        let heads = |row: &Vec<f64>| {
            let heads: Rows = row.chunks(self.tiny.width).map(<[f64]>::to_vec).collect();
            self.norm(name, &heads).concat()
        };
        input.iter().map(heads).collect()
    }

    fn rotated(&self, layer: usize, mut rows: Rows) -> Rows {
        let Tiny { width, rotated, architecture, .. } = self.tiny;
        let other = architecture == "gemma3" && self.tiny.is_local(layer);
        let base = if other { 10_000.0 } else { f64::from(self.tiny.rotary_base) };
        let scaling = if other { None } else { self.tiny.scaling };
        for (position, row) in rows.iter_mut().enumerate() {
            for head in row.chunks_mut(width) {
                for i in 0..rotated / 2 {
                    let scaled = position as f64 / scaling.map_or(1.0, |(_, factor)| f64::from(factor));
                    let divisor = self.weights.get(self.tiny.divisors_name()).map_or(1.0, |divisors| f64::from(divisors[i]));
                    let angle = scaled * base.powf(-2.0 * i as f64 / rotated as f64) / divisor;
                    let (a, b) = if architecture == "llama" { (2 * i, 2 * i + 1) } else { (i, i + rotated / 2) };
                    let magnitude = f64::from(self.tiny.magnitude);
                    let (x, y) = (magnitude * head[a], magnitude * head[b]);
                    head[a] = x * angle.cos() - y * angle.sin();
                    head[b] = x * angle.sin() + y * angle.cos();
                }
            }
        }
        rows
    }

    /// Logits of every token: the textbook computation, in 64 bits, one number at a time.
    pub fn logits(&self, tokens: &[u32]) -> Rows {
        let Tiny { hidden, heads, key_heads, width, .. } = self.tiny;
        let embedding = self.weight("token_embd.weight");
        let mut state: Rows = tokens.iter().map(|t| embedding[*t as usize * hidden..][..hidden].to_vec()).collect();
        if self.tiny.is_gemma() {
            state.iter_mut().flatten().for_each(|x| *x *= (hidden as f64).sqrt());
        }
        for layer in 0..self.tiny.layers {
            let name = |part: &str| format!("blk.{layer}.{part}");
            let normed = self.norm(&name("attn_norm.weight"), &state);
            let queries = self.rotated(layer, self.head_norm(&name("attn_q_norm.weight"), self.linear(&name("attn_q"), &normed)));
            let keys = self.rotated(layer, self.head_norm(&name("attn_k_norm.weight"), self.linear(&name("attn_k"), &normed)));
            let values = self.linear(&name("attn_v"), &normed);
            let mut attended: Rows = vec![vec![0.0; heads * width]; tokens.len()];
            for t in 0..tokens.len() {
                for head in 0..heads {
                    let key_head = head / (heads / key_heads);
                    let part = |row: &Vec<f64>, h: usize| row[h * width..(h + 1) * width].to_vec();
                    let query = part(&queries[t], head);
                    let score = |s: usize| -> f64 {
                        let products = query.iter().zip(part(&keys[s], key_head)).map(|(a, b)| a * b);
                        let score = products.sum::<f64>() / (width as f64).sqrt();
                        let seen = !self.tiny.is_local(layer) || self.tiny.window.is_none_or(|window| s + window > t);
                        let score = self.tiny.caps.map_or(score, |(cap, _)| f64::from(cap) * (score / f64::from(cap)).tanh());
                        if seen { score.exp() } else { 0.0 }
                    };
                    let scores: Vec<f64> = (0..=t).map(score).collect();
                    let total: f64 = scores.iter().sum();
                    for (s, score) in scores.iter().enumerate() {
                        for (i, value) in part(&values[s], key_head).into_iter().enumerate() {
                            attended[t][head * width + i] += score / total * value;
                        }
                    }
                }
            }
            let result = self.linear(&name("attn_output"), &attended);
            add(&mut state, &self.post_norm(&name("post_attention_norm.weight"), result));
            let normed = self.norm(&name("ffn_norm.weight"), &state);
            let mut gate = self.linear(&name("ffn_gate"), &normed);
            for (g, u) in gate.iter_mut().zip(self.linear(&name("ffn_up"), &normed)) {
                for (x, y) in g.iter_mut().zip(u) {
                    *x = match self.tiny.is_gemma() {
                        true => {
                            let inner = (2.0 / std::f64::consts::PI).sqrt() * (*x + 0.044715 * x.powi(3));
                            0.5 * *x * (1.0 + inner.tanh()) * y
                        }
                        false => *x / (1.0 + (-*x).exp()) * y,
                    };
                }
            }
            let result = self.linear(&name("ffn_down"), &gate);
            add(&mut state, &self.post_norm(&name("post_ffw_norm.weight"), result));
        }
        let normed = self.norm("output_norm.weight", &state);
        let mut logits = self.linear(if self.tiny.tied { "token_embd" } else { "output" }, &normed);
        if let Some((_, cap)) = self.tiny.caps {
            logits.iter_mut().flatten().for_each(|logit| *logit = f64::from(cap) * (*logit / f64::from(cap)).tanh());
        }
        logits
    }
}

fn add(state: &mut Rows, change: &Rows) {
    for (row, change) in state.iter_mut().zip(change) {
        for (x, y) in row.iter_mut().zip(change) {
            *x += y;
        }
    }
}
