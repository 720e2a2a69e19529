//! Weights regrouped for the multiply loops: 16 rows side by side, so that one instruction feeds 16 outputs.

use super::blocks::{BLOCK, Block};
use super::lanes::LANES;

/// 16 rows x 32 weights of 8 bits.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
pub(super) struct WideTile {
    pub scales: [f32; LANES],
    pub offsets: [f32; LANES],
    /// `[group of 4 weights][row][weight in group]`.
    pub quants: [[u8; 64]; 8],
}

/// 16 rows x 32 weights of 4 bits.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
pub(super) struct NarrowTile {
    pub scales: [f32; LANES],
    pub offsets: [f32; LANES],
    /// `[pair of groups][row][weight in group]`: the first group of the pair in the low nibbles, the second in the high.
    pub quants: [[u8; 64]; 4],
}

/// A tile of either width.
pub(super) trait Tile: Send + Sync + Sized {
    /// The tile of 16 rows' blocks at one place; missing rows are zero.
    fn pack(blocks: &[Option<&Block>; LANES]) -> Self;
    /// The quants as `[group of 4 weights][row][weight in group]`.
    fn groups(&self) -> [[u8; 64]; 8];
    /// Scales of the 16 rows.
    fn scales(&self) -> &[f32; LANES];
    /// Offsets of the 16 rows.
    fn offsets(&self) -> &[f32; LANES];
}

fn scales_and_offsets(blocks: &[Option<&Block>; LANES]) -> ([f32; LANES], [f32; LANES]) {
    (std::array::from_fn(|r| blocks[r].map_or(0.0, |b| b.scale)), std::array::from_fn(|r| blocks[r].map_or(0.0, |b| b.offset)))
}

impl Tile for WideTile {
    fn pack(blocks: &[Option<&Block>; LANES]) -> Self {
        let (scales, offsets) = scales_and_offsets(blocks);
        let mut quants = [[0u8; 64]; 8];
        for (row, block) in blocks.iter().enumerate() {
            let Some(block) = block else { continue };
            for (group, four) in block.quants.chunks_exact(4).enumerate() {
                quants[group][row * 4..row * 4 + 4].copy_from_slice(four);
            }
        }
        Self { scales, offsets, quants }
    }

    #[inline(always)]
    fn groups(&self) -> [[u8; 64]; 8] {
        self.quants
    }

    fn scales(&self) -> &[f32; LANES] {
        &self.scales
    }

    fn offsets(&self) -> &[f32; LANES] {
        &self.offsets
    }
}

impl Tile for NarrowTile {
    fn pack(blocks: &[Option<&Block>; LANES]) -> Self {
        let (scales, offsets) = scales_and_offsets(blocks);
        let mut quants = [[0u8; 64]; 4];
        for (row, block) in blocks.iter().enumerate() {
            let Some(block) = block else { continue };
            for (pair, eight) in block.quants.chunks_exact(8).enumerate() {
                for i in 0..4 {
                    quants[pair][row * 4 + i] = eight[i] | eight[i + 4] << 4;
                }
            }
        }
        Self { scales, offsets, quants }
    }

    #[inline(always)]
    fn groups(&self) -> [[u8; 64]; 8] {
        let mut groups = [[0u8; 64]; 8];
        for (pair, bytes) in self.quants.iter().enumerate() {
            for (i, byte) in bytes.iter().enumerate() {
                groups[2 * pair][i] = byte & 15;
                groups[2 * pair + 1][i] = byte >> 4;
            }
        }
        groups
    }

    fn scales(&self) -> &[f32; LANES] {
        &self.scales
    }

    fn offsets(&self) -> &[f32; LANES] {
        &self.offsets
    }
}

/// Appends blocks in rows of `blocks_per_row` as tiles `[16 rows][block]`; only the last rows of a matrix may be fewer
/// than 16.
pub(super) fn pack_tiles<T: Tile>(blocks: &[Block], blocks_per_row: usize, tiles: &mut Vec<T>) {
    let rows = blocks.len() / blocks_per_row;
    for first in (0..rows).step_by(LANES) {
        for place in 0..blocks_per_row {
            let group = std::array::from_fn(|r| blocks.get((first + r) * blocks_per_row + place));
            tiles.push(T::pack(&group));
        }
    }
}

/// The weights of one row of tiles.
pub(super) fn unpack_row<T: Tile>(tiles: &[T], blocks_per_row: usize, row: usize, output: &mut [f32]) {
    let (group, lane) = (row / LANES, row % LANES);
    for (tile, values) in tiles[group * blocks_per_row..].iter().zip(output.chunks_exact_mut(BLOCK)) {
        let (scale, offset) = (tile.scales()[lane], tile.offsets()[lane]);
        let groups = tile.groups();
        for (k, value) in values.iter_mut().enumerate() {
            *value = scale * f32::from(groups[k / 4][lane * 4 + k % 4]) + offset;
        }
    }
}
