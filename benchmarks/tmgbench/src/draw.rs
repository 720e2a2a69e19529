//! Random draws that are the same for ever: hashes of a seed text and a counter.

use proctor_core::sha256_hex;

/// A stream of draws from a seed text.
pub struct Draw {
    seed: String,
    count: u64,
}

impl Draw {
    /// The stream of `seed`.
    pub fn new(seed: impl Into<String>) -> Self {
        Self { seed: seed.into(), count: 0 }
    }

    /// A number below `bound`, which must not be 0. The bias is below 2⁻⁴⁰ for the bounds in use.
    pub fn below(&mut self, bound: usize) -> usize {
        let hash = sha256_hex(format!("{}\u{0}{}", self.seed, self.count).as_bytes());
        self.count += 1;
        let number = hash.get(..16).and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap_or(0);
        (number % bound.max(1) as u64) as usize
    }

    /// One of `items`; `None` of none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }

    /// `count` different numbers below `bound`, in the order in which they were drawn; all of them where `count` is larger.
    pub fn distinct(&mut self, count: usize, bound: usize) -> Vec<usize> {
        let mut left: Vec<usize> = (0..bound).collect();
        (0..count.min(bound)).map(|_| left.swap_remove(self.below(left.len()))).collect()
    }
}
