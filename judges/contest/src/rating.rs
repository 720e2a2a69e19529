//! The rating of a model in one contest (CodeElo spec section 5).

use crate::bundle::{Contest, ContestProblem, Standings};
use std::collections::{BTreeMap, HashSet};

/// A contest with fewer rated people, or just as many, has no rating.
const FEWEST_PEOPLE: usize = 200;

/// Whose reading of the algorithm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RatingMode {
    /// As upstream's code computes it.
    #[default]
    Official,
    /// People are those with both a row and a rating change, where upstream drops rows only and then refuses the contest
    /// (defect 4); a problem shared by two divisions also counts when its verdicts are kept under this contest's number
    /// (defect 12); an empty answer is no crash.
    Corrected,
}

/// What a model came to in a contest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ContestRating {
    /// Points, or problems solved.
    pub score: f64,
    /// Penalty in minutes.
    pub penalty: f64,
    /// How many people are at least as good.
    pub rank: usize,
    /// The performance rating.
    pub rating: i64,
    /// People the model is compared with.
    pub people: usize,
}

/// Why a contest has no rating.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The platform gave no rating changes.
    #[error("there are no rating changes of this contest")]
    NoRatingChanges,
    /// The platform gave no standings; upstream's code ends with a KeyError here.
    #[error("there are no standings of this contest")]
    NoStandings,
    /// Rows and rating changes do not belong together.
    #[error("{rows} rows of the standings belong to {changes} rating changes")]
    Mismatch {
        /// Rows left.
        rows: usize,
        /// Rating changes.
        changes: usize,
    },
    /// Too few people for a rating.
    #[error("it has {0} rated people, and a rating needs more than 200")]
    TooFew(usize),
}

/// Verdicts of a model by problem (contest and index, e.g. `2000A`), in the order of its attempts; `AC` is success.
pub type Verdicts = BTreeMap<String, Vec<String>>;

/// The model's rating in `contest`, or why there is none.
pub fn rate(contest: &Contest, verdicts: &Verdicts, mode: RatingMode) -> Result<ContestRating, Refusal> {
    let changes = contest.rating_changes.as_ref().ok_or(Refusal::NoRatingChanges)?;
    let standings = contest.standings.as_ref().ok_or(Refusal::NoStandings)?;
    let rated: HashSet<&str> = changes.iter().map(|change| change.handle.as_str()).collect();
    let mut seen = HashSet::new();
    let rows: Vec<_> = standings
        .rows
        .iter()
        .filter(|row| rated.contains(row.handle.as_str()) && (mode == RatingMode::Official || seen.insert(row.handle.as_str())))
        .collect();
    let mut ratings: Vec<i64> = changes.iter().map(|change| change.old_rating).collect();
    if mode == RatingMode::Corrected {
        let mut once = HashSet::new();
        let kept = changes.iter().filter(|change| seen.contains(change.handle.as_str()) && once.insert(change.handle.as_str()));
        ratings = kept.map(|change| change.old_rating).collect();
    }
    if rows.len() != ratings.len() {
        return Err(Refusal::Mismatch { rows: rows.len(), changes: ratings.len() });
    }
    if rows.len() <= FEWEST_PEOPLE {
        return Err(Refusal::TooFew(rows.len()));
    }
    let (score, penalty) = score(contest, standings, verdicts, mode);
    let below = |row: &&crate::bundle::StandingsRow| row.points < score || (row.points == score && row.penalty > penalty);
    let rank = rows.iter().position(below).unwrap_or(rows.len());
    Ok(ContestRating { score, penalty, rank, rating: search(&ratings, rank), people: rows.len() })
}

/// Points and penalty: a problem with points is worth these less 50 for each failed attempt before the first success, as
/// if solved in the first minute; without points it counts 1, and each failed attempt costs 10 minutes.
fn score(contest: &Contest, standings: &Standings, verdicts: &Verdicts, mode: RatingMode) -> (f64, f64) {
    let find = |problem: &ContestProblem| {
        let own = verdicts.get(&problem.key());
        match mode {
            RatingMode::Official => own,
            RatingMode::Corrected => own.or_else(|| verdicts.get(&format!("{}{}", contest.id, problem.index))),
        }
    };
    let (mut score, mut penalty) = (0.0, 0.0);
    for problem in &standings.problems {
        let first = find(problem).and_then(|verdicts| verdicts.iter().position(|verdict| verdict == "AC"));
        let Some(failed) = first else { continue };
        match problem.points {
            Some(points) => score += (points - 50.0 * failed as f64).max(0.0),
            None => {
                score += 1.0;
                penalty += 10.0 * failed as f64;
            }
        }
    }
    (score, penalty)
}

/// The largest whole rating up to the best person's and 99 whose expected place is not better than `rank`.
fn search(ratings: &[i64], rank: usize) -> i64 {
    let best = ratings.iter().copied().max().unwrap_or(0).max(0);
    let (mut low, mut high) = (0, best.saturating_add(100));
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if expected_place(ratings, middle) < rank as f64 {
            high = middle;
        } else {
            low = middle;
        }
    }
    low
}

/// 1 + Σ 1/(1 + 10^((rating − Rᵢ)/400)), summed in the order of the list.
fn expected_place(ratings: &[i64], rating: i64) -> f64 {
    let chance = |other: &i64| 1.0 / (1.0 + 10f64.powf((rating - other) as f64 / 400.0));
    ratings.iter().fold(1.0, |place, other| place + chance(other))
}
