//! What a sample asks, as its target tells: the games, how their choices are named in the question, and the rules.

use crate::cells::{Cell, Cells};
use crate::game::{Game, GameId, Player};
use crate::nested::Rule;
use proctor_core::{BenchmarkError, Sample};
use serde_json::{Value, json};

/// A game as it is shown: perhaps with choices called by each other's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// The type.
    pub id: GameId,
    /// Whether A1 and A2 are exchanged in the question.
    pub rows: bool,
    /// Whether B1 and B2 are.
    pub columns: bool,
}

impl Shown {
    /// As stored.
    pub fn plain(id: GameId) -> Shown {
        Shown { id, rows: false, columns: false }
    }

    /// The game with the names of the question.
    pub fn game(self) -> Game {
        self.id.game().relabelled(self.rows, self.columns)
    }

    /// An outcome of the stored game in the names of the question, or the other way round.
    pub fn rename(self, cell: Cell) -> Cell {
        Cell::at(cell.row() ^ usize::from(self.rows), cell.column() ^ usize::from(self.columns))
    }

    /// A set of outcomes, renamed likewise.
    pub fn rename_all(self, cells: Cells) -> Cells {
        cells.map(|cell| self.rename(cell))
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// The equilibria of one game.
    Single(Shown),
    /// Of several.
    Several(Vec<Shown>),
    /// Of a pre-game and a core-game; the rules are those of the stored games.
    Nested {
        /// The game played first.
        pre: Shown,
        /// The game it restricts.
        core: Shown,
        /// How.
        rules: Vec<Rule>,
    },
}

impl Task {
    /// The games in order.
    pub fn games(&self) -> Vec<Shown> {
        match self {
            Task::Single(game) => vec![*game],
            Task::Several(games) => games.clone(),
            Task::Nested { pre, core, .. } => vec![*pre, *core],
        }
    }

    /// As it stands in a sample: the games, the right answers in codes of the stored games, and what else is needed.
    pub fn to_target(&self) -> Value {
        let ids = |games: &[Shown]| games.iter().map(|game| game.id.to_string()).collect::<Vec<_>>();
        let gold = |games: &[Shown]| games.iter().map(|game| game.id.gold().codes()).collect::<Vec<_>>();
        let games = self.games();
        let mut target = match self {
            Task::Single(game) => json!({"game": game.id.to_string(), "gold": game.id.gold().codes()}),
            Task::Several(games) => json!({"games": ids(games), "gold": gold(games)}),
            Task::Nested { pre, core, rules } => {
                let rules: Vec<Value> = rules.iter().map(rule_to_value).collect();
                let solution = crate::nested::solve(&pre.id.game(), &core.id.game(), rules_of(self));
                let gold = solution.map(|solution| json!({"pre": solution.pre.codes(), "core": solution.core.codes()}));
                json!({"pre": pre.id.to_string(), "core": core.id.to_string(), "rules": rules, "gold": gold})
            }
        };
        if games.iter().any(|game| game.rows || game.columns) {
            target["renamed"] = games.iter().map(|game| json!([game.rows, game.columns])).collect();
        }
        target
    }

    /// Read back.
    pub fn of(sample: &Sample) -> Result<Task, BenchmarkError> {
        parse(&sample.target).ok_or_else(|| {
            BenchmarkError::Input(format!("Sample {} has no target of TMGBench; it belongs to something else", sample.id))
        })
    }
}

fn rules_of(task: &Task) -> &[Rule] {
    match task {
        Task::Nested { rules, .. } => rules,
        _ => &[],
    }
}

fn parse(target: &Value) -> Option<Task> {
    let shown = |place: usize, id: &Value| {
        let renamed = |which: usize| target.get("renamed").and_then(|r| r.get(place)?.get(which)?.as_bool()).unwrap_or(false);
        Some(Shown { id: GameId::parse(id.as_str()?)?, rows: renamed(0), columns: renamed(1) })
    };
    if let Some(id) = target.get("game") {
        return Some(Task::Single(shown(0, id)?));
    }
    if let Some(ids) = target.get("games") {
        let games: Option<Vec<Shown>> = ids.as_array()?.iter().enumerate().map(|(place, id)| shown(place, id)).collect();
        return Some(Task::Several(games?));
    }
    let rules: Option<Vec<Rule>> = target.get("rules")?.as_array()?.iter().map(rule_of_value).collect();
    Some(Task::Nested { pre: shown(0, target.get("pre")?)?, core: shown(1, target.get("core")?)?, rules: rules? })
}

fn rule_to_value(rule: &Rule) -> Value {
    json!({"when": rule.when.codes(), "player": rule.player.letter().to_string(), "forbid": rule.forbid})
}

/// A rule as files write it: `{"when": "4", "player": "A", "forbid": 2}`.
pub fn rule_of_value(value: &Value) -> Option<Rule> {
    let player = match value.get("player")?.as_str()? {
        "A" => Player::A,
        "B" => Player::B,
        _ => return None,
    };
    let forbid = value.get("forbid")?.as_u64().filter(|choice| (1..=2).contains(choice))? as u8;
    Some(Rule { when: Cells::of_codes(value.get("when")?.as_str()?)?, player, forbid })
}
