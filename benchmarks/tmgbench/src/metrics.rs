//! The rows that reports show (spec sections 5 and 6), made of graded attempts.

use crate::figures::{Figure, Response, Responses, by_game, over_grid, spread};
use crate::game::GameId;
use crate::grading::{ATOMS, CORE, MYOPIC, OFFICIAL, PRE, ROBUST, ROBUST_READ};
use crate::mode::{Form, Setting};
use crate::parse::parse_list;
use crate::samples::class_name;
use crate::setup::Setup;
use proctor_core::{GradedAttempt, Metric, MetricInterval, MetricPoint, Outcome, Scale};
use proctor_statistics::mean_interval;
use std::collections::{BTreeMap, HashMap};

/// Answers to one item that upstream asks for.
const UPSTREAM_REPEATS: usize = 4;
const CONFIDENCE: f64 = 0.95;

/// All figures of a run, the headline first.
pub fn metrics(setup: &Setup, grades: &[GradedAttempt]) -> Vec<Metric> {
    let scored: Vec<&GradedAttempt> = grades.iter().filter(|grade| grade.outcome.is_scored()).collect();
    if scored.is_empty() {
        return Vec::new();
    }
    match setup.form {
        Form::Single => single(setup, grades, &scored),
        _ => composites(setup, &scored),
    }
}

/// The game and the story of a sample of single games: `classic/111`, `111_0`.
pub fn item_of(sample_id: &str) -> Option<(GameId, Option<u8>)> {
    if let Some(game) = sample_id.strip_prefix("classic/") {
        return Some((GameId::parse(game)?, None));
    }
    let (game, story) = sample_id.split_once('_')?;
    Some((GameId::parse(game)?, Some(story.parse().ok()?)))
}

/// The answers of scored attempts at single games, by story (`None`: classic) and game.
pub fn responses(grades: &[GradedAttempt]) -> BTreeMap<Option<u8>, Responses> {
    let mut stories: BTreeMap<Option<u8>, Responses> = BTreeMap::new();
    for grade in grades.iter().filter(|grade| grade.outcome.is_scored()) {
        let Some((game, story)) = item_of(&grade.sample_id) else { continue };
        stories.entry(story).or_default().entry(game).or_default().push(response(grade));
    }
    stories
}

/// What was read of an attempt; an answer that was cut or withheld has none.
fn response(grade: &GradedAttempt) -> Response {
    let read = !matches!(grade.outcome, Outcome::Truncated | Outcome::Refused | Outcome::Unparsed);
    grade.extracted.as_deref().filter(|_| read).and_then(parse_list)
}

fn single(setup: &Setup, grades: &[GradedAttempt], scored: &[&GradedAttempt]) -> Vec<Metric> {
    let stories = responses(grades);
    let remarks = remarks(setup, &stories);
    let mut metrics = Vec::new();
    for figure in Figure::ALL {
        let classes = [None].into_iter().chain(figure.classes().iter().copied().map(Some));
        for class in classes {
            metrics.extend(figure_row(figure, class, &stories));
        }
        if figure == Figure::Par {
            metrics.extend(named_score("PAR robust", ROBUST, scored, "with the forgiving reading"));
        }
    }
    metrics.extend(anti("AntiID", "ID", &metrics));
    metrics.extend(anti("AntiBD", "BD", &metrics));
    let unread = scored.iter().map(|grade| MetricPoint { group: grade.group.clone(), value: 1.0 - score(grade, ROBUST_READ) });
    metrics.extend(Metric::mean("invalid_rate robust", unread.collect()));
    if let Some(first) = metrics.first_mut() {
        first.headline = true;
        first.note = join_notes(first.note.take(), remarks);
    }
    metrics
}

/// One figure over one class. Over an incomplete grid it is called partial and is no overall score.
fn figure_row(figure: Figure, class: Option<usize>, stories: &BTreeMap<Option<u8>, Responses>) -> Option<Metric> {
    let grids: Vec<Vec<(GameId, f64)>> = stories.values().map(|responses| by_game(figure, class, responses)).collect();
    let whole: Vec<f64> = stories.values().filter_map(|responses| over_grid(figure, class, responses)).collect();
    let points = grids.iter().flatten();
    let points = points.map(|(game, value)| MetricPoint { group: game.pair().to_string(), value: *value }).collect();
    let name = format!("{}{}", figure.as_str(), class.map_or(String::new(), |class| format!("_{class}")));
    let mut metric = Metric::mean(&name, points)?;
    metric.stratum = class.map(class_name);
    if figure == Figure::Sd {
        metric.scale = Scale::Plain;
    }
    let covered = GameId::all().filter(|game| figure.covers(*game, class)).count();
    if whole.len() < stories.len() {
        let most = grids.iter().map(Vec::len).max().unwrap_or(0);
        metric.name = format!("partial {name}");
        let several = if stories.len() > 1 { " at most in a story" } else { "" };
        metric.note = Some(format!("{most} of {covered} games{several}: an incomplete grid has no overall {name}"));
    } else if whole.len() > 1 {
        metric.note = spread(&whole).map(|spread| {
            let variation = spread.variation.map_or("none (mean 0)".to_owned(), |variation| format!("{variation:.4}"));
            format!("over {} stories: SD {:.4}, CV {variation}", whole.len(), spread.deviation)
        });
    }
    Some(metric)
}

