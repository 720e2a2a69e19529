//! Parts of an answer's text: thoughts, fenced blocks, bracketed groups, assignments. Each is found in one pass.

use std::borrow::Cow;

const THOUGHT: &str = "<think>";
const THOUGHT_END: &str = "</think>";
const FENCE: &str = "```";
/// Most bytes of a number or word after a name, e.g. `_core`.
const LONGEST_SUFFIX: usize = 16;

/// The text without `<think>…</think>`; `None` where a thought is not closed.
pub fn without_thoughts(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(THOUGHT) {
        return Some(Cow::Borrowed(text));
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, thought)) = rest.split_once(THOUGHT) {
        kept.push_str(before);
        rest = thought.split_once(THOUGHT_END)?.1;
    }
    kept.push_str(rest);
    Some(Cow::Owned(kept))
}

/// The insides of the fenced blocks, the word after the fence included. The last one may be left open.
pub fn blocks(text: &str) -> Vec<&str> {
    text.split(FENCE).skip(1).step_by(2).collect()
}

/// The outermost `[…]` groups, brackets included.
pub fn groups(text: &str) -> Vec<&str> {
    let mut groups = Vec::new();
    let (mut depth, mut start) = (0usize, 0);
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            b'[' => {
                if depth == 0 {
                    start = place;
                }
                depth += 1;
            }
            b']' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    groups.extend(text.get(start..=place));
                }
            }
            _ => {}
        }
    }
    groups
}

/// Every `NAME =` and `NAME:` of a text in order, whatever the case: what stands before the sign after the name (a number
/// such as `_1`, or nothing), and the bracketed group that follows at once.
pub fn assignments<'a>(text: &'a str, name: &str) -> Vec<(&'a str, Option<&'a str>)> {
    let matching = closing_brackets(text);
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = find_word(bytes, name.as_bytes(), from) {
        let after = start + name.len();
        let suffix = bytes[after..].iter().take(LONGEST_SUFFIX).take_while(|byte| is_word(**byte)).count();
        let blank = |place: usize| place + bytes[place..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let sign = blank(after + suffix);
        from = after;
        if !matches!(bytes.get(sign), Some(b'=' | b':')) {
            continue;
        }
        let list = blank(sign + 1);
        let group = matching.get(list).copied().filter(|end| *end > 0).and_then(|end| text.get(list..=end));
        found.push((&text[after..after + suffix], group));
    }
    found
}

/// For each opening square bracket the place of the one that closes it; 0 for anything else.
fn closing_brackets(text: &str) -> Vec<usize> {
    let mut closing = vec![0; text.len()];
    let mut open = Vec::new();
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            b'[' => open.push(place),
            b']' => {
                if let Some(start) = open.pop() {
                    closing[start] = place;
                }
            }
            _ => {}
        }
    }
    closing
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn find_word(bytes: &[u8], word: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    rest.windows(word.len()).position(|window| window.eq_ignore_ascii_case(word)).map(|place| place + from)
}
