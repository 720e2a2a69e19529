//! A second, more forgiving reading of answers, reported beside the official one. Linear in the length of the text.
//!
//! It takes what the official parser takes. Where that finds nothing, it looks for pairs such as `(A1, B2)`, `B2/A1` or
//! `A: A1, B: B2` after the last announcement of an answer, else in the last paragraphs, and leaves out sentences that
//! deny something; a statement that there is no equilibrium is the empty set.

use crate::cells::{Cell, Cells};
use crate::figures::Response;
use crate::parse::{parse_answer, parse_list};
use crate::plain::plain;
use crate::text::groups;

/// How many paragraphs from the end are looked at where no answer is announced.
const LAST_PARAGRAPHS: usize = 3;
/// Most bytes between the two choices of a pair.
const LONGEST_GAP: usize = 48;

/// The set of outcomes an answer names. `complete` is false for a text that was cut: then only an announced answer counts.
pub fn robust_answer(text: &str, complete: bool) -> Response {
    let text = after_thoughts(text)?;
    if let Some(cells) = parse_answer(text) {
        return Some(cells);
    }
    let text = plain(text);
    announced(&text).or_else(|| if complete { last_paragraphs(&text) } else { None })
}

/// What follows the last thought. An unclosed thought at the start leaves nothing.
pub(crate) fn after_thoughts(text: &str) -> Option<&str> {
    let text = text.rsplit_once("</think>").map_or(text, |(_, after)| after);
    (!text.contains("<think>")).then_some(text)
}

/// The answer after the last `answer`, `answer:`, `answer is` and the like that is followed by one.
fn announced(text: &str) -> Response {
    let lower = text.to_ascii_lowercase();
    let mut end = text.len();
    for (start, word) in lower.rmatch_indices("answer") {
        let region = text.get(start + word.len()..end)?;
        end = start;
        let sign = region.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ')' | '(' | 's'));
        let marked = [":", "=", "is", "are", "would be"].iter().any(|sign_word| starts_with_word(sign, sign_word));
        if !marked {
            continue;
        }
        let value = sign.trim_start_matches([':', '=']).trim_start();
        let found = claimed(paragraph(value));
        if found.is_some() {
            return found;
        }
    }
    None
}

fn starts_with_word(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// The text up to its first blank line.
fn paragraph(text: &str) -> &str {
    let mut length = 0;
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() {
            break;
        }
        length += line.len();
    }
    text.get(..length).unwrap_or(text)
}

/// What the last paragraphs claim, the last one first.
pub(crate) fn last_paragraphs(text: &str) -> Response {
    let mut paragraphs: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        let blank = line.trim().is_empty();
        if !blank && !open {
            paragraphs.push(String::new());
        }
        open = !blank;
        if let (false, Some(last)) = (blank, paragraphs.last_mut()) {
            last.push_str(line);
            last.push('\n');
        }
    }
    paragraphs.iter().rev().take(LAST_PARAGRAPHS).find_map(|text| claimed(text))
}

/// What a passage claims: a valid list, else the pairs outside of denials, else that there is none.
pub(crate) fn claimed(passage: &str) -> Response {
    if let Some(cells) = groups(passage).into_iter().rev().find_map(parse_list) {
        return Some(cells);
    }
    let mut cells = Cells::NONE;
    let mut denied_all = false;
    for sentence in sentences(passage) {
        let lower = sentence.to_ascii_lowercase();
        if denies_all(&lower) {
            denied_all = true;
            continue;
        }
        if !denies(&lower) {
            pairs(sentence).into_iter().for_each(|cell| cells.insert(cell));
        }
    }
    if cells.is_empty() { denied_all.then_some(Cells::NONE) } else { Some(cells) }
}

