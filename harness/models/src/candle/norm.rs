//! Norms with weights, over whole rows or over every head apart.

use super::cpu::Cpu;
use super::lanes::{layer_norm, rms_norm};

/// What a norm does before its weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NormKind {
    /// Divides by the root of the mean square.
    MeanSquare,
    /// Subtracts the mean, then divides by the standard deviation: LayerNorm.
    Centred,
}

/// A norm over pieces of `width` values. There may be weights for several pieces, which follow one another in a row.
pub(super) struct Norm {
    pub kind: NormKind,
    pub epsilon: f32,
    pub width: usize,
    pub weight: Vec<f32>,
    pub bias: Option<Vec<f32>>,
}

impl Norm {
    /// Norms every piece of `input`.
    pub fn apply(&self, cpu: Cpu, input: &[f32], output: &mut [f32]) {
        if self.weight.len() == self.width {
            return self.pieces(cpu, input, &self.weight, self.bias.as_deref(), output);
        }
        let rows = input.chunks_exact(self.weight.len()).zip(output.chunks_exact_mut(self.weight.len()));
        for (row, normed) in rows {
            for start in (0..self.weight.len()).step_by(self.width) {
                let piece = start..start + self.width;
                let bias = self.bias.as_ref().map(|bias| &bias[piece.clone()]);
                self.pieces(cpu, &row[piece.clone()], &self.weight[piece.clone()], bias, &mut normed[piece]);
            }
        }
    }

    fn pieces(&self, cpu: Cpu, input: &[f32], weight: &[f32], bias: Option<&[f32]>, output: &mut [f32]) {
        match self.kind {
            NormKind::MeanSquare => rms_norm(cpu, input, weight, self.epsilon, output),
            NormKind::Centred => layer_norm(cpu, input, weight, self.epsilon, output),
        }
        if let Some(bias) = bias {
            for normed in output.chunks_exact_mut(bias.len()) {
                for (y, b) in normed.iter_mut().zip(bias) {
                    *y += b;
                }
            }
        }
    }

    /// Norms `values` in place; `room` is scratch.
    pub fn apply_in_place(&self, cpu: Cpu, values: &mut Vec<f32>, room: &mut Vec<f32>) {
        room.resize(values.len(), 0.0);
        self.apply(cpu, values, room);
        std::mem::swap(values, room);
    }
}
