//! What all rules stand on: tokens, clauses and sentences.

use super::letters::{Alphabet, is_isolated};
use super::options::Options;
use super::rules::{Found, Rule};
use super::text::{Kind, Token};
use super::words::{is_conjunction, is_negation, is_none, is_other};

/// A text and what is needed to read it; rules are its methods.
pub struct Reader<'a> {
    /// The text, plain.
    pub text: &'a str,
    /// Its tokens.
    pub tokens: &'a [Token<'a>],
    /// How letters are read.
    pub alphabet: Alphabet,
    /// The options' texts.
    pub options: &'a Options,
    /// Whether an option may be known by its text.
    pub by_text: bool,
}

impl Reader<'_> {
    pub fn found(&self, position: usize, rule: Rule, from: usize, to: usize) -> Option<Found> {
        let start = self.tokens.get(from)?.start;
        let end = self.tokens.get(to)?.end();
        let text: String = self.text.get(start..end)?.chars().take(200).collect();
        Some(Found { position, rule, text })
    }

    pub fn token(&self, place: usize) -> Option<&Token<'_>> {
        self.tokens.get(place)
    }

    /// The option that the token at `place` means, standing by itself.
    pub fn letter(&self, place: usize, lower: bool) -> Option<usize> {
        let position = self.alphabet.letter(self.token(place)?, lower)?;
        is_isolated(self.text, self.tokens, place).then_some(position)
    }

    pub fn is_mark(&self, place: usize, marks: &[&str]) -> bool {
        self.token(place).is_some_and(|token| token.kind == Kind::Mark && marks.contains(&token.text))
    }

    /// "A and B" names no single option. "C, B. Name" does, where the third option begins so.
    pub fn is_one_of_several(&self, place: usize) -> bool {
        let joins = |place: usize| {
            self.is_mark(place, &[",", "،", "&", "/"])
                || self.token(place).is_some_and(|token| token.kind == Kind::Word && is_conjunction(token.text))
        };
        let next = if self.is_mark(place + 1, &[")"]) { place + 2 } else { place + 1 };
        let after = joins(next) && self.letter(next + 1, false).is_some() && !self.is_spelled_out(place, next + 1);
        let before = place > 1 && joins(place - 1) && self.letter(place - 2, false).is_some();
        after || before
    }

    /// What stands from `rest` on is the text of the option that the letter means.
    pub fn is_spelled_out(&self, place: usize, rest: usize) -> bool {
        let rest = self.token(rest).and_then(|token| self.text.get(token.start..));
        let (Some(position), Some(rest)) = (self.letter(place, false), rest) else { return false };
        self.options.begins(position, rest)
    }

    /// A word of negation follows before the clause ends.
    pub fn is_negated(&self, from: usize) -> bool {
        let clause = self.tokens.iter().skip(from).skip_while(|token| token.is(")")).take(8);
        let clause =
            clause.take_while(|token| token.kind == Kind::Word || matches!(token.text, "'" | "’" | "‘" | "ʻ" | "\"" | "»" | ")"));
        clause.filter(|token| token.kind == Kind::Word).any(|token| is_negation(token.text))
    }

    pub fn begins_line(&self, place: usize) -> bool {
        place == 0
            || self.tokens.get(place - 1).is_some_and(|token| token.kind == Kind::LineEnd || token.is("-") || token.is("•"))
    }

    /// A bracket was opened shortly before the place, and not closed.
    pub fn is_opened(&self, place: usize) -> bool {
        let before = (0..place).rev().take(MOST_BRACKETED);
        let mut before = before.skip_while(|place| !self.is_mark(*place, &["(", "[", ")", "]"]));
        before.next().is_some_and(|place| self.is_mark(place, &["(", "["]))
    }

    /// Somewhere in these tokens something is denied.
    pub fn refuses(&self, from: usize, to: usize) -> bool {
        (from..to).any(|place| self.token(place).is_some_and(|token| is_negation(token.text) || is_none(token.text)))
    }

    pub fn ends_sentence(&self, place: usize) -> bool {
        self.token(place).is_some_and(|token| {
            token.kind == Kind::LineEnd
                || matches!(token.text, "!" | "?" | "؟" | "۔")
                || token.is(".") && self.text.get(token.end()..).is_some_and(|rest| rest.starts_with(char::is_whitespace))
        })
    }

    /// The places of the last sentence that holds a word, but for sentences that only say that the others are wrong.
    pub fn last(&self) -> Option<(usize, usize)> {
        let mut to = self.tokens.len();
        for _ in 0..MOST_DISMISSALS {
            let (from, end) = self.last_before(to)?;
            let says = |test: fn(&str) -> bool| {
                self.tokens.get(from..end).is_some_and(|tokens| tokens.iter().any(|token| test(token.text)))
            };
            if from == 0 || !(says(is_other) && says(is_negation) && end - from <= 8) {
                return Some((from, end));
            }
            to = from;
        }
        self.last_before(to)
    }

    /// The last sentence with a word that ends before the place `to`.
    pub fn last_before(&self, to: usize) -> Option<(usize, usize)> {
        let last = self.tokens.get(..to)?.iter().rposition(|token| token.kind == Kind::Word)?;
        let from = (0..last).rev().find(|place| self.ends_sentence(*place)).map_or(0, |place| place + 1);
        Some((from, to))
    }
}

/// Most sentences at the end that are passed over because they only say that the others are wrong.
const MOST_DISMISSALS: usize = 3;

/// Most tokens looked back for an opening bracket.
const MOST_BRACKETED: usize = 12;
