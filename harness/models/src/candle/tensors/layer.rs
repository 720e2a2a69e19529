//! A layer's weights on a device, and what it does with them besides attention.

use super::super::architecture::Turn;
use super::super::attention::AttentionRule;
use super::super::feed_forward::{Activation, Dense, FeedForward, Mixture, RouterRule};
use super::super::layer::{Layer, Projection};
use super::super::matrix::Matrix;
use super::super::norm::{Norm, NormKind};
use super::linear::Linear;
use super::operations::{centred, logistic, mean_square};
use candle_core::{DType, Device, Result, Tensor};

/// Takes weights over to a device.
pub(super) struct Mover<'a> {
    pub device: &'a Device,
    /// Whether everything becomes 32-bit floats.
    pub full: bool,
    /// Whether the device multiplies 16-bit floats well.
    pub halves: bool,
}

/// One transformer layer.
pub(super) struct TensorLayer {
    pub attention: AttentionRule,
    pub turn: Turn,
    pub norms_turned_heads: bool,
    pub attention_norm: Option<TensorNorm>,
    pub attention_post_norm: Option<TensorNorm>,
    pub query: TensorProjection,
    pub key: TensorProjection,
    pub value: TensorProjection,
    pub query_norm: Option<TensorNorm>,
    pub key_norm: Option<TensorNorm>,
    pub attention_output: TensorProjection,
    pub parallel: bool,
    pub feed_forward_norm: Option<TensorNorm>,
    pub feed_forward_post_norm: Option<TensorNorm>,
    pub feed_forward: TensorFeedForward,
}

impl Mover<'_> {
    pub fn linear(&self, matrix: &Matrix) -> Result<Linear> {
        match matrix.kept() {
            Some(tensor) => Linear::new(tensor, self.device, self.full, self.halves),
            None => candle_core::bail!("the weights were repacked for the processor"),
        }
    }

    pub fn vector(&self, values: &[f32]) -> Result<Tensor> {
        Tensor::new(values, self.device)
    }

    pub fn norm(&self, norm: &Norm) -> Result<TensorNorm> {
        Ok(TensorNorm {
            kind: norm.kind,
            epsilon: norm.epsilon,
            width: norm.width,
            weight: self.vector(&norm.weight)?,
            bias: norm.bias.as_deref().map(|bias| self.vector(bias)).transpose()?,
        })
    }

    fn optional_norm(&self, norm: Option<&Norm>) -> Result<Option<TensorNorm>> {
        norm.map(|norm| self.norm(norm)).transpose()
    }

    fn projection(&self, projection: &Projection) -> Result<TensorProjection> {
        let bias = projection.bias.as_deref().map(|bias| self.vector(bias)).transpose()?;
        Ok(TensorProjection { matrix: self.linear(&projection.matrix)?, bias })
    }

    fn dense(&self, dense: &Dense) -> Result<TensorDense> {
        Ok(TensorDense {
            gate: dense.gate.as_ref().map(|gate| self.projection(gate)).transpose()?,
            up: self.projection(&dense.up)?,
            down: self.projection(&dense.down)?,
        })
    }

    fn mixture(&self, mixture: &Mixture) -> Result<TensorMixture> {
        let shared = mixture.shared.as_ref();
        Ok(TensorMixture {
            rule: mixture.rule,
            router: self.projection(&mixture.router)?,
            preference: mixture.preference.clone(),
            experts: mixture.experts.iter().map(|expert| self.dense(expert)).collect::<Result<_>>()?,
            shared: shared
                .map(|(dense, gate)| {
                    Ok::<_, candle_core::Error>((self.dense(dense)?, gate.as_ref().map(|gate| self.linear(gate)).transpose()?))
                })
                .transpose()?,
        })
    }

    pub fn layer(&self, layer: &Layer) -> Result<TensorLayer> {
        Ok(TensorLayer {
            attention: layer.attention,
            turn: layer.turn,
            norms_turned_heads: layer.norms_turned_heads,
            attention_norm: self.optional_norm(layer.attention_norm.as_ref())?,
            attention_post_norm: self.optional_norm(layer.attention_post_norm.as_ref())?,
            query: self.projection(&layer.query)?,
            key: self.projection(&layer.key)?,
            value: self.projection(&layer.value)?,
            query_norm: self.optional_norm(layer.query_norm.as_ref())?,
            key_norm: self.optional_norm(layer.key_norm.as_ref())?,
            attention_output: self.projection(&layer.attention_output)?,
            parallel: layer.parallel,
            feed_forward_norm: self.optional_norm(layer.feed_forward_norm.as_ref())?,
            feed_forward_post_norm: self.optional_norm(layer.feed_forward_post_norm.as_ref())?,
            feed_forward: match &layer.feed_forward {
                FeedForward::Dense(dense) => TensorFeedForward::Dense(self.dense(dense)?),
                FeedForward::Mixture(mixture) => TensorFeedForward::Mixture(self.mixture(mixture)?),
            },
        })
    }
}

