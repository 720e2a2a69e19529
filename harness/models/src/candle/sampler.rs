//! The choice of the next token.

use proctor_core::{ModelError, ModelErrorKind, Sampling};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// The options of `-M` that decide the choice, beside what every backend knows.
pub(super) const ARGUMENTS: [&str; 2] = ["min_p", "repetition_penalty"];

/// Draws tokens from logits: the most probable one at temperature 0, else at random from its own seeded generator, so
/// that an answer depends on nothing but its request.
///
/// The order is that of Hugging Face's generation: repetition penalty, temperature, `top_k`, `top_p`, `min_p`.
pub struct Sampler {
    temperature: f64,
    top_p: f64,
    top_k: usize,
    min_p: f64,
    penalty: f32,
    /// Tokens the penalty applies to: all of the prompt and the answer so far.
    repeated: BTreeSet<u32>,
    counted: usize,
    random: ChaCha8Rng,
}

impl Sampler {
    /// Without a temperature the choice is greedy; without a seed it is 0. `min_p` and `repetition_penalty` are read
    /// from the request's further fields.
    pub fn new(sampling: &Sampling) -> Result<Self, ModelError> {
        let refuse = |message: String| Err(ModelError::new(ModelErrorKind::BadRequest, message));
        let temperature = sampling.temperature.unwrap_or(0.0);
        if !(0.0..=100.0).contains(&temperature) {
            return refuse(format!("temperature must be between 0 and 100, not {temperature}"));
        }
        let top_p = sampling.top_p.unwrap_or(1.0);
        if !(top_p > 0.0 && top_p <= 1.0) {
            return refuse(format!("top_p must be above 0 and at most 1, not {top_p}"));
        }
        let number = |key: &str, default: f64| sampling.extra.get(key).map_or(default, |v| v.as_f64().unwrap_or(f64::NAN));
        let min_p = number("min_p", 0.0);
        if !(0.0..=1.0).contains(&min_p) {
            return refuse("the option `min_p` must be a number between 0 and 1".to_owned());
        }
        let penalty = number("repetition_penalty", 1.0);
        if !(0.01..=100.0).contains(&penalty) {
            return refuse("the option `repetition_penalty` must be a number between 0.01 and 100".to_owned());
        }
        Ok(Self {
            temperature,
            top_p,
            top_k: sampling.top_k.filter(|k| *k > 0).map_or(usize::MAX, |k| k as usize),
            min_p,
            penalty: penalty as f32,
            repeated: BTreeSet::new(),
            counted: 0,
            random: ChaCha8Rng::seed_from_u64(sampling.seed.unwrap_or(0)),
        })
    }

    /// The token after `tokens`; of equal logits the lowest id goes first.
    pub fn choose(&mut self, logits: &[f32], tokens: &[u32]) -> u32 {
        if self.penalty == 1.0 {
            return self.draw(logits);
        }
        self.repeated.extend(tokens.iter().skip(self.counted));
        self.counted = tokens.len();
        let mut changed = logits.to_vec();
        for id in &self.repeated {
            if let Some(logit) = changed.get_mut(*id as usize) {
                // Keskar et al. 2019 (CTRL), section 4.1, for logits of either sign.
                *logit = if *logit > 0.0 { *logit / self.penalty } else { *logit * self.penalty };
            }
        }
        self.draw(&changed)
    }

    fn draw(&mut self, logits: &[f32]) -> u32 {
        let best = highest(logits);
        if self.temperature == 0.0 || self.top_k == 1 {
            return best as u32;
        }
        let top = logits[best];
        let weight = |logit: f32| {
            if logit.is_nan() { 0.0 } else { (f64::from(logit - top) / self.temperature).exp() }
        };
        // The most probable token weighs 1.
        let kept_weight = |logit: f32| Some(weight(logit)).filter(|w| *w >= self.min_p).unwrap_or(0.0);
        // 53 random bits: a number in [0, 1).
        let draw = (self.random.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        if self.top_p >= 1.0 && self.top_k >= logits.len() {
            let total: f64 = logits.iter().map(|l| kept_weight(*l)).sum();
            return pick(logits.iter().map(|l| kept_weight(*l)).zip(0..), draw * total).unwrap_or(best as u32);
        }
        let total: f64 = if self.top_k < logits.len() { f64::NAN } else { logits.iter().map(|l| weight(*l)).sum() };
        let kept = self.keep(logits, total, &weight);
        let mass: f64 = kept.iter().map(|id| kept_weight(logits[*id as usize])).sum();
        pick(kept.iter().map(|id| (kept_weight(logits[*id as usize]), *id)), draw * mass).unwrap_or(best as u32)
    }

    /// The `top_k` most probable tokens, of them the fewest whose mass reaches `top_p`; most probable first.
    /// `total` is the mass of all tokens, NaN where `top_k` decides it.
    fn keep(&self, logits: &[f32], total: f64, weight: &dyn Fn(f32) -> f64) -> Vec<u32> {
        let order = |a: &u32, b: &u32| by_probability(logits, *a, *b);
        let mut ids: Vec<u32> = (0..logits.len() as u32).collect();
        let mut sorted = self.top_k.min(256).min(ids.len());
        loop {
            if sorted < ids.len() {
                ids.select_nth_unstable_by(sorted, order);
            }
            ids[..sorted].sort_unstable_by(order);
            let limit = sorted.min(self.top_k);
            let complete = limit == self.top_k || limit == ids.len();
            let mass = if total.is_nan() {
                if complete { ids[..limit].iter().map(|id| weight(logits[*id as usize])).sum() } else { f64::INFINITY }
            } else {
                total
            };
            let mut sum = 0.0;
            for (count, id) in ids[..limit].iter().enumerate() {
                sum += weight(logits[*id as usize]);
                if sum >= self.top_p * mass {
                    ids.truncate(count + 1);
                    return ids;
                }
            }
            if complete {
                ids.truncate(limit);
                return ids;
            }
            sorted = (sorted * 8).min(ids.len()).min(self.top_k);
        }
    }
}

/// The most probable first; of equal logits the lowest id, and what is no number last.
fn by_probability(logits: &[f32], a: u32, b: u32) -> Ordering {
    let (x, y) = (logits[a as usize], logits[b as usize]);
    y.partial_cmp(&x).unwrap_or_else(|| x.is_nan().cmp(&y.is_nan())).then(a.cmp(&b))
}

/// The `count` most probable tokens, best first.
pub(super) fn most_probable(logits: &[f32], count: usize) -> Vec<u32> {
    if count == 0 {
        return Vec::new();
    }
    let mut ids: Vec<u32> = (0..logits.len() as u32).collect();
    if count < ids.len() {
        ids.select_nth_unstable_by(count, |a, b| by_probability(logits, *a, *b));
        ids.truncate(count);
    }
    ids.sort_unstable_by(|a, b| by_probability(logits, *a, *b));
    ids
}

/// The first item at which the running sum passes `target`; the last one with any weight if none does.
fn pick(weighted: impl Iterator<Item = (f64, u32)>, target: f64) -> Option<u32> {
    let mut sum = 0.0;
    let mut last = None;
    for (weight, id) in weighted {
        if weight > 0.0 {
            sum += weight;
            last = Some(id);
            if sum > target {
                break;
            }
        }
    }
    last
}

fn highest(logits: &[f32]) -> usize {
    let mut best = 0;
    for (id, logit) in logits.iter().enumerate() {
        if *logit > logits[best] || logits[best].is_nan() {
            best = id;
        }
    }
    best
}
