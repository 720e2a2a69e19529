use proctor_core::AttemptKey;
use std::collections::HashMap;

/// Samples whose places are remembered.
const MOST: usize = 4096;

/// Run and position of an attempt's sample.
pub(super) type Place = Option<(i64, i64)>;

/// Places of samples that were looked up lately: an attempt and its grade, or all attempts at a sample, look up the same one.
/// Samples of a run never move, and a row whose sample is gone is refused by the database.
#[derive(Debug, Default)]
pub(super) struct Places {
    runs: HashMap<String, HashMap<String, (i64, i64)>>,
    count: usize,
}

impl Places {
    /// The place of an attempt's sample, where it is remembered.
    pub(super) fn get(&self, key: &AttemptKey) -> Place {
        self.runs.get(&key.run_id)?.get(&key.sample_id).copied()
    }

    /// Remembers one.
    pub(super) fn put(&mut self, key: &AttemptKey, place: (i64, i64)) {
        if self.count >= MOST {
            self.forget();
        }
        let samples = match self.runs.get_mut(&key.run_id) {
            Some(samples) => samples,
            None => self.runs.entry(key.run_id.clone()).or_default(),
        };
        self.count += usize::from(samples.insert(key.sample_id.clone(), place).is_none());
    }

    /// Forgets all.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}
