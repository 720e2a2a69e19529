//! The figures (spec section 5).

use proctor_core::{GradedAttempt, Metric, MetricPoint};
use std::collections::{BTreeMap, BTreeSet};

/// Success by both verdicts, over all and by subset, and what failures are made of.
pub fn metrics(grades: &[GradedAttempt], headline: &str) -> Vec<Metric> {
    let scored: Vec<&GradedAttempt> = grades.iter().filter(|grade| grade.outcome.is_scored()).collect();
    let skipped = grades.iter().filter(|grade| grade.category.as_deref() == Some("unsupported_item")).count();
    let mut metrics = Vec::new();
    let other = if headline == "official" { "strict" } else { "official" };
    for name in [headline, other] {
        if let Some(mut metric) = share(&scored, None, name) {
            metric.headline = name == headline;
            if skipped > 0 {
                metric.note = Some(format!("{skipped} items cannot be judged here and are left out"));
            }
            metrics.push(metric);
        }
    }
    let epochs = scored.iter().map(|grade| grade.epoch).collect::<BTreeSet<_>>().len();
    if epochs > 1 {
        let mut best: BTreeMap<&str, (&str, f64)> = BTreeMap::new();
        for grade in &scored {
            let entry = best.entry(&grade.sample_id).or_insert((&grade.group, 0.0));
            entry.1 = entry.1.max(score(grade, headline));
        }
        let points = best.values().map(|(group, value)| MetricPoint { group: (*group).to_owned(), value: *value }).collect();
        metrics.extend(Metric::mean(format!("success in any of {epochs} attempts"), points));
    }
    for category in [
        "invalid_input",
        "outputs_agree",
        "generator_error",
        "parse_error",
        "search_timeout",
        "oracle_error",
        "success_wa",
        "success_rte",
        "success_tle",
    ] {
        let of = |grade: &&GradedAttempt| f64::from(u8::from(grade.category.as_deref() == Some(category)));
        let points: Vec<_> = scored.iter().map(|grade| MetricPoint { group: grade.group.clone(), value: of(grade) }).collect();
        if points.iter().any(|point| point.value > 0.0) {
            metrics.extend(Metric::mean(category, points));
        }
    }
    let strata: BTreeSet<&String> = scored.iter().flat_map(|grade| &grade.strata).collect();
    for stratum in strata {
        metrics.extend(share(&scored, Some(stratum), headline));
    }
    metrics
}

/// The share of the problems that somebody with this rating is expected to solve: the mean of 1/(1 + 10^((p − r)/400)) over
/// problem ratings p (spec section 5).
pub fn expected_to_solve(grades: &[GradedAttempt], rating: f64, problems: &BTreeMap<String, f64>) -> Option<Metric> {
    let mut groups: BTreeMap<&str, MetricPoint> = BTreeMap::new();
    for grade in grades {
        if let Some(problem) = problems.get(&grade.sample_id) {
            let value = 1.0 / (1.0 + 10f64.powf((problem - rating) / 400.0));
            groups.insert(&grade.group, MetricPoint { group: grade.group.clone(), value });
        }
    }
    let mut metric = Metric::mean("expected to be solved", groups.into_values().collect())?;
    metric.note = Some(format!("by somebody rated {rating}; each problem once"));
    Some(metric)
}

fn score(grade: &GradedAttempt, name: &str) -> f64 {
    grade.scores.get(name).copied().unwrap_or(0.0)
}

fn share(grades: &[&GradedAttempt], stratum: Option<&String>, name: &str) -> Option<Metric> {
    let chosen = grades.iter().filter(|grade| stratum.is_none_or(|stratum| grade.strata.contains(stratum)));
    let points = chosen.map(|grade| MetricPoint { group: grade.group.clone(), value: score(grade, name) }).collect();
    let metric = Metric::mean(format!("success ({name})"), points)?;
    Some(Metric { stratum: stratum.cloned(), ..metric })
}
