//! Ratings among people (spec section 5).

use crate::grading::JudgedBy;
use crate::metrics::{LANGUAGES, Problems, by_problem};
use proctor_contest::{Contest, People, RatingMode, Tries, Verdicts, expected_rating, rate};
use proctor_core::{Bin, Distribution, Figure, GradedAttempt, Mark, Metric, MetricInterval, Outcome, Plot, Scale};
use proctor_statistics::{CONFIDENCE, RESAMPLES, bootstrap_groups};
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
/// Width of a bin of people's ratings.
const BIN: i64 = 100;

/// Contests and the model's rating in each.
type Rated<'a> = Vec<(&'a Contest, f64)>;

/// What an attempt came to in the platform's words.
fn word(attempt: &GradedAttempt) -> String {
    match attempt.outcome {
        Outcome::Correct => "AC".to_owned(),
        _ => attempt.category.clone().unwrap_or_else(|| "WA".into()),
    }
}

/// The contests of which a problem was tried.
fn tried<'a>(ranking: &'a Ranking, problems: &Problems<'_>) -> Vec<&'a Contest> {
    let known = |contest: &&Contest| {
        let mut listed = contest.standings.iter().flat_map(|standings| &standings.problems);
        listed.any(|problem| {
            let under_this = format!("{}{}", contest.id, problem.index);
            problems.contains_key(problem.key().as_str()) || problems.contains_key(under_this.as_str())
        })
    };
    ranking.contests.iter().filter(known).collect()
}

/// The model's rating in each contest, of those of its attempts that `counts` takes; and why others have none.
fn rated<'a>(
    problems: &Problems<'_>,
    contests: &[&'a Contest],
    mode: RatingMode,
    counts: impl Fn(&GradedAttempt) -> bool,
) -> (Rated<'a>, Vec<String>) {
    let words = |attempts: &Vec<&GradedAttempt>| -> Vec<String> {
        attempts.iter().filter(|attempt| counts(attempt)).take(ATTEMPTS).map(|attempt| word(attempt)).collect()
    };
    let verdicts: Verdicts = problems.iter().map(|(id, attempts)| ((*id).to_owned(), words(attempts))).collect();
    let (mut rated, mut refused) = (Vec::new(), Vec::new());
    for contest in contests {
        match rate(contest, &verdicts, mode) {
            Ok(rating) => rated.push((*contest, rating.rating as f64)),
            Err(why) => refused.push(format!("{}: {why}", contest.id)),
        }
    }
    (rated, refused)
}

/// Ratings: overall, over all orders of the attempts, as a percentile, by language, by division, by contest.
pub(crate) fn ratings(problems: &Problems<'_>, ranking: &Ranking, mode: RatingMode, judged_by: JudgedBy) -> Vec<Metric> {
    let contests = tried(ranking, problems);
    let (every, refused) = rated(problems, &contests, mode, |_| true);
    let values = of(&every);
    let mut metrics = Vec::new();
    let Some(mut overall) = mean("rating", None, &values) else { return metrics };
    let rating = overall.value;
    overall.headline = true;
    overall.note = Some(note(problems, &values, &refused, judged_by));
    metrics.push(overall);
    metrics.extend(expected(problems, &every, mode));
    if let Some(people) = &ranking.people {
        let note = format!("the share of {} people with a lower rating", people.count());
        let percentile = people.percentile(rating) / 100.0;
        metrics.push(Metric { note: Some(note), ..Metric::figure("percentile among people", percentile) });
    }
    metrics.extend(by_language(problems, &contests, mode));
    let divisions: BTreeSet<&String> = every.iter().filter_map(|(contest, _)| contest.division.as_ref()).collect();
    for division in divisions {
        let own: Vec<f64> =
            every.iter().filter(|(contest, _)| contest.division.as_ref() == Some(division)).map(|(_, r)| *r).collect();
        metrics.extend(mean("rating", Some(division.clone()), &own));
    }
    for (contest, rating) in &every {
        metrics.extend(mean("rating", Some(format!("contest {}", contest.id)), &[*rating]));
    }
    metrics
}

fn of(rated: &Rated<'_>) -> Vec<f64> {
    rated.iter().map(|(_, rating)| *rating).collect()
}

