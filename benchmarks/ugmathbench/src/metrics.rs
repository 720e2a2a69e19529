//! The figures (spec section 8): accuracy per version, AAcc, EAcc, CAcc, the reasoning gap Delta = AAcc − EAcc and the
//! robustness efficiency RE = Delta / EAcc, over everything and over each subset.
//!
//! A problem counts in EAcc, CAcc, Delta and RE only when all three of its versions were graded. With several attempts
//! at each sample, the k-th attempts at the three versions belong together, and a figure is the mean over k. Every
//! interval draws problems, not samples.

use crate::options::Mode;
use crate::subjects::VERSIONS;
use proctor_core::{GradedAttempt, Metric, MetricInterval, MetricPoint, Outcome};
use proctor_statistics::{CONFIDENCE, RESAMPLES, bootstrap_groups};
use std::collections::{BTreeMap, BTreeSet};

/// Resamples for the interval of RE over a subset; over everything it is [`RESAMPLES`].
const SUBSET_RESAMPLES: usize = 2_000;
const SEED: u64 = 250_113_766;

/// Name of the score that counts right slots of an answer type, and of the one that counts all.
pub fn slot_scores(code: &str) -> [String; 2] {
    [format!("slots right {code}"), format!("slots {code}")]
}

/// Name of the score that counts the slots on which the improved judge did not decide.
pub const UNDECIDED: &str = "undecided slots";

/// All figures of a run, those of `mode` first; `upstream` is how many problems upstream's data have.
pub fn metrics(mode: Mode, upstream: usize, grades: &[GradedAttempt]) -> Vec<Metric> {
    let marks = marks(mode, grades);
    let mut metrics = over(&marks, RESAMPLES, Figures::All);
    if let Some(first) = metrics.first_mut() {
        first.headline = true;
        let problems = marks.iter().map(|mark| mark.group).collect::<BTreeSet<_>>().len();
        let fewer = (problems != upstream).then(|| format!("upstream has {upstream} problems"));
        first.note = joined([first.note.take(), fewer, left_out(grades)]);
    }
    if mode == Mode::Official {
        metrics.extend(as_upstream_counts(&marks));
    }
    let other = self::marks(mode.other(), grades);
    for mut metric in over(&other, RESAMPLES, Figures::Accuracies) {
        metric.name = format!("{} {}", mode.other().score(), metric.name);
        metrics.push(metric);
    }
    metrics.extend(slots(mode, grades));
    let mut by_subset = Vec::new();
    for (stratum, inside) in subsets(&marks) {
        let topic = stratum.starts_with("topic ");
        let figures = match topic {
            true => Figures::Accuracies,
            false if stratum.starts_with("subject ") => Figures::All,
            false => Figures::Subset,
        };
        for metric in over(&inside, SUBSET_RESAMPLES, figures) {
            let place = (topic, FIGURES.iter().position(|name| *name == metric.name));
            by_subset.push((place, Metric { stratum: Some(stratum.to_owned()), note: None, ..metric }));
        }
    }
    // Figure by figure, so that subsets stand below each other; topics, which are many, last.
    by_subset.sort_by_key(|(place, _)| *place);
    metrics.extend(by_subset.into_iter().map(|(_, metric)| metric));
    metrics
}

/// The headline figure alone.
pub fn headline(mode: Mode, grades: &[GradedAttempt]) -> Option<Metric> {
    let first = over(&marks(mode, grades), 0, Figures::Accuracies).into_iter().next();
    first.map(|metric| Metric { headline: true, ..metric })
}

/// EAcc and AAcc of each subject.
pub fn by_subject(mode: Mode, grades: &[GradedAttempt]) -> Vec<Metric> {
    let marks = marks(mode, grades);
    let subjects = subsets(&marks).into_iter().filter(|(stratum, _)| stratum.starts_with("subject "));
    let figures = |(stratum, inside): (&str, Vec<Mark>)| {
        let named = move |metric| Metric { stratum: Some(stratum.to_owned()), ..metric };
        over(&inside, SUBSET_RESAMPLES, Figures::Accuracies).into_iter().map(named).collect::<Vec<_>>()
    };
    subjects.flat_map(figures).collect()
}

/// The figures over subsets, in the order in which they are listed.
const FIGURES: [&str; 8] = ["EAcc", "AAcc", "CAcc", "Delta", "RE", "Acc v1", "Acc v2", "Acc v3"];

/// Which figures.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Figures {
    /// All, accuracies per version included.
    All,
    /// All but those.
    Subset,
    /// EAcc and AAcc.
    Accuracies,
}

/// One graded attempt, right or wrong.
#[derive(Clone, Copy)]
struct Mark<'a> {
    group: &'a str,
    strata: &'a [String],
    version: usize,
    epoch: u32,
    right: bool,
}

