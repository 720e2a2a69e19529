use super::lexer::{Token, TokenKind, tokens};
use super::resolve::resolve;
use crate::syntax::{Node, Span};
use std::fmt;

/// Deepest nesting that is read.
pub const MOST_DEPTH: u32 = 220;
/// Longest text that is read as mathematics, in bytes.
pub const MOST_BYTES: usize = 8_000;
/// Most tokens that are read.
pub const MOST_TOKENS: usize = 3_000;

/// How ambiguous writing is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reading {
    /// `5 m` is a quantity with a unit, not a product.
    pub units: bool,
    /// `1,000` is one number.
    pub thousands: bool,
    /// `x2` is a product, not an indexed name.
    pub digits_multiply: bool,
    /// `1/2x` is `1/(2x)`.
    pub tight_division: bool,
    /// `f(x)` is the function `f` of `x`, not a product.
    pub apply: bool,
    /// `j` is the imaginary unit.
    pub imaginary_j: bool,
}

impl Default for Reading {
    fn default() -> Self {
        Self { units: false, thousands: false, digits_multiply: false, tight_division: false, apply: true, imaginary_j: false }
    }
}

/// Why a text is no mathematics that can be read, and where reading stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The byte at which reading stopped.
    pub at: usize,
    /// What is wrong there.
    pub reason: String,
}

impl Unreadable {
    /// A reason at a place.
    pub fn new(at: usize, reason: impl Into<String>) -> Self {
        Self { at, reason: reason.into() }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "reading stopped at byte {}: {}", self.at, self.reason)
    }
}

/// Reads a whole text; nothing may be left over.
///
/// The work is proportional to the length of the text, which is bounded, and nesting is bounded too.
///
/// # Errors
/// The place at which reading stopped, and why.
pub fn read(text: &str, reading: &Reading) -> Result<Node, Unreadable> {
    if text.len() > MOST_BYTES {
        return Err(Unreadable::new(MOST_BYTES, format!("more than {MOST_BYTES} bytes are not read as mathematics")));
    }
    let source = tokens(text)?;
    if source.len() > MOST_TOKENS {
        return Err(Unreadable::new(0, format!("more than {MOST_TOKENS} symbols are not read as mathematics")));
    }
    let tokens = resolve(source, reading)?;
    if tokens.len() > MOST_TOKENS {
        return Err(Unreadable::new(0, format!("more than {MOST_TOKENS} symbols are not read as mathematics")));
    }
    let mut parser = Parser { tokens, at: 0, depth: 0, bars: 0, colon_stops: 0, angle: 0, reading: *reading, end: text.len() };
    let node = parser.whole()?;
    match parser.peek_token() {
        None => Ok(node),
        Some(token) => Err(Unreadable::new(token.span.start, "what follows does not belong to the expression before it")),
    }
}

/// The state of reading.
pub struct Parser {
    pub tokens: Vec<Token>,
    pub at: usize,
    pub depth: u32,
    /// Open absolute-value bars.
    pub bars: u32,
    /// Whether a colon ends the expression, as in `{x : x > 0}`.
    pub colon_stops: u32,
    /// Whether `>` closes an angle bracket.
    pub angle: u32,
    pub reading: Reading,
    pub end: usize,
}

/// What the parts of the parser answer.
pub type Parsed = Result<Node, Unreadable>;

impl Parser {
    pub fn peek_token(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    pub fn peek(&self) -> Option<&TokenKind> {
        self.tokens.get(self.at).map(|t| &t.kind)
    }

    pub fn peek_at(&self, offset: usize) -> Option<&TokenKind> {
        self.tokens.get(self.at + offset).map(|t| &t.kind)
    }

    pub fn span(&self) -> Span {
        self.tokens.get(self.at).map_or(Span { start: self.end, end: self.end }, |t| t.span)
    }

    pub fn last_span(&self) -> Span {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(Span::default(), |t| t.span)
    }

    pub fn is_mark(&self, character: char) -> bool {
        matches!(self.peek(), Some(TokenKind::Mark(c)) if *c == character)
    }

    pub fn mark_at(&self, offset: usize) -> Option<char> {
        match self.peek_at(offset) {
            Some(TokenKind::Mark(c)) => Some(*c),
            _ => None,
        }
    }

    pub fn eat(&mut self, character: char) -> bool {
        let found = self.is_mark(character);
        self.at += usize::from(found);
        found
    }

    pub fn fail<T>(&self, reason: impl Into<String>) -> Result<T, Unreadable> {
        Err(Unreadable::new(self.span().start, reason))
    }

    pub fn expect(&mut self, character: char) -> Result<(), Unreadable> {
        if self.eat(character) { Ok(()) } else { self.fail(format!("`{character}` is missing")) }
    }

    /// Runs `inner` one level deeper.
    pub fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, Unreadable>) -> Result<T, Unreadable> {
        if self.depth >= MOST_DEPTH {
            return self.fail(format!("more than {MOST_DEPTH} levels of nesting are not read"));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }
}
