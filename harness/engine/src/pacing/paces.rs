use super::Bounds;
use super::pacer::Pacer;
use proctor_core::Model;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The paces of all endpoints that a process asks; clones are one. Models with the same [`Model::quota`] share a pace,
/// whichever run or judge asks them.
#[derive(Debug, Clone, Default)]
pub struct Paces(Arc<Mutex<BTreeMap<String, Arc<Pacer>>>>);

impl Paces {
    /// The pace of this model's endpoint, which from now on keeps these bounds as well.
    pub fn of(&self, model: &dyn Model, bounds: Bounds) -> Arc<Pacer> {
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match paces.get(&model.quota()) {
            Some(pacer) => {
                pacer.join(bounds);
                pacer.clone()
            }
            None => {
                let pacer = Arc::new(Pacer::new(model.name(), model.patience(), bounds));
                paces.insert(model.quota(), pacer.clone());
                pacer
            }
        }
    }

    /// Every pace there is.
    pub fn all(&self) -> Vec<Arc<Pacer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}
