//! A weight matrix and its product with activations.

use super::blocks::{BLOCK, Block, read_half_block, read_super_block};
use super::cpu::{Cpu, Level};
use super::half_weights::{HalfKind, HalfTiles};
use super::lanes::LANES;
use super::memory::reserved;
use super::multiply::{multiply_full, multiply_quantized};
#[cfg(target_arch = "x86_64")]
use super::multiply_x86;
use super::operand::{Operand, Quantized};
use super::team::{Shared, Team};
use super::tiles::{Bytes, FloatTile, HalfTile, Nibbles, SixTile, SuperTile, Tile, pack_tiles, unpack_row};
use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{Device, Error, Result};
use std::ops::Range;

/// Parts a product is cut into for each thread, so that one that comes late takes fewer.
const PARTS_PER_THREAD: usize = 4;
/// Rows that are dequantised at a time while a matrix is packed; a multiple of 16.
const PIECE: usize = 256;

/// In which numbers the weights are multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightMode {
    /// The file's own quants against activations in whole numbers; floats stay what they are.
    Native,
    /// The same, but floats are rounded to 8-bit blocks of 32.
    Eight,
    /// Dequantised weights against activations, both 32-bit floats: the reference.
    Full,
    /// The file's own numbers as they are, to be taken over by a device's kernels; not for this processor.
    Kept,
}

impl WeightMode {
    /// The name in `-M weights=NAME` and in provenance.
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Eight => "q8",
            Self::Full => "f32",
            Self::Kept => "kept",
        }
    }
}

enum Form {
    /// Q4_0, Q4_1.
    Nibbles(Vec<HalfTile<Nibbles>>),
    /// Q5_0, Q5_1, Q8_0.
    Bytes(Vec<HalfTile<Bytes>>),
    /// Q4_K.
    SuperNibbles(Vec<SuperTile<Nibbles>>),
    /// Q5_K.
    SuperBytes(Vec<SuperTile<Bytes>>),
    /// Q6_K.
    Six(Vec<SixTile>),
    /// Other types, rounded to 8 bits.
    Floats(Vec<FloatTile>),
    /// `[16 rows][input][row]`.
    Full(Vec<[f32; LANES]>),
    /// The same in 16 bits.
    Half(HalfTiles),
    /// A copy of the tensor. Networks that multiply on this processor have none, see `Network::forward_with`.
    Kept(QTensor),
}

/// A matrix of `outputs` rows and `inputs` columns.
pub(super) struct Matrix {
    pub outputs: usize,
    pub inputs: usize,
    form: Form,
}

impl Matrix {
    /// Takes a tensor over in `mode`. In native mode, Q4_0 to Q8_0 and Q4_K to Q6_K are kept without loss, floats stay
    /// floats, and other types (Q3_K, Q2_K) are rounded to 8-bit blocks of 32.
    pub fn new(tensor: &QTensor, mode: WeightMode) -> Result<Self> {
        let (outputs, inputs) = tensor.shape().dims2()?;
        let kind = tensor.dtype();
        let float = matches!(kind, GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16);
        let eight = mode == WeightMode::Eight && inputs.is_multiple_of(BLOCK);
        let form = if mode == WeightMode::Kept {
            let storage = QStorage::from_data(tensor.data()?, &Device::Cpu, kind)?;
            Form::Kept(QTensor::new(storage, (outputs, inputs))?)
        } else if mode != WeightMode::Full
            && !eight
            && let Some(half) = half_kind(kind)
        {
            Form::Half(HalfTiles::pack(half, &tensor.data()?, inputs).map_err(Error::msg)?)
        } else if mode == WeightMode::Full || (float && !eight) || !inputs.is_multiple_of(BLOCK) {
            let mut tiles = reserved(outputs.div_ceil(LANES) * inputs).map_err(Error::msg)?;
            dequantize_by_pieces(tensor, |values| pack_full(values, inputs, &mut tiles))?;
            Form::Full(tiles)
        } else {
            quantized_form(tensor)?
        };
        Ok(Self { outputs, inputs, form })
    }

