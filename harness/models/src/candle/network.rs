//! A network's weights in memory, and its forward pass.

use super::architecture::Architecture;
use super::attention::attend;
use super::cache::SequenceCache;
use super::cpu::Cpu;
use super::lanes::{gated_silu, rms_norm, rotate};
use super::matrix::Matrix;
use super::operand::{ActivationBits, Operand};

/// One transformer layer.
pub(super) struct Layer {
    pub attention_norm: Vec<f32>,
    pub query: Projection,
    pub key: Projection,
    pub value: Projection,
    pub attention_output: Projection,
    pub feed_forward_norm: Vec<f32>,
    pub gate: Matrix,
    pub up: Matrix,
    pub down: Matrix,
}

/// A matrix with an optional bias.
pub(super) struct Projection {
    pub matrix: Matrix,
    pub bias: Option<Vec<f32>>,
}

impl Projection {
    fn apply(&self, operand: &Operand<'_>, output: &mut Vec<f32>) {
        self.matrix.apply(operand, output);
        if let Some(bias) = &self.bias {
            for row in output.chunks_exact_mut(bias.len()) {
                for (y, b) in row.iter_mut().zip(bias) {
                    *y += b;
                }
            }
        }
    }
}

/// A decoder of the llama family. Shared by all workers; holds nothing of any sequence.
pub struct Network {
    pub(super) architecture: Architecture,
    pub(super) embedding: Matrix,
    pub(super) layers: Vec<Layer>,
    pub(super) output_norm: Vec<f32>,
    /// `None` where the embedding serves as output matrix too.
    pub(super) output: Option<Matrix>,
    /// Angle a position turns each rotated pair by.
    pub(super) rotary_steps: Vec<f64>,
    pub(super) cpu: Cpu,
    pub(super) activations: ActivationBits,
}

/// New tokens of one sequence, and which of their logits are wanted.
pub struct Row<'a> {
    /// The sequence; the tokens' keys and values are appended.
    pub cache: &'a mut SequenceCache,
    /// The tokens, in order.
    pub tokens: &'a [u32],
    /// For how many of the last tokens logits are wanted.
    pub logits: usize,
}

impl Network {
    /// An empty cache for a new sequence.
    pub fn new_cache(&self) -> SequenceCache {
        SequenceCache::new(self.layers.len())
    }

    /// Tokens in the vocabulary.
    pub fn vocabulary(&self) -> usize {
        self.embedding.outputs
    }

    /// Bytes of memory the weights take.
    pub fn weight_bytes(&self) -> usize {
        let layer = |l: &Layer| {
            let projections = [&l.query, &l.key, &l.value, &l.attention_output].map(|p| p.matrix.bytes());
            projections.iter().sum::<usize>() + [&l.gate, &l.up, &l.down].map(Matrix::bytes).iter().sum::<usize>()
        };
        self.embedding.bytes() + self.output.as_ref().map_or(0, Matrix::bytes) + self.layers.iter().map(layer).sum::<usize>()
    }

