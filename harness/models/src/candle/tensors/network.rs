//! A network's weights on a device, and its forward pass.

use super::super::architecture::{Architecture, Turn};
use super::super::cache::{BlockShape, CacheBlock, CacheMode, SequenceCache};
use super::super::cpu::Cpu;
use super::super::decoder::Decoder;
use super::super::failure;
use super::super::network::{Network, Row};
use super::super::rotary::Turns;
use super::super::team::Team;
use super::attention::Groups;
use super::device::OpenDevice;
use super::layer::{Mover, TensorLayer, TensorNorm};
use super::linear::Linear;
use super::operations::{Angles, squeeze};
use super::plan::Plan;
use super::pool::Pool;
use candle_core::{Result, Tensor};
use proctor_core::ModelError;
use std::sync::Arc;

/// A decoder on a device. Its keys and values lie in one pool, which all sequences share.
pub struct TensorNetwork {
    architecture: Architecture,
    embedding: Linear,
    vocabulary: usize,
    /// What every position adds to its token's embedding, where positions are learned, and how many there are.
    positions: Option<(Linear, usize)>,
    layers: Vec<TensorLayer>,
    output_norm: TensorNorm,
    /// `None` where the embedding serves as output matrix too.
    output: Option<Linear>,
    output_bias: Option<Tensor>,
    /// The windows that layers see, each once.
    windows: Vec<Option<usize>>,
    pool: Arc<Pool>,
    shape: BlockShape,
    device: OpenDevice,
    cpu: Cpu,
}

impl TensorNetwork {
    /// Takes over a network whose weights were kept as they are, in `full` as 32-bit floats. Keys and values get
    /// `cache_bytes` of the device's memory at once. Fails where the device has too little memory.
    pub(in super::super) fn new(
        network: Network,
        device: OpenDevice,
        full: bool,
        cache_bytes: usize,
    ) -> std::result::Result<Self, ModelError> {
        let refused = |e: candle_core::Error| device.refused("cannot take the local model's weights over", &e);
        let mover = Mover { device: &device.device, full, halves: device.multiplies_halves() };
        let shape = network.architecture.block_shape(network.cache);
        let Network { architecture, embedding, positions, layers, output_norm, output, output_bias, cpu, .. } = network;
        let vocabulary = embedding.outputs;
        let embedding = mover.linear(&embedding).map_err(refused)?;
        let learned = |positions: super::super::matrix::Matrix| Ok((mover.linear(&positions)?, positions.outputs));
        let positions = positions.map(learned).transpose().map_err(refused)?;
        let output = output.map(|output| mover.linear(&output)).transpose().map_err(refused)?;
        let output_bias = output_bias.map(|bias| mover.vector(&bias)).transpose().map_err(refused)?;
        let mut windows: Vec<Option<usize>> = Vec::new();
        for layer in &layers {
            if !windows.contains(&layer.attention.window) {
                windows.push(layer.attention.window);
            }
        }
        // Every layer is dropped as soon as the device has it.
        let layers = layers.into_iter().map(|layer| mover.layer(&layer)).collect::<Result<_>>().map_err(refused)?;
        let output_norm = mover.norm(&output_norm).map_err(refused)?;
        let pool = Pool::new(shape, cache_bytes, &device.device)
            .map_err(|e| device.refused(&format!("has no {} MiB for keys and values", cache_bytes >> 20), &e))?;
        Ok(Self {
            architecture,
            embedding,
            vocabulary,
            positions,
            layers,
            output_norm,
            output,
            output_bias,
            windows,
            pool: Arc::new(pool),
            shape,
            device,
            cpu,
        })
    }

    /// An empty cache for a new sequence.
    pub fn new_cache(&self) -> SequenceCache {
        SequenceCache::new(self.shape)
    }

    /// Tokens in the vocabulary.
    pub fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    /// In which numbers keys and values are kept.
    pub fn cache_mode(&self) -> CacheMode {
        self.shape.mode
    }

