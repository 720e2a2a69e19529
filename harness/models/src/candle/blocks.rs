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

/// 32 weights as a file keeps them: `weight = scale * quant + offset`, both 16-bit floats given by their bits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct HalfBlock {
    pub scale: u16,
    pub offset: u16,
    pub quants: [u8; BLOCK],
}

impl HalfBlock {
    /// A block whose offset is `-shift` scales; `None` where no 16-bit float is that.
    fn shifted(scale: [u8; 2], shift: f32, quants: [u8; BLOCK]) -> Option<Self> {
        let exact = -shift * f16::from_le_bytes(scale).to_f32();
        let offset = f16::from_f32(exact);
        (offset.is_finite() && offset.to_f32() == exact).then_some(Self {
            scale: u16::from_le_bytes(scale),
            offset: offset.to_bits(),
            quants,
        })
    }
}

/// 256 weights as a file keeps them in types with K, for each 32 of them: Q4_K and Q5_K
/// `weight = scale * scales[j] * quant - minimum * minimums[j]`, Q6_K, for each 16, `scale * scales[j] * (quant - 32)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SuperBlock {
    /// A 16-bit float, by its bits.
    pub scale: u16,
    /// A 16-bit float, by its bits.
    pub minimum: u16,
    /// The first 8, or all 16 with a sign.
    pub scales: [i8; 16],
    pub minimums: [u8; 8],
    pub quants: [[u8; BLOCK]; 8],
}

/// Reads a unit of 32 weights; `None` where 16-bit floats do not hold it.
pub(super) fn read_half_block(kind: GgmlDType, unit: &[u8]) -> Option<HalfBlock> {
    let two = |at: usize| [unit[at], unit[at + 1]];
    let plain = |quants| HalfBlock { scale: u16::from_le_bytes(two(0)), offset: u16::from_le_bytes(two(2)), quants };
    let block = match kind {
        GgmlDType::Q4_0 => HalfBlock::shifted(two(0), 8.0, nibbles(&unit[2..])),
        GgmlDType::Q5_0 => HalfBlock::shifted(two(0), 16.0, five_bits(&unit[6..], &unit[2..6])),
        GgmlDType::Q8_0 => HalfBlock::shifted(two(0), 128.0, std::array::from_fn(|i| unit[2 + i] ^ 0x80)),
        GgmlDType::Q4_1 => Some(plain(nibbles(&unit[4..]))),
        GgmlDType::Q5_1 => Some(plain(five_bits(&unit[8..], &unit[4..8]))),
        _ => None,
    };
    block.filter(|block| is_finite(block.scale) && is_finite(block.offset))
}

fn is_finite(bits: u16) -> bool {
    f16::from_bits(bits).is_finite()
}

/// Nibbles with a fifth bit from `high`.
fn five_bits(bytes: &[u8], high: &[u8]) -> [u8; BLOCK] {
    let low = nibbles(bytes);
    std::array::from_fn(|i| low[i] | ((high[i / 8] >> (i % 8)) & 1) << 4)
}

/// Low nibbles are weights 0..16, high nibbles 16..32.
fn nibbles(bytes: &[u8]) -> [u8; BLOCK] {
    std::array::from_fn(|i| if i < 16 { bytes[i] & 15 } else { bytes[i - 16] >> 4 })
}

/// The 6-bit scale and minimum of sub-block `j` of a unit of Q4_K or Q5_K.
fn scale_and_minimum(scales: &[u8], j: usize) -> (u8, u8) {
    if j < 4 {
        (scales[j] & 63, scales[j + 4] & 63)
    } else {
        ((scales[j + 4] & 15) | ((scales[j - 4] >> 6) << 4), (scales[j + 4] >> 4) | ((scales[j] >> 6) << 4))
    }
}

/// Reads a unit of 256 weights of Q4_K, Q5_K or Q6_K; `None` for other types.
pub(super) fn read_super_block(kind: GgmlDType, unit: &[u8]) -> Option<SuperBlock> {
    let two = |at: usize| u16::from_le_bytes([unit[at], unit[at + 1]]);
    let mut block = SuperBlock { scale: 0, minimum: 0, scales: [0; 16], minimums: [0; 8], quants: [[0; BLOCK]; 8] };
    match kind {
        GgmlDType::Q4K | GgmlDType::Q5K => {
            (block.scale, block.minimum) = (two(0), two(2));
            let five = kind == GgmlDType::Q5K;
            let low = &unit[if five { 48 } else { 16 }..];
            for j in 0..8 {
                let (scale, minimum) = scale_and_minimum(&unit[4..16], j);
                (block.scales[j], block.minimums[j]) = (scale as i8, minimum);
                for (i, quant) in block.quants[j].iter_mut().enumerate() {
                    let byte = low[j / 2 * 32 + i];
                    let high = if five { ((unit[16 + i] >> j) & 1) << 4 } else { 0 };
                    *quant = if j % 2 == 0 { byte & 15 } else { byte >> 4 } | high;
                }
            }
        }
        GgmlDType::Q6K => {
            // Two halves of 128 weights; each has 64 bytes of low nibbles and 32 of high bits.
            let (low, high) = (&unit[..128], &unit[128..192]);
            block.scale = two(208);
            block.scales = std::array::from_fn(|j| unit[192 + j] as i8);
            for j in 0..8 {
                let (half, part) = (j / 4, j % 4);
                for (i, quant) in block.quants[j].iter_mut().enumerate() {
                    let byte = low[half * 64 + part % 2 * 32 + i];
                    let nibble = if part < 2 { byte & 15 } else { byte >> 4 };
                    *quant = nibble | ((high[half * 32 + i] >> (2 * part)) & 3) << 4;
                }
            }
        }
        _ => return None,
    }
    Some(block).filter(|block| is_finite(block.scale) && is_finite(block.minimum))
}
