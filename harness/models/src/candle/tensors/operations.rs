//! Element-wise arithmetic of the forward pass, in tensors.

use super::super::lanes::RotaryPairs;
use candle_core::{D, Result, Tensor};

/// Divides every row by the root of its mean square.
pub(super) fn mean_square(input: &Tensor, epsilon: f32) -> Result<Tensor> {
    let mean = input.sqr()?.mean_keepdim(D::Minus1)?;
    input.broadcast_mul(&(mean + f64::from(epsilon))?.sqrt()?.recip()?)
}

/// Subtracts every row's mean, then divides by its standard deviation.
pub(super) fn centred(input: &Tensor, epsilon: f32) -> Result<Tensor> {
    mean_square(&input.broadcast_sub(&input.mean_keepdim(D::Minus1)?)?, epsilon)
}

/// The logistic function.
pub(super) fn logistic(values: &Tensor) -> Result<Tensor> {
    (values.neg()?.exp()? + 1.0)?.recip()
}

/// `cap * tanh(values / cap)`.
pub(super) fn squeeze(values: &Tensor, cap: f32) -> Result<Tensor> {
    (values * (1.0 / f64::from(cap)))?.tanh()? * f64::from(cap)
}

/// Weights that sum to one over the last dimension.
pub(super) fn softmax(scores: &Tensor) -> Result<Tensor> {
    let highest = scores.max_keepdim(D::Minus1)?;
    let weights = scores.broadcast_sub(&highest)?.exp()?;
    weights.broadcast_div(&weights.sum_keepdim(D::Minus1)?)
}

/// Cosines and sines of every token's rotation, each `[token][1][pair]`.
pub(super) struct Angles {
    pub cosines: Tensor,
    pub sines: Tensor,
}

impl Angles {
    /// Rotates the first components of every head of `[token][head * width]`.
    pub fn rotate(&self, values: &Tensor, width: usize, pairs: RotaryPairs) -> Result<Tensor> {
        let (tokens, all) = values.dims2()?;
        let heads = all / width;
        let half = self.cosines.dim(D::Minus1)?;
        let values = values.reshape((tokens, heads, width))?;
        let (first, second) = match pairs {
            RotaryPairs::Halves => (values.narrow(2, 0, half)?, values.narrow(2, half, half)?),
            RotaryPairs::Neighbours => {
                let pairs = values.narrow(2, 0, 2 * half)?.reshape((tokens, heads, half, 2))?;
                (pairs.narrow(3, 0, 1)?.squeeze(3)?, pairs.narrow(3, 1, 1)?.squeeze(3)?)
            }
        };
        let turned = [
            (first.broadcast_mul(&self.cosines)? - second.broadcast_mul(&self.sines)?)?,
            (first.broadcast_mul(&self.sines)? + second.broadcast_mul(&self.cosines)?)?,
        ];
        let turned = match pairs {
            RotaryPairs::Halves => Tensor::cat(&turned, 2)?,
            RotaryPairs::Neighbours => Tensor::stack(&turned, 3)?.reshape((tokens, heads, 2 * half))?,
        };
        let turned = match width - 2 * half {
            0 => turned,
            rest => Tensor::cat(&[turned, values.narrow(2, 2 * half, rest)?], 2)?,
        };
        turned.reshape((tokens, all))
    }
}
