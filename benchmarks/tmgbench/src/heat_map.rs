//! The inconsistency heat map: where on the 12x12 grid of games outcomes are named too often or too rarely (spec section 5).

use crate::cells::Cell;
use crate::figures::{frequencies, standard};
use crate::game::GameId;
use crate::tally::Tally;
use proctor_core::GradedAttempt;
use std::fmt::Write;

/// Games per side.
pub const SIDE: usize = 12;

/// One game on the map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Square {
    /// The game.
    pub game: GameId,
    /// Row and column from 1 at the top left.
    pub place: (usize, usize),
    /// Per outcome, in the order of the codes, how much more often it was named than is right, in [−1, 1]; `None` where
    /// the game has no answers.
    pub excess: Option<[f64; 4]>,
}

/// The map of answers to single games, row by row from the top left. `None` where there are none. The stories of a game
/// count together.
pub fn heat_map(grades: &[GradedAttempt]) -> Option<Vec<Square>> {
    heat_map_of(&Tally::of(grades))
}

/// The same of answers that are counted already.
pub fn heat_map_of(tally: &Tally) -> Option<Vec<Square>> {
    let all = tally.by_game();
    if all.is_empty() {
        return None;
    }
    let excess = |game: GameId| {
        let (named, right) = (frequencies(all.get(&game)?)?, standard(game.gold()));
        Some(Cell::ALL.map(|cell| named[cell.index() & 3] - right[cell.index() & 3]))
    };
    let mut squares: Vec<Square> = GameId::all().map(|game| Square { game, place: game.grid(), excess: excess(game) }).collect();
    squares.sort_by_key(|square| square.place);
    Some(squares)
}

/// The map as a table: a line per game with its place and the four values; empty values where a game has no answers.
pub fn heat_map_csv(grades: &[GradedAttempt]) -> Option<String> {
    let mut text = String::from("game,grid_row,grid_col,o1,o2,o3,o4\n");
    for Square { game, place: (row, column), excess } in heat_map(grades)? {
        let values = excess.map_or(",,,".to_owned(), |excess| excess.map(|value| format!("{value}")).join(","));
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{game},{row},{column},{values}");
    }
    Some(text)
}

/// The map in signs, for a terminal: each game is two signs wide and high, one an outcome. `+` and `*` are named too
/// often, `-` and `=` too rarely (from ½ on the second sign), `.` as often as is right, a blank was not asked.
pub fn heat_map_text(grades: &[GradedAttempt]) -> Option<String> {
    let squares = heat_map(grades)?;
    let mut text = String::new();
    for (number, row) in squares.chunks(SIDE).enumerate() {
        if number == SIDE / 2 {
            let half = "-".repeat(SIDE / 2 * 3);
            let _ = writeln!(text, "{half}+-{half}");
        }
        for pair in [[0, 1], [2, 3]] {
            let mut line = String::new();
            for (place, square) in row.iter().enumerate() {
                if place == SIDE / 2 {
                    line.push_str("| ");
                }
                line.extend(pair.map(|outcome| square.excess.map_or(' ', |excess| sign(excess[outcome & 3]))));
                line.push(' ');
            }
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
    Some(text)
}

fn sign(value: f64) -> char {
    match value {
        value if value >= 0.5 => '*',
        value if value > 0.0 => '+',
        value if value <= -0.5 => '=',
        value if value < 0.0 => '-',
        _ => '.',
    }
}
