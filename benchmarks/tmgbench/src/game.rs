//! Strictly ordinal 2x2 games and the 144 of them that differ by more than names (spec section 2).

use crate::cells::{Cell, Cells};
use std::fmt;
use std::sync::LazyLock;

/// A player: A picks the row, B the column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Player {
    /// Picks A1 or A2.
    A,
    /// Picks B1 or B2.
    B,
}

impl Player {
    /// `A` or `B`.
    pub fn letter(self) -> char {
        match self {
            Player::A => 'A',
            Player::B => 'B',
        }
    }
}

/// Payoffs of one player, in ranks from 1 (worst) to 4 (best), in the order of the outcome codes.
pub type Payoffs = [u8; 4];

/// A game of two players with two choices each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Game {
    /// What A gets in each outcome.
    pub a: Payoffs,
    /// What B gets in each outcome.
    pub b: Payoffs,
}

impl Game {
    /// What `player` gets in `cell`.
    pub fn payoff(&self, player: Player, cell: Cell) -> u8 {
        let payoffs = match player {
            Player::A => &self.a,
            Player::B => &self.b,
        };
        payoffs[cell.index() & 3]
    }

    /// The pure-strategy Nash equilibria: outcomes from which no player gains by changing only their own choice.
    pub fn equilibria(&self) -> Cells {
        self.equilibria_within(Cells::ALL)
    }

    /// The same where only the outcomes in `allowed` can be reached.
    pub fn equilibria_within(&self, allowed: Cells) -> Cells {
        let stays = |player: Player, cell: Cell, other: Cell| {
            !allowed.contains(other) || self.payoff(player, cell) >= self.payoff(player, other)
        };
        let stable = |cell: &Cell| {
            stays(Player::A, *cell, Cell::at(1 - cell.row(), cell.column()))
                && stays(Player::B, *cell, Cell::at(cell.row(), 1 - cell.column()))
        };
        allowed.iter().filter(stable).collect()
    }

    /// The choice (1 or 2) that is better for `player` whatever the other does.
    pub fn dominant(&self, player: Player) -> Option<u8> {
        let better = |own: usize| {
            [0, 1].into_iter().all(|other| {
                let (here, there) = match player {
                    Player::A => (Cell::at(own, other), Cell::at(1 - own, other)),
                    Player::B => (Cell::at(other, own), Cell::at(other, 1 - own)),
                };
                self.payoff(player, here) > self.payoff(player, there)
            })
        };
        if better(0) {
            return Some(1);
        }
        better(1).then_some(2)
    }

    /// The game with A's two choices, B's two choices or both called by each other's name.
    pub fn relabelled(&self, rows: bool, columns: bool) -> Game {
        let from = |cell: Cell| Cell::at(cell.row() ^ usize::from(rows), cell.column() ^ usize::from(columns)).index() & 3;
        Game { a: Cell::ALL.map(|cell| self.a[from(cell)]), b: Cell::ALL.map(|cell| self.b[from(cell)]) }
    }

    /// The game after the players changed places, in the stored orientation (spec section 2.3).
    pub fn sister(&self) -> Game {
        let from = |cell: Cell| cell.reflected().index() & 3;
        Game { a: Cell::ALL.map(|cell| self.b[from(cell)]), b: Cell::ALL.map(|cell| self.a[from(cell)]) }
    }

    /// Whether both players rank the four outcomes from 1 to 4 without ties.
    pub fn is_strictly_ordinal(&self) -> bool {
        let ranks = |payoffs: &Payoffs| (1..=4).all(|rank| payoffs.contains(&rank));
        ranks(&self.a) && ranks(&self.b)
    }
}

/// The number of a game type: layer (1–4), row and column (1–6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GameId {
    layer: u8,
    row: u8,
    column: u8,
}

impl GameId {
    /// All 144 in order.
    pub fn all() -> impl Iterator<Item = GameId> {
        (1..=4).flat_map(|layer| (1..=6).flat_map(move |row| (1..=6).map(move |column| GameId { layer, row, column })))
    }

