use super::token::Token;
use crate::index::Index;
use crate::{Figures, ViewError};
use proctor_reports::Summary;
use proctor_reports::html::Templates;
use proctor_reports::leaderboard::Leaderboard;
use proctor_store::Store;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Leaderboards over different subsets that are kept at hand.
const MOST_LEADERBOARDS: usize = 64;

/// What all pages share.
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) index: Index,
    pub(crate) figures: Arc<dyn Figures>,
    pub(crate) templates: Templates,
    pub(crate) token: Token,
    pub(crate) port: u16,
    /// The store's counter as it was last seen.
    pub(crate) revision: AtomicI64,
    /// Whether the index was filled once.
    pub(crate) filled: AtomicBool,
    /// Whether this process is the one that keeps the index up to date.
    pub(super) keeps_index: AtomicBool,
    /// Figures of runs by id; or why there are none.
    summaries: Mutex<HashMap<String, AsOf<Result<Summary, String>>>>,
    /// Leaderboards by the subsets they are over.
    leaderboards: Mutex<HashMap<Vec<String>, AsOf<Leaderboard>>>,
}

/// What was computed, and the store's counter up to which it is right.
type AsOf<T> = (i64, Arc<T>);

impl App {
    pub(super) fn new(
        store: Store,
        index: Index,
        figures: Arc<dyn Figures>,
        templates: Templates,
        token: Token,
        port: u16,
    ) -> Self {
        Self {
            store,
            index,
            figures,
            templates,
            token,
            port,
            revision: AtomicI64::new(-1),
            filled: AtomicBool::new(false),
            keeps_index: AtomicBool::new(false),
            summaries: Mutex::default(),
            leaderboards: Mutex::default(),
        }
    }

    /// The figures of a run as last computed.
    pub(crate) fn summary(&self, run: &str) -> Option<Arc<Result<Summary, String>>> {
        lock(&self.summaries).get(run).map(|(_, summary)| summary.clone())
    }

    /// The counter up to which the figures of a run are right.
    pub(super) fn summary_revision(&self, run: &str) -> Option<i64> {
        lock(&self.summaries).get(run).map(|(revision, _)| *revision)
    }

    /// Keeps the figures of a run.
    pub(super) fn keep_summary(&self, run: &str, revision: i64, summary: Result<Summary, String>) {
        lock(&self.summaries).insert(run.to_string(), (revision, Arc::new(summary)));
    }

    /// The leaderboard over `slices`, computed where the store has changed since.
    pub(crate) async fn leaderboard(&self, slices: &[String]) -> Result<Arc<Leaderboard>, ViewError> {
        let now = self.revision.load(Ordering::Relaxed);
        if let Some((revision, board)) = lock(&self.leaderboards).get(slices)
            && *revision == now
        {
            return Ok(board.clone());
        }
        let board = Arc::new(self.figures.leaderboard(slices).await.map_err(ViewError::Figures)?);
        let mut kept = lock(&self.leaderboards);
        if kept.len() >= MOST_LEADERBOARDS {
            kept.clear();
        }
        kept.insert(slices.to_vec(), (now, board.clone()));
        Ok(board)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