    /// One step of several sequences at once, as [`Network::forward`] takes it; but a row's logits may depend on the
    /// other rows in their last digits, since the device's kernels choose their order of summation by the size of the
    /// whole. Errors say what the device refused.
    pub fn forward(&self, rows: &mut [Row<'_>]) -> std::result::Result<Vec<f32>, ModelError> {
        for row in rows.iter_mut() {
            row.cache.grow_with(row.tokens.len(), &|like| self.pool.take(like))?;
            if row.cache.blocks().iter().any(|block| !matches!(**block, CacheBlock::Page(_))) {
                return Err(failure("this sequence's keys and values are not on the device"));
            }
        }
        let plan = Plan::new(rows, self.architecture.heads);
        let logits = self.run(&plan).map_err(|e| self.device.refused("failed in a step of the local model", &e))?;
        for row in rows.iter_mut() {
            row.cache.advance(row.tokens.len());
        }
        Ok(logits)
    }

    fn run(&self, plan: &Plan) -> Result<Vec<f32>> {
        if plan.tokens.is_empty() {
            return Ok(Vec::new());
        }
        let state = self.layers(plan)?;
        if plan.wanted.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = Tensor::new(plan.wanted.as_slice(), &self.device.device)?;
        let state = self.output_norm.apply(&state.index_select(&wanted, 0)?)?;
        let logits = self.output.as_ref().unwrap_or(&self.embedding).apply(&state)?;
        let logits = match &self.output_bias {
            Some(bias) => logits.broadcast_add(bias)?,
            None => logits,
        };
        let logits = scaled(logits, self.architecture.logit_scale)?;
        let logits = match self.architecture.output_cap {
            Some(cap) => squeeze(&logits, cap)?,
            None => logits,
        };
        logits.flatten_all()?.to_vec1()
    }

    /// The hidden state of every token before the first layer.
    fn embedded(&self, plan: &Plan) -> Result<Tensor> {
        let device = &self.device.device;
        let state = self.embedding.rows(&Tensor::new(plan.tokens.as_slice(), device)?)?;
        let state = scaled(state, self.architecture.embedding_scale)?;
        let Some((learned, count)) = &self.positions else { return Ok(state) };
        let positions: Vec<u32> = plan.positions.iter().map(|position| (*position).min(count - 1) as u32).collect();
        state + learned.rows(&Tensor::new(positions.as_slice(), device)?)?
    }

    /// The hidden state of every token behind the last layer.
    fn layers(&self, plan: &Plan) -> Result<Tensor> {
        let Architecture { heads, residual_scale, family, .. } = self.architecture;
        let device = &self.device.device;
        let groups = Groups::new(plan, heads, &self.windows, device)?;
        let global = self.angles(&self.architecture.turns, plan)?;
        let local = self.architecture.local_turns.as_ref().map(|turns| self.angles(turns, plan)).transpose()?;
        let places = Tensor::new(plan.places.as_slice(), device)?
            .unsqueeze(1)?
            .broadcast_as((plan.places.len(), heads.keys * heads.width))?
            .contiguous()?;
        let mut state = self.embedded(plan)?;
        for (index, layer) in self.layers.iter().enumerate() {
            let angles = match layer.turn {
                Turn::Not => None,
                Turn::Global => Some(&global),
                Turn::Local => local.as_ref(),
            };
            let input = TensorNorm::apply_or(layer.attention_norm.as_ref(), &state)?;
            // A parallel layer without a second norm reads the same once more.
            let before = match (layer.parallel, &layer.feed_forward_norm) {
                (false, _) => None,
                (true, None) => Some(input.clone()),
                (true, Some(norm)) => Some(norm.apply(&state)?),
            };
            let turned = |heads: Tensor, norm: Option<&TensorNorm>| {
                let turn = |heads: Tensor| match angles {
                    Some(angles) => angles.rotate(&heads, self.architecture.heads.width, family.pairs),
                    None => Ok(heads),
                };
                match layer.norms_turned_heads {
                    true => TensorNorm::apply_or(norm, &turn(heads)?),
                    false => turn(TensorNorm::apply_or(norm, &heads)?),
                }
            };
            let queries = turned(layer.query.apply(&input)?, layer.query_norm.as_ref())?;
            let keys = turned(layer.key.apply(&input)?, layer.key_norm.as_ref())?;
            self.pool.write(index, &places, &keys, &layer.value.apply(&input)?)?;
            let attended = groups.attend(&self.pool, index, layer.attention, &queries)?;
            let result = layer.attention_output.apply(&attended)?;
            let result = TensorNorm::apply_or(layer.attention_post_norm.as_ref(), &result)?;
            state = (state + scaled(result, residual_scale)?)?;
            let input = match before {
                Some(before) => before,
                None => TensorNorm::apply_or(layer.feed_forward_norm.as_ref(), &state)?,
            };
            let result = layer.feed_forward.apply(family.activation, &input)?;
            let result = TensorNorm::apply_or(layer.feed_forward_post_norm.as_ref(), &result)?;
            state = (state + scaled(result, residual_scale)?)?;
        }
        Ok(state)
    }

    fn angles(&self, turns: &Turns, plan: &Plan) -> Result<Angles> {
        let table = |turn: fn(f64) -> f64| {
            let positions = plan.positions.iter().map(|position| *position as f64);
            let row = |p: f64| turns.steps.iter().map(move |step| turns.magnitude * turn(step * p) as f32);
            let values: Vec<f32> = positions.flat_map(row).collect();
            Tensor::from_vec(values, (plan.positions.len(), 1, turns.steps.len()), &self.device.device)
        };
        Ok(Angles { cosines: table(f64::cos)?, sines: table(f64::sin)? })
    }
}

fn scaled(values: Tensor, scale: f32) -> Result<Tensor> {
    if scale == 1.0 { Ok(values) } else { values * f64::from(scale) }
}

impl Decoder for TensorNetwork {
    fn step(&self, _: &Team, rows: &mut [Row<'_>]) -> std::result::Result<Vec<f32>, ModelError> {
        self.forward(rows)
    }

    fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    fn cpu(&self) -> Cpu {
        self.cpu
    }

    fn prompt_tokens_per_step(&self) -> usize {
        self.device.place.prompt_tokens_per_step()
    }
}
