//! Reading a network's weights.

use super::architecture::Architecture;
use super::cache::CacheMode;
use super::cpu::Cpu;
use super::matrix::{Matrix, WeightMode, dequantized};
use super::memory::check_room;
use super::network::{Layer, Network, Projection};
use super::operand::ActivationBits;
use super::origin::{Handle, Origin};
use super::{failure, reason};
use candle_core::Device;
use candle_core::quantized::{QStorage, QTensor};
use proctor_core::ModelError;

/// The matrices that read the hidden state of a layer.
struct Entrance {
    query: Projection,
    key: Projection,
    value: Projection,
    gate: Matrix,
    up: Matrix,
}

/// Reads tensors by name and checks their shapes.
struct Reader<'a> {
    handle: Handle<'a>,
    mode: WeightMode,
}

impl Reader<'_> {
    fn tensor(&mut self, name: &str) -> Result<QTensor, ModelError> {
        self.handle.tensor(name)
    }

    fn has(&self, name: &str) -> bool {
        self.handle.has(name)
    }

    /// A matrix whose rows are those of several, one after the other; `None` takes all rows in equal parts.
    fn fused<const N: usize>(
        &mut self,
        name: &str,
        outputs: Option<[usize; N]>,
        inputs: usize,
    ) -> Result<[Matrix; N], ModelError> {
        let tensor = self.tensor(name)?;
        let unfit = || failure(format!("tensor `{name}` of the model file does not fit the sizes in its metadata"));
        let unusable =
            |e: candle_core::Error| failure(format!("tensor `{name}` of the model file cannot be used: {}", reason(&e)));
        let (rows, columns) = tensor.shape().dims2().map_err(unusable)?;
        let outputs = outputs.unwrap_or([rows / N; N]);
        if columns != inputs || outputs.iter().sum::<usize>() != rows || outputs.contains(&0) {
            return Err(unfit());
        }
        let data = tensor.data().map_err(unusable)?;
        let row = inputs / tensor.dtype().block_size() * tensor.dtype().type_size();
        let mut first = 0;
        let mut matrices = Vec::with_capacity(N);
        for count in outputs {
            let part = data.get(first * row..(first + count) * row).ok_or_else(unfit)?;
            let storage = QStorage::from_data(part.into(), &Device::Cpu, tensor.dtype()).map_err(unusable)?;
            let part = QTensor::new(storage, (count, inputs)).map_err(unusable)?;
            matrices.push(Matrix::new(&part, self.mode).map_err(unusable)?);
            first += count;
        }
        matrices.try_into().map_err(|_| unfit())
    }

    /// Queries, keys and values, and the feed-forward network's gate and up.
    fn entrance(&mut self, architecture: &Architecture, index: usize) -> Result<Entrance, ModelError> {
        let Architecture { hidden, heads, .. } = *architecture;
        let (queries, keys) = (heads.queries * heads.width, heads.keys * heads.width);
        let name = |part: &str| format!("blk.{index}.{part}");
        if architecture.fused {
            let [query, key, value] = self.fused(&name("attn_qkv.weight"), Some([queries, keys, keys]), hidden)?;
            let [gate, up] = self.fused(&name("ffn_up.weight"), None, hidden)?;
            let plain = |matrix| Projection { matrix, bias: None };
            return Ok(Entrance { query: plain(query), key: plain(key), value: plain(value), gate, up });
        }
        let gate = self.matrix(&name("ffn_gate.weight"), None, hidden)?;
        Ok(Entrance {
            query: self.projection(&name("attn_q"), queries, hidden)?,
            key: self.projection(&name("attn_k"), keys, hidden)?,
            value: self.projection(&name("attn_v"), keys, hidden)?,
            up: self.matrix(&name("ffn_up.weight"), Some(gate.outputs), hidden)?,
            gate,
        })
    }

    fn matrix(&mut self, name: &str, outputs: Option<usize>, inputs: usize) -> Result<Matrix, ModelError> {
        let tensor = self.tensor(name)?;
        let matrix = Matrix::new(&tensor, self.mode)
            .map_err(|e| failure(format!("tensor `{name}` of the model file cannot be used: {}", reason(&e))))?;
        if matrix.inputs != inputs || outputs.is_some_and(|n| n != matrix.outputs) || matrix.outputs == 0 {
            return Err(failure(format!(
                "tensor `{name}` of the model file is {} x {}, which does not fit the sizes in its metadata",
                matrix.outputs, matrix.inputs
            )));
        }
        Ok(matrix)
    }

    fn vector(&mut self, name: &str, length: usize) -> Result<Vec<f32>, ModelError> {
        let values = dequantized(&self.tensor(name)?)
            .map_err(|e| failure(format!("tensor `{name}` of the model file cannot be used: {}", reason(&e))))?;
        if values.len() != length {
            return Err(failure(format!(
                "tensor `{name}` of the model file has {} values, not the {length} of its metadata",
                values.len()
            )));
        }
        Ok(values)
    }

    fn optional_vector(&mut self, name: &str, length: usize) -> Result<Option<Vec<f32>>, ModelError> {
        if self.has(name) { self.vector(name, length).map(Some) } else { Ok(None) }
    }

    fn projection(&mut self, name: &str, outputs: usize, inputs: usize) -> Result<Projection, ModelError> {
        let bias = format!("{name}.bias");
        Ok(Projection {
            matrix: self.matrix(&format!("{name}.weight"), Some(outputs), inputs)?,
            bias: self.optional_vector(&bias, outputs)?,
        })
    }

    fn layer(&mut self, architecture: &Architecture, index: usize) -> Result<Layer, ModelError> {
        let Architecture { hidden, heads, .. } = *architecture;
        let queries = heads.queries * heads.width;
        let name = |part: &str| format!("blk.{index}.{part}");
        let head_norm = |reader: &mut Self, part: &str| match architecture.head_norms {
            true => reader.vector(&name(part), heads.width).map(Some),
            false => Ok(None),
        };
        let post_norm = |reader: &mut Self, part: &str| match architecture.gemma {
            Some(_) => reader.vector(&name(part), hidden).map(Some),
            None => Ok(None),
        };
        let Entrance { query, key, value, gate, up } = self.entrance(architecture, index)?;
        Ok(Layer {
            attention: architecture.attention(index),
            attention_norm: self.vector(&name("attn_norm.weight"), hidden)?,
            query,
            key,
            value,
            query_norm: head_norm(self, "attn_q_norm.weight")?,
            key_norm: head_norm(self, "attn_k_norm.weight")?,
            local: architecture.is_local(index),
            attention_post_norm: post_norm(self, "post_attention_norm.weight")?,
            feed_forward_post_norm: post_norm(self, "post_ffw_norm.weight")?,
            attention_output: self.projection(&name("attn_output"), hidden, queries)?,
            feed_forward_norm: self.vector(&name("ffn_norm.weight"), hidden)?,
            down: self.matrix(&name("ffn_down.weight"), Some(hidden), gate.outputs)?,
            gate,
            up,
        })
    }
}

