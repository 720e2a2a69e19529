//! How probable given tokens are.

use super::cpu::Cpu;
use super::lanes::exponential_total;
use proctor_core::Likelihood;

/// Most tokens of one sequence that are scored in one step: the logits of each are as many as the vocabulary.
const SCORED_PER_STEP: usize = 64;
/// Most numbers that the logits of one step's scored tokens may be, 64 MiB; large vocabularies take smaller steps.
const SCORED_NUMBERS: usize = 16 << 20;

/// Most tokens of all sequences that are scored in one step.
pub(super) fn most_scored(vocabulary: usize) -> usize {
    (SCORED_NUMBERS / vocabulary.max(1)).max(1)
}

/// The end of a sequence being scored.
#[derive(Debug, Clone)]
pub(super) struct Scoring {
    /// The first token that is scored; at least 1.
    start: usize,
    likelihood: Likelihood,
}

impl Scoring {
    /// Scores the tokens from `start` on, each given all before it.
    pub fn new(start: usize) -> Self {
        Self { start, likelihood: Likelihood { logprob: 0.0, tokens: 0, greedy: true } }
    }

    /// How many of the next tokens to feed after `fed`, at most `most`, and for how many of these logits are wanted, at
    /// most `scored`.
    pub fn step(&self, fed: usize, most: usize, scored: usize) -> (usize, usize) {
        let silent = (self.start - 1).saturating_sub(fed);
        let count = most.min(silent + scored.min(SCORED_PER_STEP));
        (count, count - silent.min(count))
    }

    /// Takes the logits before `token`.
    pub fn take(&mut self, cpu: Cpu, logits: &[f32], token: u32) {
        let token = token as usize;
        self.likelihood.logprob += logprob(logits, token, log_total(cpu, logits));
        self.likelihood.tokens += 1;
        // Of equal logits the lowest id is the one that would be chosen.
        let chosen = logits.get(token).copied().unwrap_or(f32::NAN);
        let better = logits.iter().enumerate().any(|(id, logit)| *logit > chosen || (*logit == chosen && id < token));
        self.likelihood.greedy &= !better && !chosen.is_nan();
    }

    pub fn likelihood(&self) -> Likelihood {
        self.likelihood
    }
}

/// The natural logarithm of a token's probability, given `log_total` of the logits.
pub(super) fn logprob(logits: &[f32], token: usize, total: f64) -> f64 {
    let logprob = logits.get(token).map_or(f64::NEG_INFINITY, |logit| f64::from(*logit) - total);
    if logprob.is_nan() { f64::NEG_INFINITY } else { logprob.min(0.0) }
}

/// The logarithm of the sum of the exponentials of all logits.
pub(super) fn log_total(cpu: Cpu, logits: &[f32]) -> f64 {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f64 = logits.chunks(4096).map(|piece| f64::from(exponential_total(cpu, piece, highest))).sum();
    f64::from(highest) + total.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_cover_every_token_once() {
        for (start, length) in [(1, 2), (1, 300), (5, 6), (100, 101), (100, 500), (257, 258)] {
            for (most, scored_most) in [(1, 64), (7, 3), (64, 1), (256, 340), (256, 10)] {
                let scoring = Scoring::new(start);
                let (mut fed, mut scored) = (0, 0);
                while fed < length - 1 {
                    let (count, wanted) = scoring.step(fed, most.min(length - 1 - fed), scored_most);
                    assert!(count > 0 && wanted <= count && wanted <= SCORED_PER_STEP.min(scored_most));
                    assert_eq!(wanted, (fed..fed + count).filter(|i| i + 1 >= start).count());
                    fed += count;
                    scored += wanted;
                }
                assert_eq!(scored, length - start);
            }
        }
    }

    #[test]
    fn large_vocabularies_are_scored_in_small_steps() {
        assert!(most_scored(49_152) >= 256);
        assert_eq!(most_scored(262_144), 64);
        assert_eq!((most_scored(usize::MAX), most_scored(0)), (1, SCORED_NUMBERS));
    }

    #[test]
    fn logprobs_are_those_of_the_softmax() {
        let logits = [1.0f32, 3.0, f32::NEG_INFINITY, 2.0];
        let total = (-2f64).exp() + 1.0 + (-1f64).exp();
        for cpu in Cpu::supported() {
            let found = log_total(cpu, &logits);
            assert!((logprob(&logits, 0, found) - (-2.0 - total.ln())).abs() < 1e-6);
            assert_eq!(logprob(&logits, 2, found), f64::NEG_INFINITY);
            assert_eq!(logprob(&logits, 9, found), f64::NEG_INFINITY);
            let mut scoring = Scoring::new(1);
            scoring.take(cpu, &logits, 1);
            assert!(scoring.likelihood().greedy);
            scoring.take(cpu, &logits, 3);
            assert!(!scoring.likelihood().greedy && scoring.likelihood().tokens == 2);
            let many: Vec<f32> = (0..10_007).map(|i| (i as f32 * 0.37).sin() * 9.0).collect();
            let exact = many.iter().map(|x| f64::from(*x).exp()).sum::<f64>().ln();
            assert!((log_total(cpu, &many) - exact).abs() < 1e-5, "{}", cpu.name());
        }
    }
}
