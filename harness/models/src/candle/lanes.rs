//! Element-wise arithmetic of the forward pass: norms, activation, softmax, rotary positions.

use super::cpu::for_each_cpu;

/// Values handled together: one AVX-512 register, two of AVX2.
pub(super) const LANES: usize = 16;

/// `a * b + c`, as one instruction where `FUSED`.
#[inline(always)]
pub(super) fn multiply_add<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// e^x within 2 units in the last place for x in [-87, 88]; clamped outside.
#[inline(always)]
pub(super) fn exponential<const FUSED: bool>(x: f32) -> f32 {
    // Adding 1.5 * 2^23 leaves the nearest integer in the low bits of the mantissa.
    const SHIFT: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = multiply_add::<FUSED>(x, std::f32::consts::LOG2_E, SHIFT);
    let n = shifted - SHIFT;
    let r = multiply_add::<FUSED>(n, -0.693_359_4, x);
    let r = multiply_add::<FUSED>(n, 2.121_944_4e-4, r);
    let mut p = 1.987_569_1e-4;
    p = multiply_add::<FUSED>(p, r, 1.398_199_9e-3);
    p = multiply_add::<FUSED>(p, r, 8.333_452e-3);
    p = multiply_add::<FUSED>(p, r, 4.166_579_6e-2);
    p = multiply_add::<FUSED>(p, r, 1.666_666_5e-1);
    p = multiply_add::<FUSED>(p, r, 0.5);
    let e = multiply_add::<FUSED>(p, r * r, r) + 1.0;
    let power = shifted.to_bits().wrapping_sub(SHIFT.to_bits()).wrapping_add(127) << 23;
    e * f32::from_bits(power)
}

for_each_cpu! {
    /// Root-mean-square norm of each row of `width` values, times `weight`.
    rms_norm => rms_norm_body(input: &[f32], weight: &[f32], epsilon: f32, output: &mut [f32])
}

#[inline(always)]
fn rms_norm_body<const FUSED: bool>(input: &[f32], weight: &[f32], epsilon: f32, output: &mut [f32]) {
    let width = weight.len();
    for (row, normed) in input.chunks_exact(width).zip(output.chunks_exact_mut(width)) {
        let mut sums = [0f32; LANES];
        let mut chunks = row.chunks_exact(LANES);
        for chunk in &mut chunks {
            for (sum, x) in sums.iter_mut().zip(chunk) {
                *sum = multiply_add::<FUSED>(*x, *x, *sum);
            }
        }
        let rest: f32 = chunks.remainder().iter().map(|x| x * x).sum();
        let mean = (sums.iter().sum::<f32>() + rest) / width as f32;
        let scale = 1.0 / (mean + epsilon).sqrt();
        for ((y, x), w) in normed.iter_mut().zip(row).zip(weight) {
            *y = *x * scale * *w;
        }
    }
}

for_each_cpu! {
    /// Each row of `width` values less its mean, over its standard deviation, times `weight`.
    layer_norm => layer_norm_body(input: &[f32], weight: &[f32], epsilon: f32, output: &mut [f32])
}

#[inline(always)]
fn layer_norm_body<const FUSED: bool>(input: &[f32], weight: &[f32], epsilon: f32, output: &mut [f32]) {
    let width = weight.len();
    for (row, normed) in input.chunks_exact(width).zip(output.chunks_exact_mut(width)) {
        let (pieces, rest) = row.as_chunks::<LANES>();
        let mut sums = [0f32; LANES];
        for piece in pieces {
            for (sum, x) in sums.iter_mut().zip(piece) {
                *sum += *x;
            }
        }
        let mean = (sums.iter().sum::<f32>() + rest.iter().sum::<f32>()) / width as f32;
        let mut squares = [0f32; LANES];
        for piece in pieces {
            for (sum, x) in squares.iter_mut().zip(piece) {
                *sum = multiply_add::<FUSED>(*x - mean, *x - mean, *sum);
            }
        }
        let rest: f32 = rest.iter().map(|x| (x - mean) * (x - mean)).sum();
        let scale = 1.0 / ((squares.iter().sum::<f32>() + rest) / width as f32 + epsilon).sqrt();
        for ((y, x), w) in normed.iter_mut().zip(row).zip(weight) {
            *y = (*x - mean) * scale * *w;
        }
    }
}

