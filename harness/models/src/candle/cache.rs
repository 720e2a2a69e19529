//! Keys and values, in blocks of positions that sequences with a common beginning share.

use super::cpu::Cpu;
use super::failure;
use super::half_floats::{narrow, widen};
use super::lanes::LANES;
use super::tensors::Page;
use proctor_core::ModelError;
use std::sync::Arc;

/// Positions in a block.
pub(super) const POSITIONS: usize = 32;

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

    /// Numbers that one layer's head takes in a block.
    pub fn part_size(self) -> usize {
        POSITIONS * (self.width + self.padded_width())
    }
}

/// In which numbers keys and values are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheMode {
    /// 16-bit floats.
    Half,
    /// 32-bit floats: the reference.
    Full,
}

impl CacheMode {
    /// The name in `-M cache=NAME` and in provenance.
    pub fn name(self) -> &'static str {
        match self {
            Self::Half => "f16",
            Self::Full => "f32",
        }
    }

    fn bytes(self) -> usize {
        match self {
            Self::Half => 2,
            Self::Full => 4,
        }
    }
}

/// The shape of every block of a network's caches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BlockShape {
    pub layers: usize,
    pub heads: Heads,
    pub mode: CacheMode,
}

impl BlockShape {
    fn numbers(self) -> usize {
        self.layers * self.heads.keys * self.heads.part_size()
    }

    /// Bytes of one block.
    pub fn bytes(self) -> usize {
        self.numbers() * self.mode.bytes()
    }
}

/// Keys and values of 32 positions in every layer.
///
/// `[layer][head]`, each the head's keys as `[half of the block][component][16 positions]`, so that 16 scores are
/// computed together whatever the head's width, then its values as `[position][component]`, padded to whole lanes.
/// Places that hold no position yet are zero or left from another sequence; attention never reads them.
#[derive(Debug, Clone)]
pub(super) enum CacheBlock {
    Half(Vec<u16>),
    Full(Vec<f32>),
    /// On a device, which does its own arithmetic with it.
    Page(Page),
}

impl CacheBlock {
    fn new(shape: BlockShape) -> Result<Self, ModelError> {
        let numbers = shape.numbers();
        let refused = |_| {
            failure(format!(
                "the machine has no memory for {} MiB more of the local model's keys and values; set -M cache_mib lower",
                shape.bytes().div_ceil(1 << 20)
            ))
        };
        match shape.mode {
            CacheMode::Half => {
                let mut data = Vec::new();
                data.try_reserve_exact(numbers).map_err(refused)?;
                data.resize(numbers, 0);
                Ok(Self::Half(data))
            }
            CacheMode::Full => {
                let mut data = Vec::new();
                data.try_reserve_exact(numbers).map_err(refused)?;
                data.resize(numbers, 0.0);
                Ok(Self::Full(data))
            }
        }
    }

    /// Keys and values of one layer's head, as 32-bit floats; `room` takes them where they are kept shorter.
    pub fn part<'a>(&'a self, cpu: Cpu, heads: Heads, layer: usize, head: usize, room: &'a mut Vec<f32>) -> &'a [f32] {
        let size = heads.part_size();
        let start = (layer * heads.keys + head) * size;
        match self {
            Self::Full(data) => &data[start..start + size],
            // `SequenceCache::grow` refuses these.
            Self::Page(_) => &[],
            Self::Half(data) => {
                room.resize(size, 0.0);
                widen(cpu, &data[start..start + size], room);
                room
            }
        }
    }

    /// Stores one position's keys and values of one layer (`heads.keys * heads.width` each).
    fn store(&mut self, heads: Heads, layer: usize, place: usize, keys: &NewRows<'_>, row: usize) {
        match (self, keys) {
            (Self::Half(data), NewRows::Half(keys, values)) => scatter(data, heads, layer, place, keys, values, row),
            (Self::Full(data), NewRows::Full(keys, values)) => scatter(data, heads, layer, place, keys, values, row),
            // Rows are made for the blocks' own mode, see `NewRows::of`.
            _ => {}
        }
    }
}

/// Makes a block its holder's own: where others share it, this one gets a copy.
fn own(block: &mut Arc<CacheBlock>, shape: BlockShape) -> Result<(), ModelError> {
    if Arc::get_mut(block).is_some() {
        return Ok(());
    }
    let mut copy = CacheBlock::new(shape)?;
    match (&mut copy, &**block) {
        (CacheBlock::Half(to), CacheBlock::Half(from)) if to.len() == from.len() => to.copy_from_slice(from),
        (CacheBlock::Full(to), CacheBlock::Full(from)) if to.len() == from.len() => to.copy_from_slice(from),
        _ => return Err(failure("blocks of keys and values do not fit each other; please report this")),
    }
    *block = Arc::new(copy);
    Ok(())
}

