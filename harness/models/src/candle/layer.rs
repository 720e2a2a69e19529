//! A layer's weights, and reading them by the names in GGUF files.

use super::architecture::{Architecture, Turn};
use super::attention::AttentionRule;
use super::families::HeadNorms;
use super::feed_forward::{Dense, FeedForward, Mixture, RouterRule};
use super::load::Reader;
use super::matrix::{Matrix, dequantized};
use super::norm::Norm;
use super::{failure, reason};
use candle_core::Device;
use candle_core::quantized::{QStorage, QTensor};
use proctor_core::ModelError;

/// One transformer layer.
pub(super) struct Layer {
    pub attention: AttentionRule,
    pub turn: Turn,
    /// Whether heads are normed after they turn, not before.
    pub norms_turned_heads: bool,
    /// The norm of what attention reads.
    pub attention_norm: Option<Norm>,
    /// The norm of what attention adds to the hidden state.
    pub attention_post_norm: Option<Norm>,
    pub query: Projection,
    pub key: Projection,
    pub value: Projection,
    pub query_norm: Option<Norm>,
    pub key_norm: Option<Norm>,
    pub attention_output: Projection,
    /// Whether feed-forward reads the hidden state before attention.
    pub parallel: bool,
    /// The norm of what feed-forward reads. Without one, a parallel layer's reads what attention reads.
    pub feed_forward_norm: Option<Norm>,
    /// The norm of what feed-forward adds to the hidden state.
    pub feed_forward_post_norm: Option<Norm>,
    pub feed_forward: FeedForward,
}

/// A matrix with an optional bias.
pub(super) struct Projection {
    pub matrix: Matrix,
    pub bias: Option<Vec<f32>>,
}

impl Projection {
    pub fn add_bias(&self, output: &mut [f32]) {
        if let Some(bias) = &self.bias {
            for row in output.chunks_exact_mut(bias.len()) {
                for (y, b) in row.iter_mut().zip(bias) {
                    *y += b;
                }
            }
        }
    }
}

impl Layer {
    /// Bytes of memory the matrices take.
    pub fn bytes(&self) -> usize {
        let projections = [&self.query, &self.key, &self.value, &self.attention_output];
        projections.map(|projection| projection.matrix.bytes()).iter().sum::<usize>() + self.feed_forward.bytes()
    }
}

/// The parts of a matrix whose rows are those of several, one after the other.
fn parts(tensor: &QTensor, name: &str, outputs: &[usize], inputs: usize) -> Result<Vec<QTensor>, ModelError> {
    let unfit = || failure(format!("tensor `{name}` of the model file does not fit the sizes in its metadata"));
    let unusable = |e: candle_core::Error| failure(format!("tensor `{name}` of the model file cannot be used: {}", reason(&e)));
    let dimensions = tensor.shape().dims();
    let (columns, rows) = (dimensions.last().copied().unwrap_or(0), dimensions.iter().rev().skip(1).product::<usize>());
    if columns != inputs || outputs.iter().sum::<usize>() != rows || outputs.contains(&0) {
        return Err(unfit());
    }
    let data = tensor.data().map_err(unusable)?;
    let row = inputs / tensor.dtype().block_size() * tensor.dtype().type_size();
    let mut first = 0;
    let mut found = Vec::with_capacity(outputs.len());
    for count in outputs {
        let part = data.get(first * row..(first + count) * row).ok_or_else(unfit)?;
        let storage = QStorage::from_data(part.into(), &Device::Cpu, tensor.dtype()).map_err(unusable)?;
        found.push(QTensor::new(storage, (*count, inputs)).map_err(unusable)?);
        first += count;
    }
    Ok(found)
}

