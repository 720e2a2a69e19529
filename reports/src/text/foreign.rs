use super::count;
use std::borrow::Cow;

/// A text of which only a part may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounded<'a> {
    /// What is shown; a line in it says what is left out.
    pub text: Cow<'a, str>,
    /// Bytes of the whole text, where something is left out.
    pub whole: Option<usize>,
}

/// The text itself up to `limit` bytes; of a longer one its beginning and its end, which is where errors stand.
pub fn bounded(text: &str, limit: usize) -> Bounded<'_> {
    if text.len() <= limit {
        return Bounded { text: Cow::Borrowed(text), whole: None };
    }
    let head = text.floor_char_boundary(limit / 4 * 3);
    let tail = text.ceil_char_boundary(text.len() - limit / 4);
    let left_out = count((tail - head) as u64);
    let shown = format!("{}\n… {left_out} bytes left out …\n{}", &text[..head], &text[tail..]);
    Bounded { text: Cow::Owned(shown), whole: Some(text.len()) }
}

/// The text with everything a reader could be deceived by made visible: control characters (a terminal would obey
/// them, a browser drop them) and marks that reorder the text around them. Line feeds and tabs stay.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for (i, c) in text.char_indices() {
        match c {
            // A line ending of two characters is one line ending.
            '\r' if text[i + 1..].starts_with('\n') => {}
            c if !is_hidden(c) => out.push(c),
            '\u{0}'..='\u{1f}' => out.push(char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}')),
            '\u{7f}' => out.push('\u{2421}'),
            c => out.push_str(&format!("⟨U+{:04X}⟩", c as u32)),
        }
    }
    Cow::Owned(out)
}

/// [`visible`], on one line.
pub fn one_line(text: &str) -> String {
    let trimmed = text.trim_end_matches(['\n', '\r']);
    visible(trimmed).replace('\n', " ⏎ ").replace('\t', " ")
}

fn is_hidden(c: char) -> bool {
    let reorders = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let separates = matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}');
    (c.is_control() && c != '\n' && c != '\t') || reorders || separates
}
