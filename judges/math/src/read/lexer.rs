use super::characters::{Meaning, meaning};
use super::names::{Class, classify};
use super::parser::Unreadable;
use crate::syntax::{SetOperation, Sign, Span};

/// A token and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    pub kind: TokenKind,
    pub span: Span,
    /// Whether space comes before it.
    pub spaced: bool,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub enum TokenKind {
    /// Digits, perhaps with a point and an exponent.
    Number(String),
    /// A run of letters, not yet told apart.
    Letters(String),
    /// One name.
    Name(String),
    /// Upright text; the flag says that the command was a mathematical one, such as `\mathrm`.
    Text(String, bool),
    /// Prose.
    Words(String),
    /// A unit of measure after a quantity.
    Unit(String),
    /// One character that means itself.
    Mark(char),
    SetOpen,
    SetClose,
    AngleOpen,
    AngleClose,
    FloorOpen,
    FloorClose,
    CeilOpen,
    CeilClose,
    BarOpen,
    BarClose,
    DoubleBar,
    Sign(Sign),
    Set(SetOperation),
    PlusMinus(bool),
    And,
    Or,
    Degree,
    Currency,
    Dots,
    RowBreak,
    Begin(String),
    End(String),
    /// A command with arguments.
    Command(String),
}

/// Splits a text into tokens. The work is proportional to the length of the text.
///
/// # Errors
/// A character or command without meaning in a formula.
pub fn tokens(text: &str) -> Result<Vec<Token>, Unreadable> {
    let mut lexer = Lexer { text, at: 0, spaced: false, unclosed: 0, tokens: Vec::with_capacity(text.len() / 2 + 4) };
    while lexer.at < text.len() {
        lexer.step()?;
    }
    Ok(lexer.tokens)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    spaced: bool,
    tokens: Vec<Token>,
    unclosed: u32,
}

