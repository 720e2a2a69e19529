use proctor_core::{Outcome, RunRecord};
use proctor_statistics::Interval;
use serde::{Deserialize, Serialize};

/// A run in figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The run, with its plan and fingerprint.
    pub run: RunRecord,
    /// Why no score is shown: the benchmark's own reference solutions fall short here. Every metric then has no value.
    pub withheld: Option<String>,
    /// The figures, the headline first as the benchmark gives them.
    pub metrics: Vec<ScoredMetric>,
    /// Attempts in the plan.
    pub planned: usize,
    /// Attempts with a grade, whatever it is.
    pub graded: usize,
    /// Every outcome with its count, in the order of [`Outcome::ALL`].
    pub outcomes: Vec<OutcomeCount>,
    /// Error categories, the most frequent first.
    pub categories: Vec<CategoryCount>,
    /// Tokens, time and cost.
    pub usage: UsageTotals,
    /// Sentences a reader must know: what is withheld or missing, what failed on our side, what was cut. What a metric
    /// says of itself stands with the metric.
    pub notes: Vec<String>,
}

impl Summary {
    /// How many attempts came to `outcome`.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.outcomes.iter().find(|c| c.outcome == outcome).map_or(0, |c| c.n)
    }

    /// Attempts of the plan that have no grade yet.
    pub fn missing(&self) -> usize {
        self.planned.saturating_sub(self.graded)
    }

    /// Attempts of which nothing was learned; the same command asks them again.
    pub fn infra_errors(&self) -> usize {
        self.count(Outcome::InfraError)
    }

    /// The notes, then what the headline figures say of themselves: what a short form has room for.
    pub fn chief_notes(&self) -> Vec<String> {
        let of_metric = |metric: &ScoredMetric| {
            let stratum = metric.stratum.as_ref().map(|s| format!(" ({s})")).unwrap_or_default();
            metric.note.as_ref().map(|note| format!("{}{stratum}: {note}", metric.name))
        };
        self.notes.iter().cloned().chain(self.metrics.iter().filter(|m| m.headline).filter_map(of_metric)).collect()
    }

    /// The benchmark's headline figure, else its first.
    pub fn headline(&self) -> Option<&ScoredMetric> {
        self.metrics.iter().find(|m| m.headline).or(self.metrics.first())
    }
}

/// In what unit a figure is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A fraction of 1, shown as a percentage: a mean of points in [0, 1].
    Fraction,
    /// A plain number, e.g. a count or a rating.
    Number,
}

/// A figure with what is needed to judge it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoredMetric {
    /// E.g. `pass@1`.
    pub name: String,
    /// The subset it is over; `None` is the whole benchmark.
    pub stratum: Option<String>,
    /// Whether it is the benchmark's headline figure.
    pub headline: bool,
    /// The figure; `None` when it is withheld or not a number.
    pub value: Option<f64>,
    /// How it is shown.
    pub unit: Unit,
    /// Its interval, where one can be computed.
    pub interval: Option<Interval>,
    /// Points (usually samples) that it is the mean of; 0 where it is not a mean.
    pub n: usize,
    /// Independent groups among the points.
    pub groups: usize,
    /// Points of value 1, where all points are 0 or 1 and the score is not withheld.
    pub successes: Option<usize>,
    /// What the benchmark says of it.
    pub note: Option<String>,
}

/// An outcome and how often it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeCount {
    /// The outcome.
    pub outcome: Outcome,
    /// Attempts.
    pub n: usize,
}

/// An error category and how often it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryCount {
    /// The category, e.g. `AssertionError`.
    pub category: String,
    /// Attempts.
    pub n: usize,
}

impl UsageTotals {
    /// The sum with another; a part that neither reports stays unknown.
    pub fn with(&self, other: &UsageTotals) -> UsageTotals {
        let whole = |a: Option<u64>, b: Option<u64>| a.map_or(b, |a| Some(a.saturating_add(b.unwrap_or(0))));
        let real = |a: Option<f64>, b: Option<f64>| a.map_or(b, |a| Some(a + b.unwrap_or(0.0)));
        UsageTotals {
            prompt_tokens: whole(self.prompt_tokens, other.prompt_tokens),
            completion_tokens: whole(self.completion_tokens, other.completion_tokens),
            reasoning_tokens: whole(self.reasoning_tokens, other.reasoning_tokens),
            cached_tokens: whole(self.cached_tokens, other.cached_tokens),
            unreported: self.unreported + other.unreported,
            latency_s: self.latency_s + other.latency_s,
            cost_usd: real(self.cost_usd, other.cost_usd),
        }
    }
}

/// Sums over the attempts of a run; `None` where no attempt reports the figure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct UsageTotals {
    /// Tokens of prompts.
    pub prompt_tokens: Option<u64>,
    /// Tokens of answers.
    pub completion_tokens: Option<u64>,
    /// Tokens spent on reasoning.
    pub reasoning_tokens: Option<u64>,
    /// Prompt tokens read from a provider's cache.
    pub cached_tokens: Option<u64>,
    /// Attempts whose answer tokens are unknown and therefore in none of the sums.
    pub unreported: usize,
    /// Seconds waited for the model, summed over attempts; those side by side count each.
    pub latency_s: f64,
    /// US dollars.
    pub cost_usd: Option<f64>,
}