    /// One step of several sequences at once: every row's tokens go through the network together, each attending to
    /// its own sequence. Returns the wanted logits, row by row, each of `vocabulary()` values. A row's logits do not
    /// depend on the other rows. Tokens must be below `vocabulary()`.
    pub fn forward(&self, rows: &mut [Row<'_>]) -> Vec<f32> {
        let Architecture { hidden, heads, norm_epsilon, .. } = self.architecture;
        let total: usize = rows.iter().map(|row| row.tokens.len()).sum();
        let mut state = vec![0f32; total * hidden];
        let tokens = rows.iter().flat_map(|row| row.tokens);
        for (token, embedded) in tokens.zip(state.chunks_exact_mut(hidden)) {
            self.embedding.row(*token as usize, embedded);
        }
        let angles = self.angles(rows);
        let mut normed = vec![0f32; total * hidden];
        let (mut queries, mut keys, mut values) = (Vec::new(), Vec::new(), Vec::new());
        let (mut gate, mut up, mut result, mut scores) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (query_width, key_width) = (heads.queries * heads.width, heads.keys * heads.width);
        let mut attended = vec![0f32; total * query_width];

        for (index, layer) in self.layers.iter().enumerate() {
            rms_norm(self.cpu, &state, &layer.attention_norm, norm_epsilon, &mut normed);
            let operand = Operand::new(self.cpu, self.activations, &normed, hidden);
            layer.query.apply(&operand, &mut queries);
            layer.key.apply(&operand, &mut keys);
            layer.value.apply(&operand, &mut values);
            self.rotate_all(&mut queries, query_width, &angles);
            self.rotate_all(&mut keys, key_width, &angles);
            let mut at = 0;
            for row in rows.iter_mut() {
                let (first, end) = (row.cache.length, at + row.tokens.len());
                let cache = &mut row.cache.layers[index];
                let new = keys[at * key_width..end * key_width].chunks_exact(key_width);
                for (i, (key, value)) in new.zip(values[at * key_width..].chunks_exact(key_width)).enumerate() {
                    cache.push(heads, first + i, key, value);
                }
                let place = at * query_width..end * query_width;
                attend(self.cpu, heads, cache, first, &queries[place.clone()], &mut attended[place], &mut scores);
                at = end;
            }
            layer.attention_output.apply(&Operand::new(self.cpu, self.activations, &attended, query_width), &mut result);
            add(&mut state, &result);
            rms_norm(self.cpu, &state, &layer.feed_forward_norm, norm_epsilon, &mut normed);
            let operand = Operand::new(self.cpu, self.activations, &normed, hidden);
            layer.gate.apply(&operand, &mut gate);
            layer.up.apply(&operand, &mut up);
            gated_silu(self.cpu, &mut gate, &up);
            layer.down.apply(&Operand::new(self.cpu, self.activations, &gate, layer.down.inputs), &mut result);
            add(&mut state, &result);
        }
        for row in rows.iter_mut() {
            row.cache.length += row.tokens.len();
        }
        self.logits(rows, &state)
    }

    fn logits(&self, rows: &[Row<'_>], state: &[f32]) -> Vec<f32> {
        let hidden = self.architecture.hidden;
        let mut wanted = Vec::new();
        let mut end = 0;
        for row in rows {
            end += row.tokens.len();
            let count = row.logits.min(row.tokens.len());
            wanted.extend_from_slice(&state[(end - count) * hidden..end * hidden]);
        }
        let mut logits = Vec::new();
        if !wanted.is_empty() {
            let mut normed = vec![0f32; wanted.len()];
            rms_norm(self.cpu, &wanted, &self.output_norm, self.architecture.norm_epsilon, &mut normed);
            let matrix = self.output.as_ref().unwrap_or(&self.embedding);
            matrix.apply(&Operand::new(self.cpu, self.activations, &normed, hidden), &mut logits);
        }
        logits
    }

    /// Cosines and sines of every new token's rotation.
    fn angles(&self, rows: &[Row<'_>]) -> Vec<(Vec<f32>, Vec<f32>)> {
        let positions = rows.iter().flat_map(|row| (0..row.tokens.len()).map(|i| row.cache.length + i));
        positions
            .map(|position| {
                let angle = |step: &f64| step * position as f64;
                let cosines = self.rotary_steps.iter().map(|s| angle(s).cos() as f32).collect();
                (cosines, self.rotary_steps.iter().map(|s| angle(s).sin() as f32).collect())
            })
            .collect()
    }

    fn rotate_all(&self, values: &mut [f32], width: usize, angles: &[(Vec<f32>, Vec<f32>)]) {
        let Architecture { heads, rotary_pairs, .. } = self.architecture;
        for (row, (cosines, sines)) in values.chunks_exact_mut(width).zip(angles) {
            rotate(row, heads.width, rotary_pairs, cosines, sines);
        }
    }
}

fn add(state: &mut [f32], change: &[f32]) {
    for (x, y) in state.iter_mut().zip(change) {
        *x += y;
    }
}
