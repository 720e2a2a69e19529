//! Finding the final answer in what a model wrote.

use serde::Serialize;

/// Where an answer was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The last box.
    Box,
    /// One box for each slot.
    Boxes,
    /// A sentence such as "the answer is".
    Sentence,
    /// The whole of a short text.
    Whole,
}

/// Most boxes that are kept, counted from the end.
pub const MOST_BOXES: usize = 256;
/// Longest text that counts as an answer without a box or a sentence, in bytes.
const SHORT: usize = 120;

/// What comes after the model's reasoning.
pub fn after_reasoning(completion: &str) -> &str {
    match completion.rfind("</think>") {
        Some(at) => completion.get(at + "</think>".len()..).unwrap_or(""),
        None => completion,
    }
}

/// The contents of all boxes that are closed and not inside another box, in order, the last [`MOST_BOXES`] at most.
///
/// One pass over the text. An open box, as in a truncated completion, counts for nothing.
///
/// `\fbox` counts only where there is no `\boxed`.
pub fn boxes(text: &str) -> Vec<&str> {
    let found = boxes_of(text, &["\\boxed"]);
    if found.is_empty() { boxes_of(text, &["\\fbox", "\\framebox"]) } else { found }
}

fn boxes_of<'a>(text: &'a str, commands: &[&str]) -> Vec<&'a str> {
    let bytes = text.as_bytes();
    // Starts of boxes whose brace is open, with the depth of that brace.
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut found: Vec<(usize, usize)> = Vec::new();
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => {
                let rest = bytes.get(at..).unwrap_or(&[]);
                let command = commands.iter().find(|command| rest.starts_with(command.as_bytes()));
                if let Some(command) = command {
                    let mut next = at + command.len();
                    while bytes.get(next).is_some_and(|b| matches!(b, b' ' | b'\n' | b'\t')) {
                        next += 1;
                    }
                    if bytes.get(next) == Some(&b'{') {
                        open.push((next + 1, depth));
                        depth += 1;
                        at = next + 1;
                        continue;
                    }
                    at = next;
                    continue;
                }
                at += 2;
                continue;
            }
            b'{' => depth += 1,
            b'}' => {
                depth = depth.saturating_sub(1);
                while open.last().is_some_and(|(_, outer)| *outer > depth) {
                    open.pop();
                }
                if let Some((start, _)) = open.last().copied().filter(|(_, outer)| *outer == depth) {
                    open.pop();
                    // A box around others replaces them.
                    while found.last().is_some_and(|(inner, _)| *inner >= start) {
                        found.pop();
                    }
                    found.push((start, at));
                }
            }
            _ => {}
        }
        at += 1;
    }
    let skip = found.len().saturating_sub(MOST_BOXES);
    found.into_iter().skip(skip).filter_map(|(start, end)| text.get(start..end)).collect()
}

/// The final answer outside of boxes, and how it was found.
pub fn sentence(text: &str) -> Option<(&str, Source)> {
    // Only the end of a long text is searched.
    let mut start = text.len().saturating_sub(20_000);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let text = text.get(start..).unwrap_or("").trim();
    let lower = text.to_ascii_lowercase();
    for marker in ["answer is", "answers are", "answer:", "answer :", "answers:", "answer**:", "answer =", "####"] {
        if let Some(at) = lower.rfind(marker) {
            let after = text.get(at + marker.len()..).unwrap_or("");
            let after = first_sentence(after.trim_start_matches([':', ' ', '\n'])).trim();
            // Bold that began before the marker ends here, and the other way round.
            let after = match (after.strip_prefix("**"), after.strip_suffix("**")) {
                (Some(rest), None) => rest,
                (None, Some(rest)) => rest,
                _ => after,
            };
            if !after.trim().is_empty() {
                return Some((after.trim(), Source::Sentence));
            }
        }
    }
    for marker in ["is the answer", "is our answer", "is the final answer"] {
        if let Some(at) = lower.rfind(marker) {
            let before = text.get(..at).unwrap_or("").trim();
            let cut = before.rfind(['\n', ',']).map_or(0, |p| p + 1);
            let cut = before.rfind(". ").map_or(cut, |p| cut.max(p + 2));
            let mut answer = before.get(cut..).unwrap_or("").trim();
            for word in
                ["So ", "so ", "Thus ", "Hence ", "Therefore ", "Then ", "Thus, ", "And ", "thus ", "hence ", "therefore "]
            {
                answer = answer.strip_prefix(word).unwrap_or(answer).trim();
            }
            if !answer.is_empty() {
                return Some((answer, Source::Sentence));
            }
        }
    }
    // A heading with the answer below it.
    if let Some(at) = lower.rfind("# answer") {
        let after = text.get(at + "# answer".len()..).unwrap_or("").trim();
        if !after.is_empty() {
            return Some((first_sentence(after).trim(), Source::Sentence));
        }
    }
    let short = text.len() <= SHORT && !text.contains('\n') && !text.is_empty();
    short.then_some((text, Source::Whole))
}

/// Up to the end of the line or sentence.
fn first_sentence(text: &str) -> &str {
    let line = text.split("\n\n").next().unwrap_or("");
    let line = if line.contains("\\begin") { line } else { line.trim().split('\n').next().unwrap_or("") };
    let end = line.match_indices(". ").map(|(at, _)| at).find(|at| {
        // `3. 5` and `\cdot. ` are not the end of a sentence of their own.
        line.get(at + 2..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
    });
    line.get(..end.unwrap_or(line.len())).unwrap_or(line)
}
