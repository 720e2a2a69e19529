use crate::{Clusters, RESAMPLES, cluster_bootstrap, normal_quantile, wilson, wilson_effective};
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
    /// Mean ± z·SE with the cluster-robust standard error.
    ClusterNormal,
    /// Mean ± t·SE with the standard error of a delete-a-group jackknife.
    Jackknife,
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
            IntervalMethod::ClusterNormal => "cluster-robust normal",
            IntervalMethod::Jackknife => "jackknife over groups",
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

/// Groups from which on a mean is taken for normally distributed instead of being resampled: the ends of both intervals then
/// differ by about a hundredth of their width, and the bootstrap's by more from seed to seed.
pub(crate) const MANY_GROUPS: usize = 1_000;

/// What an interval of a mean depends on: points by group, and what values they have.
#[derive(Debug, Clone, PartialEq)]
pub struct MeanPoints {
    /// The points by group.
    pub clusters: Clusters,
    /// Points of value 1, where all are 0 or 1.
    pub successes: Option<usize>,
    /// Whether all are in [0, 1].
    pub fraction: bool,
}

impl MeanPoints {
    /// Of points; `None` for none or a value that is not finite.
    pub fn of(points: &[MetricPoint]) -> Option<Self> {
        let clusters = Clusters::of(points)?;
        let binary = points.iter().all(|p| p.value == 0.0 || p.value == 1.0);
        Some(Self {
            clusters,
            successes: binary.then(|| points.iter().filter(|p| p.value == 1.0).count()),
            fraction: points.iter().all(|p| (0.0..=1.0).contains(&p.value)),
        })
    }

    /// The interval of their mean.
    ///
    /// * Points that are all 0 or 1, each in a group of its own: Wilson.
    /// * Points that are all 0 or 1, in shared groups: Wilson with n replaced by the effective sample size
    ///   p(1−p)/SE², SE the cluster-robust standard error (CR1), at most n (Korn and Graubard 1998).
    /// * Anything else: the percentile interval of the cluster bootstrap; from 1,000 groups on mean ± z·SE.
    /// * Where all groups agree there is no spread to resample; values in [0, 1] then get the Wilson interval of as many
    ///   observations as there are groups, which is too wide rather than too narrow. Other values get no interval.
    ///
    /// `None` when nothing can be said.
    pub fn interval(&self, confidence: f64) -> Option<Interval> {
        let clusters = &self.clusters;
        let unit_groups = clusters.count() == clusters.points();
        let (method, ends) = match self.successes {
            Some(successes) if unit_groups => {
                (IntervalMethod::Wilson, wilson(successes as u64, clusters.points() as u64, confidence)?)
            }
            _ if self.fraction && (self.successes.is_some() || clusters.uniform()) => {
                (IntervalMethod::WilsonClustered, wilson_effective(clusters.mean(), effective_size(clusters), confidence)?)
            }
            _ if clusters.uniform() => return None,
            _ if clusters.count() >= MANY_GROUPS => (IntervalMethod::ClusterNormal, self.normal(confidence)?),
            _ => (IntervalMethod::ClusterBootstrap, cluster_bootstrap(clusters, RESAMPLES, confidence, SEED)?),
        };
        Some(Interval { low: ends.0, high: ends.1, confidence, method })
    }

    fn normal(&self, confidence: f64) -> Option<(f64, f64)> {
        let half = normal_quantile(confidence) * self.clusters.standard_error().cr1?;
        let (low, high) = (self.clusters.mean() - half, self.clusters.mean() + half);
        (low.is_finite() && high.is_finite()).then(|| match self.fraction {
            true => (low.max(0.0), high.min(1.0)),
            false => (low, high),
        })
    }
}

/// The interval of a mean over points, clustered by their group; see [`MeanPoints::interval`]. `None` for no points, a value
/// that is not finite, or when nothing can be said.
pub fn mean_interval(points: &[MetricPoint], confidence: f64) -> Option<Interval> {
    MeanPoints::of(points)?.interval(confidence)
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
