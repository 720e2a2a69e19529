//! Weights of 16-bit floats, kept as they are: half the memory of 32-bit ones, and not one bit of another result.

use super::cpu::{Cpu, for_each_cpu};
use super::half_floats::widen;
use super::lanes::{LANES, multiply_add};
use super::memory::reserved;
use super::multiply::{ROWS, full_rows, store_rows};
use super::team::Shared;
use std::ops::Range;

/// The two 16-bit formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HalfKind {
    /// IEEE 754's binary16.
    Half,
    /// The upper half of a 32-bit float.
    Brain,
}

/// A matrix in tiles `[16 rows][input][row]`.
pub(super) struct HalfTiles {
    kind: HalfKind,
    tiles: Vec<[u16; LANES]>,
}

impl HalfTiles {
    /// Regroups rows of `inputs` numbers, two bytes each.
    pub fn pack(kind: HalfKind, bytes: &[u8], inputs: usize) -> Result<Self, String> {
        let (numbers, _) = bytes.as_chunks::<2>();
        let mut tiles = reserved((numbers.len() / inputs).div_ceil(LANES) * inputs)?;
        for rows in numbers.chunks(LANES * inputs) {
            let number = |row: usize, input: usize| rows.get(row * inputs + input).map_or(0, |pair| u16::from_le_bytes(*pair));
            tiles.extend((0..inputs).map(|input| std::array::from_fn(|row| number(row, input))));
        }
        Ok(Self { kind, tiles })
    }

    /// The weights of row `row`.
    pub fn row(&self, row: usize, inputs: usize, output: &mut [f32]) {
        let group = self.tiles.get(row / LANES * inputs..).unwrap_or_default();
        for (value, tile) in output.iter_mut().zip(group) {
            *value = match self.kind {
                HalfKind::Half => half(tile[row % LANES]),
                HalfKind::Brain => brain(tile[row % LANES]),
            };
        }
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        size_of_val(self.tiles.as_slice())
    }

    /// `output[r][o] = values[r] . row(o)` for some groups of 16 outputs.
    pub fn multiply(&self, cpu: Cpu, values: &[f32], inputs: usize, outputs: usize, groups: Range<usize>, output: &Shared<'_>) {
        let single = values.len() == inputs;
        let mut wide = if single { Vec::new() } else { vec![[0f32; LANES]; inputs] };
        for group in groups {
            let tile = &self.tiles[group * inputs..(group + 1) * inputs];
            if single {
                let sums = match self.kind {
                    HalfKind::Half => half_row(cpu, tile, values),
                    HalfKind::Brain => brain_row(cpu, tile, values),
                };
                store_rows(&[sums], 0, group, outputs, output);
            } else {
                // Widened once for all rows.
                match self.kind {
                    HalfKind::Half => widen(cpu, tile.as_flattened(), wide.as_flattened_mut()),
                    HalfKind::Brain => widen_brain(cpu, tile.as_flattened(), wide.as_flattened_mut()),
                }
                wide_rows(cpu, &wide, values, group, outputs, output);
            }
        }
    }
}

/// A 16-bit float as a 32-bit one; exact for every number that is no infinity.
#[inline(always)]
fn half(bits: u16) -> f32 {
    // The exponent is moved by a multiplication, which handles the smallest numbers, too.
    const SCALE: f32 = f32::from_bits((254 - 15) << 23);
    let size = f32::from_bits((u32::from(bits) & 0x7fff) << 13) * SCALE;
    f32::from_bits(size.to_bits() | (u32::from(bits) & 0x8000) << 16)
}

#[inline(always)]
fn brain(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

for_each_cpu! {
    widen_brain => widen_brain_body(input: &[u16], output: &mut [f32])
}

#[inline(always)]
fn widen_brain_body<const FUSED: bool>(input: &[u16], output: &mut [f32]) {
    for (wide, bits) in output.iter_mut().zip(input) {
        *wide = brain(*bits);
    }
}

for_each_cpu! {
    /// One row of activations times 16 rows of weights.
    half_row => half_row_body(tile: &[[u16; LANES]], values: &[f32]) -> [f32; LANES]
}

#[inline(always)]
fn half_row_body<const FUSED: bool>(tile: &[[u16; LANES]], values: &[f32]) -> [f32; LANES] {
    row_body::<FUSED>(tile, values, half)
}

for_each_cpu! {
    /// One row of activations times 16 rows of weights.
    brain_row => brain_row_body(tile: &[[u16; LANES]], values: &[f32]) -> [f32; LANES]
}

#[inline(always)]
fn brain_row_body<const FUSED: bool>(tile: &[[u16; LANES]], values: &[f32]) -> [f32; LANES] {
    row_body::<FUSED>(tile, values, brain)
}

/// In the order of 32-bit weights, so that the result is theirs.
#[inline(always)]
fn row_body<const FUSED: bool>(tile: &[[u16; LANES]], values: &[f32], wide: impl Fn(u16) -> f32) -> [f32; LANES] {
    let mut sums = [0f32; LANES];
    for (weights, x) in tile.iter().zip(values) {
        for lane in 0..LANES {
            sums[lane] = multiply_add::<FUSED>(*x, wide(weights[lane]), sums[lane]);
        }
    }
    sums
}

for_each_cpu! {
    /// All rows of activations times 16 rows of weights.
    wide_rows => wide_rows_body(tile: &[[f32; LANES]], values: &[f32], group: usize, outputs: usize, output: &Shared<'_>)
}

#[inline(always)]
fn wide_rows_body<const FUSED: bool>(tile: &[[f32; LANES]], values: &[f32], group: usize, outputs: usize, output: &Shared<'_>) {
    let inputs = tile.len();
    let mut first = 0;
    for rows in values.chunks(ROWS * inputs) {
        if rows.len() == ROWS * inputs {
            store_rows(&full_rows::<FUSED, ROWS>(tile, rows), first, group, outputs, output);
        } else {
            for (row, values) in rows.chunks_exact(inputs).enumerate() {
                store_rows(&full_rows::<FUSED, 1>(tile, values), first + row, group, outputs, output);
            }
        }
        first += ROWS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_they_were() {
        for bits in 0..=u16::MAX {
            if half::f16::from_bits(bits).is_finite() {
                assert_eq!(half(bits).to_bits(), half::f16::from_bits(bits).to_f32().to_bits(), "{bits:#x}");
            }
            let brain_float = half::bf16::from_bits(bits);
            if !brain_float.is_nan() {
                assert_eq!(brain(bits).to_bits(), brain_float.to_f32().to_bits(), "{bits:#x}");
            }
        }
    }
}
