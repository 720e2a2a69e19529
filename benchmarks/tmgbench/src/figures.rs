//! The figures over the grid of 144 games (spec section 5); pure arithmetic, shares in [0, 1].

use crate::cells::{Cell, Cells};
use crate::game::GameId;
use std::collections::BTreeMap;

/// One answer: a set of outcomes, or `None` where none could be read. An unreadable answer is not an empty set.
pub type Response = Option<Cells>;

/// All answers by game.
pub type Responses = BTreeMap<GameId, Vec<Response>>;

/// How often each outcome was named.
pub type Frequencies = [f64; 4];

/// The share of answers that name each outcome; an answer may name several, an unreadable one names none. `None` where
/// there are no answers.
pub fn frequencies(responses: &[Response]) -> Option<Frequencies> {
    let share = |count: usize| count as f64 / responses.len() as f64;
    let named = |cell: Cell| responses.iter().flatten().filter(|cells| cells.contains(cell)).count();
    (!responses.is_empty()).then(|| Cell::ALL.map(|cell| share(named(cell))))
}

/// The share of answers that are exactly the right set.
pub fn perfect_accuracy(responses: &[Response], gold: Cells) -> Option<f64> {
    let right = responses.iter().filter(|response| **response == Some(gold)).count();
    (!responses.is_empty()).then(|| right as f64 / responses.len() as f64)
}

/// 1 for each right outcome, 0 for each other.
pub fn standard(gold: Cells) -> Frequencies {
    Cell::ALL.map(|cell| if gold.contains(cell) { 1.0 } else { 0.0 })
}

/// Inconsistency degree of a game: the mean squared distance of the frequencies from the right answer.
pub fn inconsistency(frequencies: &Frequencies, gold: Cells) -> f64 {
    mean_square(frequencies, &standard(gold))
}

/// Bias degree of a game: the mean squared distance of the frequencies from those of the game with the players exchanged.
pub fn bias(frequencies: &Frequencies, sister: &Frequencies) -> f64 {
    mean_square(frequencies, &Cell::ALL.map(|cell| sister[cell.reflected().index() & 3]))
}

/// Significance degree of a game without equilibrium: how far outcomes 1 and 4 are preferred to 2 and 3, times the sign of
/// its region; in [−½, ½].
pub fn significance([upper_left, upper_right, lower_left, lower_right]: &Frequencies, sign: f64) -> f64 {
    0.25 * (upper_left + lower_right - upper_right - lower_left) * sign
}

fn mean_square(left: &Frequencies, right: &Frequencies) -> f64 {
    left.iter().zip(right).map(|(left, right)| (left - right).powi(2)).sum::<f64>() / 4.0
}

/// The name of a figure without its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Figure {
    /// Perfect accuracy rate: exactly the right set. Higher is better.
    Par,
    /// Inconsistency degree. Lower is better.
    Id,
    /// Bias degree: broken symmetry between sister games. Lower is better, but several constant answers score 0.
    Bd,
    /// Significance degree of the position habit, over the games without equilibrium.
    Sd,
    /// The share of answers that could not be read.
    InvalidRate,
}

impl Figure {
    /// Every figure.
    pub const ALL: [Figure; 5] = [Figure::Par, Figure::Id, Figure::Bd, Figure::Sd, Figure::InvalidRate];

    /// The usual name.
    pub fn as_str(self) -> &'static str {
        match self {
            Figure::Par => "PAR",
            Figure::Id => "ID",
            Figure::Bd => "BD",
            Figure::Sd => "SD",
            Figure::InvalidRate => "invalid_rate",
        }
    }

    /// The class sizes it is also given for.
    pub fn classes(self) -> &'static [usize] {
        match self {
            Figure::Par | Figure::Id | Figure::Bd => &[0, 1, 2],
            Figure::Sd | Figure::InvalidRate => &[],
        }
    }

    /// Whether `game` counts in it, restricted to games with `class` equilibria where that is given.
    pub fn covers(self, game: GameId, class: Option<usize>) -> bool {
        (self != Figure::Sd || game.region().is_some()) && class.is_none_or(|class| game.gold().len() == class)
    }
}

/// The value of a figure at one game; `None` where the game or, for the bias degree, its sister has no answers, or where
/// the figure does not cover it.
pub fn at_game(figure: Figure, game: GameId, responses: &Responses) -> Option<f64> {
    let own = responses.get(&game)?;
    match figure {
        Figure::Par => perfect_accuracy(own, game.gold()),
        Figure::Id => Some(inconsistency(&frequencies(own)?, game.gold())),
        Figure::Bd => Some(bias(&frequencies(own)?, &frequencies(responses.get(&game.sister())?)?)),
        Figure::Sd => Some(significance(&frequencies(own)?, game.region()?.sign())),
        Figure::InvalidRate => {
            (!own.is_empty()).then(|| own.iter().filter(|response| response.is_none()).count() as f64 / own.len() as f64)
        }
    }
}

/// The values of a figure game by game, of all games it covers that have one.
pub fn by_game(figure: Figure, class: Option<usize>, responses: &Responses) -> Vec<(GameId, f64)> {
    let games = GameId::all().filter(|game| figure.covers(*game, class));
    games.filter_map(|game| Some((game, at_game(figure, game, responses)?))).collect()
}

/// A figure over all games it covers; `None` where one of them has no value, because an incomplete grid has no overall
/// score.
pub fn over_grid(figure: Figure, class: Option<usize>, responses: &Responses) -> Option<f64> {
    let values = by_game(figure, class, responses);
    let covered = GameId::all().filter(|game| figure.covers(*game, class)).count();
    (values.len() == covered).then(|| values.iter().map(|(_, value)| value).sum::<f64>() / covered as f64)
}

/// Mean and spread of a figure over the stories told of each game.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The mean.
    pub mean: f64,
    /// The population standard deviation.
    pub deviation: f64,
    /// The deviation over the mean; `None` where the mean is 0.
    pub variation: Option<f64>,
}

/// The spread of values; `None` of none.
pub fn spread(values: &[f64]) -> Option<Spread> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
    let variation = (mean != 0.0).then(|| deviation / mean);
    (!values.is_empty()).then_some(Spread { mean, deviation, variation })
}