impl Lexer<'_> {
    fn push(&mut self, kind: TokenKind, start: usize) {
        self.tokens.push(Token { kind, span: Span { start, end: self.at }, spaced: self.spaced });
        self.spaced = false;
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn step(&mut self) -> Result<(), Unreadable> {
        let start = self.at;
        let Some(character) = self.rest().chars().next() else {
            self.at = self.text.len();
            return Ok(());
        };
        match character {
            '\\' => return self.command(),
            ' ' | '\t' | '\n' | '\r' | '~' => {
                self.at += 1;
                self.spaced = true;
            }
            '$' => {
                self.at += 1;
                self.spaced = true;
            }
            '0'..='9' => self.number(),
            '.' => {
                let rest = self.rest();
                if rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit) {
                    self.number();
                } else if [".\\overline", ".\\dot", ".\\bar"].iter().any(|period| rest.starts_with(period)) {
                    self.at += 1;
                    self.push(TokenKind::Number("0.".into()), start);
                } else if rest.starts_with("...") {
                    self.at += 3;
                    self.push(TokenKind::Dots, start);
                } else {
                    self.at += 1;
                    self.push(TokenKind::Mark('.'), start);
                }
            }
            'a'..='z' | 'A'..='Z' => {
                let length = self.rest().bytes().take_while(u8::is_ascii_alphabetic).count();
                let run = self.rest().get(..length).unwrap_or("").to_string();
                self.at += length;
                self.push(TokenKind::Letters(run), start);
            }
            '<' | '>' | '=' | '!' => self.relation(character),
            '*' => {
                self.at += 1;
                if self.rest().starts_with('*') {
                    self.at += 1;
                    self.push(TokenKind::Mark('^'), start);
                } else {
                    self.push(TokenKind::Mark('*'), start);
                }
            }
            '"' | '`' => {
                self.at += 1;
                self.spaced = true;
            }
            '+' | '-' | '/' | '^' | '_' | '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';' | ':' | '&' | '\'' | '%' | '?' | '#'
            | '|' => {
                self.at += 1;
                if character == '+' && self.rest().starts_with("/-") {
                    self.at += 2;
                    self.push(TokenKind::PlusMinus(false), start);
                } else {
                    self.push(TokenKind::Mark(character), start);
                }
            }
            _ if character.is_ascii() => return Err(Unreadable::new(start, "a character that has no place in a formula")),
            _ => return self.foreign(character),
        }
        Ok(())
    }

    /// A character outside ASCII.
    fn foreign(&mut self, character: char) -> Result<(), Unreadable> {
        let start = self.at;
        self.at += character.len_utf8();
        match meaning(character) {
            Meaning::Nothing => {}
            Meaning::Space => self.spaced = true,
            Meaning::Ascii(text) => {
                let spaced = self.spaced;
                if text.len() == 1 && text.bytes().all(|b| b.is_ascii_digit()) {
                    self.foreign_digits(text, start);
                } else {
                    let inner = tokens(text)?;
                    for token in inner {
                        self.push(token.kind, start);
                    }
                    if let Some(last) = self.tokens.last_mut() {
                        last.spaced |= spaced;
                    }
                }
            }
            Meaning::Name(name) => self.push(TokenKind::Name(name.to_string()), start),
            Meaning::Raised(first) => {
                let mut raised = String::from(first);
                while let Some(next) = self.rest().chars().next() {
                    let Meaning::Raised(digit) = meaning(next) else { break };
                    raised.push(digit);
                    self.at += next.len_utf8();
                }
                self.push(TokenKind::Mark('^'), start);
                self.push(TokenKind::Mark('{'), start);
                for token in tokens(&raised)? {
                    self.push(token.kind, start);
                }
                self.push(TokenKind::Mark('}'), start);
            }
            Meaning::Lowered(first) => {
                let mut lowered = String::from(first);
                while let Some(next) = self.rest().chars().next() {
                    let Meaning::Lowered(digit) = meaning(next) else { break };
                    lowered.push(digit);
                    self.at += next.len_utf8();
                }
                self.push(TokenKind::Mark('_'), start);
                for token in tokens(&lowered)? {
                    self.push(token.kind, start);
                }
            }
            Meaning::Token(kind) => self.push(kind, start),
            Meaning::Unknown => {
                if character.is_alphabetic() {
                    let length: usize = self.rest().chars().take_while(|c| c.is_alphabetic()).map(char::len_utf8).sum();
                    self.at += length;
                    let word = self.text.get(start..self.at).unwrap_or("").to_string();
                    self.push(TokenKind::Words(word), start);
                } else {
                    return Err(Unreadable::new(start, "a character that has no place in a formula"));
                }
            }
        }
        Ok(())
    }

    /// Full-width digits join the digits before them.
    fn foreign_digits(&mut self, digit: &str, start: usize) {
        if let Some(last) = self.tokens.last_mut()
            && last.span.end == start
            && !self.spaced
            && let TokenKind::Number(text) = &mut last.kind
        {
            text.push_str(digit);
            last.span.end = self.at;
            return;
        }
        self.push(TokenKind::Number(digit.to_string()), start);
    }

    fn number(&mut self) {
        let start = self.at;
        let bytes = self.rest().as_bytes();
        let digits = |from: usize| bytes.get(from..).unwrap_or(&[]).iter().take_while(|b| b.is_ascii_digit()).count();
        let mut length = digits(0);
        let mut text = String::from_utf8_lossy(bytes.get(..length).unwrap_or(&[])).into_owned();
        if bytes.get(length) == Some(&b'.') {
            let fraction = digits(length + 1);
            let whole_sentence = fraction == 0 && bytes.get(length + 1) == Some(&b'.');
            if !whole_sentence {
                text.push('.');
                text.push_str(&String::from_utf8_lossy(bytes.get(length + 1..length + 1 + fraction).unwrap_or(&[])));
                length += 1 + fraction;
            }
        }
        if matches!(bytes.get(length), Some(b'e' | b'E')) {
            let signed = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
            let exponent = digits(length + 1 + signed);
            let end = length + 1 + signed + exponent;
            // `2e3x` is 2000 x, but `3e2^x` is not a number with an exponent.
            if exponent > 0 && !matches!(bytes.get(end), Some(b'^' | b'.')) {
                text.push('e');
                text.push_str(&String::from_utf8_lossy(bytes.get(length + 1..end).unwrap_or(&[])));
                length = end;
            }
        }
        self.at += length.max(1);
        self.push(TokenKind::Number(text), start);
    }

    fn relation(&mut self, character: char) {
        let start = self.at;
        let rest = self.rest();
        let (kind, length) = if rest.starts_with("<=") || rest.starts_with("=<") {
            (TokenKind::Sign(Sign::LessEqual), 2)
        } else if rest.starts_with(">=") || rest.starts_with("=>") {
            (TokenKind::Sign(Sign::GreaterEqual), 2)
        } else if rest.starts_with("!=") || rest.starts_with("<>") {
            (TokenKind::Sign(Sign::NotEqual), 2)
        } else if rest.starts_with("==") {
            (TokenKind::Sign(Sign::Equal), 2)
        } else {
            let kind = match character {
                '<' => TokenKind::Sign(Sign::Less),
                '>' => TokenKind::Sign(Sign::Greater),
                '=' => TokenKind::Sign(Sign::Equal),
                _ => TokenKind::Mark('!'),
            };
            (kind, 1)
        };
        self.at += length;
        self.push(kind, start);
    }

    fn command(&mut self) -> Result<(), Unreadable> {
        let start = self.at;
        self.at += 1;
        let length = self.rest().bytes().take_while(u8::is_ascii_alphabetic).count();
        if length == 0 {
            return self.escaped(start);
        }
        let name = self.rest().get(..length).unwrap_or("").to_string();
        self.at += length;
        match classify(&name) {
            Class::Skip => self.spaced |= name == "quad" || name == "qquad",
            Class::Delimiter => {
                // `\left.` and `\right.` are invisible.
                let blanks = self.rest().bytes().take_while(|b| *b == b' ').count();
                if self.rest().get(blanks..).is_some_and(|rest| rest.starts_with('.')) {
                    self.at += blanks + 1;
                }
            }
            Class::Token(kind) => self.push(kind, start),
            Class::Text(mathematical) => match self.braced() {
                Some(content) => self.push(TokenKind::Text(content, mathematical), start),
                None => self.spaced = true,
            },
            Class::Environment(begin) => {
                let content = self.braced().unwrap_or_default();
                let content = content.trim_end_matches('*').trim().to_string();
                let kind = if begin { TokenKind::Begin(content.clone()) } else { TokenKind::End(content.clone()) };
                self.push(kind, start);
                if begin && content == "array" {
                    // The column specification says nothing about the value.
                    let _ = self.braced();
                }
            }
            Class::Swallow => {
                let _ = self.braced();
            }
            Class::Command => self.push(TokenKind::Command(name), start),
            Class::Unknown => return Err(Unreadable::new(start, format!("the command \\{} has no known meaning", clip(&name)))),
        }
        Ok(())
    }

    /// A backslash before something that is no letter.
    fn escaped(&mut self, start: usize) -> Result<(), Unreadable> {
        let Some(next) = self.rest().chars().next() else {
            // A lone backslash at the end.
            return Ok(());
        };
        self.at += next.len_utf8();
        match next {
            ',' | ';' | ':' | '!' | ' ' | '\n' | '\t' | '>' | '/' | '(' | ')' | '[' | ']' | '"' | '*' => {
                self.spaced = next != '!'
            }
            '{' => self.push(TokenKind::SetOpen, start),
            '}' => self.push(TokenKind::SetClose, start),
            '\\' => {
                // A row may be set apart with `\\[2mm]`.
                let rest = self.rest();
                if rest.starts_with('[')
                    && let Some(end) = rest.find(']').filter(|end| *end < 12)
                {
                    let inside = rest.get(1..end).unwrap_or("");
                    if inside.ends_with("pt")
                        || inside.ends_with("mm")
                        || inside.ends_with("em")
                        || inside.ends_with("ex")
                        || inside.ends_with("cm")
                    {
                        self.at += end + 1;
                    }
                }
                self.push(TokenKind::RowBreak, start);
            }
            '%' => self.push(TokenKind::Mark('%'), start),
            '$' => self.push(TokenKind::Currency, start),
            '|' => self.push(TokenKind::DoubleBar, start),
            '_' => self.push(TokenKind::Mark('_'), start),
            '#' | '&' => self.push(TokenKind::And, start),
            '-' | '+' | '=' => self.push(if next == '=' { TokenKind::Sign(Sign::Equal) } else { TokenKind::Mark(next) }, start),
            '0'..='9' => {
                self.at -= 1;
                self.number();
            }
            _ => return Err(Unreadable::new(start, "a backslash before a character that takes none")),
        }
        Ok(())
    }

    /// The content of a brace group that follows, read past it.
    fn braced(&mut self) -> Option<String> {
        // Each group that does not close was looked for up to the end.
        if self.unclosed > 20 {
            return None;
        }
        let rest = self.rest();
        let open = rest.find(|c: char| !c.is_whitespace())?;
        if rest.as_bytes().get(open) != Some(&b'{') {
            return None;
        }
        let mut depth = 0_usize;
        let mut escaped = false;
        for (offset, byte) in rest.bytes().enumerate().skip(open) {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'{' => depth += 1,
                b'}' => {
                    depth -= 1;
                    if depth == 0 {
                        let content = rest.get(open + 1..offset)?.to_string();
                        self.at += offset + 1;
                        return Some(content);
                    }
                }
                _ => {}
            }
        }
        self.unclosed += 1;
        None
    }
}

/// At most the first twenty characters.
pub fn clip(name: &str) -> String {
    name.chars().take(20).collect()
}
