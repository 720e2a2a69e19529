//! TMGBench: strategic reasoning in every strictly ordinal 2x2 game, alone and composed.
//!
//! The model names the pure-strategy Nash equilibria of a game; besides how often it is right, its answers tell whether
//! they are consistent and whether they keep the symmetry of the games.

mod adapter;
mod cells;
mod composite;
mod draw;
mod figures;
mod game;
mod grading;
mod heat_map;
mod import;
mod items;
mod load;
mod metrics;
mod mode;
mod nested;
mod official;
mod parse;
mod picture;
mod plain;
mod prompt;
mod robust;
mod robust_several;
mod samples;
mod setup;
mod story;
mod tally;
mod task;
mod template;
mod text;
mod topology;

pub use adapter::FAMILY;
pub use cells::{Cell, Cells};
pub use composite::{all_right, games_right, nested_right, parse_nested, parse_numbered};
pub use figures::{
    Figure, Frequencies, Response, Responses, Spread, at_game, bias, by_game, frequencies, inconsistency, over_grid,
    perfect_accuracy, significance, spread, standard,
};
pub use game::{Game, GameId, Payoffs, Player};
pub use heat_map::{Square, heat_map, heat_map_csv, heat_map_text};
pub use load::read_table;
pub use nested::{Rejection, Rule, Solution, solve};
pub use parse::{parse_answer, parse_list};
pub use picture::plot;
pub use robust::robust_answer;
pub use robust_several::{robust_nested, robust_numbered};
pub use story::{STORIES, Story, story, topics};
pub use task::rule_of_value;
pub use topology::Region;
