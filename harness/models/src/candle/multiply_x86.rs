//! The quantised matrix product with AVX-512 VNNI and with AVX2.

use super::blocks::BLOCK;
use super::cpu::{Cpu, Level};
use super::lanes::LANES;
use super::multiply::store_rows;
use super::operand::Quantized;
use super::team::Shared;
use super::tiles::{NarrowTile, Tile, WideTile};
use std::arch::x86_64::*;
use std::ops::Range;

/// A tile whose bytes the vector loops can read.
pub(super) trait PackedTile: Tile {
    /// The 8 groups of 64 bytes, each `[row][weight in group]`.
    ///
    /// # Safety
    /// The caller is compiled for AVX-512 F and BW.
    unsafe fn groups_512(&self) -> [__m512i; 8];
    /// A quarter (4 rows) of a group, as 16-bit numbers.
    ///
    /// # Safety
    /// The caller is compiled for AVX2.
    unsafe fn quarter_256(&self, group: usize, quarter: usize) -> __m256i;
}

impl PackedTile for WideTile {
    #[inline(always)]
    unsafe fn groups_512(&self) -> [__m512i; 8] {
        // SAFETY: the caller has AVX-512; each group is 64 readable bytes.
        std::array::from_fn(|g| unsafe { _mm512_loadu_si512(self.quants[g].as_ptr().cast()) })
    }

    #[inline(always)]
    unsafe fn quarter_256(&self, group: usize, quarter: usize) -> __m256i {
        let bytes = &self.quants[group][quarter * 16..quarter * 16 + 16];
        // SAFETY: the caller has AVX2; the slice is 16 readable bytes.
        unsafe { _mm256_cvtepu8_epi16(_mm_loadu_si128(bytes.as_ptr().cast())) }
    }
}

impl PackedTile for NarrowTile {
    #[inline(always)]
    unsafe fn groups_512(&self) -> [__m512i; 8] {
        // SAFETY: the caller has AVX-512; each pair of groups is 64 readable bytes.
        unsafe {
            let low = _mm512_set1_epi8(15);
            let mut groups = [_mm512_setzero_si512(); 8];
            for pair in 0..4 {
                let bytes = _mm512_loadu_si512(self.quants[pair].as_ptr().cast());
                groups[2 * pair] = _mm512_and_si512(bytes, low);
                groups[2 * pair + 1] = _mm512_and_si512(_mm512_srli_epi16::<4>(bytes), low);
            }
            groups
        }
    }

    #[inline(always)]
    unsafe fn quarter_256(&self, group: usize, quarter: usize) -> __m256i {
        let bytes = &self.quants[group / 2][quarter * 16..quarter * 16 + 16];
        // SAFETY: the caller has AVX2; the slice is 16 readable bytes.
        unsafe {
            let bytes = _mm_loadu_si128(bytes.as_ptr().cast());
            let bytes = if group.is_multiple_of(2) { bytes } else { _mm_srli_epi16::<4>(bytes) };
            _mm256_cvtepu8_epi16(_mm_and_si128(bytes, _mm_set1_epi8(15)))
        }
    }
}

/// The quantised product on a processor with AVX2 or better, for some groups of 16 outputs.
pub(super) fn multiply<T: PackedTile>(
    cpu: Cpu,
    tiles: &[T],
    input: &Quantized,
    blocks: usize,
    outputs: usize,
    groups: Range<usize>,
    output: &Shared<'_>,
) {
    let rows = input.high.len() / blocks;
    let chosen = &tiles[groups.start * blocks..groups.end * blocks];
    for (group, tiles) in groups.zip(chosen.chunks_exact(blocks)) {
        let mut first = 0;
        while first < rows {
            let count = (rows - first).min(4);
            match count {
                1 => product::<T, 1>(cpu, tiles, input, first, group, outputs, output),
                2 => product::<T, 2>(cpu, tiles, input, first, group, outputs, output),
                3 => product::<T, 3>(cpu, tiles, input, first, group, outputs, output),
                _ => product::<T, 4>(cpu, tiles, input, first, group, outputs, output),
            }
            first += count;
        }
    }
}

#[inline(always)]
fn product<T: PackedTile, const R: usize>(
    cpu: Cpu,
    tiles: &[T],
    input: &Quantized,
    first: usize,
    group: usize,
    outputs: usize,
    output: &Shared<'_>,
) {
    let sums: [[f32; LANES]; R] = match cpu.level() {
        // SAFETY: a `Cpu` of this level exists only where AVX-512 F, BW and VNNI were detected.
        Level::Avx512 if input.low.is_empty() => unsafe { rows_512::<T, R, false>(tiles, input, first) },
        // SAFETY: as above.
        Level::Avx512 => unsafe { rows_512::<T, R, true>(tiles, input, first) },
        // SAFETY: AVX-512 and AVX2 levels both exist only where AVX2 and FMA were detected; a portable one never
        // comes here, see `Matrix::apply`.
        Level::Avx2 => unsafe { rows_256(tiles, input, first) },
        Level::Portable => return,
    };
    store_rows(&sums, first, group, outputs, output);
}

#[inline(always)]
fn word(quants: &[i8; BLOCK], group: usize) -> i32 {
    let at = group * 4;
    i32::from_le_bytes([quants[at] as u8, quants[at + 1] as u8, quants[at + 2] as u8, quants[at + 3] as u8])
}

