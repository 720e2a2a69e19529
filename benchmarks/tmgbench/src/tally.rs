//! The scored attempts of a run in a byte or two each, and a few numbers for each sample, so that a run of any length can be
//! summed up.

use crate::figures::{Response, Responses};
use crate::game::GameId;
use crate::grading::{ATOMS, CORE, MYOPIC, OFFICIAL, PRE, ROBUST, ROBUST_READ};
use crate::metrics::item_of;
use crate::parse::parse_list;
use proctor_core::{GradedAttempt, MetricPoint, Outcome};
use std::collections::{BTreeMap, HashMap};

/// Answers to single games by story; `None`: classic.
pub type Stories = BTreeMap<Option<u8>, Responses>;

/// The scores that figures are made of.
const SCORES: [&str; 7] = [OFFICIAL, ROBUST, ROBUST_READ, ATOMS, PRE, CORE, MYOPIC];

/// The scored attempts at one sample.
#[derive(Debug)]
struct Sums {
    group: Box<str>,
    strata: Box<[String]>,
    /// Of each of [`SCORES`].
    sums: [f64; SCORES.len()],
    count: f64,
}

/// The scored attempts of a run.
#[derive(Debug, Default)]
pub struct Tally {
    stories: Stories,
    /// In the order in which they came.
    samples: Vec<Sums>,
    places: HashMap<Box<str>, usize>,
}

impl Tally {
    /// That of `grades`.
    pub fn of(grades: &[GradedAttempt]) -> Self {
        let mut tally = Self::default();
        grades.iter().for_each(|grade| tally.add(grade));
        tally
    }

    /// Takes the next attempt; one that is not scored is left out.
    pub fn add(&mut self, grade: &GradedAttempt) {
        if !grade.outcome.is_scored() {
            return;
        }
        if let Some((game, story)) = item_of(&grade.sample_id) {
            self.stories.entry(story).or_default().entry(game).or_default().push(response(grade));
        }
        let place = match self.places.get(grade.sample_id.as_str()) {
            Some(place) => *place,
            None => {
                self.samples.push(Sums {
                    group: grade.group.as_str().into(),
                    strata: grade.strata.as_slice().into(),
                    sums: [0.0; SCORES.len()],
                    count: 0.0,
                });
                self.places.insert(grade.sample_id.as_str().into(), self.samples.len() - 1);
                self.samples.len() - 1
            }
        };
        if let Some(sample) = self.samples.get_mut(place) {
            for (sum, name) in sample.sums.iter_mut().zip(SCORES) {
                *sum += grade.scores.get(name).copied().unwrap_or(0.0);
            }
            sample.count += 1.0;
        }
    }

    /// Whether no attempt is scored.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// The answers to single games.
    pub fn stories(&self) -> &Stories {
        &self.stories
    }

    /// All answers by game: the stories of a game count together.
    pub fn by_game(&self) -> Responses {
        let mut all: BTreeMap<GameId, Vec<Response>> = BTreeMap::new();
        for (game, answers) in self.stories.values().flatten() {
            all.entry(*game).or_default().extend(answers);
        }
        all
    }

    /// The subsets of the samples, in the order in which they came.
    pub fn strata(&self) -> Vec<&String> {
        let mut strata: Vec<&String> = Vec::new();
        for stratum in self.samples.iter().flat_map(|sample| &sample.strata) {
            if !strata.contains(&stratum) {
                strata.push(stratum);
            }
        }
        strata
    }

    /// A score at each sample, or at each of one subset: the mean over its attempts.
    pub fn points(&self, score: &str, stratum: Option<&String>) -> Vec<MetricPoint> {
        let Some(place) = SCORES.iter().position(|name| *name == score) else { return Vec::new() };
        let inside = self.samples.iter().filter(|sample| stratum.is_none_or(|stratum| sample.strata.contains(stratum)));
        let point = |sample: &Sums| {
            let sum = sample.sums.get(place).copied().unwrap_or_default();
            MetricPoint { group: sample.group.to_string(), value: sum / sample.count }
        };
        inside.map(point).collect()
    }
}

/// What was read of an attempt; an answer that was cut or withheld has none.
fn response(grade: &GradedAttempt) -> Response {
    use Outcome::{Empty, Filtered, Refused, Truncated, Unparsed};
    let read = !matches!(grade.outcome, Truncated | Refused | Filtered | Unparsed | Empty);
    grade.extracted.as_deref().filter(|_| read).and_then(parse_list)
}
