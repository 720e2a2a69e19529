//! Two games of which the first decides what is allowed in the second (spec section 6.1).

use crate::cells::{Cell, Cells};
use crate::game::{Game, Player};

/// After one of the outcomes `when` of the pre-game, `player` may not use choice `forbid` in the core-game.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rule {
    /// The outcomes of the pre-game that set it off.
    pub when: Cells,
    /// Who is restricted.
    pub player: Player,
    /// The choice that is lost, 1 or 2.
    pub forbid: u8,
}

impl Rule {
    fn allows(&self, cell: Cell) -> bool {
        let choice = match self.player {
            Player::A => cell.row(),
            Player::B => cell.column(),
        };
        choice + 1 != usize::from(self.forbid)
    }
}

/// Why a pair of games with its rules has no clear right answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rejection {
    /// After some outcome of the pre-game the core-game has no equilibrium, or several.
    CoreSubgameNotUnique,
    /// The pre-game alone has no equilibrium, or several.
    PreGameNotUnique,
    /// Looking ahead, the pre-game has no equilibrium, or several.
    InducedNotUnique,
    /// Looking ahead changes nothing.
    Unchanged,
}

impl Rejection {
    /// The word used in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Rejection::CoreSubgameNotUnique => "core_subgame_not_unique",
            Rejection::PreGameNotUnique => "pre_game_ne_not_unique",
            Rejection::InducedNotUnique => "induced_ne_not_unique",
            Rejection::Unchanged => "ne_unchanged",
        }
    }
}

/// The right answers of a nested pair whose core-game always has one equilibrium.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Solution {
    /// The equilibria of the pre-game for players who look ahead.
    pub pre: Cells,
    /// Where the core-game then ends.
    pub core: Cells,
    /// The equilibria of the pre-game for players who do not.
    pub myopic_pre: Cells,
    /// Where the core-game ends after those.
    pub myopic_core: Cells,
    /// The equilibrium of the core-game after each outcome of the pre-game.
    pub subgame: [Cell; 4],
    /// Why the pair is no task; `None` where it is one.
    pub rejection: Option<Rejection>,
}

/// Solves a nested pair. `None`: the core-game is not settled after every outcome, [`Rejection::CoreSubgameNotUnique`].
pub fn solve(pre: &Game, core: &Game, rules: &[Rule]) -> Option<Solution> {
    let mut subgame = Cell::ALL;
    for (after, end) in Cell::ALL.into_iter().zip(&mut subgame) {
        let active = || rules.iter().filter(|rule| rule.when.contains(after));
        let allowed: Cells = Cell::ALL.into_iter().filter(|cell| active().all(|rule| rule.allows(*cell))).collect();
        *end = core.equilibria_within(allowed).only()?;
    }
    // Ranks go from 1 to 4, so this order is the lexicographic one: the core-game first.
    let worth = |player| Cell::ALL.map(|cell| 4 * core.payoff(player, subgame[cell.index() & 3]) + pre.payoff(player, cell));
    let induced = Game { a: worth(Player::A), b: worth(Player::B) }.equilibria();
    let ends = |cells: Cells| cells.map(|cell| subgame[cell.index() & 3]);
    let myopic = pre.equilibria();
    let rejection = match (myopic.only(), induced.only()) {
        (None, _) => Some(Rejection::PreGameNotUnique),
        (_, None) => Some(Rejection::InducedNotUnique),
        (own, looking_ahead) => (own == looking_ahead).then_some(Rejection::Unchanged),
    };
    Some(Solution { pre: induced, core: ends(induced), myopic_pre: myopic, myopic_core: ends(myopic), subgame, rejection })
}
