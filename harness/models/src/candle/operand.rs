//! The left side of a product: rows of activations, as floats and as 8-bit quants.

use super::blocks::BLOCK;
use super::cpu::{Cpu, for_each_cpu};
use std::cell::OnceCell;

/// Rows of activations. Their quants are made when first asked for and shared by every matrix they meet.
pub(super) struct Operand<'a> {
    pub values: &'a [f32],
    pub width: usize,
    cpu: Cpu,
    quantized: OnceCell<Quantized>,
}

impl<'a> Operand<'a> {
    pub fn new(cpu: Cpu, values: &'a [f32], width: usize) -> Self {
        Self { values, width, cpu, quantized: OnceCell::new() }
    }

    pub fn rows(&self) -> usize {
        self.values.len() / self.width
    }

    pub fn cpu(&self) -> Cpu {
        self.cpu
    }

    /// The rows in blocks of 32 quants; the width must be a multiple of 32.
    pub fn quantized(&self) -> &Quantized {
        self.quantized.get_or_init(|| {
            let blocks = self.values.len() / BLOCK;
            let mut quantized =
                Quantized { quants: vec![[0; BLOCK]; blocks], scales: vec![0.0; blocks], scaled_sums: vec![0.0; blocks] };
            let Quantized { quants, scales, scaled_sums } = &mut quantized;
            quantize(self.cpu, self.values, quants, scales, scaled_sums);
            quantized
        })
    }
}

/// Activations in blocks of 32: `value = scale * quant`.
pub(super) struct Quantized {
    pub quants: Vec<[i8; BLOCK]>,
    pub scales: Vec<f32>,
    /// `scale * (sum of quants)`: what a weight offset is multiplied by.
    pub scaled_sums: Vec<f32>,
}

for_each_cpu! {
    quantize => quantize_body(values: &[f32], quants: &mut [[i8; BLOCK]], scales: &mut [f32], scaled_sums: &mut [f32])
}

#[inline(always)]
fn quantize_body<const FUSED: bool>(values: &[f32], quants: &mut [[i8; BLOCK]], scales: &mut [f32], scaled_sums: &mut [f32]) {
    // Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits.
    const SHIFT: f32 = 12_582_912.0;
    let (blocks, _) = values.as_chunks::<BLOCK>();
    for (((block, quants), scale), scaled_sum) in blocks.iter().zip(quants).zip(scales).zip(scaled_sums) {
        let mut highest = [0f32; BLOCK];
        for (h, x) in highest.iter_mut().zip(block) {
            *h = x.abs();
        }
        let highest = highest.iter().copied().fold(0f32, |a, b| if b > a { b } else { a });
        *scale = highest / 127.0;
        let inverse = if highest > 0.0 { 127.0 / highest } else { 0.0 };
        let mut sum = 0i32;
        for (q, x) in quants.iter_mut().zip(block) {
            let whole = (x * inverse + SHIFT).to_bits().wrapping_sub(SHIFT.to_bits()) as i32;
            sum += whole;
            *q = whole as i8;
        }
        *scaled_sum = *scale * sum as f32;
    }
}
