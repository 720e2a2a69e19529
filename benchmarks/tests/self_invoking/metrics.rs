use crate::support::open;
use proctor_core::{GradedAttempt, Metric, Outcome, Usage};

/// Attempts written as (sample, raw, sanitised).
fn grades(attempts: &[(&str, u8, u8)]) -> Vec<GradedAttempt> {
    let mut grades: Vec<GradedAttempt> = Vec::new();
    for (sample, raw, sanitised) in attempts {
        grades.push(GradedAttempt {
            sample_id: (*sample).into(),
            group: (*sample).into(),
            strata: Vec::new(),
            epoch: grades.iter().filter(|grade| grade.sample_id == *sample).count() as u32,
            outcome: if *raw == 1 { Outcome::Correct } else { Outcome::Incorrect },
            scores: [("raw".into(), f64::from(*raw)), ("sanitised".into(), f64::from(*sanitised))].into(),
            category: (*raw == 0).then(|| "NameError".into()),
            extracted: None,
            usage: Usage::default(),
            latency_s: 0.0,
        });
    }
    grades
}

fn find<'a>(metrics: &'a [Metric], name: &str, stratum: Option<&str>) -> Option<&'a Metric> {
    metrics.iter().find(|metric| metric.name == name && metric.stratum.as_deref() == stratum)
}

/// These metrics have these values, and there is exactly one headline.
fn check(benchmark: &str, grades: &[GradedAttempt], expected: &[(&str, f64)]) {
    let metrics = open(benchmark).metrics(grades);
    for (name, value) in expected {
        let Some(metric) = find(&metrics, name, None) else { panic!("no {name} in {metrics:?}") };
        assert!((metric.value - value).abs() < 1e-12, "{name} is {}, not {value}", metric.value);
        if !metric.points.is_empty() {
            let mean = metric.points.iter().map(|point| point.value).sum::<f64>() / metric.points.len() as f64;
            assert!((metric.value - mean).abs() < 1e-12, "{name}: points do not explain the value");
        }
    }
    assert_eq!(metrics.iter().filter(|metric| metric.headline).count(), 1, "{metrics:?}");
    assert!(metrics[0].headline);
}

#[test]
fn official_is_the_higher_of_the_two_whole_sets() {
    let some = grades(&[("a", 1, 0), ("b", 0, 1), ("c", 0, 1), ("d", 0, 0)]);
    check("mbpp-pro", &some, &[("pass@1", 0.5), ("pass@1 raw", 0.25), ("pass@1 sanitised", 0.5)]);
    let metrics = open("mbpp-pro").metrics(&some);
    let note = metrics[0].note.as_deref().unwrap();
    assert!(note.contains("raw (1/4 passed) and sanitised (2/4 passed): sanitised"), "{note}");
    assert!(find(&metrics, "pass@5", None).is_none());
}

#[test]
fn unbiased_pass_at_k_over_samples_with_enough_attempts() {
    let mut attempts = vec![("a", 1, 0); 3];
    attempts.extend(vec![("a", 0, 1); 17]);
    attempts.extend(vec![("b", 1, 1); 20]);
    let pass_5 = 1.0 - 6188.0 / 15504.0;
    assert!((pass_5 - 0.60087719_f64).abs() < 1e-8);
    // With several attempts sanitising is a no-op, so the seventeen do not count.
    check(
        "humaneval-pro",
        &grades(&attempts),
        &[("pass@1", 0.575), ("pass@1 sanitised", 0.575), ("pass@5", (pass_5 + 1.0) / 2.0)],
    );
    attempts.truncate(29);
    let metrics = open("humaneval-pro").metrics(&grades(&attempts));
    assert!(find(&metrics, "pass@5", None).is_some() && find(&metrics, "pass@10", None).is_none());
}

#[test]
fn scripts_count_passed_attempts_per_sample() {
    check("bigcodebench-lite-pro", &grades(&[("a", 1, 1), ("b", 0, 0), ("c", 0, 1)]), &[("pass rate", 2.0 / 3.0)]);
    check("bigcodebench-lite-pro", &grades(&[("a", 1, 1), ("a", 1, 1), ("b", 1, 1), ("b", 0, 0)]), &[("pass rate", 1.5)]);
}

#[test]
fn strata_are_reported_on_their_own() {
    let mut some = grades(&[("a", 1, 1), ("b", 0, 0), ("c", 1, 1)]);
    some[1].strata = vec!["unnamed-target".into()];
    some[2].strata = vec!["unnamed-target".into(), "vacuous-tests".into()];
    let metrics = open("humaneval-pro").metrics(&some);
    assert_eq!(find(&metrics, "pass@1", Some("unnamed-target")).map(|metric| metric.value), Some(0.5));
    assert_eq!(find(&metrics, "pass@1", Some("vacuous-tests")).map(|metric| metric.value), Some(1.0));
    check("humaneval-pro", &some, &[("pass@1", 2.0 / 3.0)]);
}

#[test]
fn infrastructure_errors_are_left_out_and_said_so() {
    let mut some = grades(&[("a", 1, 1), ("b", 0, 0), ("c", 0, 0), ("d", 0, 0)]);
    some[1].outcome = Outcome::InfraError;
    some[2].outcome = Outcome::Skipped;
    check("mbpp-pro", &some, &[("pass@1", 0.5)]);
    let note = open("mbpp-pro").metrics(&some)[0].note.clone().unwrap();
    assert!(note.contains("left out: 1 infrastructure errors, 1 skipped"), "{note}");
    some.iter_mut().for_each(|grade| grade.outcome = Outcome::InfraError);
    assert!(open("mbpp-pro").metrics(&some).is_empty());
    assert!(open("mbpp-pro").metrics(&[]).is_empty());
}
