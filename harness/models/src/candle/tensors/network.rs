//! A network's weights on a device, and its forward pass.

use super::super::architecture::Architecture;
use super::super::attention::AttentionRule;
use super::super::cache::{BlockShape, CacheBlock, CacheMode, SequenceCache};
use super::super::cpu::Cpu;
use super::super::decoder::Decoder;
use super::super::failure;
use super::super::matrix::Matrix;
use super::super::network::{Layer, Network, Projection, Row};
use super::super::team::Team;
use super::attention::Groups;
use super::device::OpenDevice;
use super::linear::Linear;
use super::operations::{Angles, rms_norm, squeeze};
use super::plan::Plan;
use super::pool::Pool;
use candle_core::{Device, Result, Tensor};
use proctor_core::ModelError;
use std::sync::Arc;

/// A decoder on a device. Its keys and values lie in one pool, which all sequences share.
pub struct TensorNetwork {
    architecture: Architecture,
    embedding: Linear,
    vocabulary: usize,
    layers: Vec<TensorLayer>,
    output_norm: Tensor,
    /// `None` where the embedding serves as output matrix too.
    output: Option<Linear>,
    rotary_steps: Vec<f64>,
    local_rotary_steps: Option<Vec<f64>>,
    /// The windows that layers see, each once.
    windows: Vec<Option<usize>>,
    pool: Arc<Pool>,
    shape: BlockShape,
    device: OpenDevice,
    cpu: Cpu,
}

struct TensorLayer {
    attention: AttentionRule,
    local: bool,
    attention_norm: Tensor,
    attention_post_norm: Option<Tensor>,
    feed_forward_norm: Tensor,
    feed_forward_post_norm: Option<Tensor>,
    query: TensorProjection,
    key: TensorProjection,
    value: TensorProjection,
    query_norm: Option<Tensor>,
    key_norm: Option<Tensor>,
    attention_output: TensorProjection,
    gate: Linear,
    up: Linear,
    down: Linear,
}

/// A matrix with an optional bias.
struct TensorProjection {
    matrix: Linear,
    bias: Option<Tensor>,
}

impl TensorProjection {
    fn apply(&self, input: &Tensor) -> Result<Tensor> {
        let output = self.matrix.apply(input)?;
        match &self.bias {
            Some(bias) => output.broadcast_add(bias),
            None => Ok(output),
        }
    }
}

/// Takes weights over to a device.
struct Mover<'a> {
    device: &'a Device,
    full: bool,
    halves: bool,
}

