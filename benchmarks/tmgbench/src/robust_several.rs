//! The forgiving reading of answers to several games.

use crate::composite::{parse_nested, parse_numbered};
use crate::figures::Response;
use crate::parse::parse_list;
use crate::plain::plain;
use crate::robust::{after_thoughts, claimed, last_paragraphs};
use crate::text::{blocks, groups};

/// The answers to `count` games. What the official parser reads is taken; each other answer is looked for after the last
/// `answer k`, else the last `game k`; failing that, as many lists as there are games are taken in order.
pub fn robust_numbered(text: &str, count: usize, complete: bool) -> Vec<Response> {
    let nothing = || vec![None; count];
    let Some(text) = after_thoughts(text) else { return nothing() };
    let mut answers = parse_numbered(text).unwrap_or_default();
    if answers.len() > count {
        return nothing();
    }
    answers.resize(count, None);
    if answers.iter().all(Option::is_none)
        && let Some(unlabelled) = unlabelled(text, count)
    {
        return unlabelled;
    }
    if answers.iter().any(Option::is_none) {
        let text = plain(text);
        for word in ["answer", "game"] {
            if word == "game" && !complete {
                break;
            }
            for (number, passage) in labelled(&text, word, number_after) {
                if let Some(answer @ None) = number.checked_sub(1).and_then(|place| answers.get_mut(place)) {
                    *answer = if word == "game" { last_paragraphs(passage) } else { claimed(passage) };
                }
            }
        }
    }
    answers
}

/// The answers to a pre-game and a core-game.
pub fn robust_nested(text: &str, complete: bool) -> (Response, Response) {
    let Some(text) = after_thoughts(text) else { return (None, None) };
    let (mut pre, mut core) = parse_nested(text);
    if pre.is_some() && core.is_some() {
        return (pre, core);
    }
    let text = plain(text);
    let answers = labelled(&text, "answer", |rest| level_after(rest, &["_pre", " pre", "_core", " core"]));
    let games = if complete { game_passages(&text) } else { Vec::new() };
    for (answer, levels) in [(&mut pre, [0, 1]), (&mut core, [2, 3])] {
        let passages = || answers.iter().chain(&games).filter(|(level, _)| levels.contains(level));
        *answer = answer.or_else(|| passages().find_map(|(_, passage)| claimed(passage)));
    }
    (pre, core)
}

/// The passages that begin with `word` and a label, from last to first: each up to the next.
fn labelled<'a>(text: &'a str, word: &str, label: impl Fn(&str) -> Option<(usize, usize)>) -> Vec<(usize, &'a str)> {
    let lower = text.to_ascii_lowercase();
    let mut end = text.len();
    let mut passages = Vec::new();
    for (start, word) in lower.rmatch_indices(word) {
        let after = start + word.len();
        let Some((number, length)) = lower.get(after..end).and_then(&label) else { continue };
        if let Some(passage) = text.get(after + length..end) {
            passages.push((number, passage));
        }
        end = start;
    }
    passages
}

/// `_3`, ` 3`, `[3]` or ` #3` as a number, and how many bytes it takes.
fn number_after(rest: &str) -> Option<(usize, usize)> {
    let trimmed = rest.trim_start_matches(['_', ' ', '#', '[', '(']);
    let digits = trimmed.bytes().take(4).take_while(u8::is_ascii_digit).count();
    let number = trimmed.get(..digits)?.parse().ok()?;
    Some((number, rest.len() - trimmed.len() + digits))
}

/// Which of the words follows, and how many bytes it takes.
fn level_after(rest: &str, words: &[&str]) -> Option<(usize, usize)> {
    words.iter().enumerate().find(|(_, word)| rest.starts_with(**word)).map(|(place, word)| (place, word.len()))
}

/// What is said of the pre-game (0) and the core-game (2), from last to first: up to the line's end or the other game.
fn game_passages(text: &str) -> Vec<(usize, &str)> {
    let level = |word: &str, level: usize| {
        let passages = labelled(text, word, |rest| level_after(rest, &["-game", " game"]));
        passages.into_iter().map(move |(_, passage)| (level, passage))
    };
    let cut = |(level, passage): (usize, &'_ str)| -> usize {
        let other = if level == 0 { "core" } else { "pre-game" };
        [passage.find('\n'), passage.find(other)].into_iter().flatten().min().unwrap_or(passage.len())
    };
    level("pre", 0)
        .chain(level("core", 2))
        .map(|(level, passage)| (level, passage.get(..cut((level, passage))).unwrap_or(passage)))
        .collect()
}

/// As many lists as games in the last block or the whole text: side by side, or as the elements of one list.
fn unlabelled(text: &str, count: usize) -> Option<Vec<Response>> {
    let all = |lists: Vec<&str>| -> Option<Vec<Response>> {
        let lists: Vec<Response> = lists.into_iter().map(parse_list).collect();
        (lists.len() == count && lists.iter().all(Option::is_some)).then_some(lists)
    };
    let inside = |list: &str| list.get(1..list.len().saturating_sub(1)).map(groups).and_then(all);
    let of = |part: &str| {
        let lists = groups(part);
        all(lists.clone()).or_else(|| inside(lists.last()?))
    };
    blocks(text).last().and_then(|block| of(block)).or_else(|| of(text))
}
