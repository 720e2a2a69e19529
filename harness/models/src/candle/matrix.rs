//! A weight matrix and its product with activations.

use super::blocks::{BLOCK, Block, Encoding};
use super::cpu::Level;
use super::lanes::LANES;
use super::multiply::{multiply_full, multiply_narrow, multiply_wide};
#[cfg(target_arch = "x86_64")]
use super::multiply_x86;
use super::operand::Operand;
use super::tiles::{NarrowTile, WideTile, pack_tiles, unpack_row};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Result};

/// In which numbers the weights are multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightMode {
    /// The file's own quants against activations in whole numbers.
    Native,
    /// Dequantised weights against activations, both 32-bit floats: the reference.
    Full,
}

impl WeightMode {
    /// The name in `-M weights=NAME` and in provenance.
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Full => "f32",
        }
    }
}

enum Form {
    Wide(Vec<WideTile>),
    Narrow(Vec<NarrowTile>),
    /// `[16 rows][input][row]`.
    Full(Vec<[f32; LANES]>),
}

/// A matrix of `outputs` rows and `inputs` columns.
pub(super) struct Matrix {
    pub outputs: usize,
    pub inputs: usize,
    form: Form,
}

impl Matrix {
    /// Takes a tensor over in `mode`. In native mode, types of 32-blocks (Q4_0 … Q8_0, Q4_K, Q5_K) are kept without
    /// loss, floats stay floats, and other types (Q6_K, Q3_K, Q2_K) are rounded to 8-bit blocks of 32.
    pub fn new(tensor: &QTensor, mode: WeightMode) -> Result<Self> {
        let (outputs, inputs) = tensor.shape().dims2()?;
        let kind = tensor.dtype();
        let float = matches!(kind, GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16);
        let form = if mode == WeightMode::Full || float || !inputs.is_multiple_of(BLOCK) {
            Form::Full(pack_full(&dequantized(tensor)?, inputs))
        } else if let Some(encoding) = Encoding::of(kind) {
            let data = tensor.data()?;
            let mut blocks = Vec::with_capacity(outputs * inputs / BLOCK);
            for row in data.chunks_exact(inputs / encoding.unit * encoding.bytes) {
                encoding.read_row(row, &mut blocks);
            }
            if encoding.narrow {
                Form::Narrow(pack_tiles(&blocks, inputs / BLOCK))
            } else {
                Form::Wide(pack_tiles(&blocks, inputs / BLOCK))
            }
        } else {
            let blocks: Vec<Block> = dequantized(tensor)?.chunks_exact(BLOCK).map(Block::nearest).collect();
            Form::Wide(pack_tiles(&blocks, inputs / BLOCK))
        };
        Ok(Self { outputs, inputs, form })
    }

    /// The weights of row `row`.
    pub fn row(&self, row: usize, output: &mut [f32]) {
        match &self.form {
            Form::Wide(tiles) => unpack_row(tiles, self.inputs / BLOCK, row, output),
            Form::Narrow(tiles) => unpack_row(tiles, self.inputs / BLOCK, row, output),
            Form::Full(tiles) => {
                let group = &tiles[row / LANES * self.inputs..];
                for (value, tile) in output.iter_mut().zip(group) {
                    *value = tile[row % LANES];
                }
            }
        }
    }

    /// `output[r][o] = operand[r] . row(o)`; each row's result is the same whatever rows come with it.
    pub fn apply(&self, operand: &Operand<'_>, output: &mut Vec<f32>) {
        output.clear();
        output.resize(operand.rows() * self.outputs, 0.0);
        match &self.form {
            Form::Full(tiles) => multiply_full(operand.cpu(), tiles, operand.values, self.inputs, self.outputs, output),
            Form::Wide(tiles) => match operand.cpu().level() {
                Level::Portable => multiply_wide(tiles, operand.quantized(), self.inputs / BLOCK, self.outputs, output),
                #[cfg(target_arch = "x86_64")]
                _ => multiply_x86::multiply(operand.cpu(), tiles, operand.quantized(), self.inputs / BLOCK, self.outputs, output),
            },
            Form::Narrow(tiles) => match operand.cpu().level() {
                Level::Portable => multiply_narrow(tiles, operand.quantized(), self.inputs / BLOCK, self.outputs, output),
                #[cfg(target_arch = "x86_64")]
                _ => multiply_x86::multiply(operand.cpu(), tiles, operand.quantized(), self.inputs / BLOCK, self.outputs, output),
            },
        }
    }

    /// Bytes of memory the weights take.
    pub fn bytes(&self) -> usize {
        match &self.form {
            Form::Wide(tiles) => size_of_val(tiles.as_slice()),
            Form::Narrow(tiles) => size_of_val(tiles.as_slice()),
            Form::Full(tiles) => size_of_val(tiles.as_slice()),
        }
    }
}

pub(super) fn dequantized(tensor: &QTensor) -> Result<Vec<f32>> {
    tensor.dequantize(&Device::Cpu)?.flatten_all()?.to_vec1::<f32>()
}

fn pack_full(values: &[f32], inputs: usize) -> Vec<[f32; LANES]> {
    let mut tiles = Vec::with_capacity((values.len() / inputs).div_ceil(LANES) * inputs);
    for rows in values.chunks(LANES * inputs) {
        for input in 0..inputs {
            tiles.push(std::array::from_fn(|r| rows.get(r * inputs + input).copied().unwrap_or(0.0)));
        }
    }
    tiles
}