/// Keys and values of new positions, `[position][head][component]`, in the numbers they are kept in.
pub(super) enum NewRows<'a> {
    Half(&'a [u16], &'a [u16]),
    Full(&'a [f32], &'a [f32]),
}

impl<'a> NewRows<'a> {
    /// The rows in the numbers of `mode`; `room` takes them where they get shorter.
    pub fn of(cpu: Cpu, mode: CacheMode, keys: &'a [f32], values: &'a [f32], room: &'a mut (Vec<u16>, Vec<u16>)) -> Self {
        match mode {
            CacheMode::Full => Self::Full(keys, values),
            CacheMode::Half => {
                room.0.resize(keys.len(), 0);
                room.1.resize(values.len(), 0);
                narrow(cpu, keys, &mut room.0);
                narrow(cpu, values, &mut room.1);
                Self::Half(&room.0, &room.1)
            }
        }
    }
}

fn scatter<T: Copy>(data: &mut [T], heads: Heads, layer: usize, place: usize, keys: &[T], values: &[T], row: usize) {
    let (width, padded) = (heads.width, heads.padded_width());
    let range = row * heads.keys * width..(row + 1) * heads.keys * width;
    let rows = keys[range.clone()].chunks_exact(width).zip(values[range].chunks_exact(width));
    for (head, (key, value)) in rows.enumerate() {
        let part = &mut data[(layer * heads.keys + head) * heads.part_size()..][..heads.part_size()];
        let (part_keys, part_values) = part.split_at_mut(POSITIONS * width);
        let group = &mut part_keys[place / LANES * width * LANES..][..width * LANES];
        for (lanes, x) in group.chunks_exact_mut(LANES).zip(key) {
            lanes[place % LANES] = *x;
        }
        part_values[place * padded..][..width].copy_from_slice(value);
    }
}

/// Keys and values of one sequence. A clone shares the blocks until one of the two writes into a shared one.
#[derive(Debug, Clone)]
pub struct SequenceCache {
    shape: BlockShape,
    blocks: Vec<Arc<CacheBlock>>,
    length: usize,
}

impl SequenceCache {
    pub(super) fn new(shape: BlockShape) -> Self {
        Self { shape, blocks: Vec::new(), length: 0 }
    }

    /// A sequence whose first `length` positions are those of `blocks`.
    pub(super) fn begin(shape: BlockShape, mut blocks: Vec<Arc<CacheBlock>>, length: usize) -> Self {
        blocks.truncate(length.div_ceil(POSITIONS));
        let length = length.min(blocks.len() * POSITIONS);
        Self { shape, blocks, length }
    }

    /// A cache of this kind that holds nothing.
    pub(super) fn emptied(&self) -> Self {
        Self::new(self.shape)
    }

    /// Positions held.
    pub fn length(&self) -> usize {
        self.length
    }

    pub(super) fn blocks(&self) -> &[Arc<CacheBlock>] {
        &self.blocks
    }

    /// Makes room for `count` more positions: the blocks they go to are this sequence's own afterwards.
    pub(super) fn grow(&mut self, count: usize) -> Result<(), ModelError> {
        if self.blocks.iter().any(|block| matches!(**block, CacheBlock::Page(_))) {
            return Err(failure("this sequence's keys and values are on a device"));
        }
        if !self.length.is_multiple_of(POSITIONS)
            && let Some(last) = self.blocks.last_mut()
        {
            own(last, self.shape)?;
        }
        while self.blocks.len() * POSITIONS < self.length + count {
            self.blocks.push(Arc::new(CacheBlock::new(self.shape)?));
        }
        Ok(())
    }

    /// [`Self::grow`] with blocks that `make` makes: empty ones, or a copy of a block that is shared.
    pub(super) fn grow_with(
        &mut self,
        count: usize,
        make: &dyn Fn(Option<&CacheBlock>) -> Result<CacheBlock, ModelError>,
    ) -> Result<(), ModelError> {
        if !self.length.is_multiple_of(POSITIONS)
            && let Some(last) = self.blocks.last_mut()
            && Arc::get_mut(last).is_none()
        {
            *last = Arc::new(make(Some(&**last))?);
        }
        while self.blocks.len() * POSITIONS < self.length + count {
            self.blocks.push(Arc::new(make(None)?));
        }
        Ok(())
    }

    /// Stores rows `first..first + count` of `rows` as the positions after the last one in one layer; `grow` made
    /// room for them.
    pub(super) fn store(&mut self, layer: usize, rows: &NewRows<'_>, first: usize, count: usize) {
        for i in 0..count {
            let position = self.length + i;
            if let Some(block) = self.blocks.get_mut(position / POSITIONS) {
                Arc::make_mut(block).store(self.shape.heads, layer, position % POSITIONS, rows, first + i);
            }
        }
    }

    /// Counts `count` stored positions as held.
    pub(super) fn advance(&mut self, count: usize) {
        self.length += count;
    }
}
