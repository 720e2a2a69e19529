//! What the workers need of a network, whichever device computes it.

use super::cpu::Cpu;
use super::network::{Network, Row};
use super::team::Team;
use proctor_core::ModelError;

/// A network that takes several sequences one step on.
pub(super) trait Decoder: Send + Sync {
    /// Feeds every row's tokens and returns the wanted logits, row by row, each of `vocabulary()` values. Errors say
    /// that there is no memory for the new positions, or what the device refused; the rows are lost then.
    fn step(&self, team: &Team, rows: &mut [Row<'_>]) -> Result<Vec<f32>, ModelError>;

    /// Tokens in the vocabulary.
    fn vocabulary(&self) -> usize;

    /// The instructions for what is made of the logits.
    fn cpu(&self) -> Cpu;

    /// Prompt tokens one worker takes into one step, so that running answers are not held up for long.
    fn prompt_tokens_per_step(&self) -> usize;
}

impl Decoder for Network {
    fn step(&self, team: &Team, rows: &mut [Row<'_>]) -> Result<Vec<f32>, ModelError> {
        self.forward_with(team, rows)
    }

    fn vocabulary(&self) -> usize {
        self.vocabulary()
    }

    fn cpu(&self) -> Cpu {
        self.cpu
    }

    fn prompt_tokens_per_step(&self) -> usize {
        256
    }
}
