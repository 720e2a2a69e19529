//! The rows that reports show (spec sections 5 and 6), made of graded attempts.

use crate::figures::{Figure, Spread, by_game, over_grid, spread};
use crate::game::GameId;
use crate::grading::{ATOMS, CORE, MYOPIC, OFFICIAL, PRE, ROBUST, ROBUST_READ};
use crate::mode::{Form, Setting};
use crate::samples::class_name;
use crate::setup::Setup;
use crate::story::STORIES;
use crate::tally::{Stories, Tally};
use proctor_core::{Metric, MetricInterval, MetricPoint, Scale};
use proctor_statistics::{CONFIDENCE, Clusters, RESAMPLES, bootstrap_groups, cluster_bootstrap, mean_interval};
use std::collections::BTreeMap;

/// Answers to one item that upstream asks for.
const UPSTREAM_REPEATS: usize = 4;
/// Seed of the bootstraps made here.
const SEED: u64 = 144;
/// How the names of rows over an incomplete grid begin.
const PARTIAL: &str = "partial ";

/// All figures of a run, the headline first.
pub fn metrics(setup: &Setup, tally: &Tally) -> Vec<Metric> {
    match setup.form {
        _ if tally.is_empty() => Vec::new(),
        Form::Single => single(setup, tally),
        _ => composites(setup, tally),
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

fn single(setup: &Setup, tally: &Tally) -> Vec<Metric> {
    let stories = tally.stories();
    let remarks = remarks(setup, stories);
    let mut metrics = Vec::new();
    for figure in Figure::ALL {
        let classes = [None].into_iter().chain(figure.classes().iter().copied().map(Some));
        for class in classes {
            metrics.extend(figure_row(figure, class, stories));
        }
        if figure == Figure::Par {
            metrics.extend(robust_row("PAR robust", tally.points(ROBUST, None), &metrics, |score| score));
        }
    }
    for figure in [Figure::Par, Figure::Id, Figure::Bd] {
        metrics.extend(spread_rows(figure, stories));
    }
    metrics.extend(anti("AntiID", "ID", &metrics));
    metrics.extend(anti("AntiBD", "BD", &metrics));
    metrics.extend(robust_row("invalid_rate robust", tally.points(ROBUST_READ, None), &metrics, |score| 1.0 - score));
    if let Some(first) = metrics.first_mut() {
        first.headline = true;
        first.note = join_notes(first.note.take(), remarks);
    }
    metrics
}

/// One figure over one class. Over an incomplete grid it is called partial and is no overall score.
fn figure_row(figure: Figure, class: Option<usize>, stories: &Stories) -> Option<Metric> {
    let grids: Vec<Vec<(GameId, f64)>> = stories.values().map(|responses| by_game(figure, class, responses)).collect();
    let whole: Vec<f64> = stories.values().filter_map(|responses| over_grid(figure, class, responses)).collect();
    let points = grids.iter().flatten();
    let points = points.map(|(game, value)| MetricPoint { group: game.pair().to_string(), value: *value }).collect();
    let name = format!("{}{}", figure.as_str(), class.map_or(String::new(), |class| format!("_{class}")));
    let mut metric = Metric::mean(&name, points)?;
    metric.stratum = class.map(class_name);
    let covered = GameId::all().filter(|game| figure.covers(*game, class)).count();
    if whole.len() < stories.len() {
        let most = grids.iter().map(Vec::len).max().unwrap_or(0);
        metric.name = format!("{PARTIAL}{name}");
        let several = if stories.len() > 1 { " at most in a story" } else { "" };
        metric.note = Some(format!("{most} of {covered} games{several}: an incomplete grid has no overall {name}"));
    } else if whole.len() > 1 {
        metric.note = spread(&whole).map(|spread| {
            let variation = spread.variation.map_or("none (mean 0)".to_owned(), |variation| format!("{variation:.4}"));
            format!("over {} stories: SD {:.4}, CV {variation}", whole.len(), spread.deviation)
        });
    }
    Some(if figure == Figure::Sd { signed(metric) } else { metric })
}

/// How a figure differs between stories: its population deviation and its coefficient of variation, intervals by sister
/// pairs. Only of several whole grids.
fn spread_rows(figure: Figure, stories: &Stories) -> Vec<Metric> {
    let whole: Vec<f64> = stories.values().filter_map(|responses| over_grid(figure, None, responses)).collect();
    if whole.len() < 2 || whole.len() < stories.len() {
        return Vec::new();
    }
    let Some(found) = spread(&whole) else { return Vec::new() };
    // Per sister pair and story: the sum over the pair's games and how many they are.
    let mut pairs: BTreeMap<GameId, Vec<(f64, f64)>> = BTreeMap::new();
    for (place, responses) in stories.values().enumerate() {
        for (game, value) in by_game(figure, None, responses) {
            let sums = pairs.entry(game.pair()).or_insert_with(|| vec![(0.0, 0.0); stories.len()]);
            if let Some((sum, count)) = sums.get_mut(place) {
                *sum += value;
                *count += 1.0;
            }
        }
    }
    let pairs: Vec<Vec<(f64, f64)>> = pairs.into_values().collect();
    let drawn_spread = |drawn: &[usize]| {
        let mean = |place: usize| {
            let parts = drawn.iter().filter_map(|pair| pairs.get(*pair)?.get(place));
            let (sum, count) = parts.fold((0.0, 0.0), |(sum, count), part| (sum + part.0, count + part.1));
            sum / count
        };
        spread(&(0..stories.len()).map(mean).collect::<Vec<f64>>())
    };
    let row = |name: &str, value: f64, scale: Scale, of: fn(Spread) -> Option<f64>| {
        let ends = bootstrap_groups(pairs.len(), RESAMPLES, CONFIDENCE, SEED, |drawn| drawn_spread(drawn).and_then(of));
        Metric {
            scale,
            interval: ends.map(|(low, high)| MetricInterval { low, high, method: "bootstrap over sister pairs".into() }),
            note: Some(format!("over {} stories", whole.len())),
            ..Metric::figure(format!("{} {name}", figure.as_str()), value)
        }
    };
    let deviation = row("deviation", found.deviation, Scale::Share, |spread| Some(spread.deviation));
    let variation = found.variation.map(|value| row("variation", value, Scale::Plain, |spread| spread.variation));
    [Some(deviation), variation].into_iter().flatten().collect()
}

/// A figure of the forgiving reading; partial where the headline is.
fn robust_row(name: &str, points: Vec<MetricPoint>, metrics: &[Metric], change: fn(f64) -> f64) -> Option<Metric> {
    let points = points.into_iter().map(|point| MetricPoint { value: change(point.value), ..point });
    let partial = metrics.first().is_some_and(|first| first.name.starts_with(PARTIAL));
    let mut metric = Metric::mean(if partial { format!("{PARTIAL}{name}") } else { name.to_owned() }, points.collect())?;
    metric.note = Some("with the forgiving reading".into());
    Some(metric)
}

/// The position habit can have either sign, so that an interval for shares would be wrong; it is drawn by sister pairs.
fn signed(metric: Metric) -> Metric {
    let clusters = Clusters::of(&metric.points);
    let ends = clusters.filter(|clusters| !clusters.uniform()).and_then(|c| cluster_bootstrap(&c, RESAMPLES, CONFIDENCE, SEED));
    let note = format!("mean of {} values in [−1/2, 1/2]", metric.points.len());
    Metric {
        scale: Scale::Plain,
        points: Vec::new(),
        interval: ends.map(|(low, high)| MetricInterval { low, high, method: "bootstrap over sister pairs".into() }),
        note: join_notes(metric.note.clone(), Some(note)),
        ..metric
    }
}

/// What a reader of the headline must know.
fn remarks(setup: &Setup, stories: &Stories) -> Option<String> {
    let counts = || stories.values().flat_map(|responses| responses.values().map(Vec::len));
    let (fewest, most) = (counts().min()?, counts().max()?);
    let repeats = match (fewest, most) {
        (fewest, most) if fewest != most => format!("marked: {fewest} to {most} answers a game, not the same number for each"),
        (UPSTREAM_REPEATS, _) => format!("{UPSTREAM_REPEATS} answers a game"),
        (1, _) => format!("1 answer a game; upstream has {UPSTREAM_REPEATS} (--epochs {UPSTREAM_REPEATS})"),
        (count, _) => format!("{count} answers a game; upstream has {UPSTREAM_REPEATS}"),
    };
    Some(match setup.setting {
        Setting::Classic => repeats,
        Setting::Story => {
            let few = if stories.len() < usize::from(STORIES) {
                format!("{} of {STORIES} stories; ", stories.len())
            } else {
                String::new()
            };
            format!("{few}{repeats}; without --data the stories are story-lite, not upstream's")
        }
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

/// The mean of a named score over the samples, or those of a subset.
fn named_score(name: &str, score: &str, tally: &Tally, stratum: Option<&String>, note: &str) -> Option<Metric> {
    let mut metric = Metric::mean(name, tally.points(score, stratum))?;
    metric.note = (!note.is_empty()).then(|| note.to_owned());
    Some(metric)
}

fn composites(setup: &Setup, tally: &Tally) -> Vec<Metric> {
    let label = match setup.form {
        Form::Nested => "our definition of nested games, not comparable with upstream's",
        Form::SequentialDialogue => "a dialogue, which upstream does not have; do not compare with sequential figures",
        _ => "composites with every game right; no partial credit",
    };
    let mut metrics: Vec<Metric> = named_score("AR", OFFICIAL, tally, None, label).into_iter().collect();
    if let Some(first) = metrics.first_mut() {
        first.headline = true;
    }
    let parts: &[(&str, &str)] = match setup.form {
        Form::Nested => &[("pre-game accuracy", PRE), ("core-game accuracy", CORE), ("myopic pre-game", MYOPIC)],
        _ => &[("atom accuracy", ATOMS)],
    };
    for size in tally.strata() {
        let rows =
            [("AR", OFFICIAL), ("atom accuracy", ATOMS)].map(|(name, score)| named_score(name, score, tally, Some(size), ""));
        metrics.extend(rows.into_iter().flatten().map(|metric| Metric { stratum: Some(size.clone()), ..metric }));
    }
    metrics.extend(parts.iter().filter_map(|(name, score)| named_score(name, score, tally, None, "")));
    metrics.extend(named_score("AR robust", ROBUST, tally, None, "with the forgiving reading"));
    metrics
}
