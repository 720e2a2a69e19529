//! The feed-forward part of a layer: dense, or a mixture of experts.

use super::cpu::Cpu;
use super::lanes::{gated_gelu, gated_silu, gelu, silu};
use super::layer::Projection;
use super::matrix::Matrix;
use super::operand::{ActivationBits, Operand};
use super::team::Team;

/// What stands between the matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activation {
    Silu,
    /// In its form with the hyperbolic tangent.
    Gelu,
    /// The square of what is positive.
    SquaredRelu,
}

/// How scores of experts become weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RouterRule {
    /// Experts that work on a token.
    pub used: usize,
    /// Whether scores go through the logistic function each, not through a softmax together.
    pub logistic: bool,
    /// Whether the weights of the experts chosen are made to sum to 1.
    pub normalised: bool,
    /// What weights are multiplied by.
    pub scale: f32,
}

/// `down(activation(gate(x)) * up(x))`; without a gate, `down(activation(up(x)))`.
pub(super) struct Dense {
    pub gate: Option<Projection>,
    pub up: Projection,
    pub down: Projection,
}

/// Experts, of which a router chooses some for each token.
pub(super) struct Mixture {
    pub rule: RouterRule,
    pub router: Projection,
    /// What is added to the scores for the choice alone.
    pub preference: Option<Vec<f32>>,
    pub experts: Vec<Dense>,
    /// An expert that works on every token, and the matrix of one output whose logistic value it is multiplied by.
    pub shared: Option<(Dense, Option<Matrix>)>,
}

/// The feed-forward part of one layer.
pub(super) enum FeedForward {
    Dense(Box<Dense>),
    Mixture(Box<Mixture>),
}

/// Buffers that are used again layer after layer.
#[derive(Default)]
pub(super) struct Scratch {
    gate: Vec<f32>,
    up: Vec<f32>,
}

/// What products are computed with.
#[derive(Clone, Copy)]
pub(super) struct Means<'a> {
    pub cpu: Cpu,
    pub bits: ActivationBits,
    pub team: &'a Team,
}

impl Dense {
    fn apply(
        &self,
        means: Means<'_>,
        activation: Activation,
        operand: &Operand<'_>,
        scratch: &mut Scratch,
        result: &mut Vec<f32>,
    ) {
        let Means { cpu, bits, team } = means;
        let Scratch { gate, up } = scratch;
        let inner = match &self.gate {
            Some(projection) => {
                Matrix::apply_all(team, operand, &mut [(&projection.matrix, gate), (&self.up.matrix, up)]);
                projection.add_bias(gate);
                self.up.add_bias(up);
                match activation {
                    Activation::Silu => gated_silu(cpu, gate, up),
                    Activation::Gelu => gated_gelu(cpu, gate, up),
                    Activation::SquaredRelu => {
                        squared_relu(gate);
                        gate.iter_mut().zip(up.iter()).for_each(|(g, u)| *g *= u);
                    }
                }
                gate
            }
            None => {
                Matrix::apply_all(team, operand, &mut [(&self.up.matrix, up)]);
                self.up.add_bias(up);
                match activation {
                    Activation::Silu => silu(cpu, up),
                    Activation::Gelu => gelu(cpu, up),
                    Activation::SquaredRelu => squared_relu(up),
                }
                up
            }
        };
        let operand = Operand::new(cpu, bits, inner, self.down.matrix.inputs);
        Matrix::apply_all(team, &operand, &mut [(&self.down.matrix, result)]);
        self.down.add_bias(result);
    }

    fn bytes(&self) -> usize {
        let gate = self.gate.as_ref().map_or(0, |gate| gate.matrix.bytes());
        gate + self.up.matrix.bytes() + self.down.matrix.bytes()
    }
}

fn squared_relu(values: &mut [f32]) {
    for x in values {
        let positive = x.max(0.0);
        *x = positive * positive;
    }
}

fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

