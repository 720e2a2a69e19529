use super::table::{Flip, Flips};
use proctor_core::{GradedAttempt, Outcome, RunRecord};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A run with its grades, as it enters a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct RunGrades {
    /// The run.
    pub run: RunRecord,
    /// Its graded attempts in the order of its plan.
    pub grades: Vec<GradedAttempt>,
    /// The hash of each sample's content, by id.
    pub contents: HashMap<String, String>,
}

/// Which samples two runs share.
pub(super) struct Pairing {
    /// Ids that are the same on both sides and scored on both.
    pub shared: HashSet<String>,
    /// Ids scored in A alone.
    pub only_a: usize,
    /// Ids scored in B alone.
    pub only_b: usize,
    /// Ids scored on both sides whose content differs.
    pub changed: usize,
}

impl Pairing {
    /// Pairs two runs by sample and content.
    pub fn of(a: &RunGrades, b: &RunGrades) -> Self {
        let (in_a, in_b) = (scored(&a.grades), scored(&b.grades));
        let both: Vec<&&str> = in_a.intersection(&in_b).collect();
        let same = |id: &&&str| a.contents.get(**id) == b.contents.get(**id);
        let shared: HashSet<String> = both.iter().filter(|id| same(id)).map(|id| (**id).to_string()).collect();
        Self { only_a: in_a.len() - both.len(), only_b: in_b.len() - both.len(), changed: both.len() - shared.len(), shared }
    }
}

fn scored(grades: &[GradedAttempt]) -> HashSet<&str> {
    grades.iter().filter(|grade| grade.outcome.is_scored()).map(|grade| grade.sample_id.as_str()).collect()
}

/// The scored grades of the samples in `shared` that are in all of `slices`.
pub(super) fn narrowed(grades: &[GradedAttempt], shared: &HashSet<String>, slices: &[String]) -> Vec<GradedAttempt> {
    let fits = |grade: &&GradedAttempt| {
        grade.outcome.is_scored() && shared.contains(&grade.sample_id) && in_slices(&grade.strata, slices)
    };
    grades.iter().filter(fits).cloned().collect()
}

/// Whether a sample with these subsets is in all of `slices`; `kind=name` is the subset `name` or `kind name`. Case does not
/// matter.
pub fn in_slices(strata: &[String], slices: &[String]) -> bool {
    let has = |wanted: &str| strata.iter().any(|stratum| stratum.to_lowercase() == wanted.to_lowercase());
    slices.iter().all(|slice| match slice.split_once('=') {
        Some((kind, name)) => has(name.trim()) || has(&format!("{} {}", kind.trim(), name.trim())),
        None => has(slice.trim()),
    })
}

/// Attempts at one sample.
struct Tally {
    first: Outcome,
    right: usize,
    attempts: usize,
}

impl Tally {
    fn share(&self) -> f64 {
        self.right as f64 / self.attempts as f64
    }
}

fn tallies(grades: &[GradedAttempt]) -> (Vec<&str>, HashMap<&str, Tally>) {
    let mut order = Vec::new();
    let mut tallies: HashMap<&str, Tally> = HashMap::new();
    for grade in grades {
        let tally = tallies.entry(&grade.sample_id).or_insert_with(|| {
            order.push(grade.sample_id.as_str());
            Tally { first: grade.outcome, right: 0, attempts: 0 }
        });
        tally.attempts += 1;
        tally.right += usize::from(grade.outcome == Outcome::Correct);
    }
    (order, tallies)
}

/// The samples on which two runs differ; `most` of them by name, those that A got right and those that B did in turn.
pub(super) fn flips(a: (&str, &[GradedAttempt]), b: (&str, &[GradedAttempt]), most: usize) -> Flips {
    let ((order, in_a), (_, in_b)) = (tallies(a.1), tallies(b.1));
    let mut flips = Flips::default();
    let mut lists: [Vec<Flip>; 2] = Default::default();
    let [ours, theirs] = &mut lists;
    for id in order {
        let (Some(one), Some(other)) = (in_a.get(id), in_b.get(id)) else { continue };
        let list = match one.share().total_cmp(&other.share()) {
            std::cmp::Ordering::Greater => {
                flips.only_a += 1;
                &mut *ours
            }
            std::cmp::Ordering::Less => {
                flips.only_b += 1;
                &mut *theirs
            }
            std::cmp::Ordering::Equal if one.right > 0 => {
                flips.both += 1;
                continue;
            }
            std::cmp::Ordering::Equal => {
                flips.neither += 1;
                continue;
            }
        };
        if list.len() < most {
            let show = |run: &str| format!("proctor show {run} --sample {}", quoted(id));
            list.push(Flip {
                sample_id: id.to_owned(),
                a: one.first,
                b: other.first,
                right_a: (one.right, one.attempts),
                right_b: (other.right, other.attempts),
                show_a: show(a.0),
                show_b: show(b.0),
            });
        }
    }
    let [ours, theirs] = lists;
    let mut turns: BTreeMap<(usize, usize), Flip> = BTreeMap::new();
    turns.extend(ours.into_iter().enumerate().map(|(i, flip)| ((i, 0), flip)));
    turns.extend(theirs.into_iter().enumerate().map(|(i, flip)| ((i, 1), flip)));
    flips.list = turns.into_values().take(most).collect();
    flips
}

/// An id as a shell takes it for one word.
fn quoted(id: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '.' | ':' | '@' | '+' | ',');
    match !id.is_empty() && id.chars().all(plain) {
        true => id.to_owned(),
        false => format!("'{}'", id.replace('\'', "'\\''")),
    }
}
