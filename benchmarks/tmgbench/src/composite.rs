//! Answers to several games at once and whether they are right (spec section 6).

use crate::cells::Cells;
use crate::figures::Response;
use crate::game::GameId;
use crate::nested::Solution;
use crate::parse::parse_list;
use crate::text::{assignments, blocks, without_thoughts};

/// The largest number an answer may have; more games are never asked at once.
const MOST_ANSWERS: usize = 999;

/// The answers `answer_1 = […]` to `answer_n = […]`, in order; the one that is missing or cannot be read is `None`. They
/// must stand in one fenced block, the last that has any, or in a text without such a block. `None` where there are none.
pub fn parse_numbered(text: &str) -> Option<Vec<Response>> {
    let mut answers = Vec::new();
    for (suffix, list) in last_labelled(text, |suffix| number(suffix).is_some())? {
        let Some(place) = number(&suffix) else { continue };
        if answers.len() < place {
            answers.resize(place, None);
        }
        answers[place - 1] = list;
    }
    Some(answers)
}

/// The answers `answer_pre = […]` and `answer_core = […]`, found as the numbered ones are.
pub fn parse_nested(text: &str) -> (Response, Response) {
    let is_level = |suffix: &str| PRE.eq_ignore_ascii_case(suffix) || CORE.eq_ignore_ascii_case(suffix);
    let labelled = last_labelled(text, is_level).unwrap_or_default();
    let last =
        |label: &str| labelled.iter().rev().find(|(suffix, _)| suffix.eq_ignore_ascii_case(label)).and_then(|(_, list)| *list);
    (last(PRE), last(CORE))
}

const PRE: &str = "_pre";
const CORE: &str = "_core";

/// The number in `_7`.
fn number(suffix: &str) -> Option<usize> {
    suffix.strip_prefix('_')?.parse().ok().filter(|number| (1..=MOST_ANSWERS).contains(number))
}

/// The labelled answers of the last block that has any, else of the whole text.
fn last_labelled(text: &str, wanted: impl Fn(&str) -> bool) -> Option<Vec<(String, Response)>> {
    let text = without_thoughts(text)?;
    let labelled = |part: &str| -> Option<Vec<(String, Response)>> {
        let found = assignments(part, "answer").into_iter().filter(|(suffix, _)| wanted(suffix));
        let found: Vec<_> = found.map(|(suffix, list)| (suffix.to_owned(), list.and_then(parse_list))).collect();
        (!found.is_empty()).then_some(found)
    };
    blocks(&text).into_iter().rev().find_map(labelled).or_else(|| labelled(&text))
}

/// How many of the games are answered rightly, pairing by position.
pub fn games_right(games: &[GameId], answers: Option<&[Response]>) -> usize {
    games.iter().zip(answers.unwrap_or_default()).filter(|(game, answer)| **answer == Some(game.gold())).count()
}

/// Whether a sequential or parallel composite is right: as many answers as games, and each of them right.
pub fn all_right(games: &[GameId], answers: Option<&[Response]>) -> bool {
    answers.is_some_and(|answers| answers.len() == games.len()) && games_right(games, answers) == games.len()
}

/// Whether both levels of a nested pair are right. A pair that is not settled has no right answer.
pub fn nested_right(solution: Option<&Solution>, pre: Response, core: Response) -> bool {
    let same = |answer: Response, gold: Cells| answer == Some(gold);
    solution.is_some_and(|solution| same(pre, solution.pre) && same(core, solution.core))
}
