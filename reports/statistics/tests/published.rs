//! Worked examples from the literature.

use proctor_core::MetricPoint;
use proctor_statistics::*;

fn close(what: &str, found: f64, published: f64, digits: i32) {
    let allowed = 0.5 * 10f64.powi(-digits) + 1e-12;
    assert!((found - published).abs() <= allowed, "{what}: {found}, published {published}");
}

/// Newcombe 1998, Statistics in Medicine 17:857, table I: methods 3 and 5.
#[test]
fn proportions() {
    for (k, n, score, exact) in [
        (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
        (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
        (0, 20, (0.0, 0.1611), (0.0, 0.1684)),
        (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
    ] {
        let found = wilson(k, n, 0.95).unwrap();
        close("Wilson", found.0, score.0, 4);
        close("Wilson", found.1, score.1, 4);
        let found = clopper_pearson(k, n, 0.95).unwrap();
        close("Clopper-Pearson", found.0, exact.0, 4);
        close("Clopper-Pearson", found.1, exact.1, 4);
    }
}

/// Fagerland, Lydersen and Laake 2013, BMC Medical Research Methodology 13:91: airway hyper-responsiveness, 1 against 7.
#[test]
fn mcnemar() {
    let found = mcnemar_exact(1, 7);
    close("exact", found.p_value, 0.0703, 4);
    close("mid-p", found.mid_p.unwrap(), 0.0391, 4);
}

/// Fisher 1935, *The Design of Experiments*, section 21: Darwin's fifteen pairs of maize, 1,726 of 32,768 ways.
#[test]
fn darwins_maize() {
    let differences = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48].map(f64::from);
    let found = sign_flip(&differences, 0).unwrap();
    assert!(found.exact);
    close("p", found.p_value, 1726.0 / 32768.0, 9);
}

/// Krippendorff 2011, *Computing Krippendorff's Alpha-Reliability*, sections C and E: four observers, twelve units.
#[test]
fn krippendorff() {
    let judges = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
        [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
    ];
    let rating = |value: u8| (value > 0).then_some(f64::from(value));
    let units: Vec<Vec<Option<f64>>> = (0..12).map(|u| judges.iter().map(|judge| rating(judge[u])).collect()).collect();
    for (level, published) in [(Level::Nominal, 0.743), (Level::Ordinal, 0.815), (Level::Interval, 0.849), (Level::Ratio, 0.797)]
    {
        close("alpha", krippendorff_alpha(&units, level).unwrap(), published, 3);
    }
}

/// Fleiss 1971, Psychological Bulletin 76:378, as commonly quoted: ten subjects, fourteen judges, five categories.
#[test]
fn fleiss() {
    let table: Vec<Vec<u64>> = [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
    .map(Vec::from)
    .to_vec();
    close("kappa", fleiss_kappa(&table).unwrap(), 0.210, 3);
}

/// Fifty grant proposals, two readers: 20 both yes, 5 and 10 apart, 15 both no.
#[test]
fn cohen() {
    let pairs = [(0, 0, 20), (0, 1, 5), (1, 0, 10), (1, 1, 15)];
    let side = |of: fn(&(usize, usize, usize)) -> usize| -> Vec<usize> {
        pairs.iter().flat_map(|pair| std::iter::repeat_n(of(pair), pair.2)).collect()
    };
    close("kappa", cohen_kappa(&side(|p| p.0), &side(|p| p.1), 2, Weights::Unweighted).unwrap(), 0.4, 9);
}

/// Cohen 1988, *Statistical Power Analysis*, as G*Power gives it: 34 pairs for d = 0.5 at α = 0.05 and power 0.8, and 63 in
/// each of two groups by the normal approximation.
#[test]
fn power() {
    let design = Design::default();
    assert!(detectable_paired_t(34, 1.0, design).unwrap() <= 0.5);
    assert!(detectable_paired_t(33, 1.0, design).unwrap() > 0.5);
    assert_eq!(samples_needed(0.5, 1.0, 1.0, design), Some(63));
    assert_eq!(pairs_needed(0.5, 1.0, design), Some(32));
}

/// Elo 1978: 200 points are an expectation of 0.76.
#[test]
fn elo() {
    close("expected", elo_expected(1600.0, 1400.0), 0.76, 2);
}

/// Holm 1979: with p = 0.01, 0.04, 0.03 only the first is rejected at 0.05.
#[test]
fn several_tests() {
    let adjusted = holm(&[0.01, 0.04, 0.03]);
    for (found, expected) in adjusted.iter().zip([0.03, 0.06, 0.06]) {
        close("adjusted", *found, expected, 9);
    }
    assert!(holm(&[f64::NAN, 0.02])[0].is_nan());
    close("NaN is no test", holm(&[f64::NAN, 0.02])[1], 0.02, 9);
}

/// The paired difference of 0/1 points apart is McNemar's; in clusters it is not.
#[test]
fn paired_differences() {
    let points = |values: &[u8], groups: usize| -> Vec<MetricPoint> {
        let point = |(i, value): (usize, &u8)| MetricPoint { group: (i % groups).to_string(), value: f64::from(*value) };
        values.iter().enumerate().map(point).collect()
    };
    let a = [1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 0, 0];
    let b = [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0];
    let design = Design::default();
    let apart = paired_difference(&points(&a, 12), &points(&b, 12), design).unwrap();
    assert_eq!((apart.test, apart.n, apart.groups), (Test::McNemarExact, 12, 12));
    close("p", apart.p_value, 0.0703, 4);
    close("difference", apart.difference, 0.5, 9);
    let interval = apart.interval.unwrap();
    assert!(interval.low > 0.0 && interval.low < 0.5 && interval.high > 0.5 && interval.high < 1.0, "{interval:?}");
    let clustered = paired_difference(&points(&a, 4), &points(&b, 4), design).unwrap();
    assert_eq!((clustered.test, clustered.groups), (Test::SignFlipExact, 4));
    close("difference", clustered.difference, 0.5, 9);
    // No difference seen is no proof of none.
    let same = paired_difference(&points(&a, 12), &points(&a, 12), design).unwrap();
    assert_eq!((same.difference, same.p_value, same.detectable), (0.0, 1.0, None));
    let interval = same.interval.unwrap();
    close("bound", interval.high, wilson(0, 12, 0.95).unwrap().1, 9);
    close("bound", interval.low, -wilson(0, 12, 0.95).unwrap().1, 9);
    assert_eq!(paired_difference(&points(&a, 12), &points(&b[..11], 12), design), None);
    assert_eq!(paired_difference(&[], &[], design), None);
}