    /// The weights of row `row`.
    pub fn row(&self, row: usize, output: &mut [f32]) {
        match &self.form {
            Form::Nibbles(tiles) => unpack_row(tiles, tiles_per_row::<HalfTile<Nibbles>>(self.inputs), row, output),
            Form::Bytes(tiles) => unpack_row(tiles, tiles_per_row::<HalfTile<Bytes>>(self.inputs), row, output),
            Form::SuperNibbles(tiles) => unpack_row(tiles, tiles_per_row::<SuperTile<Nibbles>>(self.inputs), row, output),
            Form::SuperBytes(tiles) => unpack_row(tiles, tiles_per_row::<SuperTile<Bytes>>(self.inputs), row, output),
            Form::Six(tiles) => unpack_row(tiles, tiles_per_row::<SixTile>(self.inputs), row, output),
            Form::Floats(tiles) => unpack_row(tiles, tiles_per_row::<FloatTile>(self.inputs), row, output),
            Form::Full(tiles) => {
                let group = &tiles[row / LANES * self.inputs..];
                for (value, tile) in output.iter_mut().zip(group) {
                    *value = tile[row % LANES];
                }
            }
            Form::Half(tiles) => tiles.row(row, self.inputs, output),
            Form::Kept(_) => {}
        }
    }

