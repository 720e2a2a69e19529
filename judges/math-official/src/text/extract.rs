//! Finding the final answer in a completion (spec section 4).

use super::clean::drop_trailing;
use super::prediction::normalise_prediction;

/// Words after whose last occurrence the answer is sought; what precedes them is lost, boxes too.
const CUTS: [&str; 3] = ["herefore", "####", "# Answer"];
/// Sentences that follow the answer.
const AFTER: [&str; 2] = ["is the ans", "is our ans"];
/// Sentences that precede the answer.
const BEFORE: [&str; 3] = ["answer is", "answer:", "answer :"];

/// The final answer of a completion as the judge reads it, or `None` when there is none.
///
/// A boxed answer is already rewritten by [`normalise_prediction`]; an answer found by its sentence is not.
pub fn extract(completion: &str) -> Option<String> {
    let mut text = drop_trailing(completion.trim());
    for cut in CUTS {
        if text.contains(cut)
            && let Some(at) = text.rfind(cut)
        {
            text = text.get(at + cut.len()..).unwrap_or_default();
        }
    }
    let answer = if text.contains("oxed{") { normalise_prediction(boxed(text)) } else { sentence(text)? };
    if answer.is_empty() { None } else { Some(answer) }
}

/// The content of the box that counts, or all of the text when no box can be read.
fn boxed(text: &str) -> &str {
    let last = text.rfind("\\boxed").or_else(|| text.rfind("\\fbox"));
    if let Some(at) = last
        && let Some(end) = closing(text, at)
        && let Some(content) = text.get(at..end).and_then(|piece| piece.strip_prefix("\\boxed{"))
    {
        return content;
    }
    if let Some(at) = text.find("\\boxed{")
        && let Some(end) = closing(text, at)
        && let Some(content) = text.get(at + "\\boxed{".len()..end)
        && !content.is_empty()
    {
        return content;
    }
    text
}

/// Where the brace closes that is the first to open at or after `from`; escaped braces count like any other.
fn closing(text: &str, from: usize) -> Option<usize> {
    let mut depth = 0i64;
    for (at, byte) in text.bytes().enumerate().skip(from) {
        match byte {
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The answer as told by a sentence around it.
fn sentence(text: &str) -> Option<String> {
    for mark in AFTER {
        let mut parts = text.rsplit(mark);
        if let (Some(_), Some(part)) = (parts.next(), parts.next()) {
            let last = part.rsplit([',', '.', '!']).next().unwrap_or_default();
            return Some(undollar(last.trim()).to_owned());
        }
    }
    for mark in BEFORE {
        if let Some(part) = text.rsplit(mark).next().filter(|_| text.contains(mark)) {
            return Some(undollar(part.trim()).to_owned());
        }
    }
    None
}

/// Removes one pair of dollar signs around the text.
fn undollar(text: &str) -> &str {
    text.strip_prefix('$').and_then(|rest| rest.strip_suffix('$')).unwrap_or(text)
}