/// What a reader must know of the overall rating.
fn note(problems: &Problems<'_>, values: &[f64], refused: &[String], judged_by: JudgedBy) -> String {
    let judged = match judged_by {
        JudgedBy::Sandbox => "judged locally",
        JudgedBy::Service => "judged by the judging service",
    };
    let mut notes = vec![format!("mean over {} contests, {judged}", values.len())];
    if let Some(error) = standard_error(values) {
        notes.push(format!("standard error {error:.1}"));
    }
    if !refused.is_empty() {
        notes.push(format!("{} contests have no rating ({})", refused.len(), refused.join("; ")));
    }
    let unjudged = problems.values().flatten().filter(|attempt| attempt.category.as_deref() == Some("unjudged")).count();
    if unjudged > 0 {
        notes.push(format!("{unjudged} answers could not be judged and count as failures"));
    }
    notes.join("; ")
}

/// Of the mean; `None` for fewer than two values.
fn standard_error(values: &[f64]) -> Option<f64> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (count - 1.0) / count).sqrt())
}

/// The mean rating over all orders in which the attempts could have come; only where the order matters.
fn expected(problems: &Problems<'_>, every: &Rated<'_>, mode: RatingMode) -> Option<Metric> {
    let tries = |attempts: &Vec<&GradedAttempt>| Tries {
        made: attempts.len(),
        accepted: attempts.iter().filter(|attempt| attempt.outcome == Outcome::Correct).count(),
    };
    let tries: BTreeMap<String, Tries> = problems.iter().map(|(id, attempts)| ((*id).to_owned(), tries(attempts))).collect();
    if tries.values().all(|tries| tries.made <= 1) {
        return None;
    }
    let values: Option<Vec<f64>> =
        every.iter().map(|(contest, _)| expected_rating(contest, &tries, ATTEMPTS, mode).ok().flatten()).collect();
    let mut metric = mean("expected rating", None, &values?)?;
    metric.note = Some("mean over all orders of the attempts; their given order is one of them".into());
    Some(metric)
}

/// The rating of the answers in one language alone, where answers come in more than one.
fn by_language(problems: &Problems<'_>, contests: &[&Contest], mode: RatingMode) -> Vec<Metric> {
    let uses = |key: &str| problems.values().flatten().any(|attempt| attempt.scores.contains_key(key));
    if !LANGUAGES.iter().all(|(_, key)| uses(key)) {
        return Vec::new();
    }
    let one = |(name, key): (&str, &str)| {
        let (rated, _) = rated(problems, contests, mode, |attempt| attempt.scores.contains_key(key));
        let mut metric = mean(&format!("rating of answers in {name}"), None, &of(&rated))?;
        metric.note = Some("attempts in other languages are left out".into());
        Some(metric)
    };
    LANGUAGES.into_iter().filter_map(one).collect()
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

/// People's ratings and where the model's lies among them; where there is no list of people, those of the contests.
pub(crate) fn plot(grades: &[GradedAttempt], ranking: &Ranking, mode: RatingMode) -> Option<Plot> {
    let problems = by_problem(grades);
    let contests = tried(ranking, &problems);
    let (every, _) = rated(&problems, &contests, mode, |_| true);
    let overall = mean("rating", None, &of(&every))?;
    let own = || People::of(contests.iter().flat_map(|c| c.rating_changes.iter().flatten()).map(|change| (change.old_rating, 1)));
    let (people, who) = match &ranking.people {
        Some(people) => (people.clone(), "people with a rating"),
        None => (own()?, "people in these contests"),
    };
    let bins = people.bins(BIN).into_iter().map(|(low, share)| Bin { low: low as f64, high: (low + BIN) as f64, share });
    let interval = overall.interval.as_ref().map(|interval| (interval.low, interval.high));
    let marks = vec![Mark { name: "the model".into(), value: overall.value, interval }];
    let figure = Distribution { value_title: "rating".into(), population: who.into(), bins: bins.collect(), marks };
    Some(Plot {
        title: "Rating among people".into(),
        caption: format!("The ratings of {who}, in steps of {BIN}, and the model's: {:.0}.", overall.value),
        figure: Figure::Distribution(figure),
    })
}
