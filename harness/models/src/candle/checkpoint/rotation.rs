//! Rotary scaling as `config.json` describes it.

use std::f64::consts::TAU;

/// What Llama 3 divides each pair's frequency by: high frequencies stay, low ones are stretched by `factor`, those in
/// between are blended (the `llama3` rotary scaling of the model's release).
pub(super) fn llama3_divisors(base: f64, rotated: usize, scaling: Llama3) -> Vec<f32> {
    let Llama3 { factor, low, high, original } = scaling;
    let divisor = |pair: usize| {
        let frequency = base.powf(-(2.0 * pair as f64) / rotated as f64);
        let length = TAU / frequency;
        if length < original / high {
            return 1.0;
        }
        if length > original / low {
            return factor;
        }
        let share = (original / length - low) / (high - low);
        1.0 / ((1.0 - share) / factor + share)
    };
    (0..rotated / 2).map(|pair| divisor(pair) as f32).collect()
}

/// The constants of Llama 3's scaling.
#[derive(Debug, Clone, Copy)]
pub(super) struct Llama3 {
    pub factor: f64,
    pub low: f64,
    pub high: f64,
    /// Tokens of context before the scaling.
    pub original: f64,
}

/// What a rotation stretched from `original` to `context` tokens is multiplied by, where the configuration names no
/// factor (LongRoPE, arXiv 2402.13753, section 3.3).
pub(super) fn long_magnitude(context: usize, original: usize) -> f64 {
    let stretch = context as f64 / original as f64;
    if stretch <= 1.0 || original < 2 { 1.0 } else { (1.0 + stretch.ln() / (original as f64).ln()).sqrt() }
}