/// The attempts that the judge of `mode` scored.
fn marks(mode: Mode, grades: &[GradedAttempt]) -> Vec<Mark<'_>> {
    let mark = |grade: &'_ GradedAttempt| -> Option<(bool, usize)> {
        let right = *grade.scores.get(mode.score())? >= 1.0;
        let version = grade.strata.iter().find_map(|name| name.strip_prefix("version ")?.parse().ok())?;
        (grade.outcome != Outcome::InfraError).then_some((right, version))
    };
    grades
        .iter()
        .filter_map(|grade| {
            let (right, version) = mark(grade)?;
            Some(Mark { group: &grade.group, strata: &grade.strata, version, epoch: grade.epoch, right })
        })
        .collect()
}

/// The marks of every subset but those by version, the order of subsets being that of their kinds, then their names.
fn subsets<'a>(marks: &[Mark<'a>]) -> Vec<(&'a str, Vec<Mark<'a>>)> {
    const KINDS: [&str; 6] = ["subject ", "level ", "type ", "one answer", "several answers", "topic "];
    let kind = |name: &str| KINDS.iter().position(|kind| name.starts_with(kind));
    let mut subsets: BTreeMap<(usize, &str), Vec<Mark>> = BTreeMap::new();
    for mark in marks {
        for name in mark.strata {
            if let Some(kind) = kind(name) {
                subsets.entry((kind, name)).or_default().push(*mark);
            }
        }
    }
    subsets.into_iter().map(|((_, name), marks)| (name, marks)).collect()
}

/// A problem's k-th attempts at all of its versions.
struct Triple<'a> {
    group: &'a str,
    right: usize,
}

impl Triple<'_> {
    fn share(&self) -> f64 {
        self.right as f64 / VERSIONS as f64
    }

    fn all(&self) -> f64 {
        f64::from(u8::from(self.right == VERSIONS))
    }

    fn any(&self) -> f64 {
        f64::from(u8::from(self.right > 0))
    }
}

/// The complete triples, and how many problems lack a version.
fn triples<'a>(marks: &[Mark<'a>]) -> (Vec<Triple<'a>>, usize) {
    let mut found: BTreeMap<(&str, u32), [Option<bool>; VERSIONS]> = BTreeMap::new();
    for mark in marks {
        let versions = found.entry((mark.group, mark.epoch)).or_default();
        if let Some(place) = mark.version.checked_sub(1).and_then(|position| versions.get_mut(position)) {
            *place = Some(mark.right);
        }
    }
    let mut incomplete = BTreeSet::new();
    let mut complete = Vec::with_capacity(found.len());
    for ((group, _), versions) in found {
        match versions.iter().copied().collect::<Option<Vec<bool>>>() {
            Some(versions) => complete.push(Triple { group, right: versions.into_iter().filter(|right| *right).count() }),
            None => {
                incomplete.insert(group);
            }
        }
    }
    (complete, incomplete.len())
}

/// EAcc and CAcc as upstream's script counts them where versions are missing: of the versions that are there all (or any)
/// must be right, and the sum is divided by the number of first versions. Nothing where no version is missing, for then
/// they are the usual ones, or where no problem is complete.
fn as_upstream_counts(marks: &[Mark]) -> Vec<Metric> {
    let mut problems: BTreeMap<(&str, u32), Vec<bool>> = BTreeMap::new();
    for mark in marks {
        problems.entry((mark.group, mark.epoch)).or_default().push(mark.right);
    }
    let first = marks.iter().filter(|mark| mark.version == 1).count();
    let complete = problems.values().filter(|versions| versions.len() == VERSIONS).count();
    if first == 0 || complete == 0 || complete == problems.len() {
        return Vec::new();
    }
    let figure = |name: &str, counted: usize| Metric {
        note: Some("versions that are missing pass for right, and the sum is divided by the number of first versions".into()),
        ..Metric::figure(name, counted as f64 / first as f64)
    };
    let all = problems.values().filter(|versions| versions.iter().all(|right| *right)).count();
    let any = problems.values().filter(|versions| versions.contains(&true)).count();
    vec![figure("EAcc as upstream counts", all), figure("CAcc as upstream counts", any)]
}

