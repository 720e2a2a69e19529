use crate::EngineError;
use proctor_core::Sample;
use proctor_store::Store;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Samples that are read at once.
const TOGETHER: usize = 32;

/// Bytes of samples that are kept at hand, as they are in the store; in memory they are several times as large.
const MOST_BYTES: usize = 256 << 10;

/// The samples of a run, read from the store as they are needed: of a long run never all are in memory. Most runs go through
/// them in order, so they are read several at once, and those used last are kept.
pub(crate) struct Samples {
    store: Store,
    run_id: String,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    groups: HashMap<usize, Group>,
    bytes: usize,
    uses: u64,
}

struct Group {
    samples: Vec<Arc<Sample>>,
    bytes: usize,
    used: u64,
}

impl Samples {
    pub(crate) fn new(store: &Store, run_id: &str) -> Self {
        Self { store: store.clone(), run_id: run_id.to_owned(), kept: Mutex::default() }
    }

    /// The sample that stands at `position` in the plan.
    pub(crate) async fn get(&self, position: u32) -> Result<Arc<Sample>, EngineError> {
        let (number, place) = (position as usize / TOGETHER, position as usize % TOGETHER);
        // Whoever comes meanwhile most likely wants one of those that are being read.
        let mut kept = self.kept.lock().await;
        if !kept.groups.contains_key(&number) {
            // Boxed, as what is seldom waited for would else make every task larger.
            let read = Box::pin(self.store.samples_at(&self.run_id, number * TOGETHER, TOGETHER)).await?;
            kept.put(number, read);
        }
        let missing = || EngineError::Internal(format!("run {} has no sample at {position}", self.run_id));
        kept.group(number).and_then(|group| group.get(place)).cloned().ok_or_else(missing)
    }
}

impl Kept {
    fn put(&mut self, number: usize, read: Vec<(Sample, usize)>) {
        let bytes = read.iter().map(|(_, bytes)| bytes).sum();
        while self.bytes + bytes > MOST_BYTES
            && let Some(oldest) = self.groups.iter().min_by_key(|(_, group)| group.used).map(|(number, _)| *number)
        {
            self.bytes -= self.groups.remove(&oldest).map_or(0, |group| group.bytes);
        }
        self.bytes += bytes;
        let samples = read.into_iter().map(|(sample, _)| Arc::new(sample)).collect();
        self.groups.insert(number, Group { samples, bytes, used: self.uses });
    }

    fn group(&mut self, number: usize) -> Option<&[Arc<Sample>]> {
        self.uses += 1;
        let group = self.groups.get_mut(&number)?;
        group.used = self.uses;
        Some(&group.samples)
    }
}
