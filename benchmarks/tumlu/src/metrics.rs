//! The figures (spec section 5).
//!
//! The score of a language is the unweighted mean over the core subjects it has, and the headline is the unweighted mean
//! over languages. Beside it stand the same over all subjects and the plain share over all questions (micro), each for
//! both extractions, and the share of unparsed answers.

use crate::grading::{Extraction, NORMALISED, OFFICIAL, OFFICIAL_UNPARSED, ROBUST, ROBUST_UNPARSED};
use crate::language::{LANGUAGES, Language, Script};
use crate::subject::CORE;
use crate::tally::{Cell, Tallies};
use proctor_core::{GradedAttempt, Metric, MetricInterval, MetricPoint};
use proctor_statistics::{CONFIDENCE, wilson_effective};

/// All figures of a run, one by one; the extraction that decides outcomes gives the headline.
pub fn metrics(extraction: Extraction, tallies: &Tallies, take: &mut dyn FnMut(Metric)) {
    let cells = tallies.cells();
    let everything: Vec<&Cell> = cells.iter().collect();
    let readings = match extraction {
        Extraction::Official => [("accuracy (official)", OFFICIAL), ("accuracy (robust)", ROBUST)],
        Extraction::Robust => [("accuracy (robust)", ROBUST), ("accuracy (official)", OFFICIAL)],
    };
    let mut headline = true;
    for (name, score) in readings {
        if let Some(mut metric) = language_score(name, score, &everything) {
            if std::mem::take(&mut headline) {
                metric.headline = true;
                let left_out = left_out(tallies);
                metric.note = metric.note.take().map(|note| [note, left_out].concat());
            }
            take(metric);
        }
    }
    for (name, score) in readings {
        macro_mean(&format!("{name}, all subjects"), score, &everything).into_iter().for_each(&mut *take);
        Metric::mean(format!("{name}, all questions"), points(score, &everything)).into_iter().for_each(&mut *take);
    }
    let micro = Metric::mean("", points(OFFICIAL, &everything)).map(|metric| metric.value);
    let normalised = Metric::mean("accuracy (official), weighted by options", points(NORMALISED, &everything));
    normalised.filter(|metric| Some(metric.value) != micro).into_iter().for_each(&mut *take);
    unparsed(&everything).for_each(&mut *take);

    let mut strata: Vec<(String, Vec<&Cell>)> = Vec::new();
    let languages = LANGUAGES.iter().filter(|language| cells.iter().any(|cell| cell.language == *language)).count();
    if languages > 1 {
        for script in [Script::Latin, Script::Cyrillic, Script::Arabic] {
            strata.push((format!("{} script", script.title()), chosen(&cells, |cell| cell.language.script == script)));
        }
        for language in &LANGUAGES {
            strata.push((language.name.to_owned(), chosen(&cells, |cell| cell.language == language)));
        }
    }
    for (stratum, cells) in strata.iter().filter(|(_, cells)| !cells.is_empty()) {
        let figures = readings.into_iter().filter_map(|(name, score)| language_score(name, score, cells)).chain(unparsed(cells));
        figures.map(|metric| Metric { stratum: Some(stratum.clone()), ..metric }).for_each(&mut *take);
    }
    for subject in subjects(&cells) {
        let inside = chosen(&cells, |cell| cell.subject == subject);
        let figures = readings.into_iter().filter_map(|(name, score)| macro_mean(name, score, &inside));
        figures.map(|metric| Metric { stratum: Some(subject.to_owned()), ..metric }).for_each(&mut *take);
    }
    if languages > 1 {
        for cell in &cells {
            let stratum = format!("{}, {}", cell.language.name, cell.subject);
            let figures = readings.into_iter().filter_map(|(name, score)| Metric::mean(name, points(score, &[cell])));
            figures.map(|metric| Metric { stratum: Some(stratum.clone()), ..metric }).for_each(&mut *take);
        }
    }
}

/// The headline figure alone.
pub fn headline(extraction: Extraction, grades: &[GradedAttempt]) -> Option<Metric> {
    let tallies = Tallies::of(grades);
    let cells = tallies.cells();
    let (name, score) = match extraction {
        Extraction::Official => ("accuracy (official)", OFFICIAL),
        Extraction::Robust => ("accuracy (robust)", ROBUST),
    };
    let metric = language_score(name, score, &cells.iter().collect::<Vec<_>>())?;
    Some(Metric { headline: true, ..metric })
}

/// Accuracy of each language in each subject, by the official and by the robust extraction.
pub struct Table {
    /// The subjects, the core ones first.
    pub subjects: Vec<String>,
    /// Language by language, a value per subject for either extraction; `None` where nothing was asked.
    pub rows: Vec<(&'static Language, [Vec<Option<f64>>; 2])>,
}

/// The table of a run; `None` when there are no scores.
pub fn table(tallies: &Tallies) -> Option<Table> {
    let cells = tallies.cells();
    let subjects = subjects(&cells);
    let rows = LANGUAGES.iter().filter(|language| cells.iter().any(|cell| cell.language == *language)).map(|language| {
        let row = |score: &str| {
            let value = |subject: &&str| {
                let inside = chosen(&cells, |cell| cell.language == language && cell.subject == *subject);
                macro_mean("", score, &inside).map(|metric| metric.value)
            };
            subjects.iter().map(value).collect()
        };
        (language, [row(OFFICIAL), row(ROBUST)])
    });
    let rows: Vec<_> = rows.collect();
    (!rows.is_empty()).then(|| Table { subjects: subjects.iter().map(|subject| (*subject).to_owned()).collect(), rows })
}

fn chosen<'a, 'b>(cells: &'a [Cell<'b>], fits: impl Fn(&Cell) -> bool) -> Vec<&'a Cell<'b>> {
    cells.iter().filter(|cell| fits(cell)).collect()
}

