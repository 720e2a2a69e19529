//! Blocks of 32 weights as GGUF files store them, read without loss.

use candle_core::quantized::GgmlDType;
use half::f16;

/// Weights that share a scale.
pub(super) const BLOCK: usize = 32;

/// 32 weights: `weight = scale * quant + offset`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Block {
    pub scale: f32,
    pub offset: f32,
    pub quants: [u8; BLOCK],
}

impl Block {
    /// The nearest block of 8-bit quants.
    pub fn nearest(values: &[f32]) -> Self {
        let highest = values.iter().fold(0f32, |m, x| m.max(x.abs()));
        let scale = highest / 127.0;
        let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
        let mut quants = [128u8; BLOCK];
        for (q, x) in quants.iter_mut().zip(values) {
            *q = ((x * inverse).round_ties_even() as i32 + 128).clamp(0, 255) as u8;
        }
        Self { scale, offset: -128.0 * scale, quants }
    }
}

/// How a GGUF weight type turns into blocks of 32.
#[derive(Debug, Clone, Copy)]
pub(super) struct Encoding {
    /// Whether every quant is below 16.
    pub narrow: bool,
    /// Weights in one unit of the file's encoding.
    pub unit: usize,
    /// Bytes of that unit.
    pub bytes: usize,
    read: ReadUnit,
}

/// Appends one unit's blocks.
type ReadUnit = fn(&[u8], &mut Vec<Block>);

impl Encoding {
    /// The encoding of a type whose blocks convert without loss; `None` for all other types.
    pub fn of(kind: GgmlDType) -> Option<Self> {
        let (narrow, unit, read): (bool, usize, ReadUnit) = match kind {
            GgmlDType::Q4_0 => (true, 32, read_q4_0),
            GgmlDType::Q4_1 => (true, 32, read_q4_1),
            GgmlDType::Q5_0 => (false, 32, read_q5_0),
            GgmlDType::Q5_1 => (false, 32, read_q5_1),
            GgmlDType::Q8_0 => (false, 32, read_q8_0),
            GgmlDType::Q4K => (true, 256, read_q4_k),
            GgmlDType::Q5K => (false, 256, read_q5_k),
            _ => return None,
        };
        Some(Self { narrow, unit, bytes: kind.type_size(), read })
    }

    /// Appends the blocks of one row.
    pub fn read_row(self, row: &[u8], blocks: &mut Vec<Block>) {
        for unit in row.chunks_exact(self.bytes) {
            (self.read)(unit, blocks);
        }
    }
}

fn half_at(bytes: &[u8], at: usize) -> f32 {
    f16::from_le_bytes([bytes[at], bytes[at + 1]]).to_f32()
}

/// Low nibbles are weights 0..16, high nibbles 16..32.
fn nibbles(bytes: &[u8]) -> [u8; BLOCK] {
    std::array::from_fn(|i| if i < 16 { bytes[i] & 15 } else { bytes[i - 16] >> 4 })
}

/// Nibbles with a fifth bit from `high`.
fn five_bits(bytes: &[u8], high: &[u8]) -> [u8; BLOCK] {
    let low = nibbles(bytes);
    std::array::from_fn(|i| low[i] | ((high[i / 8] >> (i % 8)) & 1) << 4)
}

fn read_q4_0(unit: &[u8], blocks: &mut Vec<Block>) {
    let scale = half_at(unit, 0);
    blocks.push(Block { scale, offset: -8.0 * scale, quants: nibbles(&unit[2..]) });
}

fn read_q4_1(unit: &[u8], blocks: &mut Vec<Block>) {
    blocks.push(Block { scale: half_at(unit, 0), offset: half_at(unit, 2), quants: nibbles(&unit[4..]) });
}

fn read_q5_0(unit: &[u8], blocks: &mut Vec<Block>) {
    let scale = half_at(unit, 0);
    blocks.push(Block { scale, offset: -16.0 * scale, quants: five_bits(&unit[6..], &unit[2..6]) });
}

fn read_q5_1(unit: &[u8], blocks: &mut Vec<Block>) {
    let quants = five_bits(&unit[8..], &unit[4..8]);
    blocks.push(Block { scale: half_at(unit, 0), offset: half_at(unit, 2), quants });
}

fn read_q8_0(unit: &[u8], blocks: &mut Vec<Block>) {
    let scale = half_at(unit, 0);
    let quants = std::array::from_fn(|i| unit[2 + i] ^ 0x80);
    blocks.push(Block { scale, offset: -128.0 * scale, quants });
}

/// The 6-bit scale and minimum of sub-block `j` of a K-type unit.
fn scale_and_minimum(scales: &[u8], j: usize) -> (f32, f32) {
    let (scale, minimum) = if j < 4 {
        (scales[j] & 63, scales[j + 4] & 63)
    } else {
        ((scales[j + 4] & 15) | ((scales[j - 4] >> 6) << 4), (scales[j + 4] >> 4) | ((scales[j] >> 6) << 4))
    };
    (f32::from(scale), f32::from(minimum))
}

fn read_q4_k(unit: &[u8], blocks: &mut Vec<Block>) {
    let (scale, minimum) = (half_at(unit, 0), half_at(unit, 2));
    let (scales, quants) = (&unit[4..16], &unit[16..144]);
    for j in 0..8 {
        let (s, m) = scale_and_minimum(scales, j);
        let bytes = &quants[j / 2 * 32..][..32];
        let quants = std::array::from_fn(|i| if j % 2 == 0 { bytes[i] & 15 } else { bytes[i] >> 4 });
        blocks.push(Block { scale: scale * s, offset: -minimum * m, quants });
    }
}

fn read_q5_k(unit: &[u8], blocks: &mut Vec<Block>) {
    let (scale, minimum) = (half_at(unit, 0), half_at(unit, 2));
    let (scales, high, quants) = (&unit[4..16], &unit[16..48], &unit[48..176]);
    for j in 0..8 {
        let (s, m) = scale_and_minimum(scales, j);
        let bytes = &quants[j / 2 * 32..][..32];
        let quants = std::array::from_fn(|i| {
            let low = if j % 2 == 0 { bytes[i] & 15 } else { bytes[i] >> 4 };
            low | ((high[i] >> j) & 1) << 4
        });
        blocks.push(Block { scale: scale * s, offset: -minimum * m, quants });
    }
}
