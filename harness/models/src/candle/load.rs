//! Reading a network's weights.

use super::architecture::Architecture;
use super::cache::CacheMode;
use super::cpu::Cpu;
use super::families::Turned;
use super::matrix::{Matrix, WeightMode, dequantized};
use super::memory::check_room;
use super::network::Network;
use super::operand::ActivationBits;
use super::origin::{Handle, Origin};
use super::{failure, reason};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use proctor_core::ModelError;
use std::collections::HashSet;

/// The tensor of files whose positions turn by other factors in long texts.
pub(super) const LONG_FACTORS: &str = "rope_factors_long.weight";

/// Reads tensors by name and checks their shapes.
pub(super) struct Reader<'a> {
    handle: Handle<'a>,
    mode: WeightMode,
    /// Names of the tensors read so far.
    read: HashSet<String>,
}

impl Reader<'_> {
    pub fn tensor(&mut self, name: &str) -> Result<QTensor, ModelError> {
        self.read.insert(name.to_owned());
        self.handle.tensor(name)
    }

    pub fn has(&self, name: &str) -> bool {
        self.handle.has(name)
    }

    /// A matrix from a tensor that was read from `name`.
    pub fn matrix_of(&self, tensor: &QTensor, name: &str) -> Result<Matrix, ModelError> {
        Matrix::new(tensor, self.mode)
            .map_err(|e| failure(format!("tensor `{name}` of the model file cannot be used: {}", reason(&e))))
    }

    /// A matrix of one row, which a file may hold as a vector.
    pub fn row_matrix(&mut self, name: &str, inputs: usize) -> Result<Matrix, ModelError> {
        let values = self.vector(name, inputs)?;
        let unusable =
            |e: candle_core::Error| failure(format!("tensor `{name}` of the model file cannot be used: {}", reason(&e)));
        let tensor = Tensor::from_vec(values, (1, inputs), &Device::Cpu).map_err(unusable)?;
        self.matrix_of(&QTensor::quantize(&tensor, GgmlDType::F32).map_err(unusable)?, name)
    }

    pub fn matrix(&mut self, name: &str, outputs: Option<usize>, inputs: usize) -> Result<Matrix, ModelError> {
        let tensor = self.tensor(name)?;
        let matrix = self.matrix_of(&tensor, name)?;
        if matrix.inputs != inputs || outputs.is_some_and(|n| n != matrix.outputs) || matrix.outputs == 0 {
            return Err(failure(format!(
                "tensor `{name}` of the model file is {} x {}, which does not fit the sizes in its metadata",
                matrix.outputs, matrix.inputs
            )));
        }
        Ok(matrix)
    }

    pub fn vector(&mut self, name: &str, length: usize) -> Result<Vec<f32>, ModelError> {
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

    pub fn optional_vector(&mut self, name: &str, length: usize) -> Result<Option<Vec<f32>>, ModelError> {
        if self.has(name) { self.vector(name, length).map(Some) } else { Ok(None) }
    }

    /// Refuses tensors whose names begin with `beginning` and that nothing has read: they mean something that is not
    /// computed here.
    pub fn check_used(&self, beginning: &str) -> Result<(), ModelError> {
        let unknown = self.handle.names().find(|name| name.starts_with(beginning) && !self.read.contains(*name));
        match unknown {
            None => Ok(()),
            Some(name) => Err(failure(format!(
                "the model file has a tensor `{name}`, which networks of its architecture as supported here do not have"
            ))),
        }
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
    let reader = || Ok(Reader { handle: origin.handle()?, mode: arithmetic.weights, read: HashSet::new() });
    check_room(origin.memory(arithmetic.weights))?;
    // The largest first, while nothing lies beside them.
    let mut first = reader()?;
    let hidden = architecture.hidden;
    let embedding = first.matrix("token_embd.weight", Some(vocabulary), hidden)?;
    let output = if first.has("output.weight") { Some(first.matrix("output.weight", Some(vocabulary), hidden)?) } else { None };
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
    let output_bias = first.optional_vector("output.bias", vocabulary)?;
    let positions = match architecture.family.turned {
        Turned::Never => Some(first.matrix("position_embd.weight", None, hidden)?),
        _ => None,
    };
    if positions.as_ref().is_some_and(|matrix| matrix.outputs < architecture.context) {
        return Err(failure("the model file has fewer learned positions than tokens of context"));
    }
    let mut architecture = architecture;
    let pairs = architecture.turns.steps.len();
    let factors = if architecture.long_factors { LONG_FACTORS } else { "rope_factors_short.weight" };
    for name in ["rope_freqs.weight", factors] {
        if let Some(factors) = first.optional_vector(name, pairs)? {
            architecture.turns.divide(name, &factors)?;
        }
    }
    Ok(Network {
        output_norm: first.norm(&architecture, "output_norm", hidden)?,
        embedding,
        positions,
        layers: parts.into_iter().flatten().collect(),
        output,
        output_bias,
        architecture,
        cpu: arithmetic.cpu,
        activations: arithmetic.activations,
        cache: arithmetic.cache,
    })
}
