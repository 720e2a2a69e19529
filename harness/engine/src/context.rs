use crate::Stop;
use proctor_core::EventSink;
use proctor_reports::store::Store;
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
}
