//! The left side of a product: rows of activations, as floats and as whole numbers.

use super::blocks::BLOCK;
use super::cpu::{Cpu, for_each_cpu};
use std::cell::OnceCell;

/// Numbers of half a block.
const HALF: usize = BLOCK / 2;

/// How finely activations are rounded before they meet quantised weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivationBits {
    /// 127 steps each way, a scale for every 32 values: as llama.cpp does.
    Eight,
    /// 32512 steps each way: twice the multiplications, and no loss that shows.
    Sixteen,
}

impl ActivationBits {
    /// The number of bits.
    pub fn count(self) -> u32 {
        match self {
            Self::Eight => 8,
            Self::Sixteen => 16,
        }
    }
}

/// Rows of activations. Their whole-number form is made when first asked for and shared by every matrix they meet.
pub(super) struct Operand<'a> {
    pub values: &'a [f32],
    pub width: usize,
    cpu: Cpu,
    bits: ActivationBits,
    quantized: OnceCell<Quantized>,
}

impl<'a> Operand<'a> {
    pub fn new(cpu: Cpu, bits: ActivationBits, values: &'a [f32], width: usize) -> Self {
        Self { values, width, cpu, bits, quantized: OnceCell::new() }
    }

    pub fn rows(&self) -> usize {
        self.values.len() / self.width
    }

    pub fn cpu(&self) -> Cpu {
        self.cpu
    }

    /// The rows in blocks of 32 whole numbers; the width must be a multiple of 32.
    pub fn quantized(&self) -> &Quantized {
        self.quantized.get_or_init(|| {
            let blocks = self.values.len() / BLOCK;
            let fine = self.bits == ActivationBits::Sixteen;
            let mut quantized = Quantized {
                high: vec![[0; BLOCK]; blocks],
                low: if fine { vec![[0; BLOCK]; blocks] } else { Vec::new() },
                scales: vec![0.0; blocks],
                scaled_sums: vec![0.0; blocks],
                scaled_halves: vec![[0.0; 2]; blocks],
            };
            let Quantized { high, low, scales, scaled_sums, scaled_halves } = &mut quantized;
            if fine {
                quantize_fine(self.cpu, self.values, high, low, scales, scaled_sums, scaled_halves);
            } else {
                quantize(self.cpu, self.values, high, scales, scaled_sums, scaled_halves);
            }
            quantized
        })
    }
}

/// Activations in blocks of 32: `value = scale * (256 * high + low)` where there are low parts, else `scale * high`.
pub(super) struct Quantized {
    pub high: Vec<[i8; BLOCK]>,
    pub low: Vec<[i8; BLOCK]>,
    pub scales: Vec<f32>,
    /// `scale * (sum of the block's whole numbers)`: what a weight offset is multiplied by.
    pub scaled_sums: Vec<f32>,
    /// The same for the two halves of a block.
    pub scaled_halves: Vec<[f32; 2]>,
}

impl Quantized {
    /// What the offset of a block's weights is multiplied by, or that of one half of it.
    #[inline(always)]
    pub fn scaled_sum<const HALVES: bool>(&self, place: usize, half: usize) -> f32 {
        if HALVES { self.scaled_halves[place][half] } else { self.scaled_sums[place] }
    }
}

/// Adding this rounds a float of less than 2^22 to the nearest integer and leaves it in the low bits.
const SHIFT: f32 = 12_582_912.0;

#[inline(always)]
fn whole(x: f32) -> i32 {
    (x + SHIFT).to_bits().wrapping_sub(SHIFT.to_bits()) as i32
}

#[inline(always)]
fn wholes(block: &[f32; BLOCK], inverse: f32) -> [i32; BLOCK] {
    let mut wholes = [0i32; BLOCK];
    for (whole_number, x) in wholes.iter_mut().zip(block) {
        *whole_number = whole(x * inverse);
    }
    wholes
}

/// The sums of the two halves.
#[inline(always)]
fn half_sums(wholes: &[i32; BLOCK]) -> [i32; 2] {
    let (first, second) = wholes.split_at(HALF);
    [first, second].map(|half| half.iter().fold(0i32, |sum, x| sum.wrapping_add(*x)))
}

#[inline(always)]
fn largest(block: &[f32; BLOCK]) -> f32 {
    let mut sizes = [0f32; BLOCK];
    for (size, x) in sizes.iter_mut().zip(block) {
        *size = x.abs();
    }
    sizes.iter().copied().fold(0f32, |a, b| if b > a { b } else { a })
}

for_each_cpu! {
    quantize => quantize_body(
        values: &[f32], high: &mut [[i8; BLOCK]], scales: &mut [f32], scaled_sums: &mut [f32], scaled_halves: &mut [[f32; 2]],
    )
}

#[inline(always)]
fn quantize_body<const FUSED: bool>(
    values: &[f32],
    high: &mut [[i8; BLOCK]],
    scales: &mut [f32],
    scaled_sums: &mut [f32],
    scaled_halves: &mut [[f32; 2]],
) {
    let (blocks, _) = values.as_chunks::<BLOCK>();
    let places = blocks.iter().zip(high).zip(scales).zip(scaled_sums).zip(scaled_halves);
    for ((((block, high), scale), scaled_sum), scaled_halves) in places {
        let size = largest(block);
        *scale = size / 127.0;
        let inverse = if size > 0.0 { 127.0 / size } else { 0.0 };
        let wholes = wholes(block, inverse);
        let sums = half_sums(&wholes);
        for (q, whole) in high.iter_mut().zip(wholes) {
            *q = whole as i8;
        }
        *scaled_sum = *scale * sums[0].wrapping_add(sums[1]) as f32;
        *scaled_halves = sums.map(|sum| *scale * sum as f32);
    }
}

for_each_cpu! {
    quantize_fine => quantize_fine_body(
        values: &[f32], high: &mut [[i8; BLOCK]], low: &mut [[i8; BLOCK]], scales: &mut [f32], scaled_sums: &mut [f32],
        scaled_halves: &mut [[f32; 2]],
    )
}

#[inline(always)]
fn quantize_fine_body<const FUSED: bool>(
    values: &[f32],
    high: &mut [[i8; BLOCK]],
    low: &mut [[i8; BLOCK]],
    scales: &mut [f32],
    scaled_sums: &mut [f32],
    scaled_halves: &mut [[f32; 2]],
) {
    // 127 * 256: the high part of a larger number would not fit into 8 bits.
    const STEPS: f32 = 32_512.0;
    let (blocks, _) = values.as_chunks::<BLOCK>();
    let places = blocks.iter().zip(high).zip(low).zip(scales).zip(scaled_sums).zip(scaled_halves);
    for (((((block, high), low), scale), scaled_sum), scaled_halves) in places {
        let size = largest(block);
        *scale = size / STEPS;
        let inverse = if size > 0.0 { STEPS / size } else { 0.0 };
        let wholes = wholes(block, inverse);
        let sums = half_sums(&wholes);
        for ((h, l), whole) in high.iter_mut().zip(low).zip(wholes) {
            let upper = whole.wrapping_add(128) >> 8;
            *h = upper as i8;
            *l = whole.wrapping_sub(upper << 8) as i8;
        }
        *scaled_sum = *scale * sums[0].wrapping_add(sums[1]) as f32;
        *scaled_halves = sums.map(|sum| *scale * sum as f32);
    }
}
