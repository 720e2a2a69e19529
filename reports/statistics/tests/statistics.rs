//! Intervals at the edges, and which one fits which points.

use proctor_core::MetricPoint;
use proctor_statistics::*;

fn points(values: &[(&str, f64)]) -> Vec<MetricPoint> {
    values.iter().map(|(group, value)| MetricPoint { group: group.to_string(), value: *value }).collect()
}

fn apart(values: &[f64]) -> Vec<MetricPoint> {
    values.iter().enumerate().map(|(i, value)| MetricPoint { group: i.to_string(), value: *value }).collect()
}

#[test]
fn nothing_counted_has_no_interval() {
    assert_eq!(wilson(0, 0, 0.95), None);
    assert_eq!(wilson(4, 3, 0.95), None);
    assert_eq!(wilson_effective(0.5, 0.0, 0.95), None);
    assert_eq!(wilson_effective(1.2, 10.0, 0.95), None);
    assert_eq!(wilson_effective(f64::NAN, 10.0, 0.95), None);
    for confidence in [0.0, 1.0, -1.0, f64::NAN] {
        assert_eq!(wilson(1, 2, confidence), None, "{confidence}");
    }
    assert_eq!(mean_interval(&[], CONFIDENCE), None);
    assert_eq!(mean_interval(&apart(&[0.0, f64::NAN]), CONFIDENCE), None);
}

#[test]
fn ends_are_exact_at_none_and_all() {
    for n in [1, 2, 57, 164, 1_000_000] {
        let (low, high) = wilson(0, n, 0.95).unwrap();
        assert!(low == 0.0 && high > 0.0 && high < 1.0, "0/{n}: {low} {high}");
        let (low, high) = wilson(n, n, 0.95).unwrap();
        assert!(high == 1.0 && low > 0.0 && low < 1.0, "{n}/{n}: {low} {high}");
    }
}

#[test]
fn the_method_fits_the_points() {
    use IntervalMethod::*;
    let cases: [(&str, Vec<MetricPoint>, Option<IntervalMethod>); 10] = [
        ("0 and 1 apart", apart(&[0.0, 1.0, 1.0]), Some(Wilson)),
        ("one point", apart(&[1.0]), Some(Wilson)),
        ("0 and 1 in groups", points(&[("a", 0.0), ("a", 1.0), ("b", 1.0), ("c", 0.0)]), Some(WilsonClustered)),
        ("one group", points(&[("a", 0.0), ("a", 1.0)]), Some(WilsonClustered)),
        ("all 0 in groups", points(&[("a", 0.0), ("a", 0.0), ("b", 0.0)]), Some(WilsonClustered)),
        ("fractions", apart(&[0.25, 0.5, 1.0]), Some(ClusterBootstrap)),
        ("equal fractions", apart(&[0.5, 0.5, 0.5]), Some(WilsonClustered)),
        ("numbers", apart(&[-3.0, 12.0, 400.0]), Some(ClusterBootstrap)),
        ("equal numbers", apart(&[12.0, 12.0]), None),
        ("one number", apart(&[12.0]), None),
    ];
    for (name, points, expected) in cases {
        let interval = mean_interval(&points, CONFIDENCE);
        assert_eq!(interval.map(|i| i.method), expected, "{name}");
        if let Some(interval) = interval {
            let mean = points.iter().map(|p| p.value).sum::<f64>() / points.len() as f64;
            assert!(interval.low <= mean && mean <= interval.high && interval.low < interval.high, "{name}: {interval:?}");
        }
    }
}

#[test]
fn clustered_points_say_less_than_independent_ones() {
    let values: Vec<f64> = (0..60).map(|i| f64::from(u8::from(i % 12 < 6))).collect();
    let clustered: Vec<MetricPoint> =
        values.iter().enumerate().map(|(i, v)| MetricPoint { group: (i / 6).to_string(), value: *v }).collect();
    let width = |points: &[MetricPoint]| mean_interval(points, CONFIDENCE).map(|i| i.high - i.low).unwrap();
    // Groups of six that agree: 60 points are worth the 10 groups, less one for the estimated mean.
    let (low, high) = wilson_effective(0.5, 9.0, CONFIDENCE).unwrap();
    assert!((width(&clustered) - (high - low)).abs() < 1e-9);
    assert!(width(&clustered) > 2.0 * width(&apart(&values)));
}

#[test]
fn neither_order_nor_repetition_moves_an_interval() {
    let forward: Vec<MetricPoint> =
        (0..40).map(|i| MetricPoint { group: (i % 7).to_string(), value: f64::from(i % 5) / 4.0 }).collect();
    let backward: Vec<MetricPoint> = forward.iter().rev().cloned().collect();
    let interval = mean_interval(&forward, CONFIDENCE).unwrap();
    assert_eq!(Some(interval), mean_interval(&backward, CONFIDENCE));
    assert_eq!(Some(interval), mean_interval(&forward, CONFIDENCE));
    assert_eq!(interval.method, IntervalMethod::ClusterBootstrap);
}

#[test]
fn a_bootstrap_over_groups_agrees_with_that_of_the_mean() {
    let values: Vec<f64> = (0..60).map(|i| f64::from(i % 7)).collect();
    let points: Vec<MetricPoint> =
        values.iter().enumerate().map(|(i, v)| MetricPoint { group: format!("{i:03}"), value: *v }).collect();
    let mean = |drawn: &[usize]| Some(drawn.iter().map(|i| values[*i]).sum::<f64>() / drawn.len() as f64);
    let ours = bootstrap_groups(values.len(), 2000, 0.95, 3, mean).unwrap();
    let theirs = cluster_bootstrap(&Clusters::of(&points).unwrap(), 2000, 0.95, 3).unwrap();
    assert!((ours.0 - theirs.0).abs() < 1e-9 && (ours.1 - theirs.1).abs() < 1e-9, "{ours:?} {theirs:?}");
    assert_eq!(bootstrap_groups(1, 100, 0.95, 0, |_| Some(1.0)), None);
    assert_eq!(bootstrap_groups(5, 100, 0.95, 0, |_| None), None);
}