    /// The id written with three digits, e.g. `111`.
    pub fn parse(text: &str) -> Option<GameId> {
        let [layer, row, column] = text.as_bytes() else { return None };
        let digit = |byte: &u8, most: u8| Some(byte.wrapping_sub(b'0')).filter(|digit| (1..=most).contains(digit));
        Some(GameId { layer: digit(layer, 4)?, row: digit(row, 6)?, column: digit(column, 6)? })
    }

    /// From 0 to 143, in order.
    pub fn index(self) -> usize {
        usize::from(self.layer - 1) * 36 + usize::from(self.row - 1) * 6 + usize::from(self.column - 1)
    }

    /// The layer: where the two players' best outcomes lie.
    pub fn layer(self) -> u8 {
        self.layer
    }

    /// Which of the six patterns A's payoffs have.
    pub fn row(self) -> u8 {
        self.row
    }

    /// Which of the six patterns B's payoffs have.
    pub fn column(self) -> u8 {
        self.column
    }

    /// Its payoffs (spec section 2.2).
    pub fn game(self) -> Game {
        let a = Game { a: pattern(PRISONER_A, self.row), b: [0; 4] }.relabelled(matches!(self.layer, 2 | 3), false).a;
        let b = Game { a: [0; 4], b: pattern(PRISONER_B, self.column) }.relabelled(false, matches!(self.layer, 3 | 4)).b;
        Game { a, b }
    }

    /// The same game with the players exchanged (spec section 2.3); 12 games are their own sisters.
    pub fn sister(self) -> GameId {
        let layer = match self.layer {
            2 => 4,
            4 => 2,
            same => same,
        };
        GameId { layer, row: self.column, column: self.row }
    }

    /// What both a game and its sister are called: the lower of the two ids. Intervals are clustered by it.
    pub fn pair(self) -> GameId {
        self.min(self.sister())
    }

    /// The type of any strictly ordinal game and how its choices are renamed to reach the stored orientation: whether A's
    /// two, whether B's two change names. `None` for a game with ties.
    pub fn of(game: &Game) -> Option<(GameId, bool, bool)> {
        if !game.is_strictly_ordinal() {
            return None;
        }
        let best = |payoffs: &Payoffs| Cell::ALL.into_iter().find(|cell| payoffs[cell.index() & 3] == 4);
        let columns = best(&game.a)?.column() == 0;
        let rows = best(&game.b)?.row() == 1;
        let stored = game.relabelled(rows, columns);
        GameId::all().find(|id| id.game() == stored).map(|id| (id, rows, columns))
    }
}

impl fmt::Display for GameId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.layer, self.row, self.column)
    }
}

/// A's payoffs in the Prisoner's Dilemma, 111.
const PRISONER_A: Payoffs = [1, 3, 2, 4];
/// B's payoffs in it.
const PRISONER_B: Payoffs = [4, 3, 2, 1];

/// The k-th pattern: from one to the next two ranks are exchanged, 1 and 2 on the way to an even one, 2 and 3 to an odd.
fn pattern(first: Payoffs, k: u8) -> Payoffs {
    (2..=k).fold(first, |payoffs, step| {
        let low = if step % 2 == 0 { 1 } else { 2 };
        payoffs.map(|rank| match rank {
            rank if rank == low => low + 1,
            rank if rank == low + 1 => low,
            rank => rank,
        })
    })
}

/// The equilibria of all types, by [`GameId::index`].
static EQUILIBRIA: LazyLock<Vec<Cells>> = LazyLock::new(|| GameId::all().map(|id| id.game().equilibria()).collect());

impl GameId {
    /// The right answer: the pure-strategy Nash equilibria of the type.
    pub fn gold(self) -> Cells {
        EQUILIBRIA.get(self.index()).copied().unwrap_or_default()
    }
}
