//! Reading a token as the letter of an option.

use super::text::{Kind, Token};
use super::words::is_copula;

/// How many options there are, and whether the text labels them А, Б, В, Г.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alphabet {
    /// The number of options.
    pub options: usize,
    /// Whether В is the third label, not a look-alike of B.
    pub cyrillic: bool,
}

impl Alphabet {
    /// The alphabet of a text: Cyrillic when Б or Г stands as a label and no C does.
    pub fn of(tokens: &[Token], options: usize) -> Alphabet {
        let labels = tokens.windows(2).filter(|pair| matches!(pair, [_, mark] if mark.is(")") || mark.is(".")));
        let labels: Vec<&str> = labels.filter_map(|pair| pair.first()).map(|token| token.text).collect();
        let has = |letters: &[&str]| labels.iter().any(|label| letters.contains(label));
        Alphabet { options, cyrillic: has(&["Б", "Г"]) && !has(&["C", "С", "D"]) }
    }

    /// The option that a text of one letter means.
    pub fn position(&self, text: &str, lower: bool) -> Option<usize> {
        let mut characters = text.chars();
        let (Some(character), None) = (characters.next(), characters.next()) else {
            return arabic(text).filter(|position| *position < self.options);
        };
        let upper = if lower { character.to_uppercase().next().unwrap_or(character) } else { character };
        let position = match upper {
            'A' | 'А' => 0,
            'B' | 'Б' => 1,
            'В' if self.cyrillic => 2,
            'В' => 1,
            'C' | 'С' => 2,
            'Г' if self.cyrillic => 3,
            'D' => 3,
            'Д' if self.cyrillic => 4,
            'Д' => 3,
            'E' | 'Е' => 4,
            _ => return arabic(text).filter(|position| *position < self.options),
        };
        (position < self.options).then_some(position)
    }

    /// The option that a token means: one letter, or one with an ending that makes a sentence of it.
    pub fn letter(&self, token: &Token, lower: bool) -> Option<usize> {
        if token.kind != Kind::Word {
            return None;
        }
        self.position(token.text, lower).or_else(|| {
            let first = token.text.chars().next()?;
            let (letter, suffix) = token.text.split_at(first.len_utf8());
            if is_copula(suffix) { self.position(letter, false) } else { None }
        })
    }
}

/// Labels in Arabic letters: by sound (a, be, se, de) or in the old order (alif, ba, jim, dal).
fn arabic(text: &str) -> Option<usize> {
    match text {
        "ا" | "أ" | "ئا" => Some(0),
        "ب" => Some(1),
        "س" | "ج" => Some(2),
        "د" => Some(3),
        _ => None,
    }
}

/// Whether a label is in Arabic letters.
pub fn is_arabic(text: &str) -> bool {
    arabic(text).is_some()
}

/// Whether the token at `place` stands by itself: no word, digit or sign of a formula at either side.
pub fn is_isolated(text: &str, tokens: &[Token], place: usize) -> bool {
    let Some(token) = tokens.get(place) else { return false };
    let before = text.get(..token.start).and_then(|text| text.chars().next_back());
    let mut after = text.get(token.end()..).unwrap_or_default().chars();
    let left = match before {
        None => true,
        Some('\'' | '’' | '‘' | 'ʻ' | 'ʼ') => {
            tokens.get(place.wrapping_sub(2)).is_none_or(|word| word.kind != Kind::Word || word.end() + 1 < token.start)
        }
        Some(character) => !is_formula(character) && character != '-',
    };
    let right = match after.next() {
        None => true,
        Some('-' | '–' | '‑') => match after.next() {
            // "B-variant", but not the bond "C-H" or "A-1".
            Some(next) if next.is_alphanumeric() => {
                let word = tokens.get(place + 2).map_or("", |word| word.text);
                word.chars().count() > 1 && !next.is_numeric()
            }
            _ => true,
        },
        Some('(' | '[') => false,
        Some(character) => !is_formula(character),
    };
    left && right
}

fn is_formula(character: char) -> bool {
    matches!(
        character,
        '=' | '+'
            | '^'
            | '/'
            | '×'
            | '·'
            | '\\'
            | '∩'
            | '∪'
            | '|'
            | '~'
            | '<'
            | '>'
            | '≡'
            | '→'
            | '−'
            | '%'
            | '°'
            | '&'
            | '@'
    )
}
