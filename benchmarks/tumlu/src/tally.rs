//! The graded attempts of a run in a few bytes for each question, so that a run of any length can be summed up.

use crate::grading::{NORMALISED, OFFICIAL, OFFICIAL_UNPARSED, ROBUST, ROBUST_UNPARSED};
use crate::language::{LANGUAGES, Language};
use crate::subject::CORE;
use proctor_core::{GradedAttempt, MetricPoint};
use std::collections::{BTreeMap, HashMap};

/// The scores that figures are made of.
const SCORES: [&str; 5] = [OFFICIAL, ROBUST, NORMALISED, OFFICIAL_UNPARSED, ROBUST_UNPARSED];

/// Sums of each of [`SCORES`] over the attempts at one question, and how many attempts have it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Sums([(f64, u32); SCORES.len()]);

impl Sums {
    fn add(&mut self, other: &Sums) {
        for ((sum, count), (more, further)) in self.0.iter_mut().zip(other.0) {
            *sum += more;
            *count += further;
        }
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|(_, count)| *count == 0)
    }

    fn key(&self) -> [(u64, u32); SCORES.len()] {
        self.0.map(|(sum, count)| (sum.to_bits(), count))
    }
}

/// The last part of a question's id.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Row {
    Number(u32),
    Text(Box<str>),
}

impl Row {
    fn of(text: &str) -> Self {
        let number = text.parse().ok().filter(|number: &u32| number.to_string() == text);
        number.map_or_else(|| Row::Text(text.into()), Row::Number)
    }

    fn text(&self) -> String {
        match self {
            Row::Number(number) => number.to_string(),
            Row::Text(text) => text.to_string(),
        }
    }

    /// In the order of length, then of letters: numbers in their own.
    fn order(&self, other: &Row) -> std::cmp::Ordering {
        match (self, other) {
            (Row::Number(one), Row::Number(two)) => one.cmp(two),
            _ => {
                let (one, two) = (self.text(), other.text());
                one.len().cmp(&two.len()).then(one.cmp(&two))
            }
        }
    }
}

/// The attempts at one question.
#[derive(Debug, Clone)]
struct Tally {
    row: Row,
    /// The cluster, where it is not the question itself.
    group: Option<Box<str>>,
    /// The place of its sums among the different ones there are, which are few.
    sums: u32,
}

/// The questions of one subject file in one language.
#[derive(Debug, Default)]
struct Paper {
    subject: String,
    tallies: Vec<Tally>,
    /// The question whose attempts are coming in, its cluster and their sums.
    open: Option<(String, String, Sums)>,
}

/// The questions of a run by language and subject file.
#[derive(Debug, Default)]
pub struct Tallies {
    papers: BTreeMap<(usize, String), Paper>,
    sums: Vec<Sums>,
    places: HashMap<[(u64, u32); SCORES.len()], u32>,
    /// Stored calls that failed.
    pub failed: usize,
    /// Attempts without an answer.
    pub missing: usize,
}

/// Language, file and row of a question, by its id.
fn parts(id: &str) -> Option<(usize, &str, &str)> {
    let mut parts = id.splitn(3, '/');
    let (language, file) = (parts.next()?, parts.next()?);
    let place = LANGUAGES.iter().position(|known| known.name == language)?;
    Some((place, file, parts.next().unwrap_or_default()))
}

impl Tallies {
    /// Those of `grades`.
    pub fn of(grades: &[GradedAttempt]) -> Self {
        let mut tallies = Self::default();
        grades.iter().for_each(|grade| tallies.add(grade));
        tallies.close();
        tallies
    }

    /// Takes the next graded attempt. An attempt that was never graded has no scores and is left out; a stored `[INVALID]`
    /// has the official score 0, as upstream counts it.
    pub fn add(&mut self, grade: &GradedAttempt) {
        self.failed += usize::from(grade.scores.contains_key(OFFICIAL) && !grade.scores.contains_key(ROBUST));
        self.missing += usize::from(grade.scores.is_empty());
        let Some((place, file, _)) = parts(&grade.sample_id) else { return };
        let mut own = Sums::default();
        for (sums, name) in own.0.iter_mut().zip(SCORES) {
            *sums = grade.scores.get(name).map_or((0.0, 0), |value| (*value, 1));
        }
        let paper = match self.papers.get_mut(&(place, file.to_owned())) {
            Some(paper) => paper,
            None => self.papers.entry((place, file.to_owned())).or_insert_with(|| Paper {
                subject: grade.strata.get(1).map_or(file, String::as_str).to_owned(),
                ..Paper::default()
            }),
        };
        match &mut paper.open {
            Some((id, _, sums)) if *id == grade.sample_id => sums.add(&own),
            _ => {
                let before = paper.open.replace((grade.sample_id.clone(), grade.group.clone(), own));
                if let Some(before) = before {
                    let tally = tally(before, &mut self.sums, &mut self.places);
                    paper.tallies.push(tally);
                }
            }
        }
    }

