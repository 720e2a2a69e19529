//! A network's weights in memory, and its forward pass.

use super::architecture::Architecture;
use super::attention::{Attention, AttentionRule, Plan, order};
use super::cache::{BlockShape, CacheMode, NewRows, SequenceCache};
use super::cpu::Cpu;
use super::failure;
use super::lanes::{gated_gelu, gated_silu, rms_norm, rotate};
use super::matrix::Matrix;
use super::memory::check_at_hand;
use super::operand::{ActivationBits, Operand};
use super::team::Team;
use proctor_core::ModelError;

/// One transformer layer.
pub(super) struct Layer {
    pub attention: AttentionRule,
    /// Whether rotation is that of local layers.
    pub local: bool,
    pub attention_norm: Vec<f32>,
    /// The norm of what attention adds to the hidden state.
    pub attention_post_norm: Option<Vec<f32>>,
    /// The norm of what the feed-forward network adds to the hidden state.
    pub feed_forward_post_norm: Option<Vec<f32>>,
    pub query: Projection,
    pub key: Projection,
    pub value: Projection,
    /// The norm of every query head before its rotation.
    pub query_norm: Option<Vec<f32>>,
    /// The norm of every key head before its rotation.
    pub key_norm: Option<Vec<f32>>,
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
    fn add_bias(&self, output: &mut [f32]) {
        if let Some(bias) = &self.bias {
            for row in output.chunks_exact_mut(bias.len()) {
                add(row, bias);
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
    /// The same for local layers, where it differs.
    pub(super) local_rotary_steps: Option<Vec<f64>>,
    pub(super) cpu: Cpu,
    pub(super) activations: ActivationBits,
    pub(super) cache: CacheMode,
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
        SequenceCache::new(self.block_shape())
    }

    /// The shape of the blocks that caches of this network consist of.
    pub(super) fn block_shape(&self) -> BlockShape {
        self.architecture.block_shape(self.cache)
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
    /// depend on the other rows. Tokens must be below `vocabulary()`. The only error is that there is no memory for
    /// the new positions.
    pub fn forward(&self, rows: &mut [Row<'_>]) -> Result<Vec<f32>, ModelError> {
        self.forward_with(&Team::default(), rows)
    }

    /// [`Self::forward`] with the help of other threads, which changes no result.
    pub fn forward_with(&self, team: &Team, rows: &mut [Row<'_>]) -> Result<Vec<f32>, ModelError> {
        if self.embedding.kept().is_some() {
            return Err(failure("weights that are kept as they are must be taken over by a device first"));
        }
        for row in rows.iter_mut() {
            row.cache.grow(row.tokens.len())?;
        }
        check_at_hand(self.step_bytes(rows), "a step of the local model")?;
        // Sequences with a common beginning side by side; `back[i]` is where row i of the caller went.
        let order = order(rows);
        let mut back = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            back[*old] = new;
        }
        let mut slots: Vec<Option<&mut Row<'_>>> = rows.iter_mut().map(Some).collect();
        let mut sorted: Vec<Row<'_>> = order
            .iter()
            .filter_map(|old| slots[*old].take())
            .map(|row| Row { cache: &mut *row.cache, tokens: row.tokens, logits: row.logits })
            .collect();
        let state = self.layers(team, &mut sorted);
        Ok(self.logits(team, &sorted, &back, &state))
    }

    /// Bytes that the numbers between the layers, and the wanted logits, take in a step: an upper bound for feed-forward
    /// networks up to eight times as wide as the hidden state.
    fn step_bytes(&self, rows: &[Row<'_>]) -> usize {
        let Architecture { hidden, heads, .. } = self.architecture;
        let token = 24 * hidden + 4 * (heads.queries + 2 * heads.keys) * heads.width;
        let (tokens, wanted) = rows.iter().fold((0, 0), |sum, row| (sum.0 + row.tokens.len(), sum.1 + row.logits));
        (tokens * token + wanted * (self.vocabulary() + 2 * hidden)) * size_of::<f32>()
    }

    /// The hidden state of every token behind the last layer.
    fn layers(&self, team: &Team, rows: &mut [Row<'_>]) -> Vec<f32> {
        let Architecture { hidden, heads, norm_epsilon, .. } = self.architecture;
        let total: usize = rows.iter().map(|row| row.tokens.len()).sum();
        let plan = Plan::new(rows);
        let mut state = vec![0f32; total * hidden];
        let tokens = rows.iter().flat_map(|row| row.tokens);
        for (token, embedded) in tokens.zip(state.chunks_exact_mut(hidden)) {
            self.embedding.row(*token as usize, embedded);
        }
        let gemma = self.architecture.gemma;
        if gemma.is_some() {
            let scale = (hidden as f32).sqrt();
            state.iter_mut().for_each(|x| *x *= scale);
        }
        let magnitude = self.architecture.rotary_magnitude;
        let global_angles = angles(&self.rotary_steps, magnitude, rows);
        let local_angles = self.local_rotary_steps.as_ref().map(|steps| angles(steps, magnitude, rows));
        let mut normed = vec![0f32; total * hidden];
        let (mut queries, mut keys, mut values) = (Vec::new(), Vec::new(), Vec::new());
        let (mut gate, mut up, mut result, mut short) = (Vec::new(), Vec::new(), Vec::new(), (Vec::new(), Vec::new()));
        let mut room = Vec::new();
        let (query_width, key_width) = (heads.queries * heads.width, heads.keys * heads.width);
        let mut attended = vec![0f32; total * query_width];

        for (index, layer) in self.layers.iter().enumerate() {
            let angles = local_angles.as_ref().filter(|_| layer.local).unwrap_or(&global_angles);
            rms_norm(self.cpu, &state, &layer.attention_norm, norm_epsilon, &mut normed);
            let operand = Operand::new(self.cpu, self.activations, &normed, hidden);
            let projections = [&layer.query, &layer.key, &layer.value];
            let [query, key, value] = projections.map(|projection| &projection.matrix);
            Matrix::apply_all(team, &operand, &mut [(query, &mut queries), (key, &mut keys), (value, &mut values)]);
            for (projection, output) in projections.iter().zip([&mut queries, &mut keys, &mut values]) {
                projection.add_bias(output);
            }
            self.norm_in_place(&mut queries, layer.query_norm.as_deref(), &mut room);
            self.norm_in_place(&mut keys, layer.key_norm.as_deref(), &mut room);
            self.rotate_all(&mut queries, query_width, angles);
            self.rotate_all(&mut keys, key_width, angles);
            for query in &mut queries {
                *query *= layer.attention.scale;
            }
            let new = NewRows::of(self.cpu, self.cache, &keys, &values, &mut short);
            let mut at = 0;
            for row in rows.iter_mut() {
                row.cache.store(index, &new, at, row.tokens.len());
                at += row.tokens.len();
            }
            let attention = Attention {
                cpu: self.cpu,
                shape: self.block_shape(),
                rule: layer.attention,
                layer: index,
                plan: &plan,
                rows,
                queries: &queries,
            };
            attention.run(team, &mut attended);
            let operand = Operand::new(self.cpu, self.activations, &attended, query_width);
            Matrix::apply_all(team, &operand, &mut [(&layer.attention_output.matrix, &mut result)]);
            layer.attention_output.add_bias(&mut result);
            self.norm_in_place(&mut result, layer.attention_post_norm.as_deref(), &mut room);
            add(&mut state, &result);
            rms_norm(self.cpu, &state, &layer.feed_forward_norm, norm_epsilon, &mut normed);
            let operand = Operand::new(self.cpu, self.activations, &normed, hidden);
            Matrix::apply_all(team, &operand, &mut [(&layer.gate, &mut gate), (&layer.up, &mut up)]);
            match gemma {
                Some(_) => gated_gelu(self.cpu, &mut gate, &up),
                None => gated_silu(self.cpu, &mut gate, &up),
            }
            let operand = Operand::new(self.cpu, self.activations, &gate, layer.down.inputs);
            Matrix::apply_all(team, &operand, &mut [(&layer.down, &mut result)]);
            self.norm_in_place(&mut result, layer.feed_forward_post_norm.as_deref(), &mut room);
            add(&mut state, &result);
        }
        for row in rows.iter_mut() {
            row.cache.advance(row.tokens.len());
        }
        state
    }

    /// The wanted logits, in the order `back` gives the rows.
    fn logits(&self, team: &Team, rows: &[Row<'_>], back: &[usize], state: &[f32]) -> Vec<f32> {
        let hidden = self.architecture.hidden;
        let mut ends = Vec::with_capacity(rows.len());
        let mut end = 0;
        for row in rows {
            end += row.tokens.len();
            ends.push(end);
        }
        let mut wanted = Vec::new();
        for index in back {
            let count = rows[*index].logits.min(rows[*index].tokens.len());
            wanted.extend_from_slice(&state[(ends[*index] - count) * hidden..ends[*index] * hidden]);
        }
        let mut logits = Vec::new();
        if !wanted.is_empty() {
            let mut normed = vec![0f32; wanted.len()];
            rms_norm(self.cpu, &wanted, &self.output_norm, self.architecture.norm_epsilon, &mut normed);
            let matrix = self.output.as_ref().unwrap_or(&self.embedding);
            let operand = Operand::new(self.cpu, self.activations, &normed, hidden);
            Matrix::apply_all(team, &operand, &mut [(matrix, &mut logits)]);
        }
        if let Some(cap) = self.architecture.gemma.and_then(|gemma| gemma.output_cap) {
            logits.iter_mut().for_each(|logit| *logit = cap * (*logit / cap).tanh());
        }
        logits
    }

    /// Norms every piece of the weight's length, where there is one; `room` is scratch.
    fn norm_in_place(&self, values: &mut Vec<f32>, weight: Option<&[f32]>, room: &mut Vec<f32>) {
        let Some(weight) = weight else { return };
        room.resize(values.len(), 0.0);
        rms_norm(self.cpu, values, weight, self.architecture.norm_epsilon, room);
        std::mem::swap(values, room);
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

/// Cosines and sines of every new token's rotation, times `magnitude`.
fn angles(steps: &[f64], magnitude: f32, rows: &[Row<'_>]) -> Vec<(Vec<f32>, Vec<f32>)> {
    let positions = rows.iter().flat_map(|row| (0..row.tokens.len()).map(|i| row.cache.length() + i));
    positions
        .map(|position| {
            let angle = |step: &f64| step * position as f64;
            let cosines = steps.iter().map(|s| magnitude * angle(s).cos() as f32).collect();
            (cosines, steps.iter().map(|s| magnitude * angle(s).sin() as f32).collect())
        })
        .collect()
}
