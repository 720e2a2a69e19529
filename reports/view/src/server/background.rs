//! What goes on while nobody asks: keeping the index and the figures up to date.

use super::state::App;
use crate::index::{read_texts, synchronise};
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::task::JoinHandle;

/// Between two looks at the store.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Starts the work. It ends when the handles are aborted.
pub(super) fn start(app: &Arc<App>) -> Vec<JoinHandle<()>> {
    vec![tokio::spawn(keep_up(app.clone())), tokio::spawn(keep_searchable(app.clone())), tokio::spawn(keep_figures(app.clone()))]
}

/// Keeps the index up to date. Where another view does so already, this one reads.
async fn keep_up(app: Arc<App>) {
    let mut claim: Option<File> = None;
    loop {
        if claim.is_none() {
            claim = app.index.claim();
        }
        let revision = app.store.revision().await.unwrap_or(-1);
        // A store that is locked or gone for a moment is looked at again.
        let current = match claim.is_some() {
            true => synchronise(&app.index, &app.store).await.is_ok(),
            false => true,
        };
        if current {
            app.filled.store(true, Ordering::Relaxed);
            app.revision.store(revision, Ordering::Relaxed);
        }
        app.keeps_index.store(claim.is_some(), Ordering::Relaxed);
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Makes texts searchable, a run at a time, beside the rows that keep coming in.
async fn keep_searchable(app: Arc<App>) {
    loop {
        let more = app.keeps_index.load(Ordering::Relaxed) && read_texts(&app.index, &app.store, &|| true).await.unwrap_or(false);
        if !more {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// Computes the figures of runs that have changed, the newest first, one at a time.
async fn keep_figures(app: Arc<App>) {
    loop {
        for run in app.index.runs().await.unwrap_or_default() {
            if run.revision < 0 || run.graded == 0 || app.summary_revision(&run.id) == Some(run.revision) {
                continue;
            }
            let summary = app.figures.summary(&run.id).await;
            app.keep_summary(&run.id, run.revision, summary);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