    /// To be called after the last attempt: questions are put in order.
    pub fn close(&mut self) {
        let (sums, places) = (&mut self.sums, &mut self.places);
        for paper in self.papers.values_mut() {
            paper.tallies.extend(paper.open.take().map(|open| tally(open, sums, places)));
            paper.tallies.sort_by(|a, b| a.row.order(&b.row));
            // Attempts at one question may have come apart.
            paper.tallies.dedup_by(|tally, last| {
                let same = last.row == tally.row;
                if same {
                    let mut both = sums.get(last.sums as usize).copied().unwrap_or_default();
                    both.add(&sums.get(tally.sums as usize).copied().unwrap_or_default());
                    last.sums = place_of(both, sums, places);
                }
                same
            });
            paper.tallies.retain(|tally| sums.get(tally.sums as usize).is_some_and(|sums| !sums.is_empty()));
        }
    }

    /// The subject files with a question that has scores.
    pub fn cells(&self) -> Vec<Cell<'_>> {
        let cells = self.papers.iter().filter_map(|((place, file), paper)| {
            Some(Cell { language: LANGUAGES.get(*place)?, file, subject: &paper.subject, paper, sums: &self.sums })
        });
        cells.filter(|cell| !cell.paper.tallies.is_empty()).collect()
    }
}

fn tally(
    (id, group, own): (String, String, Sums),
    sums: &mut Vec<Sums>,
    places: &mut HashMap<[(u64, u32); SCORES.len()], u32>,
) -> Tally {
    let row = Row::of(parts(&id).map_or("", |(_, _, row)| row));
    Tally { row, group: (group != id).then(|| group.into()), sums: place_of(own, sums, places) }
}

fn place_of(own: Sums, sums: &mut Vec<Sums>, places: &mut HashMap<[(u64, u32); SCORES.len()], u32>) -> u32 {
    *places.entry(own.key()).or_insert_with(|| {
        sums.push(own);
        u32::try_from(sums.len() - 1).unwrap_or(u32::MAX)
    })
}

/// All questions of one subject file in one language, with the scores of their attempts.
#[derive(Clone, Copy)]
pub struct Cell<'a> {
    /// The language.
    pub language: &'static Language,
    /// What the file counts as.
    pub subject: &'a str,
    file: &'a str,
    paper: &'a Paper,
    sums: &'a [Sums],
}

impl Cell<'_> {
    /// The value of a score at each question that has it: the mean over its attempts.
    pub fn values(&self, score: &str) -> impl Iterator<Item = f64> {
        self.tallies(score).map(|(_, value)| value)
    }

    /// The same with the clusters.
    pub fn points(&self, score: &str) -> impl Iterator<Item = MetricPoint> {
        self.tallies(score).map(|(tally, value)| {
            let group = tally.group.as_deref().map_or_else(|| self.id(&tally.row), str::to_owned);
            MetricPoint { group, value }
        })
    }

    /// At most so many questions have a score.
    pub fn most(&self) -> usize {
        self.paper.tallies.len()
    }

    fn tallies(&self, score: &str) -> impl Iterator<Item = (&Tally, f64)> {
        let place = SCORES.iter().position(|name| *name == score);
        self.paper.tallies.iter().filter_map(move |tally| {
            let (sum, count) = self.sums.get(tally.sums as usize)?.0.get(place?).filter(|(_, count)| *count > 0)?;
            Some((tally, sum / f64::from(*count)))
        })
    }

    fn id(&self, row: &Row) -> String {
        match row {
            Row::Text(text) if text.is_empty() => format!("{}/{}", self.language.name, self.file),
            // Not a byte more than it needs: there may be very many.
            row => [self.language.name, "/", self.file, "/", &row.text()].concat(),
        }
    }

    /// Whether it is of one of the seven core subjects.
    pub fn is_core(&self) -> bool {
        CORE.contains(&self.subject)
    }
}
