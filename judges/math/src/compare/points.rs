use crate::numeric::{Estimate, Symbols};

/// Points that are tried at most.
pub const MOST_POINTS: usize = 60;
/// Points at which both sides must have a value.
pub const WANTED: usize = 12;

/// The value of a variable at the k-th point: moderate positive values first, then mixed signs, then wider ranges.
///
/// Integer variables, such as the index of a sequence, take small positive integers.
fn value(name: &str, k: usize, integer: bool) -> f64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ (k as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for byte in name.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^= hash >> 29;
    hash = hash.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash ^= hash >> 32;
    #[allow(clippy::cast_precision_loss, reason = "53 bits are kept")]
    let unit = (hash >> 11) as f64 / 9_007_199_254_740_992.0;
    let sign = if hash & 1 == 0 { 1.0 } else { -1.0 };
    if integer {
        return 1.0 + (unit * 7.0).floor() + if k >= 12 { 4.0 } else { 0.0 };
    }
    match k {
        0..6 => 0.2 + 1.8 * unit,
        6..12 => sign * (0.2 + 1.8 * unit),
        12..20 => 1.5 + 5.0 * unit,
        20..28 => 0.02 + 0.96 * unit,
        28..36 => sign * (0.02 + 0.96 * unit),
        36..48 => sign * (2.0 + 9.0 * unit),
        48..54 => 10.0 + 40.0 * unit,
        _ => -(0.1 + 4.0 * unit),
    }
}

/// The k-th point.
pub fn point(symbols: &Symbols, k: usize, integers: &[bool]) -> Vec<Estimate> {
    symbols
        .names()
        .iter()
        .enumerate()
        .map(|(at, name)| Estimate::exact(value(name, k, integers.get(at).copied().unwrap_or(false))))
        .collect()
}
