//! 16-bit floats to 32-bit ones and back.

use super::cpu::{Cpu, Level};
use half::f16;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

/// The largest 16-bit float: what is beyond becomes this one, so that no infinity arises.
pub(super) const LARGEST: f32 = 65_504.0;

/// The nearest 16-bit float of every number, as its bits; both slices are equally long.
pub(super) fn narrow(cpu: Cpu, input: &[f32], output: &mut [u16]) {
    match cpu.level() {
        Level::Portable => plain_narrow(input, output),
        // SAFETY: a `Cpu` of these levels exists only where AVX2 and F16C were detected.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 | Level::Avx512 => unsafe { narrow_256(input, output) },
    }
}

fn plain_narrow(input: &[f32], output: &mut [u16]) {
    for (y, x) in output.iter_mut().zip(input) {
        *y = f16::from_f32(x.clamp(-LARGEST, LARGEST)).to_bits();
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
fn narrow_256(input: &[f32], output: &mut [u16]) {
    let (pieces, rest) = input.as_chunks::<8>();
    let (places, rest_places) = output.as_chunks_mut::<8>();
    let (low, high) = (_mm256_set1_ps(-LARGEST), _mm256_set1_ps(LARGEST));
    for (piece, place) in pieces.iter().zip(places) {
        // SAFETY: 8 readable floats and 8 writable 16-bit numbers.
        unsafe {
            let x = _mm256_max_ps(low, _mm256_min_ps(high, _mm256_loadu_ps(piece.as_ptr())));
            _mm_storeu_si128(place.as_mut_ptr().cast(), _mm256_cvtps_ph::<{ _MM_FROUND_TO_NEAREST_INT }>(x));
        }
    }
    plain_narrow(rest, rest_places);
}

/// Widens every number of `input`; both slices are equally long.
pub(super) fn widen(cpu: Cpu, input: &[u16], output: &mut [f32]) {
    match cpu.level() {
        Level::Portable => plain(input, output),
        // SAFETY: a `Cpu` of this level exists only where AVX2 and F16C were detected.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { widen_256(input, output) },
        // SAFETY: a `Cpu` of this level exists only where AVX-512 F was detected.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { widen_512(input, output) },
    }
}

fn plain(input: &[u16], output: &mut [f32]) {
    for (y, x) in output.iter_mut().zip(input) {
        *y = widen_one(*x);
    }
}

/// Exact for every number that is no infinity: the exponent is moved by a multiplication, which handles the
/// smallest numbers, too.
#[inline(always)]
pub(super) fn widen_one(bits: u16) -> f32 {
    const SCALE: f32 = f32::from_bits((254 - 15) << 23);
    let size = f32::from_bits((u32::from(bits) & 0x7fff) << 13) * SCALE;
    f32::from_bits(size.to_bits() | (u32::from(bits) & 0x8000) << 16)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
fn widen_256(input: &[u16], output: &mut [f32]) {
    let (pieces, rest) = input.as_chunks::<8>();
    let (places, rest_places) = output.as_chunks_mut::<8>();
    for (piece, place) in pieces.iter().zip(places) {
        // SAFETY: 8 readable 16-bit numbers and 8 writable floats.
        unsafe { _mm256_storeu_ps(place.as_mut_ptr(), _mm256_cvtph_ps(_mm_loadu_si128(piece.as_ptr().cast()))) };
    }
    plain(rest, rest_places);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f")]
fn widen_512(input: &[u16], output: &mut [f32]) {
    let (pieces, rest) = input.as_chunks::<16>();
    let (places, rest_places) = output.as_chunks_mut::<16>();
    for (piece, place) in pieces.iter().zip(places) {
        // SAFETY: 16 readable 16-bit numbers and 16 writable floats.
        unsafe { _mm512_storeu_ps(place.as_mut_ptr(), _mm512_cvtph_ps(_mm256_loadu_si256(piece.as_ptr().cast()))) };
    }
    plain(rest, rest_places);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_number_comes_back() {
        let finite: Vec<u16> = (0..=u16::MAX).filter(|bits| f16::from_bits(*bits).is_finite()).collect();
        for cpu in Cpu::supported() {
            let mut wide = vec![0.0; finite.len()];
            widen(cpu, &finite, &mut wide);
            for (bits, x) in finite.iter().zip(&wide) {
                assert_eq!(x.to_bits(), f16::from_bits(*bits).to_f32().to_bits(), "{bits:#x} on {}", cpu.name());
            }
            let mut short = vec![0; finite.len()];
            narrow(cpu, &wide, &mut short);
            assert_eq!(short, finite, "{}", cpu.name());
        }
    }

    #[test]
    fn what_is_too_large_becomes_the_largest() {
        for cpu in Cpu::supported() {
            let mut short = [0u16; 9];
            narrow(cpu, &[1e9, f32::NEG_INFINITY, 65_519.0, -7e4, 0.0, 1.0, 65_504.0, 3e38, f32::INFINITY], &mut short);
            let wide = short.map(|bits| f16::from_bits(bits).to_f32());
            assert_eq!(wide, [65_504.0, -65_504.0, 65_504.0, -65_504.0, 0.0, 1.0, 65_504.0, 65_504.0, 65_504.0]);
        }
    }
}
