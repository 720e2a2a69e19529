//! Keys and values on a device, in pages of 32 positions.

use super::super::cache::{BlockShape, CacheBlock, CacheMode, POSITIONS};
use super::super::half_floats::LARGEST;
use super::super::{failure, lock};
use candle_core::{DType, Device, Result, Tensor};
use proctor_core::ModelError;
use std::fmt;
use std::sync::{Arc, Mutex};

/// Room for keys and values, all of it taken at once: it never grows.
pub(super) struct Pool {
    /// Of every layer `[page * 32 + place][head * component]`.
    keys: Vec<Tensor>,
    values: Vec<Tensor>,
    pages: usize,
    kind: DType,
    free: Mutex<Vec<u32>>,
}

impl Pool {
    /// A pool of as many pages as go into `bytes`, at least one.
    pub fn new(shape: BlockShape, bytes: usize, device: &Device) -> Result<Self> {
        let kind = if shape.mode == CacheMode::Half { DType::F16 } else { DType::F32 };
        let most = u32::MAX as usize / POSITIONS;
        let pages = (bytes / shape.bytes().max(1)).clamp(1, most);
        let tensor = |_| Tensor::zeros((pages * POSITIONS, shape.heads.keys * shape.heads.width), kind, device);
        Ok(Self {
            keys: (0..shape.layers).map(tensor).collect::<Result<_>>()?,
            values: (0..shape.layers).map(tensor).collect::<Result<_>>()?,
            pages,
            kind,
            free: Mutex::new((0..pages as u32).rev().collect()),
        })
    }

    /// Takes a page, with the contents of another one where that is named.
    pub fn take(self: &Arc<Self>, like: Option<&CacheBlock>) -> std::result::Result<CacheBlock, ModelError> {
        let number = lock(&self.free).pop();
        let Some(number) = number else {
            return Err(failure("the local model's memory for keys and values is used up; raise -M cache_mib"));
        };
        let page = Page(Arc::new(Held { number, pool: Arc::clone(self) }));
        if let Some(CacheBlock::Page(other)) = like {
            self.copy(other.number(), number).map_err(|e| failure(format!("keys and values cannot be copied: {e}")))?;
        }
        Ok(CacheBlock::Page(page))
    }

    fn copy(&self, from: u32, to: u32) -> Result<()> {
        for tensor in self.keys.iter().chain(&self.values) {
            let page = tensor.narrow(0, from as usize * POSITIONS, POSITIONS)?.copy()?;
            tensor.slice_set(&page, 0, to as usize * POSITIONS)?;
        }
        Ok(())
    }

    /// Writes keys and values, `[token][head * component]`, of one layer to the places that `places` names for every
    /// number of them.
    pub fn write(&self, layer: usize, places: &Tensor, keys: &Tensor, values: &Tensor) -> Result<()> {
        for (pool, new) in [(&self.keys[layer], keys), (&self.values[layer], values)] {
            let new = match self.kind {
                DType::F16 => new.clamp(-LARGEST, LARGEST)?.to_dtype(DType::F16)?,
                _ => new.clone(),
            };
            pool.scatter_set(places, &new.contiguous()?, 0)?;
        }
        Ok(())
    }

    /// Keys and values of one layer in some pages, each `[page][place * head * component]`.
    pub fn read(&self, layer: usize, pages: &Tensor) -> Result<(Tensor, Tensor)> {
        let part = |pool: &Tensor| pool.reshape((self.pages, ()))?.index_select(pages, 0);
        Ok((part(&self.keys[layer])?, part(&self.values[layer])?))
    }
}

/// A page that a sequence or a kept beginning holds; dropping the last clone gives it back.
#[derive(Clone)]
pub struct Page(Arc<Held>);

struct Held {
    number: u32,
    pool: Arc<Pool>,
}

impl Page {
    pub(super) fn number(&self) -> u32 {
        self.0.number
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Page({})", self.0.number)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        lock(&self.pool.free).push(self.number);
    }
}
