//! The figures (spec sections 5 and 6).

use proctor_contest::{Contest, People, RatingMode, Verdicts, rate};
use proctor_core::{GradedAttempt, Metric, MetricInterval, MetricPoint, Outcome, Scale};
use proctor_statistics::{CONFIDENCE, RESAMPLES, bootstrap_groups, pass_at_k};
use std::collections::{BTreeMap, BTreeSet};

/// What ratings are computed with.
#[derive(Debug, Clone, Default)]
pub struct Ranking {
    /// The contests of the problems.
    pub contests: Vec<Contest>,
    /// People's ratings, for percentiles.
    pub people: Option<People>,
}

/// Attempts that count for a rating.
const ATTEMPTS: usize = 8;

/// Ratings, then pass@k over all and by subset.
pub fn metrics(grades: &[GradedAttempt], ranking: &Ranking, mode: RatingMode) -> Vec<Metric> {
    let mut problems: BTreeMap<&str, Vec<&GradedAttempt>> = BTreeMap::new();
    for grade in grades {
        problems.entry(&grade.sample_id).or_default().push(grade);
    }
    problems.values_mut().for_each(|attempts| attempts.sort_by_key(|attempt| attempt.epoch));
    let mut metrics = ratings(&problems, ranking, mode);
    let attempts = problems.values().map(Vec::len).max().unwrap_or(0) as u64;
    for k in [1, 2, 4, 8].into_iter().filter(|k| *k <= attempts) {
        metrics.extend(pass(&problems, None, k));
    }
    let strata: BTreeSet<&String> = grades.iter().flat_map(|grade| &grade.strata).collect();
    for stratum in strata {
        metrics.extend(pass(&problems, Some(stratum), 1));
    }
    for (name, key) in [("answers in C++", "answered in cpp"), ("answers in Python", "answered in python")] {
        let value = |grade: &GradedAttempt| grade.scores.get(key).copied().unwrap_or(0.0);
        let points = grades.iter().map(|grade| MetricPoint { group: grade.group.clone(), value: value(grade) }).collect();
        metrics.extend(Metric::mean(name, points));
        let chosen = grades.iter().filter(|grade| value(grade) > 0.0 && grade.outcome.is_scored());
        let right = |grade: &GradedAttempt| f64::from(u8::from(grade.outcome == Outcome::Correct));
        let points = chosen.map(|grade| MetricPoint { group: grade.group.clone(), value: right(grade) }).collect();
        metrics.extend(Metric::mean(format!("accepted among {name}"), points));
    }
    if metrics.iter().all(|metric| !metric.headline)
        && let Some(first) = metrics.first_mut()
    {
        first.headline = true;
    }
    metrics
}

fn pass(problems: &BTreeMap<&str, Vec<&GradedAttempt>>, stratum: Option<&String>, k: u64) -> Option<Metric> {
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

fn ratings(problems: &BTreeMap<&str, Vec<&GradedAttempt>>, ranking: &Ranking, mode: RatingMode) -> Vec<Metric> {
    let word = |attempt: &&GradedAttempt| match attempt.outcome {
        Outcome::Correct => "AC".to_owned(),
        _ => attempt.category.clone().unwrap_or_else(|| "WA".into()),
    };
    let verdicts: Verdicts =
        problems.iter().map(|(id, attempts)| ((*id).to_owned(), attempts.iter().take(ATTEMPTS).map(word).collect())).collect();
    let mut rated = Vec::new();
    let mut refused = Vec::new();
    for contest in &ranking.contests {
        let asked = contest.standings.iter().flat_map(|standings| &standings.problems);
        let own = |key: String| verdicts.contains_key(&key);
        let mine =
            |problem: &proctor_contest::ContestProblem| own(problem.key()) || own(format!("{}{}", contest.id, problem.index));
        if !asked.into_iter().any(mine) {
            continue;
        }
        match rate(contest, &verdicts, mode) {
            Ok(rating) => rated.push((contest, rating.rating as f64)),
            Err(why) => refused.push(format!("{}: {why}", contest.id)),
        }
    }
    let mut metrics = Vec::new();
    let values: Vec<f64> = rated.iter().map(|(_, rating)| *rating).collect();
    let Some(mut overall) = mean("rating", None, &values) else { return metrics };
    overall.headline = true;
    let unjudged = problems.values().flatten().filter(|attempt| attempt.category.as_deref() == Some("unjudged")).count();
    let mut notes = vec![format!("mean over {} contests, judged locally", values.len())];
    if !refused.is_empty() {
        notes.push(format!("{} contests have no rating ({})", refused.len(), refused.join("; ")));
    }
    if unjudged > 0 {
        notes.push(format!("{unjudged} answers could not be judged and count as failures"));
    }
    let percentile = ranking.people.as_ref().map(|people| people.percentile(overall.value));
    if percentile.is_none() {
        notes.push("no percentile: people's ratings (sorted_ratings.json) are not in the data".into());
    }
    overall.note = Some(notes.join("; "));
    metrics.push(overall);
    if let Some(percentile) = percentile {
        metrics.push(Metric { scale: Scale::Plain, ..Metric::figure("percentile among people", percentile) });
    }
    let divisions: BTreeSet<&String> = rated.iter().filter_map(|(contest, _)| contest.division.as_ref()).collect();
    for division in divisions {
        let of: Vec<f64> =
            rated.iter().filter(|(contest, _)| contest.division.as_ref() == Some(division)).map(|rated| rated.1).collect();
        metrics.extend(mean("rating", Some(division.clone()), &of));
    }
    for (contest, rating) in &rated {
        metrics.extend(mean("rating", Some(format!("contest {}", contest.id)), &[*rating]));
    }
    metrics
}

/// The mean of ratings with its interval by resampling contests.
fn mean(name: &str, stratum: Option<String>, values: &[f64]) -> Option<Metric> {
    if values.is_empty() {
        return None;
    }
    let value = values.iter().sum::<f64>() / values.len() as f64;
    let figure = |drawn: &[usize]| {
        let drawn: Vec<f64> = drawn.iter().filter_map(|place| values.get(*place).copied()).collect();
        (!drawn.is_empty()).then(|| drawn.iter().sum::<f64>() / drawn.len() as f64)
    };
    let interval = bootstrap_groups(values.len(), RESAMPLES, CONFIDENCE, 0, figure);
    let interval = interval.filter(|(low, high)| low < high).map(|(low, high)| MetricInterval {
        low,
        high,
        method: "bootstrap over contests".into(),
    });
    Some(Metric { stratum, interval, scale: Scale::Plain, ..Metric::figure(name, value) })
}