/// The subjects there are, the core ones first.
fn subjects<'a>(cells: &[Cell<'a>]) -> Vec<&'a str> {
    let mut others: Vec<&str> = cells.iter().filter(|cell| !cell.is_core()).map(|cell| cell.subject).collect();
    others.sort_unstable();
    others.dedup();
    let core = CORE.into_iter().filter(|core| cells.iter().any(|cell| cell.subject == *core));
    core.chain(others).collect()
}

fn points(score: &str, cells: &[&Cell]) -> Vec<MetricPoint> {
    // Room for all at once: there may be very many.
    let mut points = Vec::with_capacity(cells.iter().map(|cell| cell.most()).sum());
    cells.iter().for_each(|cell| points.extend(cell.points(score)));
    points
}

/// The mean over core subjects; where none of the cells is of a core subject, over those there are.
fn language_score(name: &str, score: &str, cells: &[&Cell]) -> Option<Metric> {
    let core: Vec<&Cell> = cells.iter().copied().filter(|cell| cell.is_core()).collect();
    if core.is_empty() {
        return macro_mean(name, score, cells);
    }
    macro_mean(name, score, &core)
}

/// The unweighted mean over languages of the unweighted mean over their subjects, in the core seven or not.
///
/// Its interval is Wilson's with the effective sample size of an estimate of that weighting (Kish 1965): one over the
/// sum, over subjects, of the subject's squared weight divided by its questions.
fn macro_mean(name: &str, score: &str, cells: &[&Cell]) -> Option<Metric> {
    let mut languages: Vec<(&'static Language, Vec<(f64, usize)>)> = Vec::new();
    for cell in cells {
        let (sum, count) = cell.values(score).fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
        if count == 0 {
            continue;
        }
        let mean = sum / count as f64;
        match languages.iter_mut().find(|(language, _)| *language == cell.language) {
            Some((_, means)) => means.push((mean, count)),
            None => languages.push((cell.language, vec![(mean, count)])),
        }
    }
    if languages.is_empty() {
        return None;
    }
    let subjects: usize = languages.iter().map(|(_, means)| means.len()).sum();
    let questions: usize = languages.iter().flat_map(|(_, means)| means).map(|(_, count)| count).sum();
    let note = format!(
        "the mean over {} of their means over {}, {}",
        counted(languages.len(), "language"),
        counted(subjects, "subject"),
        counted(questions, "question")
    );
    if is_even(&languages) {
        // Every question weighs the same, so it is the plain mean too, with its counts and their interval.
        return Metric::mean(name, points(score, cells)).map(|metric| Metric { note: Some(note), ..metric });
    }
    let of = |count: usize| 1.0 / count as f64;
    let score_of = |means: &[(f64, usize)]| means.iter().map(|(mean, _)| mean).sum::<f64>() * of(means.len());
    let value = languages.iter().map(|(_, means)| score_of(means)).sum::<f64>() * of(languages.len());
    let weights = languages.iter().flat_map(|(_, means)| {
        let weight = of(languages.len()) * of(means.len());
        means.iter().map(move |(_, count)| weight * weight / *count as f64)
    });
    let effective = 1.0 / weights.sum::<f64>();
    let interval = wilson_effective(value.clamp(0.0, 1.0), effective, CONFIDENCE).map(|(low, high)| MetricInterval {
        low,
        high,
        method: "Wilson with the effective size of the weighting".into(),
    });
    Some(Metric { interval, note: Some(note), ..Metric::figure(name, value) })
}

/// All languages have equally many subjects and all subjects equally many questions.
fn is_even(languages: &[(&'static Language, Vec<(f64, usize)>)]) -> bool {
    let first = languages.first().map(|(_, means)| (means.len(), means.first().map(|(_, count)| *count)));
    languages.iter().all(|(_, means)| {
        first.is_some_and(|(subjects, questions)| {
            means.len() == subjects && means.iter().all(|(_, count)| Some(*count) == questions)
        })
    })
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn unparsed(cells: &[&Cell]) -> impl Iterator<Item = Metric> {
    let names = [("unparsed (official)", OFFICIAL_UNPARSED), ("unparsed (robust)", ROBUST_UNPARSED)];
    names.into_iter().filter_map(|(name, score)| Metric::mean(name, points(score, cells)))
}

/// What the headline leaves out or counts as wrong, in words.
fn left_out(tallies: &Tallies) -> String {
    let (failed, missing) = (tallies.failed, tallies.missing);
    let mut words = String::new();
    if failed > 0 {
        words +=
            &format!("; {failed} stored calls that failed are wrong to the official extraction and left out of the robust one");
    }
    if missing > 0 {
        words += &format!("; {missing} attempts without an answer are left out");
    }
    words
}