/// Sentences end at a line's end, or at a full stop, question mark, exclamation mark or semicolon before a space.
fn sentences(passage: &str) -> Vec<&str> {
    let bytes = passage.as_bytes();
    let mut sentences = Vec::new();
    let mut start = 0;
    for (place, byte) in bytes.iter().enumerate() {
        let spaced = bytes.get(place + 1).is_some_and(u8::is_ascii_whitespace);
        if *byte == b'\n' || spaced && matches!(byte, b'.' | b'!' | b'?' | b';') {
            sentences.extend(passage.get(start..=place));
            start = place + 1;
        }
    }
    sentences.extend(passage.get(start..));
    sentences
}

const NOTHING: [&str; 16] = [
    "no pure",
    "no nash",
    "no stable",
    "no equilibri",
    "no such",
    "no combination",
    "no optimal",
    "none of",
    "is none",
    "is empty",
    "empty list",
    "empty set",
    "∅",
    "no cell",
    "no outcome",
    "no strateg",
];

fn denies_all(lower: &str) -> bool {
    let bare = lower.trim_matches(|c: char| !c.is_alphanumeric());
    bare == "none" || bare == "no" || NOTHING.iter().any(|phrase| lower.contains(phrase)) || lower.trim() == "[]"
}

fn denies(lower: &str) -> bool {
    ["not ", "n't ", "n’t ", "cannot", "neither", "unstable", "deviat", "except", "rather than", "| no", "❌", "✗"]
        .iter()
        .any(|word| lower.contains(word))
}

/// The pairs of choices in a text: a choice of A and one of B, in either order, with little between them.
pub(crate) fn pairs(text: &str) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut waiting: Option<Choice> = None;
    for choice in choices(text) {
        match waiting {
            Some(first) if first.of_a != choice.of_a && joins(text, &first, &choice) => {
                let (a, b) = if first.of_a { (&first, &choice) } else { (&choice, &first) };
                cells.push(Cell::at(a.number, b.number));
                waiting = None;
            }
            _ => waiting = Some(choice),
        }
    }
    cells
}

/// `A1`, `A2`, `B1` or `B2` as a word of its own; two of them may stand together, as in `A1B2`.
struct Choice {
    of_a: bool,
    /// From 0.
    number: usize,
    start: usize,
    end: usize,
}

fn choices(text: &str) -> Vec<Choice> {
    let bytes = text.as_bytes();
    let mut choices: Vec<Choice> = Vec::new();
    for start in 0..bytes.len().saturating_sub(1) {
        let (of_a, number) = match (bytes[start], bytes[start + 1]) {
            (b'A' | b'a', digit @ b'1'..=b'2') => (true, digit - b'1'),
            (b'B' | b'b', digit @ b'1'..=b'2') => (false, digit - b'1'),
            _ => continue,
        };
        let joined = choices.last().is_some_and(|last| last.end == start);
        let before = start.checked_sub(1).and_then(|place| bytes.get(place));
        let fresh = joined || !before.is_some_and(|byte| byte.is_ascii_alphanumeric());
        let after = bytes.get(start + 2);
        let ends = !after.is_some_and(|byte| byte.is_ascii_alphanumeric()) || matches!(after, Some(b'A' | b'a' | b'B' | b'b'));
        if fresh && ends {
            choices.push(Choice { of_a, number: usize::from(number), start, end: start + 2 });
        }
    }
    choices
}

const JOINING: [&str; 17] = [
    "and", "player", "a", "b", "plays", "play", "chooses", "choose", "picks", "selects", "with", "against", "vs", "while",
    "choice", "strategy", "is",
];

/// Whether what stands between two choices joins them to one outcome: signs and joining words, no closing bracket.
fn joins(text: &str, first: &Choice, second: &Choice) -> bool {
    let Some(gap) = text.get(first.end..second.start) else { return false };
    if gap.len() > LONGEST_GAP || gap.contains([')', ']', '\n']) {
        return false;
    }
    let words = gap.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.into_iter().all(|word| JOINING.contains(&word.to_ascii_lowercase().as_str()))
}
