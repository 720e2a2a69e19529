//! Matrix products in plain Rust: the float product for every processor, the quantised one where nothing faster fits.

use super::blocks::BLOCK;
use super::cpu::for_each_cpu;
use super::lanes::{LANES, multiply_add};
use super::operand::Quantized;
use super::team::Shared;
use super::tiles::{Quants, Scales, Tile};
use std::ops::Range;

/// Activation rows handled together, so that a tile is read once for all of them.
pub(super) const ROWS: usize = 8;

for_each_cpu! {
    /// `output[r][o] = values[r] . row(o)` in 32-bit floats over tiles `[16 rows][input][row]`.
    multiply_full => multiply_full_body(
        tiles: &[[f32; LANES]], values: &[f32], inputs: usize, outputs: usize, groups: Range<usize>, output: &Shared<'_>,
    )
}

#[inline(always)]
fn multiply_full_body<const FUSED: bool>(
    tiles: &[[f32; LANES]],
    values: &[f32],
    inputs: usize,
    outputs: usize,
    groups: Range<usize>,
    output: &Shared<'_>,
) {
    let rows = values.len() / inputs;
    let chosen = &tiles[groups.start * inputs..groups.end * inputs];
    for (group, tile) in groups.zip(chosen.chunks_exact(inputs)) {
        let mut first = 0;
        while first < rows {
            let count = if rows - first >= ROWS { ROWS } else { 1 };
            let input = &values[first * inputs..(first + count) * inputs];
            if count == ROWS {
                let sums = full_rows::<FUSED, ROWS>(tile, input);
                store_rows(&sums, first, group, outputs, output);
            } else {
                let sums = full_rows::<FUSED, 1>(tile, input);
                store_rows(&sums, first, group, outputs, output);
            }
            first += count;
        }
    }
}

#[inline(always)]
pub(super) fn full_rows<const FUSED: bool, const R: usize>(tile: &[[f32; LANES]], input: &[f32]) -> [[f32; LANES]; R] {
    let inputs = tile.len();
    let rows: [&[f32]; R] = std::array::from_fn(|r| &input[r * inputs..(r + 1) * inputs]);
    let mut sums = [[0f32; LANES]; R];
    for (k, weights) in tile.iter().enumerate() {
        for r in 0..R {
            let x = rows[r][k];
            for lane in 0..LANES {
                sums[r][lane] = multiply_add::<FUSED>(x, weights[lane], sums[r][lane]);
            }
        }
    }
    sums
}

/// Writes 16 outputs of each row, fewer at the end of a matrix whose height is no multiple of 16.
#[inline(always)]
pub(super) fn store_rows(sums: &[[f32; LANES]], first: usize, group: usize, outputs: usize, output: &Shared<'_>) {
    let width = (outputs - group * LANES).min(LANES);
    for (r, row) in sums.iter().enumerate() {
        let start = (first + r) * outputs + group * LANES;
        // SAFETY: a group of outputs is computed by one part of the work alone, see `Matrix::apply_all`.
        unsafe { output.slice(start..start + width) }.copy_from_slice(&row[..width]);
    }
}

/// The quantised product in plain Rust, for some groups of 16 outputs.
pub(super) fn multiply_quantized<T: Tile>(
    tiles: &[T],
    input: &Quantized,
    blocks: usize,
    outputs: usize,
    groups: Range<usize>,
    output: &Shared<'_>,
) {
    let rows = input.high.len() / blocks;
    // The activations in one piece, 16 bits each, as the inner loop wants them.
    let whole: Vec<[i16; BLOCK]> = (0..input.high.len())
        .map(|place| {
            let high = &input.high[place];
            match input.low.get(place) {
                Some(low) => std::array::from_fn(|k| (i16::from(high[k]) << 8).wrapping_add(i16::from(low[k]))),
                None => high.map(i16::from),
            }
        })
        .collect();
    let per_row = blocks / T::BLOCKS;
    let chosen = &tiles[groups.start * per_row..groups.end * per_row];
    for (group, tiles) in groups.zip(chosen.chunks_exact(per_row)) {
        for first in (0..rows).step_by(ROWS) {
            let count = (rows - first).min(ROWS);
            let mut sums = [[0f32; LANES]; ROWS];
            for block in 0..blocks {
                let (tile, within) = (&tiles[block / T::BLOCKS], block % T::BLOCKS);
                let groups = tile.quants(within).groups();
                if T::HALVES {
                    for half in 0..2 {
                        let scales = tile.scales(within, half);
                        let fours = half * 4..half * 4 + 4;
                        add_block::<true>(
                            &groups[fours.clone()],
                            half,
                            &scales,
                            &whole,
                            input,
                            first * blocks + block,
                            blocks,
                            &mut sums[..count],
                        );
                    }
                } else {
                    let scales = tile.scales(within, 0);
                    add_block::<false>(&groups, 0, &scales, &whole, input, first * blocks + block, blocks, &mut sums[..count]);
                }
            }
            store_rows(&sums[..count], first, group, outputs, output);
        }
    }
}

/// Adds the products of a block, or of one half of it, for every row of activations; `place` is the first row's block.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn add_block<const HALVES: bool>(
    groups: &[[u8; 64]],
    half: usize,
    scales: &Scales,
    whole: &[[i16; BLOCK]],
    input: &Quantized,
    place: usize,
    blocks: usize,
    sums: &mut [[f32; LANES]],
) {
    for (r, sums) in sums.iter_mut().enumerate() {
        let place = place + r * blocks;
        let dots = tile_dots(groups, &whole[place][half * 16..]);
        let (scale, scaled_sum) = (input.scales[place], input.scaled_sum::<HALVES>(place, half));
        for (lane, sum) in sums.iter_mut().enumerate() {
            *sum += dots[lane] as f32 * (scales.scales[lane] * scale) + scales.offsets[lane] * scaled_sum;
        }
    }
}

/// Products of 16 rows of 32 weights, or half of them, with as many activations: four partial sums for every row, which
/// a 128-bit register holds.
#[inline(always)]
fn tile_dots(groups: &[[u8; 64]], activations: &[i16]) -> [i32; LANES] {
    let mut sums = [[0i32; 4]; LANES];
    let (fours, _) = activations.as_chunks::<4>();
    for (weights, x) in groups.iter().zip(fours) {
        let (rows, _) = weights.as_chunks::<4>();
        for (sum, w) in sums.iter_mut().zip(rows) {
            let products: [i32; 4] = std::array::from_fn(|k| i32::from(i16::from(w[k])) * i32::from(x[k]));
            *sum = std::array::from_fn(|k| sum[k] + products[k]);
        }
    }
    sums.map(|sum| sum.iter().sum())
}
