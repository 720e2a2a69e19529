use crate::support::open;
use proctor_core::{Figure, GradedAttempt, Metric, Outcome, Scale, Usage};

/// A graded attempt; `mark` is `1` right, `0` wrong, `x` an infrastructure error.
fn grade(problem: usize, version: usize, epoch: u32, mark: char) -> GradedAttempt {
    let right = f64::from(u8::from(mark == '1'));
    GradedAttempt {
        sample_id: format!("P_{problem:04}_v{version}"),
        group: format!("P_{problem:04}"),
        strata: vec![format!("version {version}"), format!("subject {}", if problem < 2 { "Algebra" } else { "Geometry" })],
        epoch,
        outcome: if mark == 'x' {
            Outcome::InfraError
        } else if mark == '1' {
            Outcome::Correct
        } else {
            Outcome::Incorrect
        },
        scores: match mark {
            'x' => Default::default(),
            _ => [("official".to_owned(), right), ("improved".to_owned(), 1.0)].into_iter().collect(),
        },
        category: None,
        extracted: None,
        usage: Usage::default(),
        latency_s: 0.0,
    }
}

/// One word per problem, one letter per version (`-` is not graded).
fn grades(words: &[&str]) -> Vec<GradedAttempt> {
    let mut grades = Vec::new();
    for (problem, word) in words.iter().enumerate() {
        for (mark, version) in word.chars().zip(1..) {
            if mark != '-' {
                grades.push(grade(problem, version, 0, mark));
            }
        }
    }
    grades
}

fn find<'a>(metrics: &'a [Metric], name: &str, stratum: Option<&str>) -> &'a Metric {
    let found = metrics.iter().find(|metric| metric.name == name && metric.stratum.as_deref() == stratum);
    found.unwrap_or_else(|| panic!("no {name} {stratum:?}"))
}

fn check(words: &[&str], expected: &[(&str, f64)]) -> Vec<Metric> {
    let metrics = open(&[]).metrics(&grades(words));
    for (name, value) in expected {
        let found = find(&metrics, name, None).value;
        assert!((found - value).abs() < 1e-12, "{words:?} {name}: {found}, not {value}");
    }
    metrics
}

#[test]
fn upstreams_count_is_shown_only_where_it_differs() {
    let metrics = check(&["111", "1--", "-1-", "0-1"], &[("EAcc", 1.0)]);
    assert_eq!(find(&metrics, "EAcc as upstream counts", None).value, 1.0);
    assert_eq!(find(&metrics, "CAcc as upstream counts", None).value, 4.0 / 3.0);
    assert!(check(&["111", "101"], &[]).iter().all(|metric| !metric.name.contains("upstream")));
}

/// The hand example of the specification.
#[test]
fn figures() {
    let metrics = check(
        &["111", "101"],
        &[
            ("AAcc", 5.0 / 6.0),
            ("EAcc", 0.5),
            ("CAcc", 1.0),
            ("Delta", 1.0 / 3.0),
            ("RE", 2.0 / 3.0),
            ("Acc v1", 1.0),
            ("Acc v2", 0.5),
            ("Acc v3", 1.0),
            ("improved EAcc", 1.0),
        ],
    );
    assert!(metrics[0].name == "EAcc" && metrics[0].headline && metrics.iter().filter(|metric| metric.headline).count() == 1);
    assert_eq!(find(&metrics, "RE", None).scale, Scale::Plain);
    check(
        &["111", "000", "110", "010"],
        &[("AAcc", 0.5), ("EAcc", 0.25), ("CAcc", 0.75), ("Delta", 0.25), ("RE", 1.0), ("Acc v2", 0.75)],
    );
}

#[test]
fn robustness_efficiency_is_left_out_where_it_would_be_infinite() {
    let metrics = check(&["110", "010"], &[("EAcc", 0.0), ("Delta", 0.5)]);
    assert!(metrics.iter().all(|metric| metric.name != "RE"));
}

