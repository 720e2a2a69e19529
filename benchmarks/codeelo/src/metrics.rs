//! The figures (spec sections 5 and 6).

use crate::grading::JudgedBy;
use crate::ratings::{Ranking, ratings};
use proctor_contest::RatingMode;
use proctor_core::{GradedAttempt, Metric, MetricPoint, Outcome};
use proctor_statistics::pass_at_k;
use std::collections::{BTreeMap, BTreeSet};

/// Attempts by problem, in their order.
pub(crate) type Problems<'a> = BTreeMap<&'a str, Vec<&'a GradedAttempt>>;

/// Languages that are told apart, and the score that says so of an answer.
pub(crate) const LANGUAGES: [(&str, &str); 2] = [("C++", "answered in cpp"), ("Python", "answered in python")];

/// Attempts by problem, in their order.
pub(crate) fn by_problem(grades: &[GradedAttempt]) -> Problems<'_> {
    let mut problems: Problems<'_> = BTreeMap::new();
    for grade in grades {
        problems.entry(&grade.sample_id).or_default().push(grade);
    }
    problems.values_mut().for_each(|attempts| attempts.sort_by_key(|attempt| attempt.epoch));
    problems
}

/// Ratings, then pass@k over all and by subset, then languages.
pub fn metrics(grades: &[GradedAttempt], ranking: &Ranking, mode: RatingMode, judged_by: JudgedBy) -> Vec<Metric> {
    let problems = by_problem(grades);
    let mut metrics = ratings(&problems, ranking, mode, judged_by);
    let attempts = problems.values().map(Vec::len).max().unwrap_or(0) as u64;
    for k in [1, 2, 4, 8].into_iter().filter(|k| *k <= attempts) {
        metrics.extend(pass(&problems, None, k));
    }
    let strata: BTreeSet<&String> = grades.iter().flat_map(|grade| &grade.strata).collect();
    for stratum in strata {
        metrics.extend(pass(&problems, Some(stratum), 1));
    }
    for (name, key) in LANGUAGES {
        metrics.extend(language(grades, name, key));
    }
    if metrics.iter().all(|metric| !metric.headline)
        && let Some(first) = metrics.first_mut()
    {
        first.headline = true;
    }
    metrics
}

/// The share of answers in a language, and what is accepted of them.
fn language(grades: &[GradedAttempt], name: &str, key: &str) -> Vec<Metric> {
    let value = |grade: &GradedAttempt| grade.scores.get(key).copied().unwrap_or(0.0);
    let points = grades.iter().map(|grade| MetricPoint { group: grade.group.clone(), value: value(grade) }).collect();
    let share = Metric::mean(format!("answers in {name}"), points);
    let chosen = grades.iter().filter(|grade| value(grade) > 0.0 && grade.outcome.is_scored());
    let right = |grade: &GradedAttempt| f64::from(u8::from(grade.outcome == Outcome::Correct));
    let points = chosen.map(|grade| MetricPoint { group: grade.group.clone(), value: right(grade) }).collect();
    share.into_iter().chain(Metric::mean(format!("accepted among answers in {name}"), points)).collect()
}

fn pass(problems: &Problems<'_>, stratum: Option<&String>, k: u64) -> Option<Metric> {
    let mut points = Vec::new();
    for attempts in problems.values() {
        let scored: Vec<_> = attempts.iter().filter(|attempt| attempt.outcome.is_scored()).collect();
        let Some(first) = scored.first() else { continue };
        if stratum.is_some_and(|stratum| !first.strata.contains(stratum)) || (scored.len() as u64) < k {
            continue;
        }
        let passed = scored.iter().filter(|attempt| attempt.outcome == Outcome::Correct).count() as u64;
        points.push(MetricPoint { group: first.group.clone(), value: pass_at_k(scored.len() as u64, passed, k) });
    }
    let metric = Metric::mean(format!("pass@{k}"), points)?;
    Some(Metric { stratum: stratum.cloned(), ..metric })
}
