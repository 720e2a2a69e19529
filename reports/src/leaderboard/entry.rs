use crate::summary::{Unit, UsageTotals};
use proctor_core::{Metric, MetricInterval, RunPlan, RunRecord, Scale, canonical_json, sha256_hex};
use proctor_statistics::{CONFIDENCE, Clusters, Interval, IntervalMethod, MeanPoints};
use serde_json::json;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A run as it enters a leaderboard.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The run's id.
    pub run_id: String,
    /// `name` or `name:variant`.
    pub benchmark: String,
    /// The model.
    pub model: String,
    /// Its plan, where it is known: a table of grades has none.
    pub plan: Option<RunPlan>,
    /// Runs with equal conditions have comparable scores.
    pub conditions: String,
    /// When it began, RFC 3339; of several runs of a model the latest counts.
    pub created_at: String,
    /// Its headline figure; `None` where nothing is scored.
    pub score: Option<Score>,
    /// Why no score is shown.
    pub withheld: Option<String>,
    /// Attempts in the plan.
    pub planned: usize,
    /// Attempts with a grade.
    pub graded: usize,
    /// Attempts that ended in an infrastructure error.
    pub infra_errors: usize,
    /// Tokens, time and cost.
    pub usage: UsageTotals,
}

impl Entry {
    /// A run without a score yet.
    pub fn of(run: &RunRecord) -> Self {
        Self {
            run_id: run.id.clone(),
            benchmark: run.plan.benchmark.clone(),
            model: run.plan.model.clone(),
            conditions: conditions(&run.plan),
            planned: run.plan.attempts(),
            plan: Some(run.plan.clone()),
            created_at: run.created_at.clone(),
            score: None,
            withheld: None,
            graded: 0,
            infra_errors: 0,
            usage: UsageTotals::default(),
        }
    }
}

/// The hash of what must be equal for two scores to be compared: benchmark, questions, prompts, options, protocol and judge;
/// neither the model nor how it is sampled. See [`crate::comparability::Part::forbids`].
pub fn conditions(plan: &RunPlan) -> String {
    let value = json!([
        plan.benchmark,
        plan.data_sha256,
        plan.prompt_sha256,
        plan.options,
        plan.protocol,
        plan.judge_version,
        plan.judge_provenance
    ]);
    sha256_hex(canonical_json(&value).as_bytes())[..16].to_owned()
}

/// A headline figure with what its interval and its rank depend on.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Its name.
    pub metric: String,
    /// The figure.
    pub value: f64,
    /// How it is shown.
    pub unit: Unit,
    /// Its interval.
    pub interval: Option<Interval>,
    /// By group: its key, the sum and the number of its points. Empty where the figure is no mean.
    pub groups: Vec<(u64, f64, usize)>,
    /// Points of value 1, where all are 0 or 1 and the figure is a share.
    pub successes: Option<usize>,
}

impl Score {
    /// Of a benchmark's figure; `None` where it is not a number.
    pub fn of(metric: &Metric) -> Option<Self> {
        if !metric.value.is_finite() {
            return None;
        }
        let mut sums: BTreeMap<u64, (f64, usize)> = BTreeMap::new();
        for point in &metric.points {
            let group = sums.entry(group_key(&point.group)).or_default();
            group.0 += point.value;
            group.1 += 1;
        }
        let points = MeanPoints::of(&metric.points);
        let interval = match &metric.interval {
            Some(MetricInterval { low, high, .. }) => {
                Some(Interval { low: *low, high: *high, confidence: CONFIDENCE, method: IntervalMethod::Benchmark })
            }
            None => points.as_ref().and_then(|points| points.interval(CONFIDENCE)),
        };
        let share = metric.scale == Scale::Share && (0.0..=1.0).contains(&metric.value);
        let fraction = points.as_ref().is_none_or(|points| points.fraction);
        Some(Self {
            metric: metric.name.clone(),
            value: metric.value,
            unit: if share && fraction { Unit::Fraction } else { Unit::Number },
            interval,
            groups: sums.into_iter().map(|(key, (sum, n))| (key, sum, n)).collect(),
            successes: points.filter(|_| share).and_then(|points| points.successes),
        })
    }

    /// The mean over points by group, all in [0, 1]; `successes` where they are all 0 or 1.
    pub fn of_groups(metric: &str, groups: Vec<(u64, f64, usize)>, successes: Option<usize>) -> Option<Self> {
        let clusters = Clusters::of_sums(groups.iter().map(|(_, sum, n)| (*sum, *n)).collect())?;
        let value = clusters.mean();
        let points = MeanPoints { clusters, successes, fraction: true };
        let interval = points.interval(CONFIDENCE);
        Some(Self { metric: metric.to_owned(), value, unit: Unit::Fraction, interval, groups, successes })
    }

    /// Points that it is the mean of.
    pub fn points(&self) -> usize {
        self.groups.iter().map(|(_, _, n)| n).sum()
    }
}

/// The key of a group, the same wherever the group's name is.
pub fn group_key(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}