/// A norm over pieces of `width` values; there may be weights for several pieces, which follow one another in a row.
pub(super) struct TensorNorm {
    kind: NormKind,
    epsilon: f32,
    width: usize,
    weight: Tensor,
    bias: Option<Tensor>,
}

impl TensorNorm {
    /// Norms every piece of `[token][piece * component]`.
    pub fn apply(&self, input: &Tensor) -> Result<Tensor> {
        let pieces = input.reshape(((), self.width))?;
        let normed = match self.kind {
            NormKind::MeanSquare => mean_square(&pieces, self.epsilon)?,
            NormKind::Centred => centred(&pieces, self.epsilon)?,
        };
        let normed = normed.reshape(((), self.weight.elem_count()))?.broadcast_mul(&self.weight)?;
        let normed = match &self.bias {
            Some(bias) => normed.broadcast_add(bias)?,
            None => normed,
        };
        normed.reshape(input.shape())
    }

    /// `input` normed, or as it is without a norm.
    pub fn apply_or(norm: Option<&Self>, input: &Tensor) -> Result<Tensor> {
        match norm {
            Some(norm) => norm.apply(input),
            None => Ok(input.clone()),
        }
    }
}

/// A matrix with an optional bias.
pub(super) struct TensorProjection {
    matrix: Linear,
    bias: Option<Tensor>,
}

impl TensorProjection {
    pub fn apply(&self, input: &Tensor) -> Result<Tensor> {
        let output = self.matrix.apply(input)?;
        match &self.bias {
            Some(bias) => output.broadcast_add(bias),
            None => Ok(output),
        }
    }
}

/// The feed-forward part of one layer.
pub(super) enum TensorFeedForward {
    Dense(TensorDense),
    Mixture(TensorMixture),
}

/// `down(activation(gate(x)) * up(x))`; without a gate, `down(activation(up(x)))`.
pub(super) struct TensorDense {
    gate: Option<TensorProjection>,
    up: TensorProjection,
    down: TensorProjection,
}

/// Experts, of which a router chooses some for each token.
pub(super) struct TensorMixture {
    rule: RouterRule,
    router: TensorProjection,
    preference: Option<Vec<f32>>,
    experts: Vec<TensorDense>,
    shared: Option<(TensorDense, Option<Linear>)>,
}

impl TensorFeedForward {
    /// The part's output for every row of `[token][component]`.
    pub fn apply(&self, activation: Activation, input: &Tensor) -> Result<Tensor> {
        match self {
            Self::Dense(dense) => dense.apply(activation, input),
            Self::Mixture(mixture) => mixture.apply(activation, input),
        }
    }
}

impl TensorDense {
    fn apply(&self, activation: Activation, input: &Tensor) -> Result<Tensor> {
        let up = self.up.apply(input)?;
        let inner = match &self.gate {
            Some(gate) => (activated(activation, &gate.apply(input)?)? * up)?,
            None => activated(activation, &up)?,
        };
        self.down.apply(&inner)
    }
}

fn activated(activation: Activation, values: &Tensor) -> Result<Tensor> {
    match activation {
        Activation::Silu => values.silu(),
        // Candle's is the form with the hyperbolic tangent.
        Activation::Gelu => values.gelu(),
        Activation::SquaredRelu => values.relu()?.sqr(),
    }
}

impl TensorMixture {
    fn apply(&self, activation: Activation, input: &Tensor) -> Result<Tensor> {
        let device = input.device();
        // The choice is made here: it decides which products there are.
        let scores: Vec<Vec<f32>> = self.router.apply(input)?.to_vec2()?;
        let mut work: Vec<(Vec<u32>, Vec<f32>)> = vec![Default::default(); self.experts.len()];
        for (token, scores) in scores.iter().enumerate() {
            for (expert, weight) in self.rule.choose(scores, self.preference.as_deref()) {
                if let Some((tokens, weights)) = work.get_mut(expert) {
                    tokens.push(token as u32);
                    weights.push(weight);
                }
            }
        }
        let mut total = Tensor::zeros(input.shape(), DType::F32, device)?;
        for (expert, (tokens, weights)) in self.experts.iter().zip(&work).filter(|(_, (tokens, _))| !tokens.is_empty()) {
            let tokens = Tensor::new(tokens.as_slice(), device)?;
            let weights = Tensor::new(weights.as_slice(), device)?.unsqueeze(1)?;
            let result = expert.apply(activation, &input.index_select(&tokens, 0)?)?.broadcast_mul(&weights)?;
            total = total.index_add(&tokens, &result, 0)?;
        }
        if let Some((expert, gate)) = &self.shared {
            let result = expert.apply(activation, input)?;
            total = match gate {
                Some(gate) => (total + result.broadcast_mul(&logistic(&gate.apply(input)?)?)?)?,
                None => (total + result)?,
            };
        }
        Ok(total)
    }
}