/// In which numbers a network computes, and with which instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arithmetic {
    /// How weights are kept.
    pub weights: WeightMode,
    /// How activations are rounded where they meet quantised weights.
    pub activations: ActivationBits,
    /// In which numbers keys and values are kept.
    pub cache: CacheMode,
    /// The instructions.
    pub cpu: Cpu,
}

impl Arithmetic {
    /// Native weights and fine activations on the best instructions there are.
    pub fn detect() -> Self {
        Self { weights: WeightMode::Native, activations: ActivationBits::Sixteen, cache: CacheMode::Half, cpu: Cpu::detect() }
    }
}

/// Reads the whole network, on as many threads as the machine has.
pub(super) fn load(
    origin: &Origin,
    architecture: Architecture,
    vocabulary: usize,
    arithmetic: Arithmetic,
) -> Result<Network, ModelError> {
    let reader = || Ok(Reader { handle: origin.handle()?, mode: arithmetic.weights });
    check_room(origin.memory(arithmetic.weights))?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(architecture.layers.max(1));
    let share = architecture.layers.div_ceil(threads);
    let shape = &architecture;
    let parts = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    let mut reader = reader()?;
                    let range = thread * share..((thread + 1) * share).min(shape.layers);
                    range.map(|index| reader.layer(shape, index)).collect::<Result<Vec<_>, ModelError>>()
                })
            })
            .collect();
        handles
            .into_iter()
            .map(|handle| handle.join().unwrap_or_else(|_| Err(failure("reading the model file failed"))))
            .collect::<Result<Vec<_>, ModelError>>()
    })?;
    let mut reader = reader()?;
    let hidden = architecture.hidden;
    let embedding = reader.matrix("token_embd.weight", Some(vocabulary), hidden)?;
    let output = if reader.has("output.weight") { Some(reader.matrix("output.weight", Some(vocabulary), hidden)?) } else { None };
    let mut rotary_steps = architecture.rotary_steps(architecture.rotary_base, architecture.rotary_factor);
    let pairs = rotary_steps.len();
    let local_base = architecture.gemma.and_then(|gemma| gemma.local_base);
    let local_rotary_steps = local_base.map(|base| architecture.rotary_steps(base, 1.0));
    for name in ["rope_freqs.weight", "rope_factors_short.weight"] {
        for (step, factor) in rotary_steps.iter_mut().zip(reader.optional_vector(name, pairs)?.unwrap_or_default()) {
            if !factor.is_finite() || factor <= 0.0 {
                return Err(failure(format!("tensor `{name}` of the model file holds {factor}, which is no divisor")));
            }
            *step /= f64::from(factor);
        }
    }
    Ok(Network {
        output_norm: reader.vector("output_norm.weight", hidden)?,
        embedding,
        layers: parts.into_iter().flatten().collect(),
        output,
        rotary_steps,
        local_rotary_steps,
        architecture,
        cpu: arithmetic.cpu,
        activations: arithmetic.activations,
        cache: arithmetic.cache,
    })
}
