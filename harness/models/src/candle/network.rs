//! A network's weights in memory, and its forward pass.

use super::architecture::{Architecture, Turn};
use super::attention::{Attention, Plan, order};
use super::cache::{BlockShape, CacheMode, NewRows, SequenceCache};
use super::cpu::Cpu;
use super::failure;
use super::feed_forward::{Means, Scratch};
use super::lanes::rotate;
use super::layer::Layer;
use super::matrix::Matrix;
use super::memory::check_at_hand;
use super::norm::Norm;
use super::operand::{ActivationBits, Operand};
use super::rotary::Angles;
use super::team::Team;
use proctor_core::ModelError;

/// A decoder. Shared by all workers; holds nothing of any sequence.
pub struct Network {
    pub(super) architecture: Architecture,
    pub(super) embedding: Matrix,
    /// What every position adds to its token's embedding, where positions are learned.
    pub(super) positions: Option<Matrix>,
    pub(super) layers: Vec<Layer>,
    pub(super) output_norm: Norm,
    /// `None` where the embedding serves as output matrix too.
    pub(super) output: Option<Matrix>,
    pub(super) output_bias: Option<Vec<f32>>,
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
        let whole = [&self.output, &self.positions].map(|matrix| matrix.as_ref().map_or(0, Matrix::bytes));
        self.embedding.bytes() + whole.iter().sum::<usize>() + self.layers.iter().map(Layer::bytes).sum::<usize>()
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