for_each_cpu! {
    /// `values[i] = gelu(values[i])`.
    gelu => gelu_body(values: &mut [f32])
}

#[inline(always)]
fn gelu_body<const FUSED: bool>(values: &mut [f32]) {
    for x in values.iter_mut() {
        *x = gelu_of::<FUSED>(*x);
    }
}

for_each_cpu! {
    /// `values[i] = silu(values[i])`.
    silu => silu_body(values: &mut [f32])
}

#[inline(always)]
fn silu_body<const FUSED: bool>(values: &mut [f32]) {
    for x in values.iter_mut() {
        *x = *x / (1.0 + exponential::<FUSED>(-*x));
    }
}

/// The Gaussian error linear unit in its form with the hyperbolic tangent.
#[inline(always)]
fn gelu_of<const FUSED: bool>(x: f32) -> f32 {
    // x/2 * (1 + tanh u) = x / (1 + e^-2u), with u = sqrt(2/pi) * (x + 0.044715 x^3).
    const TWICE: f32 = 1.595_769;
    let inner = TWICE * x * multiply_add::<FUSED>(0.044_715, x * x, 1.0);
    x / (1.0 + exponential::<FUSED>(-inner))
}

for_each_cpu! {
    /// `gate[i] = silu(gate[i]) * up[i]`.
    gated_silu => gated_silu_body(gate: &mut [f32], up: &[f32])
}

#[inline(always)]
fn gated_silu_body<const FUSED: bool>(gate: &mut [f32], up: &[f32]) {
    for (g, u) in gate.iter_mut().zip(up) {
        *g = *g / (1.0 + exponential::<FUSED>(-*g)) * *u;
    }
}

for_each_cpu! {
    /// `gate[i] = gelu(gate[i]) * up[i]`.
    gated_gelu => gated_gelu_body(gate: &mut [f32], up: &[f32])
}

#[inline(always)]
fn gated_gelu_body<const FUSED: bool>(gate: &mut [f32], up: &[f32]) {
    for (g, u) in gate.iter_mut().zip(up) {
        *g = gelu_of::<FUSED>(*g) * *u;
    }
}

for_each_cpu! {
    /// The sum of `e^(x - highest)`; what is more than 87 below counts as e^-87.
    exponential_total => exponential_total_body(values: &[f32], highest: f32) -> f32
}

#[inline(always)]
fn exponential_total_body<const FUSED: bool>(values: &[f32], highest: f32) -> f32 {
    let mut sums = [0f32; LANES];
    let (pieces, rest) = values.as_chunks::<LANES>();
    for piece in pieces {
        for (sum, x) in sums.iter_mut().zip(piece) {
            *sum += exponential::<FUSED>(*x - highest);
        }
    }
    for (sum, x) in sums.iter_mut().zip(rest) {
        *sum += exponential::<FUSED>(*x - highest);
    }
    sums.iter().sum()
}

/// How the two halves of a rotated pair lie in a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RotaryPairs {
    /// Neighbours (0,1), (2,3) …: GGUF files of the llama architecture.
    Neighbours,
    /// Halves (0, d/2), (1, d/2+1) …: GGUF files of the qwen2 architecture.
    Halves,
}

/// Rotates each head of `row` by the angles whose cosines and sines are given (one for each pair).
pub(super) fn rotate(row: &mut [f32], head_width: usize, pairs: RotaryPairs, cosines: &[f32], sines: &[f32]) {
    let half = cosines.len();
    for head in row.chunks_exact_mut(head_width) {
        for (i, (cosine, sine)) in cosines.iter().zip(sines).enumerate() {
            let (a, b) = match pairs {
                RotaryPairs::Neighbours => (2 * i, 2 * i + 1),
                RotaryPairs::Halves => (i, i + half),
            };
            let (x, y) = (head[a], head[b]);
            head[a] = x * cosine - y * sine;
            head[b] = x * sine + y * cosine;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_is_close() {
        for i in -8600..8700 {
            let x = i as f32 / 100.0;
            let exact = f64::from(x).exp();
            for y in [exponential::<false>(x), exponential::<true>(x)] {
                assert!((f64::from(y) / exact - 1.0).abs() < 4e-7, "exp({x}) = {y}, not {exact}");
            }
        }
    }
}