impl Reader<'_> {
    /// Several matrices whose rows follow one another in one tensor, and their biases; `None` takes all rows in equal
    /// parts.
    fn fused<const N: usize>(
        &mut self,
        name: &str,
        outputs: Option<[usize; N]>,
        inputs: usize,
    ) -> Result<[Projection; N], ModelError> {
        let tensor_name = format!("{name}.weight");
        let tensor = self.tensor(&tensor_name)?;
        let outputs = outputs.unwrap_or([tensor.shape().dims().first().copied().unwrap_or(0) / N; N]);
        let bias = self.optional_vector(&format!("{name}.bias"), outputs.iter().sum())?;
        let mut first = 0;
        let mut found = Vec::with_capacity(N);
        for (part, count) in parts(&tensor, &tensor_name, &outputs, inputs)?.iter().zip(outputs) {
            let bias = bias.as_ref().and_then(|bias| bias.get(first..first + count)).map(<[f32]>::to_vec);
            found.push(Projection { matrix: self.matrix_of(part, &tensor_name)?, bias });
            first += count;
        }
        found.try_into().map_err(|_| failure(format!("tensor `{tensor_name}` of the model file cannot be cut up")))
    }

    /// The matrices of all experts, which are one tensor.
    fn stacked(
        &mut self,
        name: &str,
        experts: usize,
        outputs: Option<usize>,
        inputs: usize,
    ) -> Result<Vec<Projection>, ModelError> {
        let tensor_name = format!("{name}.weight");
        let tensor = self.tensor(&tensor_name)?;
        let outputs = outputs.unwrap_or_else(|| tensor.shape().dims().get(1).copied().unwrap_or(0));
        let matrices = parts(&tensor, &tensor_name, &vec![outputs; experts], inputs)?;
        matrices.iter().map(|part| Ok(Projection { matrix: self.matrix_of(part, &tensor_name)?, bias: None })).collect()
    }

    fn projection(&mut self, name: &str, outputs: Option<usize>, inputs: usize) -> Result<Projection, ModelError> {
        let matrix = self.matrix(&format!("{name}.weight"), outputs, inputs)?;
        let bias = self.optional_vector(&format!("{name}.bias"), matrix.outputs)?;
        Ok(Projection { matrix, bias })
    }

    /// A norm over pieces of `width` values.
    pub fn norm(&mut self, architecture: &Architecture, name: &str, width: usize) -> Result<Norm, ModelError> {
        let weight = self.vector(&format!("{name}.weight"), width)?;
        let bias = self.optional_vector(&format!("{name}.bias"), width)?;
        Ok(Norm { kind: architecture.family.norm, epsilon: architecture.norm_epsilon, width, weight, bias })
    }

    /// The norm of `heads` heads: one for every head alike, one for each, or one over all of them together.
    fn head_norm(&mut self, architecture: &Architecture, name: &str, heads: usize) -> Result<Option<Norm>, ModelError> {
        let tensor = format!("{name}.weight");
        match architecture.family.head_norms {
            HeadNorms::Never => return Ok(None),
            HeadNorms::Optional if !self.has(&tensor) => return Ok(None),
            HeadNorms::Optional | HeadNorms::Required | HeadNorms::AfterTurning => {}
        }
        let width = architecture.heads.width;
        let unfit = |reason: &str| failure(format!("tensor `{tensor}` of the model file {reason}"));
        let read = self.tensor(&tensor)?;
        let pieces = match *read.shape().dims() {
            [length] if length == width => width,
            [length] if length == width * heads => width * heads,
            [rows, length] if length == width && rows == heads => width,
            _ => return Err(unfit("does not fit the sizes in its metadata")),
        };
        let weight = dequantized(&read).map_err(|e| unfit(&format!("cannot be used: {}", reason(&e))))?;
        Ok(Some(Norm { kind: architecture.family.norm, epsilon: architecture.norm_epsilon, width: pieces, weight, bias: None }))
    }

    /// Queries, keys and values.
    fn projections(&mut self, architecture: &Architecture, index: usize) -> Result<[Projection; 3], ModelError> {
        let Architecture { hidden, heads, .. } = *architecture;
        let (queries, keys) = (heads.queries * heads.width, heads.keys * heads.width);
        let name = |part: &str| format!("blk.{index}.{part}");
        if self.has(&name("attn_qkv.weight")) {
            return self.fused(&name("attn_qkv"), Some([queries, keys, keys]), hidden);
        }
        Ok([
            self.projection(&name("attn_q"), Some(queries), hidden)?,
            self.projection(&name("attn_k"), Some(keys), hidden)?,
            self.projection(&name("attn_v"), Some(keys), hidden)?,
        ])
    }

    /// A dense part whose tensors end in `suffix`.
    fn dense(&mut self, architecture: &Architecture, index: usize, suffix: &str) -> Result<Dense, ModelError> {
        let hidden = architecture.hidden;
        let name = |part: &str| format!("blk.{index}.ffn_{part}{suffix}");
        let (gate, up) = if self.has(&format!("{}.weight", name("gate"))) {
            let gate = self.projection(&name("gate"), None, hidden)?;
            let up = self.projection(&name("up"), Some(gate.matrix.outputs), hidden)?;
            (Some(gate), up)
        } else if architecture.family.gate_in_up {
            let [gate, up] = self.fused(&name("up"), None, hidden)?;
            (Some(gate), up)
        } else {
            (None, self.projection(&name("up"), None, hidden)?)
        };
        let down = self.projection(&name("down"), Some(hidden), up.matrix.outputs)?;
        Ok(Dense { gate, up, down })
    }

    fn mixture(
        &mut self,
        architecture: &Architecture,
        index: usize,
        count: usize,
        rule: RouterRule,
    ) -> Result<Mixture, ModelError> {
        let hidden = architecture.hidden;
        let name = |part: &str| format!("blk.{index}.{part}");
        let gates = self.stacked(&name("ffn_gate_exps"), count, None, hidden)?;
        let width = gates.first().map_or(0, |gate| gate.matrix.outputs);
        let ups = self.stacked(&name("ffn_up_exps"), count, Some(width), hidden)?;
        let downs = self.stacked(&name("ffn_down_exps"), count, Some(hidden), width)?;
        let experts = gates.into_iter().zip(ups).zip(downs).map(|((gate, up), down)| Dense { gate: Some(gate), up, down });
        let shared = if self.has(&name("ffn_up_shexp.weight")) {
            let gate = if self.has(&name("ffn_gate_inp_shexp.weight")) {
                Some(self.row_matrix(&name("ffn_gate_inp_shexp.weight"), hidden)?)
            } else {
                None
            };
            Some((self.dense(architecture, index, "_shexp")?, gate))
        } else {
            None
        };
        Ok(Mixture {
            rule,
            router: self.projection(&name("ffn_gate_inp"), Some(count), hidden)?,
            preference: self.optional_vector(&name("exp_probs_b.bias"), count)?,
            experts: experts.collect(),
            shared,
        })
    }

    /// Layer `index`.
    pub fn layer(&mut self, architecture: &Architecture, index: usize) -> Result<Layer, ModelError> {
        let Architecture { hidden, heads, family, .. } = *architecture;
        let name = |part: &str| format!("blk.{index}.{part}");
        let (before, behind) = architecture.norms();
        let optional = |reader: &mut Self, wanted: bool, part: &str| {
            if wanted { reader.norm(architecture, &name(part), hidden).map(Some) } else { Ok(None) }
        };
        // Falcon's larger models have a norm for each part; the smaller ones share one.
        let second = self.has(&name("attn_norm_2.weight"));
        let (for_attention, for_feed_forward) = match second {
            true => ("attn_norm_2", "attn_norm"),
            false => ("attn_norm", family.feed_forward_norm),
        };
        let has_norm = self.has(&format!("{}.weight", name(for_feed_forward)));
        let parallel = architecture.parallel.unwrap_or(!has_norm);
        let [query, key, value] = self.projections(architecture, index)?;
        let feed_forward = match architecture.experts {
            Some((count, rule)) if self.has(&name("ffn_gate_inp.weight")) => {
                FeedForward::Mixture(Box::new(self.mixture(architecture, index, count, rule)?))
            }
            _ => FeedForward::Dense(Box::new(self.dense(architecture, index, "")?)),
        };
        let layer = Layer {
            attention: architecture.attention(index),
            turn: architecture.turn(index),
            norms_turned_heads: family.head_norms == HeadNorms::AfterTurning,
            attention_norm: optional(self, before, for_attention)?,
            attention_post_norm: optional(self, behind, "post_attention_norm")?,
            query,
            key,
            value,
            query_norm: self.head_norm(architecture, &name("attn_q_norm"), heads.queries)?,
            key_norm: self.head_norm(architecture, &name("attn_k_norm"), heads.keys)?,
            attention_output: self.projection(&name("attn_output"), Some(hidden), heads.queries * heads.width)?,
            parallel,
            feed_forward_norm: optional(self, before && (has_norm || !parallel), for_feed_forward)?,
            feed_forward_post_norm: optional(self, behind, "post_ffw_norm")?,
            feed_forward,
        };
        self.check_used(&format!("blk.{index}."))?;
        Ok(layer)
    }
}