#[test]
fn incomplete_problems_do_not_count_in_figures_over_versions() {
    let metrics = check(&["111", "1x1", "0--", "110"], &[("EAcc", 0.5), ("CAcc", 1.0), ("AAcc", 7.0 / 9.0), ("Acc v1", 0.75)]);
    // Upstream's script: of four problems with a first version, two have all right that is there, three have any.
    assert_eq!(find(&metrics, "EAcc as upstream counts", None).value, 0.5);
    assert_eq!(find(&metrics, "CAcc as upstream counts", None).value, 0.75);
    let note = metrics[0].note.clone().unwrap();
    assert!(note.contains("1 of 2 problems right in all three versions"), "{note}");
    assert!(note.contains("2 problems without all three") && note.contains("errors left out: 1"), "{note}");
    let first = check(&["1--", "0--"], &[("AAcc", 0.5), ("Acc v1", 0.5)]);
    assert!(first.iter().all(|metric| !metric.name.contains("EAcc")));
    assert!(first[0].name == "AAcc" && first[0].headline && first[0].note.as_ref().unwrap().contains("EAcc cannot be had"));
    assert!(open(&[]).metrics(&[]).is_empty());
}

#[test]
fn several_attempts_go_together_by_number() {
    let mut grades = Vec::new();
    // Attempt 0: all right; attempt 1: version 3 wrong.
    for version in 1..=3 {
        grades.push(grade(0, version, 0, '1'));
        grades.push(grade(0, version, 1, if version == 3 { '0' } else { '1' }));
    }
    let metrics = open(&[]).metrics(&grades);
    assert_eq!(find(&metrics, "EAcc", None).value, 0.5);
    assert_eq!(find(&metrics, "Acc v3", None).value, 0.5);
}

#[test]
fn subsets_and_intervals() {
    let metrics = open(&[]).metrics(&grades(&["111", "101", "000", "111"]));
    assert_eq!(find(&metrics, "EAcc", Some("subject Geometry")).value, 0.5);
    assert!((find(&metrics, "RE", Some("subject Algebra")).value - 2.0 / 3.0).abs() < 1e-12);
    assert_eq!(find(&metrics, "Acc v2", Some("subject Algebra")).value, 0.5);
    let exact = find(&metrics, "EAcc", None);
    assert_eq!(exact.points.len(), 4);
    let all = find(&metrics, "AAcc", None);
    assert_eq!((all.points.len(), all.points.iter().filter(|point| point.group == "P_0001").count()), (12, 3));
    let many: Vec<&str> = ["111", "101", "110", "111", "000"].into_iter().cycle().take(50).collect();
    let metrics = open(&[]).metrics(&grades(&many));
    let ratio = find(&metrics, "RE", None);
    let interval = ratio.interval.clone().unwrap();
    assert!(interval.low < ratio.value && ratio.value < interval.high && interval.method.contains("problems"), "{interval:?}");
    assert_eq!(open(&[]).metrics(&grades(&many)), metrics);
}

#[test]
fn the_mode_chooses_the_headline() {
    let metrics = open(&[("mode", "improved")]).metrics(&grades(&["101", "000"]));
    assert_eq!(find(&metrics, "EAcc", None).value, 1.0);
    assert_eq!(find(&metrics, "official AAcc", None).value, 1.0 / 3.0);
}

#[test]
fn slots_by_type() {
    let mut graded = grade(0, 1, 0, '0');
    graded.scores.extend([("slots right NV".to_owned(), 2.0), ("slots NV".to_owned(), 3.0), ("slots EX".to_owned(), 1.0)]);
    let metrics = open(&[]).metrics(&[graded]);
    let numbers = find(&metrics, "slot accuracy", Some("slots of type NV"));
    assert_eq!((numbers.value, numbers.points.len()), (2.0 / 3.0, 3));
    assert_eq!(find(&metrics, "slot accuracy", Some("slots of type EX")).value, 0.0);
}

#[test]
fn the_picture_shows_each_subject() {
    let plots = open(&[]).plots(&grades(&["111", "101", "000", "111"]));
    assert_eq!(plots.len(), 1);
    let Figure::Spans(spans) = &plots[0].figure else { panic!("no spans: {plots:?}") };
    let rows = spans.rows.iter().map(|row| format!("{} {:.1} {:.1}", row.name, 100.0 * row.first, 100.0 * row.second));
    let rows: Vec<String> = rows.collect();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().any(|row| row.contains("Algebra")) && rows.iter().any(|row| row.contains("Geometry")), "{rows:?}");
    assert!(rows.iter().any(|row| row.ends_with("50.0 83.3")) && rows.iter().any(|row| row.ends_with("50.0 50.0")), "{rows:?}");
    assert!(open(&[]).plots(&grades(&["111"])).is_empty());
    assert!(open(&[]).plots(&[]).is_empty());
}