/// What a reader of the headline must know.
fn remarks(setup: &Setup, stories: &BTreeMap<Option<u8>, Responses>) -> Option<String> {
    let counts = || stories.values().flat_map(|responses| responses.values().map(Vec::len));
    let (fewest, most) = (counts().min()?, counts().max()?);
    let repeats = match (fewest, most) {
        (fewest, most) if fewest != most => format!("marked: {fewest} to {most} answers a game, not the same number for each"),
        (UPSTREAM_REPEATS, _) => return None,
        (1, _) => format!("1 answer a game; upstream has {UPSTREAM_REPEATS} (--epochs {UPSTREAM_REPEATS})"),
        (count, _) => format!("{count} answers a game; upstream has {UPSTREAM_REPEATS}"),
    };
    Some(match setup.setting {
        Setting::Classic => repeats,
        Setting::Story => format!("{repeats}; without --data the stories are story-lite, not upstream's"),
    })
}

fn join_notes(first: Option<String>, second: Option<String>) -> Option<String> {
    match (first, second) {
        (Some(first), Some(second)) => Some(format!("{first}; {second}")),
        (first, second) => first.or(second),
    }
}

/// 1 − √value of another figure, as in upstream's radar plot; its interval is that figure's, turned over.
fn anti(name: &str, of: &str, metrics: &[Metric]) -> Option<Metric> {
    let source = metrics.iter().find(|metric| metric.name == of)?;
    let turned = |value: f64| 1.0 - value.max(0.0).sqrt();
    let interval = mean_interval(&source.points, CONFIDENCE);
    Some(Metric {
        interval: interval.map(|interval| MetricInterval {
            low: turned(interval.high),
            high: turned(interval.low),
            method: format!("that of {of}, by sister pairs"),
        }),
        note: Some(format!("1 − √{of}")),
        ..Metric::figure(name, turned(source.value))
    })
}

fn score(grade: &GradedAttempt, name: &str) -> f64 {
    grade.scores.get(name).copied().unwrap_or(0.0)
}

/// The mean of a named score: first within each sample, then over samples.
fn named_score(name: &str, score_name: &str, scored: &[&GradedAttempt], note: &str) -> Option<Metric> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut sums: Vec<(&str, f64, f64)> = Vec::new();
    for grade in scored {
        let place = *places.entry(&grade.sample_id).or_insert(sums.len());
        match sums.get_mut(place) {
            Some((_, sum, count)) => {
                *sum += score(grade, score_name);
                *count += 1.0;
            }
            None => sums.push((&grade.group, score(grade, score_name), 1.0)),
        }
    }
    let point = |(group, sum, count): (&str, f64, f64)| MetricPoint { group: group.to_owned(), value: sum / count };
    let mut metric = Metric::mean(name, sums.into_iter().map(point).collect())?;
    metric.note = (!note.is_empty()).then(|| note.to_owned());
    Some(metric)
}

fn composites(setup: &Setup, scored: &[&GradedAttempt]) -> Vec<Metric> {
    let label = match setup.form {
        Form::Nested => "our definition of nested games, not comparable with upstream's",
        Form::SequentialDialogue => "a dialogue, which upstream does not have; do not compare with sequential figures",
        _ => "composites with every game right; no partial credit",
    };
    let mut metrics: Vec<Metric> = named_score("AR", OFFICIAL, scored, label).into_iter().collect();
    if let Some(first) = metrics.first_mut() {
        first.headline = true;
    }
    let parts: &[(&str, &str)] = match setup.form {
        Form::Nested => &[("pre-game accuracy", PRE), ("core-game accuracy", CORE), ("myopic pre-game", MYOPIC)],
        _ => &[("atom accuracy", ATOMS)],
    };
    let mut sizes: Vec<&String> = Vec::new();
    for size in scored.iter().flat_map(|grade| &grade.strata) {
        if !sizes.contains(&size) {
            sizes.push(size);
        }
    }
    for size in &sizes {
        let inside: Vec<&GradedAttempt> = scored.iter().filter(|grade| grade.strata.contains(size)).copied().collect();
        let rows = [named_score("AR", OFFICIAL, &inside, ""), named_score("atom accuracy", ATOMS, &inside, "")];
        metrics.extend(rows.into_iter().flatten().map(|metric| Metric { stratum: Some((*size).clone()), ..metric }));
    }
    metrics.extend(parts.iter().filter_map(|(name, score)| named_score(name, score, scored, "")));
    metrics.extend(named_score("AR robust", ROBUST, scored, "with the forgiving reading"));
    metrics
}
