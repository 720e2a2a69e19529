use crate::pacing::Paces;
use crate::{Budget, Prices, Stop};
use proctor_core::EventSink;
use proctor_store::Store;
use std::sync::Arc;

/// What every run of a process shares.
#[derive(Clone)]
pub struct Context {
    /// Where results go.
    pub store: Store,
    /// Who hears of them.
    pub sink: Arc<dyn EventSink>,
    /// How they are stopped.
    pub stop: Stop,
    /// How fast endpoints are asked.
    pub paces: Paces,
    /// What answers cost.
    pub prices: Arc<Prices>,
    /// What is spent, and how much may be.
    pub budget: Arc<Budget>,
}

impl Context {
    /// A context whose endpoints are not known yet, without prices and without a cap on what is spent.
    pub fn new(store: Store, sink: Arc<dyn EventSink>, stop: Stop) -> Self {
        Self { store, sink, stop, paces: Paces::default(), prices: Arc::default(), budget: Arc::default() }
    }
}
