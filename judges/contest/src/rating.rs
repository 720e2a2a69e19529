//! The rating of a model in one contest (CodeElo spec section 5).

use crate::bundle::{Contest, ContestProblem, Standings, StandingsRow};
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
    /// (defect 4); rows of teams, which upstream takes for their first members, are left out (defect 11); a problem shared
    /// by two divisions also counts when its verdicts are kept under this contest's number (defect 12).
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

/// The people of a contest that a model is compared with.
pub(crate) struct Field<'a> {
    pub standings: &'a Standings,
    contest: &'a Contest,
    mode: RatingMode,
    rows: Vec<&'a StandingsRow>,
    ratings: Vec<i64>,
}

impl<'a> Field<'a> {
    /// The people of `contest`, or why nobody can be compared with them.
    pub fn of(contest: &'a Contest, mode: RatingMode) -> Result<Self, Refusal> {
        let changes = contest.rating_changes.as_ref().ok_or(Refusal::NoRatingChanges)?;
        let standings = contest.standings.as_ref().ok_or(Refusal::NoStandings)?;
        let rated: HashSet<&str> = changes.iter().map(|change| change.handle.as_str()).collect();
        let mut seen = HashSet::new();
        let mut kept = |row: &'a StandingsRow| {
            let known = rated.contains(row.handle.as_str());
            known && (mode == RatingMode::Official || (row.members <= 1 && seen.insert(row.handle.as_str())))
        };
        let rows: Vec<_> = standings.rows.iter().filter(|row| kept(row)).collect();
        let mut ratings: Vec<i64> = changes.iter().map(|change| change.old_rating).collect();
        if mode == RatingMode::Corrected {
            let mut once = HashSet::new();
            let kept =
                changes.iter().filter(|change| seen.contains(change.handle.as_str()) && once.insert(change.handle.as_str()));
            ratings = kept.map(|change| change.old_rating).collect();
        }
        if rows.len() != ratings.len() {
            return Err(Refusal::Mismatch { rows: rows.len(), changes: ratings.len() });
        }
        if rows.len() <= FEWEST_PEOPLE {
            return Err(Refusal::TooFew(rows.len()));
        }
        Ok(Field { standings, contest, mode, rows, ratings })
    }

    /// What is kept in `of` for `problem`: under its own key, or, corrected, under this contest's number.
    pub fn find<'m, T>(&self, problem: &ContestProblem, of: &'m BTreeMap<String, T>) -> Option<&'m T> {
        let own = of.get(&problem.key());
        match self.mode {
            RatingMode::Official => own,
            RatingMode::Corrected => own.or_else(|| of.get(&format!("{}{}", self.contest.id, problem.index))),
        }
    }

    /// How many people are at least as good as somebody with this score and penalty.
    pub fn rank(&self, score: f64, penalty: f64) -> usize {
        let below = |row: &&StandingsRow| row.points < score || (row.points == score && row.penalty > penalty);
        self.rows.iter().position(below).unwrap_or(self.rows.len())
    }

    /// The performance rating that belongs to a rank.
    pub fn rating(&self, rank: usize) -> i64 {
        search(&self.ratings, rank)
    }
}

/// The model's rating in `contest`, or why there is none.
pub fn rate(contest: &Contest, verdicts: &Verdicts, mode: RatingMode) -> Result<ContestRating, Refusal> {
    let field = Field::of(contest, mode)?;
    let (mut score, mut penalty) = (0.0, 0.0);
    for problem in &field.standings.problems {
        let verdicts = field.find(problem, verdicts);
        let Some(failed) = verdicts.and_then(|verdicts| verdicts.iter().position(|verdict| verdict == "AC")) else { continue };
        let (points, minutes) = worth(problem, failed);
        score += points;
        penalty += minutes;
    }
    let rank = field.rank(score, penalty);
    Ok(ContestRating { score, penalty, rank, rating: field.rating(rank), people: field.rows.len() })
}

/// Points and minutes of penalty for a problem solved after `failed` attempts: a problem with points is worth these less
/// 50 for each, as if solved in the first minute; without points it counts 1, and each failure costs 10 minutes.
pub(crate) fn worth(problem: &ContestProblem, failed: usize) -> (f64, f64) {
    match problem.points {
        Some(points) => ((points - 50.0 * failed as f64).max(0.0), 0.0),
        None => (1.0, 10.0 * failed as f64),
    }
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