#[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn dots_512(groups: &[__m512i; 8], quants: &[i8; BLOCK]) -> __m512i {
    let mut even = _mm512_setzero_si512();
    let mut odd = _mm512_setzero_si512();
    for pair in 0..4 {
        even = _mm512_dpbusd_epi32(even, groups[2 * pair], _mm512_set1_epi32(word(quants, 2 * pair)));
        odd = _mm512_dpbusd_epi32(odd, groups[2 * pair + 1], _mm512_set1_epi32(word(quants, 2 * pair + 1)));
    }
    _mm512_add_epi32(even, odd)
}

/// Asks for the tile some places on, which the processor's own prefetching misses at the end of every page.
#[inline(always)]
fn prefetch<T>(tile: &T) {
    const AHEAD: usize = 24;
    let start = std::ptr::from_ref(tile).wrapping_add(AHEAD).cast::<i8>();
    for line in 0..size_of::<T>().div_ceil(64) {
        // SAFETY: a prefetch reads nothing and may be given any address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(line * 64)) };
    }
}

/// `FINE`: the activations have low parts.
#[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn rows_512<T: PackedTile, const R: usize, const FINE: bool>(tiles: &[T], input: &Quantized, first: usize) -> [[f32; LANES]; R] {
    let blocks = tiles.len();
    let mut sums = [_mm512_setzero_ps(); R];
    for (block, tile) in tiles.iter().enumerate() {
        prefetch(tile);
        // SAFETY: this function is compiled for AVX-512; both arrays are 16 floats.
        let (groups, scales, offsets) =
            unsafe { (tile.groups_512(), _mm512_loadu_ps(tile.scales().as_ptr()), _mm512_loadu_ps(tile.offsets().as_ptr())) };
        for (r, sum) in sums.iter_mut().enumerate() {
            let place = (first + r) * blocks + block;
            let mut dots = dots_512(&groups, &input.high[place]);
            if FINE {
                let low = dots_512(&groups, &input.low[place]);
                dots = _mm512_add_epi32(_mm512_slli_epi32::<8>(dots), low);
            }
            let dots = _mm512_cvtepi32_ps(dots);
            let scale = _mm512_mul_ps(scales, _mm512_set1_ps(input.scales[place]));
            *sum = _mm512_fmadd_ps(dots, scale, *sum);
            *sum = _mm512_fmadd_ps(offsets, _mm512_set1_ps(input.scaled_sums[place]), *sum);
        }
    }
    let mut result = [[0f32; LANES]; R];
    for (row, sum) in result.iter_mut().zip(sums) {
        // SAFETY: the row is 16 writable floats.
        unsafe { _mm512_storeu_ps(row.as_mut_ptr(), sum) };
    }
    result
}

#[target_feature(enable = "avx2,fma")]
fn rows_256<T: PackedTile, const R: usize>(tiles: &[T], input: &Quantized, first: usize) -> [[f32; LANES]; R] {
    let blocks = tiles.len();
    let mut sums = [[_mm256_setzero_ps(); 2]; R];
    for (block, tile) in tiles.iter().enumerate() {
        // Products of pairs of weights: [quarter] holds 4 rows, two partial sums each.
        let mut dots = [[_mm256_setzero_si256(); 4]; R];
        for group in 0..8 {
            let mut activations = [_mm256_setzero_si256(); R];
            for (r, four) in activations.iter_mut().enumerate() {
                let place = (first + r) * blocks + block;
                *four = _mm256_cvtepi8_epi16(_mm_set1_epi32(word(&input.high[place], group)));
                if let Some(low) = input.low.get(place) {
                    let low = _mm256_cvtepi8_epi16(_mm_set1_epi32(word(low, group)));
                    *four = _mm256_add_epi16(_mm256_slli_epi16::<8>(*four), low);
                }
            }
            for quarter in 0..4 {
                // SAFETY: this function is compiled for AVX2.
                let weights = unsafe { tile.quarter_256(group, quarter) };
                for (dots, activations) in dots.iter_mut().zip(activations) {
                    dots[quarter] = _mm256_add_epi32(dots[quarter], _mm256_madd_epi16(weights, activations));
                }
            }
        }
        for r in 0..R {
            let place = (first + r) * blocks + block;
            let scale = _mm256_set1_ps(input.scales[place]);
            let scaled_sum = _mm256_set1_ps(input.scaled_sums[place]);
            for half in 0..2 {
                let pairs = _mm256_hadd_epi32(dots[r][2 * half], dots[r][2 * half + 1]);
                let whole = _mm256_cvtepi32_ps(_mm256_permute4x64_epi64::<0b11_01_10_00>(pairs));
                // SAFETY: each half is 8 of 16 floats.
                let (scales, offsets) = unsafe {
                    (
                        _mm256_loadu_ps(tile.scales().as_ptr().add(half * 8)),
                        _mm256_loadu_ps(tile.offsets().as_ptr().add(half * 8)),
                    )
                };
                sums[r][half] = _mm256_fmadd_ps(whole, _mm256_mul_ps(scales, scale), sums[r][half]);
                sums[r][half] = _mm256_fmadd_ps(offsets, scaled_sum, sums[r][half]);
            }
        }
    }
    let mut result = [[0f32; LANES]; R];
    for (row, halves) in result.iter_mut().zip(sums) {
        // SAFETY: the row is 16 writable floats.
        unsafe {
            _mm256_storeu_ps(row.as_mut_ptr(), halves[0]);
            _mm256_storeu_ps(row.as_mut_ptr().add(8), halves[1]);
        }
    }
    result
}
