use proctor_core::{GradedAttempt, Metric};
use proctor_statistics::{
    CONFIDENCE, Design, Interval, IntervalMethod, PairedDifference, Test, detectable, normal_quantile, paired_difference,
    t_quantile, t_tails,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How a benchmark's headline figure is had from grades.
pub type Headline<'a> = dyn Fn(&[GradedAttempt]) -> Option<Metric> + 'a;

/// Blocks of the jackknife at most.
const BLOCKS: usize = 40;

/// A less B. A figure that is a mean over points is compared point by point within groups, any other by leaving out blocks of
/// groups.
pub(super) fn difference(
    figures: &[Option<Metric>; 2],
    grades: (&[GradedAttempt], &[GradedAttempt]),
    headline: &Headline<'_>,
) -> Option<PairedDifference> {
    let [Some(a), Some(b)] = figures else { return None };
    if !a.value.is_finite() || !b.value.is_finite() {
        return None;
    }
    // A benchmark that brings an interval along says that its points are not what the figure is the mean of.
    let means = [a, b].iter().all(|metric| metric.interval.is_none() && !metric.points.is_empty());
    if means {
        let (a, b) = balanced(a, b);
        if let Some(found) = paired_difference(&a, &b, Design::default()) {
            return Some(found);
        }
    }
    jackknife(a.value - b.value, grades, headline)
}

/// Points as they pair: where a group has not equally many on both sides (one side has more attempts), each side's points
/// are replaced by their mean, once for each sample's worth of the smaller side.
fn balanced(a: &Metric, b: &Metric) -> (Vec<proctor_core::MetricPoint>, Vec<proctor_core::MetricPoint>) {
    let sums = |metric: &Metric| {
        let mut groups: BTreeMap<String, (f64, usize)> = BTreeMap::new();
        for point in &metric.points {
            let group = groups.entry(point.group.clone()).or_default();
            group.0 += point.value;
            group.1 += 1;
        }
        groups
    };
    let (in_a, in_b) = (sums(a), sums(b));
    let even = in_a.len() == in_b.len() && in_a.iter().all(|(key, (_, n))| in_b.get(key).is_some_and(|(_, m)| m == n));
    if even {
        return (a.points.clone(), b.points.clone());
    }
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for (key, (sum, n)) in &in_a {
        let Some((other, m)) = in_b.get(key) else { continue };
        for _ in 0..(*n).min(*m) {
            left.push(proctor_core::MetricPoint { group: key.clone(), value: sum / *n as f64 });
            right.push(proctor_core::MetricPoint { group: key.clone(), value: other / *m as f64 });
        }
    }
    (left, right)
}

/// The delete-a-group jackknife of a difference of figures that are no means (Kott 2001, Journal of Official Statistics
/// 17:521; Shao and Tu 1995): groups are dealt into up to 40 blocks, and the figures are computed without each in turn. The
/// interval and the p-value are by Student's t with one degree of freedom less than blocks.
fn jackknife(observed: f64, (a, b): (&[GradedAttempt], &[GradedAttempt]), headline: &Headline<'_>) -> Option<PairedDifference> {
    let groups: BTreeSet<&str> = a.iter().map(|grade| grade.group.as_str()).collect();
    let blocks = groups.len().min(BLOCKS);
    let place: HashMap<&str, usize> = groups.iter().enumerate().map(|(i, group)| (*group, i % blocks.max(1))).collect();
    let without = |grades: &[GradedAttempt], block: usize| -> Vec<GradedAttempt> {
        grades.iter().filter(|grade| place.get(grade.group.as_str()) != Some(&block)).cloned().collect()
    };
    let value = |grades: &[GradedAttempt]| headline(grades).map(|metric| metric.value).filter(|value| value.is_finite());
    let mut left_out = Vec::new();
    if blocks > 1 {
        for block in 0..blocks {
            left_out.extend(value(&without(a, block)).zip(value(&without(b, block))).map(|(a, b)| a - b));
        }
    }
    // A figure that cannot be had without some block is no smooth one, and nothing is said of it.
    let whole = left_out.len() == blocks && blocks > 1;
    let error = whole.then(|| {
        let n = left_out.len() as f64;
        let mean = left_out.iter().sum::<f64>() / n;
        ((n - 1.0) / n * left_out.iter().map(|value| (value - mean).powi(2)).sum::<f64>()).sqrt()
    });
    let error = error?;
    if error == 0.0 {
        // The two agree, whatever is left out.
        let none = PairedDifference {
            difference: observed,
            interval: None,
            standard_error: Some(0.0),
            p_value: 1.0,
            test: Test::Jackknife,
            detectable: None,
            n: a.len(),
            groups: groups.len(),
        };
        return (observed == 0.0).then_some(none);
    }
    let freedom = (blocks - 1) as f64;
    let reach = t_quantile(0.5 + CONFIDENCE / 2.0, freedom).unwrap_or_else(|| normal_quantile(CONFIDENCE));
    let interval = Interval {
        low: observed - reach * error,
        high: observed + reach * error,
        confidence: CONFIDENCE,
        method: IntervalMethod::Jackknife,
    };
    Some(PairedDifference {
        difference: observed,
        interval: Some(interval),
        standard_error: Some(error),
        p_value: t_tails(observed / error, freedom),
        test: Test::Jackknife,
        detectable: detectable(error, Design::default()),
        n: a.len(),
        groups: groups.len(),
    })
}
