//! Weights regrouped for the multiply loops: 16 rows side by side, so that one instruction feeds 16 outputs.
//!
//! A tile keeps what the file says, weight for weight, in about as many bytes; since reading weights from memory is
//! what answers of large models wait for, scales stay as short as the file has them.

use super::blocks::{BLOCK, Block, HalfBlock, SuperBlock};
use super::half_floats::widen_one;
use super::lanes::LANES;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

/// 32 quants of 16 rows.
pub(super) trait Quants: Clone + Send + Sync {
    fn pack(rows: &[[u8; BLOCK]; LANES]) -> Self;
    /// The quants as `[group of 4 weights][row][weight in group]`.
    fn groups(&self) -> [[u8; 64]; 8];
    /// The 8 groups of 64 bytes.
    ///
    /// # Safety
    /// The caller is compiled for AVX-512 F and BW.
    #[cfg(target_arch = "x86_64")]
    unsafe fn groups_512(&self) -> [__m512i; 8];
    /// A quarter (4 rows) of a group, as 16-bit numbers.
    ///
    /// # Safety
    /// The caller is compiled for AVX2.
    #[cfg(target_arch = "x86_64")]
    unsafe fn quarter_256(&self, group: usize, quarter: usize) -> __m256i;
}

/// Quants of 8 bits: `[group of 4 weights][row][weight in group]`.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
pub(super) struct Bytes([[u8; 64]; 8]);

/// Quants of 4 bits, `[pair of groups][row][weight in group]`: the first group of the pair in the low nibbles, the second
/// in the high.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
pub(super) struct Nibbles([[u8; 64]; 4]);

impl Quants for Bytes {
    fn pack(rows: &[[u8; BLOCK]; LANES]) -> Self {
        let mut groups = [[0u8; 64]; 8];
        for (row, quants) in rows.iter().enumerate() {
            for (group, four) in quants.chunks_exact(4).enumerate() {
                groups[group][row * 4..row * 4 + 4].copy_from_slice(four);
            }
        }
        Self(groups)
    }

