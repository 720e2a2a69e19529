use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Chance with a seed: the same seed gives the same text on every machine.
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// Dice of a seed.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A whole number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0.random_range(low.min(high)..=high.max(low))
    }

    /// A part of `amount`, from `low` to `high` thousandths of it.
    pub fn part(&mut self, amount: i64, low: i64, high: i64) -> i64 {
        amount * self.between(low, high) / 1000
    }

    /// Whether an event of so many thousandths happens.
    pub fn happens(&mut self, thousandths: i64) -> bool {
        self.between(0, 999) < thousandths
    }

    /// One of several; `None` of none.
    pub fn one<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let last = items.len().checked_sub(1)?;
        items.get(self.0.random_range(0..=last))
    }

    /// All of them in another order.
    pub fn shuffled<'a, T>(&mut self, items: &'a [T]) -> Vec<&'a T> {
        let mut order: Vec<&T> = items.iter().collect();
        for last in (1..order.len()).rev() {
            order.swap(last, self.0.random_range(0..=last));
        }
        order
    }
}
