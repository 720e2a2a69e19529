use async_trait::async_trait;
use proctor_reports::Summary;
use proctor_reports::compare::Comparison;
use proctor_reports::leaderboard::Leaderboard;

/// What the view shows but cannot compute, since it knows no benchmark. Errors are sentences.
#[async_trait]
pub trait Figures: Send + Sync {
    /// The figures of a run as its grades stand now.
    async fn summary(&self, run_id: &str) -> Result<Summary, String>;

    /// Models by benchmarks, over the samples in all of `slices` (none is every sample).
    async fn leaderboard(&self, slices: &[String]) -> Result<Leaderboard, String>;

    /// Two models, or two runs, over what both answered; `benchmark` narrows models to one benchmark.
    async fn compare(&self, a: &str, b: &str, benchmark: Option<&str>, slices: &[String]) -> Result<Comparison, String>;
}