    #[inline(always)]
    fn groups(&self) -> [[u8; 64]; 8] {
        self.0
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn groups_512(&self) -> [__m512i; 8] {
        // SAFETY: the caller has AVX-512; each group is 64 readable bytes.
        std::array::from_fn(|g| unsafe { _mm512_loadu_si512(self.0[g].as_ptr().cast()) })
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn quarter_256(&self, group: usize, quarter: usize) -> __m256i {
        let bytes = &self.0[group][quarter * 16..quarter * 16 + 16];
        // SAFETY: the caller has AVX2; the slice is 16 readable bytes.
        unsafe { _mm256_cvtepu8_epi16(_mm_loadu_si128(bytes.as_ptr().cast())) }
    }
}

impl Quants for Nibbles {
    fn pack(rows: &[[u8; BLOCK]; LANES]) -> Self {
        let Bytes(wide) = Bytes::pack(rows);
        let mut pairs = [[0u8; 64]; 4];
        for (pair, bytes) in pairs.iter_mut().enumerate() {
            for (i, byte) in bytes.iter_mut().enumerate() {
                *byte = wide[2 * pair][i] | wide[2 * pair + 1][i] << 4;
            }
        }
        Self(pairs)
    }

    #[inline(always)]
    fn groups(&self) -> [[u8; 64]; 8] {
        let mut groups = [[0u8; 64]; 8];
        for (pair, bytes) in self.0.iter().enumerate() {
            for (i, byte) in bytes.iter().enumerate() {
                groups[2 * pair][i] = byte & 15;
                groups[2 * pair + 1][i] = byte >> 4;
            }
        }
        groups
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn groups_512(&self) -> [__m512i; 8] {
        // SAFETY: the caller has AVX-512; each pair of groups is 64 readable bytes.
        unsafe {
            let low = _mm512_set1_epi8(15);
            let mut groups = [_mm512_setzero_si512(); 8];
            for pair in 0..4 {
                let bytes = _mm512_loadu_si512(self.0[pair].as_ptr().cast());
                groups[2 * pair] = _mm512_and_si512(bytes, low);
                groups[2 * pair + 1] = _mm512_and_si512(_mm512_srli_epi16::<4>(bytes), low);
            }
            groups
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn quarter_256(&self, group: usize, quarter: usize) -> __m256i {
        let bytes = &self.0[group / 2][quarter * 16..quarter * 16 + 16];
        // SAFETY: the caller has AVX2; the slice is 16 readable bytes.
        unsafe {
            let bytes = _mm_loadu_si128(bytes.as_ptr().cast());
            let bytes = if group.is_multiple_of(2) { bytes } else { _mm_srli_epi16::<4>(bytes) };
            _mm256_cvtepu8_epi16(_mm_and_si128(bytes, _mm_set1_epi8(15)))
        }
    }
}

/// What 16 rows' weights are made of: `weight = scale * quant + offset`.
#[derive(Clone, Copy)]
pub(super) struct Scales {
    pub scales: [f32; LANES],
    pub offsets: [f32; LANES],
}

/// Some blocks of 32 weights of 16 rows.
pub(super) trait Tile: Send + Sync + Sized {
    type Quants: Quants;
    /// What one row brings.
    type Unit;
    /// Blocks of 32 weights.
    const BLOCKS: usize;
    /// Whether the two halves of a block have scales of their own.
    const HALVES: bool;
    /// The tile of 16 rows' units at one place; missing rows are zero.
    fn pack(units: &[Option<&Self::Unit>; LANES]) -> Self;
    fn quants(&self, block: usize) -> &Self::Quants;
    /// The scales of a block, of one half of it where the halves have their own.
    fn scales(&self, block: usize, half: usize) -> Scales;
    /// The same, scales and offsets, in two registers.
    ///
    /// # Safety
    /// The caller is compiled for AVX-512 F.
    #[cfg(target_arch = "x86_64")]
    unsafe fn scales_512(&self, block: usize, half: usize) -> (__m512, __m512);
}

/// 16 floats of 16 bits.
///
/// # Safety
/// The caller is compiled for AVX-512 F.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn widened_512(halves: &[u16; LANES]) -> __m512 {
    // SAFETY: 32 readable bytes; the caller has AVX-512.
    unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(halves.as_ptr().cast())) }
}

/// A block with scales in 32-bit floats.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
pub(super) struct FloatTile {
    scales: [f32; LANES],
    offsets: [f32; LANES],
    quants: Bytes,
}

/// A block with scales in 16-bit floats.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
pub(super) struct HalfTile<Q> {
    scales: [u16; LANES],
    offsets: [u16; LANES],
    quants: Q,
}

/// Eight blocks with scales of 6 bits, which are multiplied by those of the eight together: Q4_K and Q5_K.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
pub(super) struct SuperTile<Q> {
    scale: [u16; LANES],
    minimum: [u16; LANES],
    scales: [[u8; LANES]; 8],
    minimums: [[u8; LANES]; 8],
    quants: [Q; 8],
}

/// Eight blocks whose halves have scales of 8 bits, which are multiplied by that of the eight together: Q6_K.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
pub(super) struct SixTile {
    scale: [u16; LANES],
    scales: [[[i8; LANES]; 2]; 8],
    quants: [Bytes; 8],
}

fn rows<T, U: Copy + Default>(units: &[Option<&T>; LANES], read: impl Fn(&T) -> U) -> [U; LANES] {
    std::array::from_fn(|r| units[r].map(&read).unwrap_or_default())
}

impl Tile for FloatTile {
    type Quants = Bytes;
    type Unit = Block;
    const BLOCKS: usize = 1;
    const HALVES: bool = false;

    fn pack(units: &[Option<&Block>; LANES]) -> Self {
        let quants = Bytes::pack(&rows(units, |block| block.quants));
        Self { scales: rows(units, |block| block.scale), offsets: rows(units, |block| block.offset), quants }
    }

    #[inline(always)]
    fn quants(&self, _: usize) -> &Bytes {
        &self.quants
    }

    #[inline(always)]
    fn scales(&self, _: usize, _: usize) -> Scales {
        Scales { scales: self.scales, offsets: self.offsets }
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn scales_512(&self, _: usize, _: usize) -> (__m512, __m512) {
        // SAFETY: both arrays are 16 floats; the caller has AVX-512.
        unsafe { (_mm512_loadu_ps(self.scales.as_ptr()), _mm512_loadu_ps(self.offsets.as_ptr())) }
    }
}

impl<Q: Quants> Tile for HalfTile<Q> {
    type Quants = Q;
    type Unit = HalfBlock;
    const BLOCKS: usize = 1;
    const HALVES: bool = false;

    fn pack(units: &[Option<&HalfBlock>; LANES]) -> Self {
        let quants = Q::pack(&rows(units, |block| block.quants));
        Self { scales: rows(units, |block| block.scale), offsets: rows(units, |block| block.offset), quants }
    }

    #[inline(always)]
    fn quants(&self, _: usize) -> &Q {
        &self.quants
    }

    #[inline(always)]
    fn scales(&self, _: usize, _: usize) -> Scales {
        Scales { scales: widened(&self.scales), offsets: widened(&self.offsets) }
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn scales_512(&self, _: usize, _: usize) -> (__m512, __m512) {
        // SAFETY: the caller has AVX-512.
        unsafe { (widened_512(&self.scales), widened_512(&self.offsets)) }
    }
}

impl<Q: Quants> Tile for SuperTile<Q> {
    type Quants = Q;
    type Unit = SuperBlock;
    const BLOCKS: usize = 8;
    const HALVES: bool = false;

    fn pack(units: &[Option<&SuperBlock>; LANES]) -> Self {
        Self {
            scale: rows(units, |unit| unit.scale),
            minimum: rows(units, |unit| unit.minimum),
            scales: std::array::from_fn(|j| rows(units, |unit| unit.scales[j] as u8)),
            minimums: std::array::from_fn(|j| rows(units, |unit| unit.minimums[j])),
            quants: std::array::from_fn(|j| Q::pack(&rows(units, |unit| unit.quants[j]))),
        }
    }

    #[inline(always)]
    fn quants(&self, block: usize) -> &Q {
        &self.quants[block]
    }

    #[inline(always)]
    fn scales(&self, block: usize, _: usize) -> Scales {
        let mut scales = widened(&self.scale);
        let mut offsets = widened(&self.minimum);
        for lane in 0..LANES {
            scales[lane] *= f32::from(self.scales[block][lane]);
            offsets[lane] *= -f32::from(self.minimums[block][lane]);
        }
        Scales { scales, offsets }
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn scales_512(&self, block: usize, _: usize) -> (__m512, __m512) {
        // SAFETY: 16 readable bytes each; the caller has AVX-512.
        unsafe {
            let whole = |bytes: &[u8; LANES]| _mm512_cvtepu8_epi32(_mm_loadu_si128(bytes.as_ptr().cast()));
            let scales = _mm512_cvtepi32_ps(whole(&self.scales[block]));
            let minimums = _mm512_sub_epi32(_mm512_setzero_si512(), whole(&self.minimums[block]));
            let (scale, minimum) = (widened_512(&self.scale), widened_512(&self.minimum));
            (_mm512_mul_ps(scale, scales), _mm512_mul_ps(minimum, _mm512_cvtepi32_ps(minimums)))
        }
    }
}

impl Tile for SixTile {
    type Quants = Bytes;
    type Unit = SuperBlock;
    const BLOCKS: usize = 8;
    const HALVES: bool = true;

    fn pack(units: &[Option<&SuperBlock>; LANES]) -> Self {
        Self {
            scale: rows(units, |unit| unit.scale),
            scales: std::array::from_fn(|j| std::array::from_fn(|half| rows(units, |unit| unit.scales[2 * j + half]))),
            quants: std::array::from_fn(|j| Bytes::pack(&rows(units, |unit| unit.quants[j]))),
        }
    }

    #[inline(always)]
    fn quants(&self, block: usize) -> &Bytes {
        &self.quants[block]
    }

    #[inline(always)]
    fn scales(&self, block: usize, half: usize) -> Scales {
        let mut scales = widened(&self.scale);
        let mut offsets = [0f32; LANES];
        for lane in 0..LANES {
            scales[lane] *= f32::from(self.scales[block][half][lane]);
            offsets[lane] = -32.0 * scales[lane];
        }
        Scales { scales, offsets }
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn scales_512(&self, block: usize, half: usize) -> (__m512, __m512) {
        // SAFETY: 16 readable bytes; the caller has AVX-512.
        unsafe {
            let whole = _mm512_cvtepi8_epi32(_mm_loadu_si128(self.scales[block][half].as_ptr().cast()));
            let scales = _mm512_mul_ps(widened_512(&self.scale), _mm512_cvtepi32_ps(whole));
            (scales, _mm512_mul_ps(scales, _mm512_set1_ps(-32.0)))
        }
    }
}

#[inline(always)]
fn widened(halves: &[u16; LANES]) -> [f32; LANES] {
    let mut floats = [0f32; LANES];
    for (float, half) in floats.iter_mut().zip(halves) {
        *float = widen_one(*half);
    }
    floats
}

/// Appends units in rows of `units_per_row` as tiles `[16 rows][place]`; only the last rows of a matrix may be fewer
/// than 16.
pub(super) fn pack_tiles<T: Tile>(units: &[T::Unit], units_per_row: usize, tiles: &mut Vec<T>) {
    let rows = units.len() / units_per_row;
    for first in (0..rows).step_by(LANES) {
        for place in 0..units_per_row {
            let group = std::array::from_fn(|r| units.get((first + r) * units_per_row + place));
            tiles.push(T::pack(&group));
        }
    }
}

/// The weights of one row of tiles.
pub(super) fn unpack_row<T: Tile>(tiles: &[T], tiles_per_row: usize, row: usize, output: &mut [f32]) {
    let (group, lane) = (row / LANES, row % LANES);
    for (place, values) in output.chunks_exact_mut(BLOCK).enumerate() {
        let (tile, block) = (&tiles[group * tiles_per_row + place / T::BLOCKS], place % T::BLOCKS);
        let groups = tile.quants(block).groups();
        for (k, value) in values.iter_mut().enumerate() {
            let half = usize::from(T::HALVES && k >= BLOCK / 2);
            let Scales { scales, offsets } = tile.scales(block, half);
            *value = scales[lane] * f32::from(groups[k / 4][lane * 4 + k % 4]) + offsets[lane];
        }
    }
}
