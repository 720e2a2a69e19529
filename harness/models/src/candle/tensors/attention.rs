//! Causal attention of a step's tokens over the pages of their sequences.

use super::super::attention::AttentionRule;
use super::super::cache::{Heads, POSITIONS};
use super::operations::{softmax, squeeze};
use super::plan::{Group, Plan};
use super::pool::Pool;
use candle_core::{DType, Device, Result, Tensor};

/// A step's groups on the device.
pub(super) struct Groups {
    groups: Vec<OnDevice>,
    heads: Heads,
}

struct OnDevice {
    first: usize,
    sequences: usize,
    tokens: usize,
    /// Positions of every sequence, those that nothing sees included.
    length: usize,
    pages: Tensor,
    /// `[sequence][1][1][token][position]`, by the window they are for.
    masks: Vec<(Option<usize>, Tensor)>,
}

impl OnDevice {
    fn new(group: &Group, windows: &[Option<usize>], device: &Device) -> Result<Self> {
        let length = group.depth * POSITIONS;
        let mask = |window: &Option<usize>| {
            let shape = (group.sequences, 1, 1, group.tokens, length);
            Ok((*window, Tensor::from_vec(group.mask(*window), shape, device)?))
        };
        Ok(Self {
            first: group.first,
            sequences: group.sequences,
            tokens: group.tokens,
            length,
            pages: Tensor::new(group.pages.as_slice(), device)?,
            masks: windows.iter().map(mask).collect::<Result<_>>()?,
        })
    }
}

impl Groups {
    /// Brings a plan's groups to the device; `windows` are those of all layers.
    pub fn new(plan: &Plan, heads: Heads, windows: &[Option<usize>], device: &Device) -> Result<Self> {
        let groups = plan.groups.iter().map(|group| OnDevice::new(group, windows, device)).collect::<Result<_>>()?;
        Ok(Self { groups, heads })
    }

    /// Attends in one layer, whose new keys and values are in the pool. `queries` are `[token][head * component]`, and
    /// so is what comes back.
    pub fn attend(&self, pool: &Pool, layer: usize, rule: AttentionRule, queries: &Tensor) -> Result<Tensor> {
        let queries = (queries * f64::from(rule.scale))?;
        let mut attended = Vec::with_capacity(self.groups.len());
        for group in &self.groups {
            attended.push(self.group(group, pool, layer, rule, &queries)?);
        }
        match &attended[..] {
            [single] => Ok(single.clone()),
            _ => Tensor::cat(&attended, 0),
        }
    }

    fn group(&self, group: &OnDevice, pool: &Pool, layer: usize, rule: AttentionRule, queries: &Tensor) -> Result<Tensor> {
        let Heads { queries: all, keys: heads, width } = self.heads;
        let (sequences, tokens, length, share) = (group.sequences, group.tokens, group.length, all / heads);
        let (keys, values) = pool.read(layer, &group.pages)?;
        // [sequence][head][position][component]
        let by_head = |gathered: Tensor| {
            gathered.reshape((sequences, length, heads, width))?.transpose(1, 2)?.to_dtype(DType::F32)?.contiguous()
        };
        let (keys, values) = (by_head(keys)?, by_head(values)?);
        let queries = queries
            .narrow(0, group.first, sequences * tokens)?
            .reshape((sequences, tokens, heads, share, width))?
            .permute((0, 2, 3, 1, 4))?
            .reshape((sequences, heads, share * tokens, width))?
            .contiguous()?;
        let scores = queries.matmul(&keys.t()?)?;
        let scores = match rule.cap {
            Some(cap) => squeeze(&scores, cap)?,
            None => scores,
        };
        let scores = scores.reshape((sequences, heads, share, tokens, length))?;
        let scores = match group.masks.iter().find(|(window, _)| *window == rule.window) {
            Some((_, mask)) => scores.broadcast_add(mask)?,
            None => candle_core::bail!("no mask was made for the window {:?}", rule.window),
        };
        let weights = softmax(&scores)?.reshape((sequences, heads, share * tokens, length))?;
        weights
            .matmul(&values)?
            .reshape((sequences, heads, share, tokens, width))?
            .permute((0, 3, 1, 2, 4))?
            .reshape((sequences * tokens, all * width))
    }
}
