//! Keys and values of one sequence, laid out for the attention loop.

use super::lanes::LANES;

/// What attention needs to know of a layer's heads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Heads {
    /// Query heads.
    pub queries: usize,
    /// Key and value heads; each serves `queries / keys` query heads.
    pub keys: usize,
    /// Values in a head.
    pub width: usize,
}

impl Heads {
    /// A head's width rounded up to whole lanes.
    pub fn padded_width(self) -> usize {
        self.width.next_multiple_of(LANES)
    }
}

/// Keys and values of one layer.
///
/// Keys lie in blocks of 16 positions: `[block][head][component][position in block]`, so that 16 scores are computed
/// together whatever the head's width. Values lie `[position][head][component]`, each head padded with zeros to whole
/// lanes. Both only grow at the end.
#[derive(Debug, Default, Clone)]
pub(super) struct LayerCache {
    keys: Vec<f32>,
    values: Vec<f32>,
}

impl LayerCache {
    /// Appends one position's keys and values (`heads.keys * heads.width` each).
    pub fn push(&mut self, heads: Heads, position: usize, keys: &[f32], values: &[f32]) {
        let block_size = heads.keys * heads.width * LANES;
        let (block, lane) = (position / LANES, position % LANES);
        if lane == 0 {
            let value_size = heads.keys * heads.padded_width() * LANES;
            reserve(&mut self.keys, block_size);
            reserve(&mut self.values, value_size);
            self.keys.resize((block + 1) * block_size, 0.0);
        }
        for (component, key) in keys.iter().enumerate() {
            self.keys[block * block_size + component * LANES + lane] = *key;
        }
        let padding = heads.padded_width() - heads.width;
        for head in values.chunks_exact(heads.width) {
            self.values.extend_from_slice(head);
            self.values.resize(self.values.len() + padding, 0.0);
        }
    }

    /// Keys of `head` in a block of 16 positions: `[component][position in block]`.
    pub fn key_block(&self, heads: Heads, head: usize, block: usize) -> &[f32] {
        let size = heads.width * LANES;
        let start = (block * heads.keys + head) * size;
        &self.keys[start..start + size]
    }

    /// All values from `head` of the first position on; one position further lies `keys * padded_width` later.
    pub fn values_from(&self, heads: Heads, head: usize) -> &[f32] {
        &self.values[head * heads.padded_width()..]
    }
}

/// Makes room for one more block of positions: in steps of 16 blocks, where a vector left to itself would double.
fn reserve(values: &mut Vec<f32>, block: usize) {
    if values.capacity() - values.len() < block {
        values.reserve_exact(16 * block);
    }
}

/// Keys and values of every layer for one sequence.
#[derive(Debug, Clone)]
pub struct SequenceCache {
    pub(super) layers: Vec<LayerCache>,
    pub(super) length: usize,
}

impl SequenceCache {
    pub(super) fn new(layers: usize) -> Self {
        Self { layers: vec![LayerCache::default(); layers], length: 0 }
    }

    /// Positions held.
    pub fn length(&self) -> usize {
        self.length
    }
}
