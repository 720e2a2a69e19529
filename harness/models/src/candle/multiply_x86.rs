//! The quantised matrix product with AVX-512 VNNI and with AVX2.

use super::blocks::BLOCK;
use super::cpu::{Cpu, Level};
use super::lanes::LANES;
use super::multiply::store_rows;
use super::operand::Quantized;
use super::team::Shared;
use super::tiles::{Quants, Scales, Tile};
use std::arch::x86_64::*;
use std::ops::Range;

/// The quantised product on a processor with AVX2 or better, for some groups of 16 outputs.
pub(super) fn multiply<T: Tile>(
    cpu: Cpu,
    tiles: &[T],
    input: &Quantized,
    blocks: usize,
    outputs: usize,
    groups: Range<usize>,
    output: &Shared<'_>,
) {
    let rows = input.high.len() / blocks;
    // As many rows together as there are registers for their sums.
    let most = if cpu.level() == Level::Avx512 { 4 } else { 2 };
    let per_row = blocks / T::BLOCKS;
    let chosen = &tiles[groups.start * per_row..groups.end * per_row];
    for (group, tiles) in groups.zip(chosen.chunks_exact(per_row)) {
        let mut first = 0;
        while first < rows {
            let count = (rows - first).min(most);
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
fn product<T: Tile, const R: usize>(
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

/// Products of `G` groups of weights, an even number, with as many activations; the `half`-th of them. It is inlined, for
/// the groups to stay in registers.
///
/// # Safety
/// The caller is compiled for AVX-512 F and VNNI.
#[inline(always)]
unsafe fn dots_512<const G: usize>(groups: &[__m512i; 8], half: usize, quants: &[i8; BLOCK]) -> __m512i {
    // SAFETY: registers only; the caller has the instructions.
    unsafe {
        let mut even = _mm512_setzero_si512();
        let mut odd = _mm512_setzero_si512();
        for pair in 0..G / 2 {
            let group = half * G + 2 * pair;
            even = _mm512_dpbusd_epi32(even, groups[group], _mm512_set1_epi32(word(quants, group)));
            odd = _mm512_dpbusd_epi32(odd, groups[group + 1], _mm512_set1_epi32(word(quants, group + 1)));
        }
        _mm512_add_epi32(even, odd)
    }
}

/// Asks for what lies 9 KiB on from block `block` of a tile, which the processor's own prefetching misses at the end of
/// every page.
#[inline(always)]
fn prefetch<T: Tile>(tile: &T, block: usize) {
    const AHEAD: usize = 9216;
    let size = size_of::<T>() / T::BLOCKS;
    let start = std::ptr::from_ref(tile).cast::<i8>().wrapping_add(AHEAD + block * size);
    for line in 0..size.div_ceil(64) {
        // SAFETY: a prefetch reads nothing and may be given any address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(line * 64)) };
    }
}

/// Adds the products of `G` groups of weights, which have common scales, for every row of activations; `place` is the
/// first row's block.
///
/// # Safety
/// The caller is compiled for AVX-512 F and VNNI.
#[inline(always)]
unsafe fn add_512<const R: usize, const G: usize, const FINE: bool, const HALVES: bool>(
    groups: &[__m512i; 8],
    half: usize,
    (scales, offsets): (__m512, __m512),
    input: &Quantized,
    (place, blocks): (usize, usize),
    sums: &mut [__m512; R],
) {
    for (r, sum) in sums.iter_mut().enumerate() {
        let place = place + r * blocks;
        // SAFETY: registers only; the caller has the instructions.
        unsafe {
            let mut dots = dots_512::<G>(groups, half, &input.high[place]);
            if FINE {
                let low = dots_512::<G>(groups, half, &input.low[place]);
                dots = _mm512_add_epi32(_mm512_slli_epi32::<8>(dots), low);
            }
            let dots = _mm512_cvtepi32_ps(dots);
            let scale = _mm512_mul_ps(scales, _mm512_set1_ps(input.scales[place]));
            *sum = _mm512_fmadd_ps(dots, scale, *sum);
            *sum = _mm512_fmadd_ps(offsets, _mm512_set1_ps(input.scaled_sum::<HALVES>(place, half)), *sum);
        }
    }
}

/// `FINE`: the activations have low parts.
#[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn rows_512<T: Tile, const R: usize, const FINE: bool>(tiles: &[T], input: &Quantized, first: usize) -> [[f32; LANES]; R] {
    let blocks = tiles.len() * T::BLOCKS;
    let mut sums = [_mm512_setzero_ps(); R];
    for (place, tile) in tiles.iter().enumerate() {
        for within in 0..T::BLOCKS {
            prefetch(tile, within);
            let at = (first * blocks + place * T::BLOCKS + within, blocks);
            // SAFETY: this function is compiled for AVX-512.
            unsafe {
                let groups = tile.quants(within).groups_512();
                if T::HALVES {
                    add_512::<R, 4, FINE, true>(&groups, 0, tile.scales_512(within, 0), input, at, &mut sums);
                    add_512::<R, 4, FINE, true>(&groups, 1, tile.scales_512(within, 1), input, at, &mut sums);
                } else {
                    add_512::<R, 8, FINE, false>(&groups, 0, tile.scales_512(within, 0), input, at, &mut sums);
                }
            }
        }
    }
    let mut result = [[0f32; LANES]; R];
    for (row, sum) in result.iter_mut().zip(sums) {
        // SAFETY: the row is 16 writable floats.
        unsafe { _mm512_storeu_ps(row.as_mut_ptr(), sum) };
    }
    result
}

/// Adds the products of `G` groups of weights, which have common scales, for every row of activations; `place` is the
/// first row's block.
///
/// # Safety
/// The caller is compiled for AVX2 and FMA.
#[inline(always)]
unsafe fn add_256<Q: Quants, const R: usize, const G: usize, const HALVES: bool>(
    quants: &Q,
    half: usize,
    scales: &Scales,
    input: &Quantized,
    (place, blocks): (usize, usize),
    sums: &mut [[__m256; 2]; R],
) {
    // SAFETY: the caller has the instructions; what is loaded are 8 of 16 floats each.
    unsafe {
        // Products of pairs of weights: [quarter] holds 4 rows, two partial sums each.
        let mut dots = [[_mm256_setzero_si256(); 4]; R];
        for group in half * G..half * G + G {
            let mut activations = [_mm256_setzero_si256(); R];
            for (r, four) in activations.iter_mut().enumerate() {
                let place = place + r * blocks;
                *four = _mm256_cvtepi8_epi16(_mm_set1_epi32(word(&input.high[place], group)));
                if let Some(low) = input.low.get(place) {
                    let low = _mm256_cvtepi8_epi16(_mm_set1_epi32(word(low, group)));
                    *four = _mm256_add_epi16(_mm256_slli_epi16::<8>(*four), low);
                }
            }
            for quarter in 0..4 {
                let weights = quants.quarter_256(group, quarter);
                for (dots, activations) in dots.iter_mut().zip(activations) {
                    dots[quarter] = _mm256_add_epi32(dots[quarter], _mm256_madd_epi16(weights, activations));
                }
            }
        }
        for r in 0..R {
            let place = place + r * blocks;
            let scale = _mm256_set1_ps(input.scales[place]);
            let scaled_sum = _mm256_set1_ps(input.scaled_sum::<HALVES>(place, half));
            for eight in 0..2 {
                let pairs = _mm256_hadd_epi32(dots[r][2 * eight], dots[r][2 * eight + 1]);
                let whole = _mm256_cvtepi32_ps(_mm256_permute4x64_epi64::<0b11_01_10_00>(pairs));
                let row_scales = _mm256_loadu_ps(scales.scales.as_ptr().add(eight * 8));
                let offsets = _mm256_loadu_ps(scales.offsets.as_ptr().add(eight * 8));
                sums[r][eight] = _mm256_fmadd_ps(whole, _mm256_mul_ps(row_scales, scale), sums[r][eight]);
                sums[r][eight] = _mm256_fmadd_ps(offsets, scaled_sum, sums[r][eight]);
            }
        }
    }
}

#[target_feature(enable = "avx2,fma")]
fn rows_256<T: Tile, const R: usize>(tiles: &[T], input: &Quantized, first: usize) -> [[f32; LANES]; R] {
    let blocks = tiles.len() * T::BLOCKS;
    let mut sums = [[_mm256_setzero_ps(); 2]; R];
    for (place, tile) in tiles.iter().enumerate() {
        for within in 0..T::BLOCKS {
            let at = (first * blocks + place * T::BLOCKS + within, blocks);
            let quants = tile.quants(within);
            // SAFETY: this function is compiled for AVX2 and FMA.
            unsafe {
                if T::HALVES {
                    add_256::<T::Quants, R, 4, true>(quants, 0, &tile.scales(within, 0), input, at, &mut sums);
                    add_256::<T::Quants, R, 4, true>(quants, 1, &tile.scales(within, 1), input, at, &mut sums);
                } else {
                    add_256::<T::Quants, R, 8, false>(quants, 0, &tile.scales(within, 0), input, at, &mut sums);
                }
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
