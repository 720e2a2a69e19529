//! An output made ready for reading: one spelling for what looks the same, no markup, and the words of it.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The output in NFC without invisible characters, markdown and mathematics' wrappers; line ends stay.
pub fn plain(output: &str) -> String {
    let composed: String = output.nfc().filter_map(visible).collect();
    unwrap_mathematics(&composed).chars().filter(|character| !matches!(character, '*' | '_' | '`' | '$' | '#')).collect()
}

/// A character in its usual form; nothing for one that cannot be seen.
fn visible(character: char) -> Option<char> {
    match character {
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}' => None,
        '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' => Some('\n'),
        '\n' => Some('\n'),
        // Full-width forms of ASCII.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0),
        _ if crate::official::is_python_space(character) => Some(' '),
        _ => Some(character),
    }
}

/// Commands whose braces are dropped and whose content stays.
const WRAPPERS: [&str; 12] = [
    "boxed",
    "text",
    "textbf",
    "textit",
    "mathbf",
    "mathrm",
    "mathit",
    "mathsf",
    "operatorname",
    "displaystyle",
    "left",
    "right",
];

/// Drops `\(`, `\)`, `\[`, `\]`, `\,`, `\ ` and the names of wrapping commands; a brace becomes a space, a fraction a
/// quotient.
fn unwrap_mathematics(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    let mut fractions: Vec<(usize, u8)> = Vec::new();
    let mut depth = 0usize;
    while let Some(character) = rest.chars().next() {
        let after = &rest[character.len_utf8()..];
        rest = after;
        match character {
            '\\' => {
                let length = after.bytes().take_while(u8::is_ascii_alphabetic).count();
                let (name, behind) = after.split_at(length);
                match name {
                    "" => {
                        // An escaped character: brackets and spaces of mathematics go, a backslash or a brace too.
                        if let Some(escaped) = after.chars().next() {
                            rest = &after[escaped.len_utf8()..];
                            match escaped {
                                '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';' | ':' | '!' | ' ' | '\\' => plain.push(' '),
                                other => plain.push(other),
                            }
                        }
                    }
                    "frac" | "dfrac" | "tfrac" => {
                        rest = behind;
                        fractions.push((depth, 0));
                    }
                    "over" => {
                        rest = behind;
                        plain.push('/');
                    }
                    name if WRAPPERS.contains(&name) => {
                        rest = behind;
                        plain.push(' ');
                    }
                    name => {
                        rest = behind;
                        plain.push('\\');
                        plain.push_str(name);
                    }
                }
            }
            '{' => {
                depth += 1;
                plain.push(' ');
            }
            '}' => {
                depth = depth.saturating_sub(1);
                let closes_numerator = fractions.last() == Some(&(depth, 0)) && rest.starts_with('{');
                if closes_numerator {
                    fractions.pop();
                    plain.push('/');
                } else {
                    plain.push(' ');
                }
            }
            other => plain.push(other),
        }
    }
    plain
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Letters, digits and marks in a row.
    Word,
    /// One character of punctuation or another symbol.
    Mark,
    /// The end of a line, several in a row being one.
    LineEnd,
}

/// A piece of a text; spaces are not tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its text.
    pub text: &'a str,
    /// Where it begins, in bytes.
    pub start: usize,
}

impl Token<'_> {
    /// Where it ends, in bytes.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it is this punctuation.
    pub fn is(&self, mark: &str) -> bool {
        self.kind == Kind::Mark && self.text == mark
    }
}

/// The tokens of a text, in order.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut characters = text.char_indices().peekable();
    while let Some((start, character)) = characters.next() {
        let kind = match character {
            '\n' => Kind::LineEnd,
            _ if character.is_whitespace() => continue,
            _ if is_word(character) => Kind::Word,
            _ => Kind::Mark,
        };
        let mut end = start + character.len_utf8();
        while let Some((place, next)) = characters.peek().copied() {
            let goes_on = match kind {
                Kind::Word => is_word(next),
                Kind::LineEnd => next == '\n' || next.is_whitespace(),
                Kind::Mark => false,
            };
            if !goes_on {
                break;
            }
            end = place + next.len_utf8();
            characters.next();
        }
        if let Some(text) = text.get(start..end) {
            tokens.push(Token { kind, text, start });
        }
    }
    tokens
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || is_combining_mark(character)
}

/// Lower case in which the four letters i of the Turkic alphabets are one.
pub fn fold(text: &str) -> String {
    folded(text.chars()).collect()
}

/// The same, character by character.
pub fn folded(characters: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    let lower = characters.flat_map(|character| match character {
        'İ' | 'I' | 'ı' => 'i'.to_lowercase(),
        other => other.to_lowercase(),
    });
    lower.filter(|character| *character != '\u{307}')
}
