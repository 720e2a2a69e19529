use super::{CategoryCount, OutcomeCount, ScoredMetric, Summary, UsageTotals};
use proctor_core::{Outcome, RunRecord, Usage};
use proctor_store::GroundTruth;
use std::collections::BTreeMap;

/// Counts the attempts of a run as they come, so that a run of any length can be summed up.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    stored: usize,
    outcomes: BTreeMap<Outcome, usize>,
    categories: BTreeMap<String, usize>,
    usage: UsageTotals,
}

impl Tally {
    /// Counts the next attempt: what it came to (`None` while it is not graded), its error category, its tokens, the seconds
    /// waited for the model and its price in US dollars, where they are known.
    pub fn add(
        &mut self,
        outcome: Option<Outcome>,
        category: Option<&str>,
        usage: &Usage,
        latency_s: Option<f64>,
        cost_usd: Option<f64>,
    ) {
        self.stored += 1;
        if let Some(outcome) = outcome {
            *self.outcomes.entry(outcome).or_default() += 1;
        }
        if let Some(category) = category.filter(|category| !category.is_empty()) {
            match self.categories.get_mut(category) {
                Some(n) => *n += 1,
                None => {
                    self.categories.insert(category.to_owned(), 1);
                }
            }
        }
        let one = UsageTotals {
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            reasoning_tokens: usage.reasoning_tokens,
            cached_tokens: usage.cached_tokens,
            unreported: usize::from(usage.completion_tokens.is_none()),
            latency_s: latency_s.filter(|seconds| seconds.is_finite()).unwrap_or(0.0),
            cost_usd: cost_usd.filter(|dollars| dollars.is_finite()),
        };
        self.usage = self.usage.with(&one);
    }

    /// The summary of `run`, whose attempts were counted, with its figures. `ground_truth` is `None` where no reference
    /// solutions were graded, which the notes then say nothing about: a benchmark need not have any.
    pub fn summary(self, run: &RunRecord, metrics: Vec<ScoredMetric>, ground_truth: Option<&GroundTruth>) -> Summary {
        let n = |outcome: Outcome| self.outcomes.get(&outcome).copied().unwrap_or(0);
        let mut categories: Vec<CategoryCount> =
            self.categories.iter().map(|(category, n)| CategoryCount { category: category.clone(), n: *n }).collect();
        // The most frequent first, equals by name.
        categories.sort_by_key(|category| std::cmp::Reverse(category.n));
        let mut summary = Summary {
            run: run.clone(),
            metrics,
            withheld: ground_truth.and_then(GroundTruth::withheld),
            planned: run.plan.attempts(),
            graded: self.outcomes.values().sum(),
            outcomes: Outcome::ALL.into_iter().map(|outcome| OutcomeCount { outcome, n: n(outcome) }).collect(),
            categories,
            usage: self.usage,
            notes: Vec::new(),
        };
        summary.notes = super::build::notes(&summary, self.stored);
        summary
    }
}