    /// `output[r][o] = operand[r] . row(o)` for each matrix and output; each row's result is the same whatever rows come
    /// with it and whoever helps.
    pub fn apply_all(team: &Team, operand: &Operand<'_>, products: &mut [(&Matrix, &mut Vec<f32>)]) {
        let rows = operand.rows();
        for (matrix, output) in products.iter_mut() {
            output.clear();
            output.resize(rows * matrix.outputs, 0.0);
        }
        let groups: usize = products.iter().map(|(matrix, _)| matrix.groups()).sum();
        let size = if team.threads() == 1 { groups } else { groups.div_ceil(team.threads() * PARTS_PER_THREAD).max(1) };
        let mut parts: Vec<(usize, Range<usize>)> = Vec::new();
        for (index, (matrix, _)) in products.iter().enumerate() {
            let starts = (0..matrix.groups()).step_by(size.max(1));
            parts.extend(starts.map(|start| (index, start..(start + size).min(matrix.groups()))));
        }
        let quantized = if products.iter().any(|(matrix, _)| matrix.is_quantized()) { Some(operand.quantized()) } else { None };
        let (cpu, values) = (operand.cpu(), operand.values);
        let outputs: Vec<(&Matrix, Shared<'_>)> =
            products.iter_mut().map(|(matrix, output)| (*matrix, Shared::new(output))).collect();
        team.run(parts.len(), &|part| {
            let (index, groups) = &parts[part];
            let (matrix, output) = &outputs[*index];
            matrix.multiply(cpu, values, quantized, groups.clone(), output);
        });
    }

    fn multiply(&self, cpu: Cpu, values: &[f32], quantized: Option<&Quantized>, groups: Range<usize>, output: &Shared<'_>) {
        let (blocks, outputs) = (self.inputs / BLOCK, self.outputs);
        match (&self.form, quantized) {
            (Form::Half(tiles), _) => tiles.multiply(cpu, values, self.inputs, outputs, groups, output),
            (Form::Full(tiles), _) => multiply_full(cpu, tiles, values, self.inputs, outputs, groups, output),
            (_, None) | (Form::Kept(_), _) => {}
            (Form::Nibbles(tiles), Some(input)) => multiply(cpu, tiles, input, blocks, outputs, groups, output),
            (Form::Bytes(tiles), Some(input)) => multiply(cpu, tiles, input, blocks, outputs, groups, output),
            (Form::SuperNibbles(tiles), Some(input)) => multiply(cpu, tiles, input, blocks, outputs, groups, output),
            (Form::SuperBytes(tiles), Some(input)) => multiply(cpu, tiles, input, blocks, outputs, groups, output),
            (Form::Six(tiles), Some(input)) => multiply(cpu, tiles, input, blocks, outputs, groups, output),
            (Form::Floats(tiles), Some(input)) => multiply(cpu, tiles, input, blocks, outputs, groups, output),
        }
    }

    fn is_quantized(&self) -> bool {
        !matches!(self.form, Form::Full(_) | Form::Half(_) | Form::Kept(_))
    }

    /// The tensor, where it was kept as it is.
    pub fn kept(&self) -> Option<&QTensor> {
        if let Form::Kept(tensor) = &self.form { Some(tensor) } else { None }
    }

    /// Groups of 16 outputs, the last one possibly smaller.
    fn groups(&self) -> usize {
        self.outputs.div_ceil(LANES)
    }

    /// Bytes of memory the weights take.
    pub fn bytes(&self) -> usize {
        match &self.form {
            Form::Nibbles(tiles) => size_of_val(tiles.as_slice()),
            Form::Bytes(tiles) => size_of_val(tiles.as_slice()),
            Form::SuperNibbles(tiles) => size_of_val(tiles.as_slice()),
            Form::SuperBytes(tiles) => size_of_val(tiles.as_slice()),
            Form::Six(tiles) => size_of_val(tiles.as_slice()),
            Form::Floats(tiles) => size_of_val(tiles.as_slice()),
            Form::Full(tiles) => size_of_val(tiles.as_slice()),
            Form::Half(tiles) => tiles.bytes(),
            Form::Kept(tensor) => tensor.storage_size_in_bytes(),
        }
    }
}

/// Bytes of memory that `weights` weights of a type take in a mode.
pub(super) fn memory_of(kind: GgmlDType, weights: usize, mode: WeightMode) -> usize {
    let float = matches!(kind, GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16);
    if mode == WeightMode::Native && half_kind(kind).is_some() {
        return weights.saturating_mul(size_of::<u16>());
    }
    if mode == WeightMode::Full || (float && mode == WeightMode::Native) {
        return weights.saturating_mul(size_of::<f32>());
    }
    if mode == WeightMode::Kept {
        return (weights / kind.block_size()).saturating_mul(kind.type_size());
    }
    let (tile, blocks) = match kind {
        GgmlDType::Q4_0 | GgmlDType::Q4_1 => (size_of::<HalfTile<Nibbles>>(), 1),
        GgmlDType::Q5_0 | GgmlDType::Q5_1 | GgmlDType::Q8_0 => (size_of::<HalfTile<Bytes>>(), 1),
        GgmlDType::Q4K => (size_of::<SuperTile<Nibbles>>(), 8),
        GgmlDType::Q5K => (size_of::<SuperTile<Bytes>>(), 8),
        GgmlDType::Q6K => (size_of::<SixTile>(), 8),
        _ => (size_of::<FloatTile>(), 1),
    };
    (weights / (LANES * BLOCK * blocks)).saturating_mul(tile)
}

/// Tiles of 16 rows of a matrix with `inputs` columns.
fn tiles_per_row<T: Tile>(inputs: usize) -> usize {
    inputs / (BLOCK * T::BLOCKS)
}

fn multiply<T: Tile>(
    cpu: Cpu,
    tiles: &[T],
    input: &Quantized,
    blocks: usize,
    outputs: usize,
    groups: Range<usize>,
    output: &Shared<'_>,
) {
    match cpu.level() {
        Level::Portable => multiply_quantized(tiles, input, blocks, outputs, groups, output),
        #[cfg(target_arch = "x86_64")]
        _ => multiply_x86::multiply(cpu, tiles, input, blocks, outputs, groups, output),
    }
}

fn half_kind(kind: GgmlDType) -> Option<HalfKind> {
    match kind {
        GgmlDType::F16 => Some(HalfKind::Half),
        GgmlDType::BF16 => Some(HalfKind::Brain),
        _ => None,
    }
}

pub(super) fn dequantized(tensor: &QTensor) -> Result<Vec<f32>> {
    tensor.dequantize(&Device::Cpu)?.flatten_all()?.to_vec1::<f32>()
}

/// Calls `take` with the dequantised rows of a matrix, some at a time, so that the whole is never there twice.
fn dequantize_by_pieces(tensor: &QTensor, mut take: impl FnMut(&[f32])) -> Result<()> {
    let (_, inputs) = tensor.shape().dims2()?;
    let kind = tensor.dtype();
    let row = inputs / kind.block_size() * kind.type_size();
    for rows in tensor.data()?.chunks(PIECE * row) {
        let storage = QStorage::from_data(rows.into(), &Device::Cpu, kind)?;
        take(&dequantized(&QTensor::new(storage, (rows.len() / row, inputs))?)?);
    }
    Ok(())
}

/// A quantised matrix as tiles: without loss but for types that are rounded to 8-bit blocks of 32, Q3_K and Q2_K.
fn quantized_form(tensor: &QTensor) -> Result<Form> {
    let kind = tensor.dtype();
    let half = |unit: &[u8]| read_half_block(kind, unit);
    let super_block = |unit: &[u8]| read_super_block(kind, unit);
    let exact = match kind {
        GgmlDType::Q4_0 | GgmlDType::Q4_1 => exact_tiles(tensor, half)?.map(Form::Nibbles),
        GgmlDType::Q5_0 | GgmlDType::Q5_1 | GgmlDType::Q8_0 => exact_tiles(tensor, half)?.map(Form::Bytes),
        GgmlDType::Q4K => exact_tiles(tensor, super_block)?.map(Form::SuperNibbles),
        GgmlDType::Q5K => exact_tiles(tensor, super_block)?.map(Form::SuperBytes),
        GgmlDType::Q6K => exact_tiles(tensor, super_block)?.map(Form::Six),
        _ => None,
    };
    match exact {
        Some(form) => Ok(form),
        None => Ok(Form::Floats(float_tiles(tensor)?)),
    }
}

/// The file's units as they are; `None` where one of them cannot be kept so.
fn exact_tiles<T: Tile>(tensor: &QTensor, read: impl Fn(&[u8]) -> Option<T::Unit>) -> Result<Option<Vec<T>>> {
    let (outputs, inputs) = tensor.shape().dims2()?;
    let kind = tensor.dtype();
    let (in_a_row, bytes) = (inputs / kind.block_size(), kind.type_size());
    let mut tiles = reserved(outputs.div_ceil(LANES) * in_a_row).map_err(Error::msg)?;
    let mut units = Vec::new();
    for rows in tensor.data()?.chunks(LANES * in_a_row * bytes) {
        units.clear();
        for unit in rows.chunks_exact(bytes) {
            let Some(unit) = read(unit) else { return Ok(None) };
            units.push(unit);
        }
        pack_tiles(&units, in_a_row, &mut tiles);
    }
    Ok(Some(tiles))
}

/// Blocks of 32 in 8 bits with scales in 32-bit floats.
fn float_tiles(tensor: &QTensor) -> Result<Vec<FloatTile>> {
    let (outputs, inputs) = tensor.shape().dims2()?;
    let in_a_row = inputs / BLOCK;
    let mut tiles = reserved(outputs.div_ceil(LANES) * in_a_row).map_err(Error::msg)?;
    let mut blocks: Vec<Block> = Vec::new();
    dequantize_by_pieces(tensor, |values| {
        blocks.clear();
        blocks.extend(values.chunks_exact(BLOCK).map(Block::nearest));
        pack_tiles(&blocks, in_a_row, &mut tiles);
    })?;
    Ok(tiles)
}

/// Appends rows as tiles `[16 rows][input][row]`; only the last ones of a matrix may be fewer than 16.
fn pack_full(values: &[f32], inputs: usize, tiles: &mut Vec<[f32; LANES]>) {
    for rows in values.chunks(LANES * inputs) {
        for input in 0..inputs {
            tiles.push(std::array::from_fn(|r| rows.get(r * inputs + input).copied().unwrap_or(0.0)));
        }
    }
}
