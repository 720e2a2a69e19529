//! Matrix products in plain Rust: the float product for every processor, the quantised one where nothing faster fits.

use super::blocks::BLOCK;
use super::cpu::for_each_cpu;
use super::lanes::{LANES, multiply_add};
use super::operand::Quantized;
use super::tiles::{NarrowTile, Tile, WideTile};

/// Activation rows handled together, so that a tile is read once for all of them.
const ROWS: usize = 8;

for_each_cpu! {
    /// `output[r][o] = values[r] . row(o)` in 32-bit floats over tiles `[16 rows][input][row]`.
    multiply_full => multiply_full_body(tiles: &[[f32; LANES]], values: &[f32], inputs: usize, outputs: usize, output: &mut [f32])
}

#[inline(always)]
fn multiply_full_body<const FUSED: bool>(
    tiles: &[[f32; LANES]],
    values: &[f32],
    inputs: usize,
    outputs: usize,
    output: &mut [f32],
) {
    let rows = values.len() / inputs;
    for (group, tile) in tiles.chunks_exact(inputs).enumerate() {
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
fn full_rows<const FUSED: bool, const R: usize>(tile: &[[f32; LANES]], input: &[f32]) -> [[f32; LANES]; R] {
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
pub(super) fn store_rows(sums: &[[f32; LANES]], first: usize, group: usize, outputs: usize, output: &mut [f32]) {
    let width = (outputs - group * LANES).min(LANES);
    for (r, row) in sums.iter().enumerate() {
        let start = (first + r) * outputs + group * LANES;
        output[start..start + width].copy_from_slice(&row[..width]);
    }
}

/// The quantised product over 8-bit tiles.
pub(super) fn multiply_wide(tiles: &[WideTile], input: &Quantized, blocks: usize, outputs: usize, output: &mut [f32]) {
    multiply_quantized(tiles, input, blocks, outputs, output);
}

/// The quantised product over 4-bit tiles.
pub(super) fn multiply_narrow(tiles: &[NarrowTile], input: &Quantized, blocks: usize, outputs: usize, output: &mut [f32]) {
    multiply_quantized(tiles, input, blocks, outputs, output);
}

fn multiply_quantized<T: Tile>(tiles: &[T], input: &Quantized, blocks: usize, outputs: usize, output: &mut [f32]) {
    let rows = input.high.len() / blocks;
    for (group, tiles) in tiles.chunks_exact(blocks).enumerate() {
        for row in 0..rows {
            let mut sums = [0f32; LANES];
            for (block, tile) in tiles.iter().enumerate() {
                let place = row * blocks + block;
                let mut dots = [0i32; LANES];
                for k in 0..BLOCK {
                    let high = i32::from(input.high[place][k]);
                    let x = input.low.get(place).map_or(high, |low| (high << 8) + i32::from(low[k]));
                    for (lane, dot) in dots.iter_mut().enumerate() {
                        *dot += i32::from(tile.quant(lane, k)) * x;
                    }
                }
                for (lane, sum) in sums.iter_mut().enumerate() {
                    let scale = tile.scales()[lane] * input.scales[place];
                    *sum += dots[lane] as f32 * scale + tile.offsets()[lane] * input.scaled_sums[place];
                }
            }
            store_rows(&[sums], row, group, outputs, output);
        }
    }
}