impl RouterRule {
    /// The experts of one token and their weights, in the order of the experts.
    pub fn choose(&self, scores: &[f32], preference: Option<&[f32]>) -> Vec<(usize, f32)> {
        let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut weights: Vec<f32> =
            scores.iter().map(|score| if self.logistic { logistic(*score) } else { (score - highest).exp() }).collect();
        if !self.logistic {
            let total: f32 = weights.iter().sum();
            weights.iter_mut().for_each(|weight| *weight /= total);
        }
        let rank = |index: usize| weights[index] + preference.and_then(|p| p.get(index)).copied().unwrap_or(0.0);
        let mut order: Vec<usize> = (0..weights.len()).collect();
        order.sort_by(|a, b| rank(*b).total_cmp(&rank(*a)).then(a.cmp(b)));
        order.truncate(self.used);
        order.sort_unstable();
        let total: f32 = order.iter().map(|index| weights[*index]).sum();
        let share = if self.normalised { self.scale / total.max(6.103_515_6e-5) } else { self.scale };
        order.into_iter().map(|index| (index, weights[index] * share)).collect()
    }
}

impl Mixture {
    fn apply(
        &self,
        means: Means<'_>,
        activation: Activation,
        operand: &Operand<'_>,
        scratch: &mut Scratch,
        result: &mut Vec<f32>,
    ) {
        let width = operand.width;
        let mut scores = Vec::new();
        Matrix::apply_all(means.team, operand, &mut [(&self.router.matrix, &mut scores)]);
        self.router.add_bias(&mut scores);
        // Which tokens every expert works on, and with which weight.
        let mut work: Vec<Vec<(usize, f32)>> = vec![Vec::new(); self.experts.len()];
        for (token, scores) in scores.chunks_exact(self.experts.len()).enumerate() {
            for (expert, weight) in self.rule.choose(scores, self.preference.as_deref()) {
                work[expert].push((token, weight));
            }
        }
        let mut total = vec![0f32; operand.values.len()];
        let mut chosen = Vec::new();
        for (expert, work) in self.experts.iter().zip(&work).filter(|(_, work)| !work.is_empty()) {
            chosen.clear();
            for (token, _) in work {
                chosen.extend_from_slice(&operand.values[token * width..(token + 1) * width]);
            }
            let part = Operand::new(means.cpu, means.bits, &chosen, width);
            expert.apply(means, activation, &part, scratch, result);
            for ((token, weight), row) in work.iter().zip(result.chunks_exact(width)) {
                add_weighted(&mut total[token * width..(token + 1) * width], row, *weight);
            }
        }
        if let Some((expert, gate)) = &self.shared {
            let mut weights = Vec::new();
            if let Some(gate) = gate {
                Matrix::apply_all(means.team, operand, &mut [(gate, &mut weights)]);
            }
            expert.apply(means, activation, operand, scratch, result);
            for (token, (sum, row)) in total.chunks_exact_mut(width).zip(result.chunks_exact(width)).enumerate() {
                add_weighted(sum, row, weights.get(token).map_or(1.0, |score| logistic(*score)));
            }
        }
        *result = total;
    }
}

fn add_weighted(sum: &mut [f32], row: &[f32], weight: f32) {
    for (sum, x) in sum.iter_mut().zip(row) {
        *sum += weight * x;
    }
}

impl FeedForward {
    /// The part's output for every row of `operand`, in `result`; a row's does not depend on the others.
    pub fn apply(
        &self,
        means: Means<'_>,
        activation: Activation,
        operand: &Operand<'_>,
        scratch: &mut Scratch,
        result: &mut Vec<f32>,
    ) {
        match self {
            Self::Dense(dense) => dense.apply(means, activation, operand, scratch, result),
            Self::Mixture(mixture) => mixture.apply(means, activation, operand, scratch, result),
        }
    }

    /// Bytes of memory the weights take.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Dense(dense) => dense.bytes(),
            Self::Mixture(mixture) => {
                let shared = mixture.shared.as_ref().map_or(0, |(dense, _)| dense.bytes());
                mixture.experts.iter().map(Dense::bytes).sum::<usize>() + shared
            }
        }
    }
}