impl Mover<'_> {
    fn linear(&self, matrix: &Matrix) -> Result<Linear> {
        match matrix.kept() {
            Some(tensor) => Linear::new(tensor, self.device, self.full, self.halves),
            None => candle_core::bail!("the weights were repacked for the processor"),
        }
    }

    fn vector(&self, values: &[f32]) -> Result<Tensor> {
        Tensor::new(values, self.device)
    }

    fn optional(&self, values: Option<&[f32]>) -> Result<Option<Tensor>> {
        values.map(|values| self.vector(values)).transpose()
    }

    fn projection(&self, projection: &Projection) -> Result<TensorProjection> {
        Ok(TensorProjection { matrix: self.linear(&projection.matrix)?, bias: self.optional(projection.bias.as_deref())? })
    }

    fn layer(&self, layer: &Layer) -> Result<TensorLayer> {
        Ok(TensorLayer {
            attention: layer.attention,
            local: layer.local,
            attention_norm: self.vector(&layer.attention_norm)?,
            attention_post_norm: self.optional(layer.attention_post_norm.as_deref())?,
            feed_forward_norm: self.vector(&layer.feed_forward_norm)?,
            feed_forward_post_norm: self.optional(layer.feed_forward_post_norm.as_deref())?,
            query: self.projection(&layer.query)?,
            key: self.projection(&layer.key)?,
            value: self.projection(&layer.value)?,
            query_norm: self.optional(layer.query_norm.as_deref())?,
            key_norm: self.optional(layer.key_norm.as_deref())?,
            attention_output: self.projection(&layer.attention_output)?,
            gate: self.linear(&layer.gate)?,
            up: self.linear(&layer.up)?,
            down: self.linear(&layer.down)?,
        })
    }
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
        let Network { architecture, embedding, layers, output_norm, output, rotary_steps, local_rotary_steps, cpu, .. } = network;
        let shape = architecture.block_shape(network.cache);
        let vocabulary = embedding.outputs;
        let embedding = mover.linear(&embedding).map_err(refused)?;
        let output = output.map(|output| mover.linear(&output)).transpose().map_err(refused)?;
        let mut windows: Vec<Option<usize>> = Vec::new();
        for layer in &layers {
            if !windows.contains(&layer.attention.window) {
                windows.push(layer.attention.window);
            }
        }
        // Every layer is dropped as soon as the device has it.
        let layers = layers.into_iter().map(|layer| mover.layer(&layer)).collect::<Result<_>>().map_err(refused)?;
        let output_norm = mover.vector(&output_norm).map_err(refused)?;
        let pool = Pool::new(shape, cache_bytes, &device.device).map_err(|e| {
            device.refused(&format!("has no {} MiB for keys and values; set -M cache_mib lower", cache_bytes >> 20), &e)
        })?;
        Ok(Self {
            architecture,
            embedding,
            vocabulary,
            layers,
            output_norm,
            output,
            rotary_steps,
            local_rotary_steps,
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
        let state = rms_norm(&state.index_select(&wanted, 0)?, &self.output_norm, self.architecture.norm_epsilon)?;
        let logits = self.output.as_ref().unwrap_or(&self.embedding).apply(&state)?;
        let logits = match self.architecture.gemma.and_then(|gemma| gemma.output_cap) {
            Some(cap) => squeeze(&logits, cap)?,
            None => logits,
        };
        logits.flatten_all()?.to_vec1()
    }

    /// The hidden state of every token behind the last layer.
    fn layers(&self, plan: &Plan) -> Result<Tensor> {
        let Architecture { hidden, heads, norm_epsilon: epsilon, rotary_pairs: pairs, gemma, .. } = self.architecture;
        let device = &self.device.device;
        let groups = Groups::new(plan, heads, &self.windows, device)?;
        let global = self.angles(&self.rotary_steps, plan)?;
        let local = self.local_rotary_steps.as_ref().map(|steps| self.angles(steps, plan)).transpose()?;
        let places = Tensor::new(plan.places.as_slice(), device)?
            .unsqueeze(1)?
            .broadcast_as((plan.places.len(), heads.keys * heads.width))?
            .contiguous()?;
        let mut state = self.embedding.rows(&Tensor::new(plan.tokens.as_slice(), device)?)?;
        if gemma.is_some() {
            state = (state * (hidden as f64).sqrt())?;
        }
        for (index, layer) in self.layers.iter().enumerate() {
            let angles = local.as_ref().filter(|_| layer.local).unwrap_or(&global);
            let normed = rms_norm(&state, &layer.attention_norm, epsilon)?;
            let queries = self.by_head(layer.query.apply(&normed)?, layer.query_norm.as_ref())?;
            let keys = self.by_head(layer.key.apply(&normed)?, layer.key_norm.as_ref())?;
            let values = layer.value.apply(&normed)?;
            let queries = angles.rotate(&queries, heads.width, pairs)?;
            let keys = angles.rotate(&keys, heads.width, pairs)?;
            self.pool.write(index, &places, &keys, &values)?;
            let attended = groups.attend(&self.pool, index, layer.attention, &queries)?;
            let result = layer.attention_output.apply(&attended)?;
            state = (state + self.behind(result, layer.attention_post_norm.as_ref())?)?;
            let normed = rms_norm(&state, &layer.feed_forward_norm, epsilon)?;
            let (gate, up) = (layer.gate.apply(&normed)?, layer.up.apply(&normed)?);
            let gate = if gemma.is_some() { gate.gelu()? } else { gate.silu()? };
            let result = layer.down.apply(&(gate * up)?)?;
            state = (state + self.behind(result, layer.feed_forward_post_norm.as_ref())?)?;
        }
        Ok(state)
    }

    fn behind(&self, result: Tensor, norm: Option<&Tensor>) -> Result<Tensor> {
        match norm {
            Some(weight) => rms_norm(&result, weight, self.architecture.norm_epsilon),
            None => Ok(result),
        }
    }

    /// Norms every head of `[token][head * component]`, where there is a norm.
    fn by_head(&self, values: Tensor, norm: Option<&Tensor>) -> Result<Tensor> {
        let Some(weight) = norm else { return Ok(values) };
        let (tokens, all) = values.dims2()?;
        let width = self.architecture.heads.width;
        rms_norm(&values.reshape((tokens, all / width, width))?, weight, self.architecture.norm_epsilon)?.reshape((tokens, all))
    }

    fn angles(&self, steps: &[f64], plan: &Plan) -> Result<Angles> {
        let magnitude = self.architecture.rotary_magnitude;
        let table = |turn: fn(f64) -> f64| {
            let positions = plan.positions.iter().map(|position| *position as f64);
            let values: Vec<f32> =
                positions.flat_map(|p| steps.iter().map(move |step| magnitude * turn(step * p) as f32)).collect();
            Tensor::from_vec(values, (plan.positions.len(), 1, steps.len()), &self.device.device)
        };
        Ok(Angles { cosines: table(f64::cos)?, sines: table(f64::sin)? })
    }
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
