//! The state of the parser, and what happens where the text cannot be read on.
//!
//! Upstream's parser looks ahead before it goes on: a continuation that cannot be completed is not begun, and the
//! text read so far is the result. What has been begun because it could be completed must then hold: an index without
//! content after a complete symbol, or a decimal point without digits, is an error of the whole text.

use super::lexer::{Token, tokens};
use super::tree::Expression;

/// How deep texts may be nested, in units of which a pair of brackets costs a few and a function more: about where
/// upstream's recursion ends.
const DEEPEST: usize = 956;
/// What a pair of brackets costs.
const BRACKETS: usize = 8;
/// Steps granted to one text, by its tokens.
const STEPS: usize = 25;
/// Texts longer than this many bytes are not read: upstream's time limit ends before.
const LONGEST: usize = 6_000;
/// Powers, factorial signs and relations that may follow each other.
pub(crate) const CHAIN: usize = 60;

/// Why a text cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// No start of it is an expression, or what was begun does not hold.
    Unreadable,
    /// It is nested too deep or needs too much looking ahead.
    TooMuch,
}

/// Why a part of a text could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Nothing of this kind stands here: go another way.
    Here,
    /// What stands here was complete and is continued wrongly.
    Broken,
    /// The whole text is lost: a bad character was looked at, or too much work is needed.
    Lost,
}

pub(crate) type Parsed = Result<Expression, Stop>;

pub(crate) struct Parser<'a> {
    pub(crate) tokens: Vec<Token<'a>>,
    /// For each opening bracket the place of its closing one.
    closing: Vec<Option<u32>>,
    pub(crate) at: usize,
    depth: usize,
    /// Steps that are left.
    steps: usize,
    /// Whether a bad character stands somewhere.
    bad: bool,
    too_much: bool,
    /// Whether a bar may open an absolute value inside one.
    pub(crate) bars_open: bool,
    /// Whether a comma followed by three digits belongs to a number.
    pub(crate) thousands: bool,
}

/// Reads the longest readable start of the text.
pub fn parse(text: &str) -> Result<Expression, ParseError> {
    if text.len() > LONGEST {
        return Err(ParseError::TooMuch);
    }
    let tokens = tokens(text);
    let closing = match_brackets(&tokens);
    let steps = 2_000 + STEPS * tokens.len();
    let bad = tokens.last() == Some(&Token::Bad);
    let mut parser = Parser { tokens, closing, at: 0, depth: 0, steps, bad, too_much: false, bars_open: true, thousands: true };
    let result = parser.relation();
    match result {
        Ok(expression) => Ok(expression),
        Err(_) if parser.too_much => Err(ParseError::TooMuch),
        Err(_) => Err(ParseError::Unreadable),
    }
}

fn match_brackets(tokens: &[Token<'_>]) -> Vec<Option<u32>> {
    let mut closing = vec![None; tokens.len()];
    let mut open: Vec<(usize, char)> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Open(kind) => open.push((at, *kind)),
            Token::Close(kind) => {
                if let Some((start, opened)) = open.pop()
                    && opened == *kind
                    && let Some(slot) = closing.get_mut(start)
                {
                    *slot = u32::try_from(at).ok();
                } else {
                    open.clear();
                }
            }
            _ => {}
        }
    }
    closing
}

impl<'a> Parser<'a> {
    /// Ends the reading because it takes too much.
    pub(crate) fn give_up<T>(&mut self) -> Result<T, Stop> {
        self.too_much = true;
        Err(Stop::Lost)
    }

    /// The token here; a bad one loses the text.
    pub(crate) fn peek(&mut self) -> Result<Option<Token<'a>>, Stop> {
        let Some(left) = self.steps.checked_sub(1) else { return self.give_up() };
        self.steps = left;
        match self.tokens.get(self.at).copied() {
            Some(Token::Bad) => Err(Stop::Lost),
            token => Ok(token),
        }
    }

    /// The token some places further, without looking at it in upstream's sense.
    pub(crate) fn ahead(&self, places: usize) -> Option<Token<'a>> {
        self.tokens.get(self.at + places).copied()
    }

    /// Takes the token here when it is this one.
    pub(crate) fn take(&mut self, token: Token<'_>) -> Result<bool, Stop> {
        let found = self.peek()? == Some(token);
        if found {
            self.at += 1;
        }
        Ok(found)
    }

    /// Takes this token or goes another way.
    pub(crate) fn expect(&mut self, token: Token<'_>) -> Result<(), Stop> {
        if self.take(token)? { Ok(()) } else { Err(Stop::Here) }
    }

    /// Tries a way; if nothing of its kind stands here, the place is as before.
    pub(crate) fn attempt<T>(&mut self, way: impl FnOnce(&mut Self) -> Result<T, Stop>) -> Result<Option<T>, Stop> {
        let start = self.at;
        match way(self) {
            Ok(value) => Ok(Some(value)),
            Err(Stop::Here) => {
                self.at = start;
                Ok(None)
            }
            Err(stop) => Err(stop),
        }
    }

    /// Reads what stands in brackets that open here. Inside them nothing is complete, so all errors are of one kind.
    pub(crate) fn enclosed(&mut self, kind: char) -> Parsed {
        self.enclosed_by(kind, Self::sum)
    }

    pub(crate) fn enclosed_by<T>(&mut self, kind: char, content: impl FnOnce(&mut Self) -> Result<T, Stop>) -> Result<T, Stop> {
        if self.peek()? != Some(Token::Open(kind)) {
            return Err(Stop::Here);
        }
        if self.closing.get(self.at).copied().flatten().is_none() && !self.bad {
            return Err(Stop::Here);
        }
        if self.depth >= DEEPEST {
            return self.give_up();
        }
        self.depth += BRACKETS;
        let (bars_open, thousands) = (self.bars_open, self.thousands);
        self.bars_open = true;
        self.thousands = true;
        self.at += 1;
        let result = content(self).and_then(|value| self.expect(Token::Close(kind)).map(|()| value));
        self.depth -= BRACKETS;
        self.bars_open = bars_open;
        self.thousands = thousands;
        result.map_err(|stop| if stop == Stop::Broken { Stop::Here } else { stop })
    }

    /// Reads a part that lies so much deeper.
    pub(crate) fn deeper(&mut self, cost: usize, part: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        if self.depth >= DEEPEST {
            return self.give_up();
        }
        self.depth += cost;
        let result = part(self);
        self.depth -= cost;
        result
    }

    /// Reads between bars: first as if every bar inside opened another absolute value, then as if none did.
    pub(crate) fn between_bars(&mut self) -> Parsed {
        if self.depth >= DEEPEST {
            return self.give_up();
        }
        self.depth += BRACKETS;
        let before = self.bars_open;
        let start = self.at;
        let mut result = Err(Stop::Here);
        for bars_open in [true, false] {
            self.at = start;
            self.bars_open = bars_open;
            result = self.expect(Token::Bar).and_then(|()| self.sum()).and_then(|content| {
                self.expect(Token::Bar)?;
                Ok(content)
            });
            if matches!(result, Ok(_) | Err(Stop::Lost)) {
                break;
            }
        }
        self.bars_open = before;
        self.depth -= BRACKETS;
        result.map_err(|stop| if stop == Stop::Broken { Stop::Here } else { stop })
    }
}