    /// The hidden state of every token before the first layer.
    fn embedded(&self, rows: &[Row<'_>]) -> Vec<f32> {
        let Architecture { hidden, embedding_scale, .. } = self.architecture;
        let total: usize = rows.iter().map(|row| row.tokens.len()).sum();
        let mut state = vec![0f32; total * hidden];
        let tokens = rows.iter().flat_map(|row| row.tokens);
        for (token, embedded) in tokens.zip(state.chunks_exact_mut(hidden)) {
            self.embedding.row(*token as usize, embedded);
        }
        if embedding_scale != 1.0 {
            state.iter_mut().for_each(|x| *x *= embedding_scale);
        }
        if let Some(learned) = &self.positions {
            let positions = rows.iter().flat_map(|row| (0..row.tokens.len()).map(|i| row.cache.length() + i));
            let mut added = vec![0f32; hidden];
            for (position, embedded) in positions.zip(state.chunks_exact_mut(hidden)) {
                learned.row(position.min(learned.outputs - 1), &mut added);
                add(embedded, &added, 1.0);
            }
        }
        state
    }

    /// The hidden state of every token behind the last layer.
    fn layers(&self, team: &Team, rows: &mut [Row<'_>]) -> Vec<f32> {
        let Architecture { hidden, heads, residual_scale, .. } = self.architecture;
        let plan = Plan::new(rows);
        let mut state = self.embedded(rows);
        let global_angles = self.architecture.turns.angles(rows);
        let local_angles = self.architecture.local_turns.as_ref().map(|turns| turns.angles(rows));
        let mut normed = vec![0f32; state.len()];
        let (mut queries, mut keys, mut values) = (Vec::new(), Vec::new(), Vec::new());
        let (mut result, mut short, mut scratch) = (Vec::new(), (Vec::new(), Vec::new()), Scratch::default());
        let mut room = Vec::new();
        let (query_width, key_width) = (heads.queries * heads.width, heads.keys * heads.width);
        let mut attended = vec![0f32; state.len() / hidden * query_width];
        let means = Means { cpu: self.cpu, bits: self.activations, team };

        for (index, layer) in self.layers.iter().enumerate() {
            let angles = match layer.turn {
                Turn::Not => None,
                Turn::Global => Some(&global_angles),
                Turn::Local => local_angles.as_ref(),
            };
            let input = normed_or(self.cpu, layer.attention_norm.as_ref(), &state, &mut normed);
            let operand = Operand::new(self.cpu, self.activations, input, hidden);
            let projections = [&layer.query, &layer.key, &layer.value];
            let [query, key, value] = projections.map(|projection| &projection.matrix);
            Matrix::apply_all(team, &operand, &mut [(query, &mut queries), (key, &mut keys), (value, &mut values)]);
            for (projection, output) in projections.iter().zip([&mut queries, &mut keys, &mut values]) {
                projection.add_bias(output);
            }
            // A parallel layer without a second norm reads the same once more.
            let before = layer.parallel.then(|| match &layer.feed_forward_norm {
                None => operand.values.to_vec(),
                Some(norm) => {
                    let mut before = vec![0f32; state.len()];
                    norm.apply(self.cpu, &state, &mut before);
                    before
                }
            });
            if layer.norms_turned_heads {
                self.turn(&mut queries, query_width, angles);
                self.turn(&mut keys, key_width, angles);
            }
            for (norm, heads) in [(&layer.query_norm, &mut queries), (&layer.key_norm, &mut keys)] {
                if let Some(norm) = norm {
                    norm.apply_in_place(self.cpu, heads, &mut room);
                }
            }
            if !layer.norms_turned_heads {
                self.turn(&mut queries, query_width, angles);
                self.turn(&mut keys, key_width, angles);
            }
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
            if let Some(norm) = &layer.attention_post_norm {
                norm.apply_in_place(self.cpu, &mut result, &mut room);
            }
            add(&mut state, &result, residual_scale);
            let input = match &before {
                Some(before) => before,
                None => normed_or(self.cpu, layer.feed_forward_norm.as_ref(), &state, &mut normed),
            };
            let operand = Operand::new(self.cpu, self.activations, input, hidden);
            layer.feed_forward.apply(means, self.architecture.family.activation, &operand, &mut scratch, &mut result);
            if let Some(norm) = &layer.feed_forward_post_norm {
                norm.apply_in_place(self.cpu, &mut result, &mut room);
            }
            add(&mut state, &result, residual_scale);
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
            self.output_norm.apply(self.cpu, &wanted, &mut normed);
            let matrix = self.output.as_ref().unwrap_or(&self.embedding);
            let operand = Operand::new(self.cpu, self.activations, &normed, hidden);
            Matrix::apply_all(team, &operand, &mut [(matrix, &mut logits)]);
        }
        if let Some(bias) = &self.output_bias {
            logits.chunks_exact_mut(bias.len()).for_each(|row| add(row, bias, 1.0));
        }
        let scale = self.architecture.logit_scale;
        if scale != 1.0 {
            logits.iter_mut().for_each(|logit| *logit *= scale);
        }
        if let Some(cap) = self.architecture.output_cap {
            logits.iter_mut().for_each(|logit| *logit = cap * (*logit / cap).tanh());
        }
        logits
    }

    /// Turns every head by its token's angles, where the layer does.
    fn turn(&self, values: &mut [f32], width: usize, angles: Option<&Angles>) {
        let Some(angles) = angles else { return };
        for (row, (cosines, sines)) in values.chunks_exact_mut(width).zip(angles) {
            rotate(row, self.architecture.heads.width, self.architecture.family.pairs, cosines, sines);
        }
    }
}

/// `input` normed into `room`, or as it is without a norm.
fn normed_or<'a>(cpu: Cpu, norm: Option<&Norm>, input: &'a [f32], room: &'a mut [f32]) -> &'a [f32] {
    match norm {
        None => input,
        Some(norm) => {
            norm.apply(cpu, input, room);
            room
        }
    }
}

fn add(state: &mut [f32], change: &[f32], scale: f32) {
    if scale == 1.0 {
        for (x, y) in state.iter_mut().zip(change) {
            *x += y;
        }
    } else {
        for (x, y) in state.iter_mut().zip(change) {
            *x += y * scale;
        }
    }
}
