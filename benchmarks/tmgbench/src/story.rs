//! Stories of our own about each game: the set `story-lite`, made from templates and never to be compared with figures
//! published for upstream's stories (spec section 3.2).

use crate::cells::Cell;
use crate::draw::Draw;
use crate::game::{Game, GameId, Payoffs};
use crate::template;
use minijinja::context;
use proctor_core::BenchmarkError;
use serde::Deserialize;
use std::sync::LazyLock;

/// Stories per game.
pub const STORIES: u8 = 5;

const TOPICS: &str = include_str!("builtin/topics.json");

/// A story and what it was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// What it is about.
    pub topic: String,
    /// Who A and B are, e.g. `Amara, who runs a bakery`.
    pub characters: [String; 2],
    /// What A1, A2, B1 and B2 mean.
    pub actions: [String; 4],
    /// The whole text.
    pub text: String,
}

#[derive(Deserialize)]
struct Library {
    names: Vec<String>,
    topics: Vec<Topic>,
}

#[derive(Deserialize)]
struct Topic {
    topic: String,
    /// How a story begins, with `{A}` and `{B}` for the names.
    scenes: Vec<String>,
    roles: Vec<[String; 2]>,
    actions: Vec<[String; 2]>,
    /// What may come of it, from worst to best.
    outcomes: [Vec<String>; 4],
}

static LIBRARY: LazyLock<Result<Library, String>> =
    LazyLock::new(|| serde_json::from_str(TOPICS).map_err(|error| error.to_string()));

/// The topics in order.
pub fn topics() -> Vec<&'static str> {
    LIBRARY.as_ref().map(|library| library.topics.iter().map(|topic| topic.topic.as_str()).collect()).unwrap_or_default()
}

/// The `k`-th story of a game, told of `shown`, which is the game itself or the game with choices renamed. The same words
/// always belong to the same `game` and `k`.
pub fn story(game: GameId, k: u8, shown: &Game) -> Result<Story, BenchmarkError> {
    let library = LIBRARY.as_ref().map_err(|error| BenchmarkError::Input(format!("The built-in topics are broken: {error}")))?;
    tell(library, game, k, shown)?.ok_or_else(|| BenchmarkError::Input("The built-in topics lack words".into()))
}

fn tell(library: &Library, game: GameId, k: u8, shown: &Game) -> Result<Option<Story>, BenchmarkError> {
    let mut draw = Draw::new(format!("{game}:{k}"));
    let Some(parts) = draw_parts(library, &mut draw) else { return Ok(None) };
    let Parts { topic, scene, names: [a, b], roles, actions: [a_actions, b_actions], outcomes } = parts;
    let fate = |payoffs: &Payoffs, outcomes: &[&str; 4], cell: Cell| {
        let rank = payoffs[cell.index() & 3];
        outcomes[usize::from(rank - 1) & 3].to_owned()
    };
    let fates = Cell::ALL.map(|cell| {
        let (a_choice, b_choice) = (a_actions[cell.row()].as_str(), b_actions[cell.column()].as_str());
        let (row, column) = (cell.row() + 1, cell.column() + 1);
        let (a_fate, b_fate) = (fate(&shown.a, &outcomes[0], cell), fate(&shown.b, &outcomes[1], cell));
        context! { row, column, a_choice, b_choice, a_fate, b_fate }
    });
    let best_first = |outcomes: [&str; 4]| outcomes.into_iter().rev().map(str::to_owned).collect::<Vec<_>>();
    let text = template::render(
        template::STORY,
        context! {
            a, b, a_role => roles[0].as_str(), b_role => roles[1].as_str(),
            scene => scene.replace("{A}", a).replace("{B}", b),
            a_actions, b_actions, fates => fates.to_vec(),
            a_ranking => best_first(outcomes[0]), b_ranking => best_first(outcomes[1]),
        },
    )?;
    Ok(Some(Story {
        topic: topic.to_owned(),
        characters: [format!("{a}, {}", roles[0]), format!("{b}, {}", roles[1])],
        actions: [&a_actions[0], &a_actions[1], &b_actions[0], &b_actions[1]].map(String::from),
        text,
    }))
}

/// The words a story is made of.
struct Parts<'a> {
    topic: &'a str,
    scene: &'a str,
    names: [&'a str; 2],
    roles: &'a [String; 2],
    actions: [&'a [String; 2]; 2],
    /// Per player, from worst to best.
    outcomes: [[&'a str; 4]; 2],
}

fn draw_parts<'a>(library: &'a Library, draw: &mut Draw) -> Option<Parts<'a>> {
    let topic = draw_topic(&library.topics, draw)?;
    let two = |draw: &mut Draw, bound: usize| -> Option<[usize; 2]> { draw.distinct(2, bound).try_into().ok() };
    let [a, b] = two(draw, library.names.len())?;
    let [a_actions, b_actions] = two(draw, topic.actions.len())?;
    let mut outcomes = [[""; 4]; 2];
    for (rank, phrases) in topic.outcomes.iter().enumerate() {
        let [a, b] = two(draw, phrases.len())?;
        outcomes[0][rank & 3] = phrases.get(a)?;
        outcomes[1][rank & 3] = phrases.get(b)?;
    }
    Some(Parts {
        topic: &topic.topic,
        scene: draw.pick(&topic.scenes)?,
        names: [library.names.get(a)?, library.names.get(b)?],
        roles: draw.pick(&topic.roles)?,
        actions: [topic.actions.get(a_actions)?, topic.actions.get(b_actions)?],
        outcomes,
    })
}

/// The first topic, business, in one of nine stories, as upstream; the others evenly.
fn draw_topic<'a>(topics: &'a [Topic], draw: &mut Draw) -> Option<&'a Topic> {
    if draw.below(9) == 0 { topics.first() } else { draw.pick(topics.get(1..)?) }
}
