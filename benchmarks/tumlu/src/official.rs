//! Extraction exactly as upstream's committed scorer does it (spec section 4).

use crate::language::Language;

/// A letter that was found, and at which of the seven levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// `A` to `D`.
    pub letter: char,
    /// 0 to 6.
    pub level: u8,
}

const LETTERS: [char; 4] = ['A', 'B', 'C', 'D'];

/// What upstream reads in an output; `None` is unparsed. By level, then by letter, never by position.
pub fn extract(output: &str, language: &Language) -> Option<Found> {
    let text = prepare(output);
    let word = language.answer_word;
    let lower = language.lower_answer_word();
    for level in 0..7u8 {
        for letter in LETTERS {
            let pattern = match level {
                0 => format!("{word}: {letter}"),
                1 => format!("{lower}: {letter}"),
                2 => format!("{word} {letter})"),
                3 => format!("{lower} {letter})"),
                4 => format!("{word} {letter} "),
                5 => format!("{lower} {letter} "),
                _ => format!("{letter})"),
            };
            if text.contains(&pattern) {
                return Some(Found { letter, level });
            }
        }
    }
    None
}

/// One space for each run of white space, no asterisks, five Cyrillic capitals read as Latin ones; in this order, so
/// that an asterisk between two spaces leaves both.
fn prepare(output: &str) -> String {
    let mut text = String::with_capacity(output.len());
    let mut in_space = false;
    for character in output.chars() {
        if is_python_space(character) {
            if !in_space {
                text.push(' ');
            }
            in_space = true;
            continue;
        }
        in_space = false;
        match character {
            '*' => {}
            'А' => text.push('A'),
            'В' | 'Б' => text.push('B'),
            'С' => text.push('C'),
            'Д' => text.push('D'),
            other => text.push(other),
        }
    }
    text
}

/// White space to Python's `\s`, which counts the four information separators.
pub fn is_python_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}
