use crate::{Clusters, RESAMPLES, cluster_bootstrap, wilson, wilson_effective};
use proctor_core::MetricPoint;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The confidence of every interval in a report.
pub const CONFIDENCE: f64 = 0.95;

/// Seed of the bootstrap, fixed so that a report of the same grades is the same report.
const SEED: u64 = 20_240_111;

/// How an interval was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntervalMethod {
    /// Wilson score interval; every point is 0 or 1 and a group of its own.
    Wilson,
    /// Wilson score interval with the effective sample size of clustered points.
    WilsonClustered,
    /// Percentile interval of the cluster bootstrap.
    ClusterBootstrap,
    /// Made by the benchmark for a figure that is not a mean; the figure's note says how.
    Benchmark,
}

impl IntervalMethod {
    /// The name for people.
    pub fn title(self) -> &'static str {
        match self {
            IntervalMethod::Wilson => "Wilson",
            IntervalMethod::WilsonClustered => "Wilson, clustered",
            IntervalMethod::ClusterBootstrap => "cluster bootstrap",
            IntervalMethod::Benchmark => "the benchmark's own",
        }
    }
}

impl fmt::Display for IntervalMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

/// What the true figure may plausibly be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end, in the figure's own unit.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// E.g. 0.95.
    pub confidence: f64,
    /// How it was computed.
    pub method: IntervalMethod,
}

/// The interval of a mean over points, clustered by their group.
///
/// * Points that are all 0 or 1, each in a group of its own: Wilson.
/// * Points that are all 0 or 1, in shared groups: Wilson with n replaced by the effective sample size
///   p(1−p)/SE², SE the cluster-robust standard error (CR1), at most n (Korn and Graubard 1998).
/// * Anything else: the percentile interval of the cluster bootstrap.
/// * Where all groups agree there is no spread to resample; values in [0, 1] then get the Wilson interval of as many
///   observations as there are groups, which is too wide rather than too narrow. Other values get no interval.
///
/// `None` for no points, a value that is not finite, or when nothing can be said.
pub fn mean_interval(points: &[MetricPoint], confidence: f64) -> Option<Interval> {
    let clusters = Clusters::of(points)?;
    let binary = points.iter().all(|p| p.value == 0.0 || p.value == 1.0);
    let fraction = points.iter().all(|p| (0.0..=1.0).contains(&p.value));
    let (method, ends) = if binary && clusters.count() == clusters.points() {
        let successes = points.iter().filter(|p| p.value == 1.0).count();
        (IntervalMethod::Wilson, wilson(successes as u64, points.len() as u64, confidence)?)
    } else if fraction && (binary || clusters.uniform()) {
        (IntervalMethod::WilsonClustered, wilson_effective(clusters.mean(), effective_size(&clusters), confidence)?)
    } else if clusters.uniform() {
        return None;
    } else {
        (IntervalMethod::ClusterBootstrap, cluster_bootstrap(&clusters, RESAMPLES, confidence, SEED)?)
    };
    Some(Interval { low: ends.0, high: ends.1, confidence, method })
}

/// How many independent observations the points are worth.
fn effective_size(clusters: &Clusters) -> f64 {
    let groups = clusters.count() as f64;
    let mean = clusters.mean();
    let binomial = mean * (1.0 - mean);
    match clusters.standard_error().cr1 {
        Some(error) if error > 0.0 && binomial > 0.0 && !clusters.uniform() => {
            (binomial / (error * error)).min(clusters.points() as f64)
        }
        _ => groups,
    }
}
