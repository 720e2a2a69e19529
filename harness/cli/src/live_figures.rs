//! The figures that `proctor view` shows, from light rows.

use crate::error::CliError;
use crate::figures::{RunFigures, entries};
use crate::verbs::compare::{CompareArguments, compared_in};
use async_trait::async_trait;
use proctor_benchmarks::registry;
use proctor_reports::compare::Comparison;
use proctor_reports::leaderboard::{Leaderboard, leaderboard};
use proctor_reports::{Summary, summarise};
use proctor_store::Store;
use proctor_view::Figures;

/// Samples on which two models differ that a page lists.
const FLIPS: usize = 200;

/// Figures out of a store.
pub struct StoreFigures {
    store: Store,
}

impl StoreFigures {
    /// Those of the runs in `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    async fn summed(&self, run_id: &str) -> Result<Summary, CliError> {
        let run = self.store.run(run_id).await?;
        let figures = RunFigures::read(&self.store, &run, &[]).await?;
        let truth = match run.plan.graded_by() {
            Some(_) => None,
            None => Some(self.store.ground_truth(&run.id).await?),
        };
        let benchmark = registry::open_run(&run.plan, false)?;
        // Metrics take their time, and pages are to be answered meanwhile.
        let summed = tokio::task::spawn_blocking(move || {
            let metrics = benchmark.metrics(&figures.grades.grades);
            let summary = summarise(&run, &figures.grades.grades, &metrics, truth.as_ref());
            Summary { usage: figures.usage, ..summary }
        });
        summed.await.map_err(|e| CliError::failure(format!("the figures could not be computed: {e}")))
    }

    async fn board(&self, slices: &[String]) -> Result<Leaderboard, CliError> {
        let runs = self.store.runs().await?;
        let entries = entries(&self.store, runs, slices).await?;
        let slices = slices.to_vec();
        let board = tokio::task::spawn_blocking(move || leaderboard(entries, &slices));
        board.await.map_err(|e| CliError::failure(format!("the leaderboard could not be computed: {e}")))
    }
}

/// The error as a page shows it.
fn said(error: CliError) -> String {
    match error.hint {
        Some(hint) => format!("{}; {hint}", error.message),
        None => error.message,
    }
}

#[async_trait]
impl Figures for StoreFigures {
    async fn summary(&self, run_id: &str) -> Result<Summary, String> {
        self.summed(run_id).await.map_err(said)
    }

    async fn leaderboard(&self, slices: &[String]) -> Result<Leaderboard, String> {
        self.board(slices).await.map_err(said)
    }

    async fn compare(&self, a: &str, b: &str, benchmark: Option<&str>, slices: &[String]) -> Result<Comparison, String> {
        let (store, arguments) = (self.store.clone(), CompareArguments::of(a, b, benchmark, slices, FLIPS));
        let handle = tokio::runtime::Handle::current();
        let compared = tokio::task::spawn_blocking(move || handle.block_on(compared_in(&store, &arguments)));
        compared.await.map_err(|e| format!("the comparison could not be made: {e}"))?.map_err(said)
    }
}
