use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use tokio::time::Instant;

/// Rows on their way into the store, so that it can be told when they are waited for.
#[derive(Debug, Default)]
pub(crate) struct Storing(Mutex<(u64, BTreeMap<u64, Instant>)>);

/// One of them, until dropped.
pub(crate) struct Row<'a>(&'a Storing, u64);

impl Storing {
    /// A row sets out.
    pub(crate) fn row(&self) -> Row<'_> {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rows.0 += 1;
        let number = rows.0;
        rows.1.insert(number, Instant::now());
        Row(self, number)
    }

    /// How many there are, and when the oldest set out.
    pub(crate) fn oldest(&self) -> Option<(usize, Instant)> {
        let rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rows.1.values().next().map(|since| (rows.1.len(), *since))
    }
}

impl Drop for Row<'_> {
    fn drop(&mut self) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).1.remove(&self.1);
    }
}
