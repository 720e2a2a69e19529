//! What is known of each of the 144 types beyond its payoffs (spec sections 2.2 to 2.5).

use crate::cells::Cell;
use crate::game::{GameId, Player};

/// The two regions of games without a pure equilibrium: in which direction a position habit shows there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Region {
    /// Layer 2: a habit favours outcomes 1 and 4.
    Green,
    /// Layer 4: a habit favours outcomes 2 and 3.
    Yellow,
}

impl Region {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Region::Green => "green",
            Region::Yellow => "yellow",
        }
    }

    /// The sign in the significance degree (spec section 5).
    pub fn sign(self) -> f64 {
        match self {
            Region::Green => 1.0,
            Region::Yellow => -1.0,
        }
    }
}

impl GameId {
    /// The region of a game without a pure equilibrium; `None` for all others.
    pub fn region(self) -> Option<Region> {
        match self.layer() {
            _ if !self.gold().is_empty() => None,
            2 => Some(Region::Green),
            4 => Some(Region::Yellow),
            _ => None,
        }
    }

    /// Whether the game is its own sister.
    pub fn is_symmetric(self) -> bool {
        self.sister() == self
    }

    /// Whether its only equilibrium is strictly worse for both players than some other outcome.
    pub fn is_equilibrium_inferior(self) -> bool {
        let game = self.game();
        let better = |here: Cell| {
            Cell::ALL.into_iter().any(|there| {
                [Player::A, Player::B].into_iter().all(|player| game.payoff(player, there) > game.payoff(player, here))
            })
        };
        self.gold().only().is_some_and(better)
    }

    /// Whether the two payoffs sum to 5 in every outcome: pure conflict.
    pub fn is_constant_sum(self) -> bool {
        let game = self.game();
        game.a.iter().zip(&game.b).all(|(a, b)| a + b == 5)
    }

    /// Whether one outcome is best for both.
    pub fn is_win_win(self) -> bool {
        let game = self.game();
        game.a.iter().zip(&game.b).any(|pair| pair == (&4, &4))
    }

    /// Row and column in the 12x12 display, from 1 at the top left (spec section 2.5).
    pub fn grid(self) -> (usize, usize) {
        let place = |digit: u8| [5, 6, 1, 2, 3, 4].iter().position(|other| *other == digit).map_or(0, |place| place + 1);
        let below = if matches!(self.layer(), 1 | 2) { 6 } else { 0 };
        let right = if matches!(self.layer(), 2 | 3) { 6 } else { 0 };
        (7 - place(self.row()) + below, place(self.column()) + right)
    }

    /// The common name, where the game has one.
    pub fn name(self) -> Option<&'static str> {
        let digits = (self.layer(), self.row(), self.column());
        Some(match digits {
            (1, 1, 1) => "Prisoner's Dilemma",
            (1, 2, 2) => "Chicken",
            (1, 3, 3) => "Leader (Battle of the Sexes)",
            (1, 4, 4) => "Hero",
            (1, 5, 5) => "Compromise",
            (1, 6, 6) => "Deadlock",
            (3, 1, 1) => "Concord (No Conflict)",
            (3, 2, 2) => "Stag Hunt",
            (3, 3, 3) => "Assurance",
            (3, 4, 4) => "Coordination",
            (3, 5, 5) => "Peace",
            (3, 6, 6) => "Harmony",
            _ if self.is_constant_sum() && self.gold().is_empty() => "Constant-sum cycle",
            _ if self.is_constant_sum() => "Constant-sum",
            _ if self.is_equilibrium_inferior() => "Alibi game (asymmetric PD)",
            _ => return None,
        })
    }
}
