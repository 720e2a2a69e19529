use crate::{
    CONFIDENCE, Clusters, Design, Interval, IntervalMethod, MANY_GROUPS, RESAMPLES, bootstrap_mean, detectable, mcnemar_exact,
    normal_quantile, sign_flip, wilson,
};
use proctor_core::MetricPoint;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Seed of the bootstrap and of the test, fixed so that a comparison of the same grades is the same comparison.
const SEED: u64 = 19_470_601;

/// How a p-value was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// McNemar's exact test: 0/1 points, each a group of its own.
    McNemarExact,
    /// The sign-flip test over groups, all assignments counted.
    SignFlipExact,
    /// The sign-flip test over groups, 20,000 assignments drawn.
    SignFlip,
    /// Student's t, from the standard error of a delete-a-group jackknife.
    Jackknife,
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Test::McNemarExact => "McNemar, exact",
            Test::SignFlipExact => "sign flips, exact",
            Test::SignFlip => "sign flips",
            Test::Jackknife => "jackknife over groups",
        })
    }
}

/// A less B over the same questions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PairedDifference {
    /// The mean of A less the mean of B.
    pub difference: f64,
    /// Its interval.
    pub interval: Option<Interval>,
    /// Its standard error, clustered by group (CR1); `None` for one group.
    pub standard_error: Option<f64>,
    /// Two-sided, of no difference.
    pub p_value: f64,
    /// How that was computed.
    pub test: Test,
    /// The smallest true difference that such a comparison finds with a power of 0.8 at α = 0.05.
    pub detectable: Option<f64>,
    /// Points of A, as many as of B.
    pub n: usize,
    /// Independent groups.
    pub groups: usize,
}

/// The difference of the means of points that are paired within groups: each group holds the points of the same questions on
/// both sides, in the same number. Its interval is the percentile interval of the paired cluster bootstrap; from 1,000
/// groups on, difference ± z·SE. Where all groups differ alike there is nothing to resample: points in [0, 1] then get the
/// Wilson bound of how often groups could differ that were not seen to.
///
/// `None` for no points, for values that are not finite, and where a group has not the same number of points on both sides.
pub fn paired_difference(a: &[MetricPoint], b: &[MetricPoint], design: Design) -> Option<PairedDifference> {
    if a.is_empty() || a.len() != b.len() || a.iter().chain(b).any(|point| !point.value.is_finite()) {
        return None;
    }
    let mut groups: BTreeMap<&str, Group> = BTreeMap::new();
    for point in a {
        groups.entry(&point.group).or_default().add(point.value, 1);
    }
    for point in b {
        groups.entry(&point.group).or_default().add(-point.value, -1);
    }
    if groups.values().any(|group| group.balance != 0) {
        return None;
    }
    let clusters = Clusters::of_sums(groups.values().map(|group| (group.difference, group.points)).collect())?;
    let binary = a.iter().chain(b).all(|point| point.value == 0.0 || point.value == 1.0);
    let fraction = a.iter().chain(b).all(|point| (0.0..=1.0).contains(&point.value));
    let (p_value, test) = if binary && clusters.count() == a.len() {
        let wins = |sign: f64| groups.values().filter(|group| group.difference == sign).count() as u64;
        (mcnemar_exact(wins(1.0), wins(-1.0)).p_value, Test::McNemarExact)
    } else {
        let sums: Vec<f64> = groups.values().map(|group| rounded(group.difference)).collect();
        let found = sign_flip(&sums, SEED)?;
        (found.p_value, if found.exact { Test::SignFlipExact } else { Test::SignFlip })
    };
    let standard_error = clusters.standard_error().cr1;
    Some(PairedDifference {
        difference: clusters.mean(),
        interval: interval(&clusters, fraction),
        standard_error,
        p_value,
        test,
        detectable: standard_error.filter(|error| *error > 0.0).and_then(|error| detectable(error, design)),
        n: a.len(),
        groups: clusters.count(),
    })
}

fn interval(clusters: &Clusters, fraction: bool) -> Option<Interval> {
    let (low, high, method) = if clusters.uniform() {
        if !fraction {
            return None;
        }
        let (_, most) = wilson(0, clusters.count() as u64, CONFIDENCE)?;
        let (low, high) = (clusters.mean() - most, clusters.mean() + most);
        (low.max(-1.0), high.min(1.0), IntervalMethod::Wilson)
    } else if clusters.count() >= MANY_GROUPS {
        let half = normal_quantile(CONFIDENCE) * clusters.standard_error().cr1?;
        (clusters.mean() - half, clusters.mean() + half, IntervalMethod::ClusterNormal)
    } else {
        let found = bootstrap_mean(clusters, RESAMPLES, CONFIDENCE, SEED)?;
        (found.low, found.high, IntervalMethod::ClusterBootstrap)
    };
    Some(Interval { low, high, confidence: CONFIDENCE, method })
}

/// What a group adds up to.
#[derive(Default)]
struct Group {
    difference: f64,
    points: usize,
    balance: i64,
}

impl Group {
    fn add(&mut self, value: f64, side: i64) {
        self.difference += value;
        self.balance += side;
        self.points += usize::from(side > 0);
    }
}

/// Rounding of sums of fractions must not make a difference of what is none.
fn rounded(value: f64) -> f64 {
    if value.abs() < 1e-12 { 0.0 } else { value }
}
