//! What a model's rating is on average over the orders in which its attempts could have come.
//!
//! Which of eight attempts succeeds is chance, and the first success decides; published criticism found that the order
//! alone moves a rating by hundreds. The mean over all orders is exact here: the place of a problem's first success among
//! its attempts has a known distribution, problems are independent, and their points add up.

use crate::bundle::Contest;
use crate::rating::{Field, RatingMode, Refusal, worth};
use std::collections::{BTreeMap, HashMap};

/// Different scores of a contest that are kept apart; more would be a contest with very odd points.
const MOST_STATES: usize = 200_000;

/// Attempts at a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tries {
    /// How many were made.
    pub made: usize,
    /// How many of them were accepted.
    pub accepted: usize,
}

impl Tries {
    /// How probable it is that the first success is at each place, from 0, among the first `counted` of the attempts in
    /// random order: C(n−t−1, c−1) / C(n, c), as the product that avoids large numbers.
    fn first_success(self, counted: usize) -> Vec<f64> {
        let (made, accepted) = (self.made, self.accepted.min(self.made));
        let mut none_yet = 1.0;
        let mut places = Vec::new();
        for place in 0..counted.min(made) {
            let left = (made - place) as f64;
            places.push(none_yet * accepted as f64 / left);
            none_yet *= 1.0 - accepted as f64 / left;
        }
        places
    }
}

/// The mean of the rating in `contest` over all orders of the attempts, of which the first `counted` count; `tries` is by
/// problem, as for [`crate::rate`]. `None` where the contest has more different scores than can be kept apart.
pub fn expected_rating(
    contest: &Contest,
    tries: &BTreeMap<String, Tries>,
    counted: usize,
    mode: RatingMode,
) -> Result<Option<f64>, Refusal> {
    let field = Field::of(contest, mode)?;
    // By the bits of score and penalty, which are never negative, so that the order is theirs.
    let mut states: BTreeMap<(u64, u64), f64> = [((0, 0), 1.0)].into();
    for problem in &field.standings.problems {
        let places = field.find(problem, tries).map(|tries| tries.first_success(counted)).unwrap_or_default();
        let unsolved = (1.0 - places.iter().sum::<f64>()).max(0.0);
        if places.iter().all(|chance| *chance <= 0.0) {
            continue;
        }
        let mut next: BTreeMap<(u64, u64), f64> = BTreeMap::new();
        for ((score, penalty), weight) in states {
            *next.entry((score, penalty)).or_default() += weight * unsolved;
            for (failed, chance) in places.iter().enumerate().filter(|(_, chance)| **chance > 0.0) {
                let (points, minutes) = worth(problem, failed);
                let state = ((f64::from_bits(score) + points).to_bits(), (f64::from_bits(penalty) + minutes).to_bits());
                *next.entry(state).or_default() += weight * chance;
            }
        }
        next.retain(|_, weight| *weight > 0.0);
        if next.len() > MOST_STATES {
            return Ok(None);
        }
        states = next;
    }
    let mut ratings: HashMap<usize, f64> = HashMap::new();
    let mut mean = 0.0;
    for ((score, penalty), weight) in states {
        let rank = field.rank(f64::from_bits(score), f64::from_bits(penalty));
        mean += weight * *ratings.entry(rank).or_insert_with(|| field.rating(rank) as f64);
    }
    Ok(Some(mean))
}