/// The figures over some marks; EAcc first where there is a complete problem, else AAcc.
fn over(marks: &[Mark], resamples: usize, figures: Figures) -> Vec<Metric> {
    let (triples, incomplete) = triples(marks);
    let points = |value: fn(&Triple) -> f64| -> Vec<MetricPoint> {
        triples.iter().map(|triple| MetricPoint { group: triple.group.to_owned(), value: value(triple) }).collect()
    };
    let missing = match (incomplete, triples.is_empty()) {
        (0, _) => None,
        (_, true) => Some(
            "no problem has all three versions graded, so EAcc cannot be had (-B order=problem asks them one after the other)"
                .to_owned(),
        ),
        (1, false) => Some("1 problem without all three versions graded is left out".to_owned()),
        (count, false) => Some(format!("{count} problems without all three versions graded are left out")),
    };
    let mut metrics = Vec::new();
    if let Some(mut exact) = Metric::mean("EAcc", points(|triple| triple.all())) {
        let right = triples.iter().filter(|triple| triple.right == VERSIONS).count();
        exact.note =
            joined([Some(format!("{right} of {} problems right in all three versions", triples.len())), missing.clone()]);
        metrics.push(exact);
    }
    let accuracy = |name: String, version: Option<usize>| {
        let inside = marks.iter().filter(|mark| version.is_none_or(|version| version == mark.version));
        let point = |mark: &Mark| MetricPoint { group: mark.group.to_owned(), value: f64::from(u8::from(mark.right)) };
        Metric::mean(name, inside.map(point).collect())
    };
    metrics.extend(accuracy("AAcc".into(), None).map(|mut metric| {
        metric.note = if triples.is_empty() { missing.clone() } else { None };
        metric
    }));
    if figures == Figures::Accuracies {
        return metrics;
    }
    metrics.extend(Metric::mean("CAcc", points(|triple| triple.any())));
    metrics.extend(Metric::mean("Delta", points(|triple| triple.share() - triple.all())));
    metrics.extend(efficiency(&triples, resamples));
    if figures == Figures::All {
        metrics.extend((1..=VERSIONS).filter_map(|version| accuracy(format!("Acc v{version}"), Some(version))));
    }
    metrics
}

/// RE = Delta / EAcc, a ratio; none where EAcc is 0, where it would be infinite. The interval draws problems.
fn efficiency(triples: &[Triple], resamples: usize) -> Option<Metric> {
    let mut groups: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for triple in triples {
        let sums = groups.entry(triple.group).or_default();
        sums.0 += triple.share();
        sums.1 += triple.all();
    }
    let sums: Vec<(f64, f64)> = groups.into_values().collect();
    let ratio = |(shares, exact): (f64, f64)| (exact > 0.0).then(|| (shares - exact) / exact);
    let add = |a: (f64, f64), b: &(f64, f64)| (a.0 + b.0, a.1 + b.1);
    let value = ratio(sums.iter().fold((0.0, 0.0), add))?;
    let drawn = |indices: &[usize]| ratio(indices.iter().filter_map(|index| sums.get(*index)).fold((0.0, 0.0), add));
    let interval = bootstrap_groups(sums.len(), resamples, CONFIDENCE, SEED, drawn);
    let interval = interval.map(|(low, high)| MetricInterval { low, high, method: "bootstrap over problems".into() });
    Some(Metric { interval, scale: proctor_core::Scale::Plain, ..Metric::figure("RE", value) })
}

/// Said of the official verdict on single slots.
const STOPS: &str = "upstream's judge stops at an instance's first wrong answer; those after it count as wrong here";

/// Right slots among all slots, by answer type: a slot of an instance with several answers counts on its own.
fn slots(mode: Mode, grades: &[GradedAttempt]) -> Vec<Metric> {
    let mut types: BTreeMap<&str, Vec<MetricPoint>> = BTreeMap::new();
    for grade in grades.iter().filter(|grade| grade.outcome != Outcome::InfraError) {
        for code in crate::item::TYPES {
            let [right, all] = slot_scores(code).map(|name| grade.scores.get(&name).copied().unwrap_or(0.0).max(0.0) as usize);
            let values = (0..all).map(|slot| f64::from(u8::from(slot < right)));
            let points = values.map(|value| MetricPoint { group: grade.group.clone(), value });
            types.entry(code).or_default().extend(points);
        }
    }
    let by_type = types.into_iter().filter_map(|(code, points)| {
        let metric = Metric::mean("slot accuracy", points)?;
        let note = (mode == Mode::Official).then(|| STOPS.to_owned());
        Some(Metric { stratum: Some(format!("slots of type {code}")), note, ..metric })
    });
    by_type.collect()
}

/// What the figures leave out, in words.
fn left_out(grades: &[GradedAttempt]) -> Option<String> {
    let errors = grades.iter().filter(|grade| grade.outcome == Outcome::InfraError).count();
    let undecided: f64 = grades.iter().filter_map(|grade| grade.scores.get(UNDECIDED)).sum();
    joined([
        (errors > 0).then(|| format!("infrastructure errors left out: {errors}")),
        (undecided > 0.0).then(|| format!("answers that the improved judge left undecided, there counted as wrong: {undecided}")),
    ])
}

fn joined<const N: usize>(parts: [Option<String>; N]) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}
