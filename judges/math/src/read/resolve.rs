use super::lexer::{Token, TokenKind, tokens};
use super::names::{INSIDE, constant, function, greek_name};
use super::numbers::joined;
use super::parser::{Reading, Unreadable};
use super::units::is_unit;
use crate::syntax::SetOperation;

/// Tells runs of letters apart, joins digit groups, and finds units and words.
pub fn resolve(source: Vec<Token>, reading: &Reading) -> Result<Vec<Token>, Unreadable> {
    let joined = join_groups(source, reading);
    let mut resolver = Resolver { reading, out: Vec::with_capacity(joined.len() + 8), brackets: 0 };
    for at in 0..joined.len() {
        resolver.token(&joined, at)?;
    }
    Ok(resolver.out)
}

fn mark(token: Option<&Token>) -> Option<char> {
    match token.map(|t| &t.kind) {
        Some(TokenKind::Mark(character)) => Some(*character),
        _ => None,
    }
}

/// `1{,}000`, `1\,000`, `1 000` and, where the reading says so, `1,000` become one number.
fn join_groups(source: Vec<Token>, reading: &Reading) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(source.len());
    let mut at = 0;
    let mut depth = 0_usize;
    while let Some(token) = source.get(at) {
        match &token.kind {
            TokenKind::Mark('(' | '[' | '{') | TokenKind::SetOpen | TokenKind::AngleOpen => depth += 1,
            TokenKind::Mark(')' | ']' | '}') | TokenKind::SetClose | TokenKind::AngleClose => depth = depth.saturating_sub(1),
            _ => {}
        }
        let TokenKind::Number(first) = &token.kind else {
            out.push(token.clone());
            at += 1;
            continue;
        };
        let mut groups = vec![first.clone()];
        let mut end = at + 1;
        let mut last_end = token.span.end;
        // A group is three digits after a separator; only the last may have a fraction.
        while groups.len() < 40 && groups.last().is_some_and(|g| !g.contains(['.', 'e'])) {
            let braced = mark(source.get(end)) == Some('{')
                && mark(source.get(end + 1)) == Some(',')
                && mark(source.get(end + 2)) == Some('}');
            let (skip, allowed) = if braced {
                (3, true)
            } else if mark(source.get(end)) == Some(',') {
                let tight = source
                    .get(end + 1)
                    .is_some_and(|next| !next.spaced || next.span.start > source.get(end).map_or(0, |c| c.span.end + 1));
                (1, reading.thousands && tight && !source.get(end).is_some_and(|c| c.spaced))
            } else {
                (0, source.get(end).is_some_and(|next| next.spaced) && groups.len() < 8)
            };
            let Some(Token { kind: TokenKind::Number(next), span, .. }) = source.get(end + skip) else { break };
            let whole = next.split(['.', 'e']).next().unwrap_or("");
            if !allowed || whole.len() != 3 || next.contains('e') {
                break;
            }
            groups.push(next.clone());
            last_end = span.end;
            end += skip + 1;
        }
        match joined(&groups) {
            Some(text) => {
                let mut whole = token.clone();
                whole.kind = TokenKind::Number(text);
                whole.span.end = last_end;
                out.push(whole);
                at = end;
            }
            None => {
                out.push(token.clone());
                at += 1;
            }
        }
    }
    let _ = depth;
    out
}

struct Resolver<'a> {
    reading: &'a Reading,
    out: Vec<Token>,
    brackets: usize,
}

impl Resolver<'_> {
    fn push(&mut self, kind: TokenKind, like: &Token, spaced: bool) {
        self.out.push(Token { kind, span: like.span, spaced });
    }

    /// Whether what was read last can carry a unit.
    fn after_quantity(&self) -> bool {
        match self.out.last().map(|t| &t.kind) {
            Some(TokenKind::Number(_) | TokenKind::Unit(_) | TokenKind::Mark('%')) => true,
            Some(TokenKind::Mark(')' | '}' | ']' | '!') | TokenKind::Degree) => true,
            Some(TokenKind::Name(name)) => name == "pi" || name == "infinity",
            _ => false,
        }
    }

    /// Whether a unit and a slash or product sign come before.
    fn after_divided_unit(&self) -> bool {
        matches!(self.out.last().map(|t| &t.kind), Some(TokenKind::Mark('/' | '*')))
            && matches!(self.out.iter().nth_back(1).map(|t| &t.kind), Some(TokenKind::Unit(_)))
    }

    fn after_number(&self) -> bool {
        matches!(self.out.last().map(|t| &t.kind), Some(TokenKind::Number(_)))
    }

    fn token(&mut self, source: &[Token], at: usize) -> Result<(), Unreadable> {
        let Some(token) = source.get(at) else { return Ok(()) };
        match &token.kind {
            TokenKind::Letters(run) => self.letters(run, token, source, at),
            TokenKind::Text(content, mathematical) => self.text(content, *mathematical, token)?,
            TokenKind::Mark(open @ ('(' | '[')) => {
                self.brackets += 1;
                self.push(TokenKind::Mark(*open), token, token.spaced);
            }
            TokenKind::Mark(close @ (')' | ']')) => {
                self.brackets = self.brackets.saturating_sub(1);
                self.push(TokenKind::Mark(*close), token, token.spaced);
            }
            _ => self.out.push(token.clone()),
        }
        Ok(())
    }

    fn text(&mut self, content: &str, mathematical: bool, token: &Token) -> Result<(), Unreadable> {
        let clean: String = content.replace(['~', '$'], " ").replace("\\ ", " ").replace("\\,", " ").replace("\\_", "_");
        let clean = clean.trim();
        let spaced = token.spaced || content.starts_with([' ', '~']);
        if clean.is_empty() {
            return Ok(());
        }
        let lower = clean.trim_matches(|c: char| c == ',' || c == '.' || c.is_whitespace()).to_ascii_lowercase();
        match lower.as_str() {
            "infinity" | "inf" => self.push(TokenKind::Name("infinity".into()), token, true),
            "or" => self.push(TokenKind::Or, token, true),
            // A condition after a value is an item of its own.
            "if" | "for" | "when" | "where" | "with" | "such that" if !self.out.is_empty() => {
                self.push(TokenKind::Mark(','), token, true);
            }
            "and" | "&" | "" => self.push(TokenKind::And, token, true),
            "mod" => self.push(TokenKind::Command("mod".into()), token, true),
            _ => {
                let alphabetic = clean.bytes().all(|b| b.is_ascii_alphabetic());
                if alphabetic && (function(clean).is_some() || (greek_name(clean).is_some() && mathematical)) {
                    self.push(TokenKind::Letters(clean.into()), token, spaced);
                    let run = clean.to_string();
                    let _ = self.out.pop();
                    self.named(&run, token, spaced);
                } else if self.reading.units
                    && (self.after_quantity() || self.after_divided_unit())
                    && !(mathematical && matches!(clean, "i" | "e" | "d" | "j"))
                {
                    self.push(TokenKind::Unit(clean.into()), token, spaced);
                } else if alphabetic && clean.len() == 1 {
                    self.named(clean, token, spaced);
                } else if clean.bytes().any(|b| b.is_ascii_digit())
                    && clean.bytes().all(|b| b.is_ascii_digit() || b" +-*/^().,=".contains(&b))
                {
                    for inner in tokens(clean)? {
                        self.push(inner.kind, token, spaced);
                    }
                } else if alphabetic && mathematical && clean.len() <= 3 && !is_unit(clean) {
                    self.split(clean, token, spaced, None);
                } else {
                    self.push(TokenKind::Words(clean.into()), token, spaced);
                }
            }
        }
        Ok(())
    }

    /// A whole name: a constant, a function, a Greek letter or a single letter.
    fn named(&mut self, run: &str, token: &Token, spaced: bool) {
        let kind = if function(run).is_some() && run.len() > 1 {
            TokenKind::Letters(run.into())
        } else if matches!(constant(run), Some(crate::syntax::Constant::Infinity)) {
            TokenKind::Name("infinity".into())
        } else if constant(run) == Some(crate::syntax::Constant::Pi) {
            TokenKind::Name("pi".into())
        } else {
            TokenKind::Name(run.into())
        };
        self.push(kind, token, spaced);
    }

    fn letters(&mut self, run: &str, token: &Token, source: &[Token], at: usize) {
        let next = source.get(at + 1);
        let next_number = next.is_some_and(|t| matches!(t.kind, TokenKind::Number(_)));
        match run {
            "U" if self.closes()
                && (next.is_some_and(|t| matches!(t.kind, TokenKind::Mark('(' | '[' | '{') | TokenKind::SetOpen))) =>
            {
                return self.push(TokenKind::Set(SetOperation::Union), token, true);
            }
            "x" | "X" if token.spaced && self.after_number() && next_number && next.is_some_and(|t| t.spaced) => {
                return self.push(TokenKind::Mark('*'), token, true);
            }
            "or" | "OR" => return self.push(TokenKind::Or, token, true),
            "and" | "AND" => return self.push(TokenKind::And, token, true),
            "union" => return self.push(TokenKind::Set(SetOperation::Union), token, true),
            "mod" => return self.push(TokenKind::Command("mod".into()), token, true),
            "frac" | "binom" => return self.push(TokenKind::Command(run.into()), token, token.spaced),
            _ => {}
        }
        if self.unit(run, token, next) {
            return;
        }
        // `xi` without a backslash is a component of a vector far more often than the letter.
        if run == "xi" {
            return self.split(run, token, token.spaced, next);
        }
        if constant(run).is_some() || (run.len() > 1 && function(run).is_some()) || greek_name(run).is_some() {
            // `log10` and `x2` carry their digits.
            if run.len() == 1 {
                return self.split(run, token, token.spaced, next);
            }
            return self.named(run, token, token.spaced);
        }
        if matches!(run, "True" | "False" | "TRUE" | "FALSE" | "true" | "false" | "DNE" | "NONE") || self.is_label(run, next) {
            return self.push(TokenKind::Words(run.into()), token, token.spaced);
        }
        if matches!(run, "Reals" | "Infinity") {
            return self.named(run, token, token.spaced);
        }
        self.split(run, token, token.spaced, next);
    }

    /// Whether capitals stand alone between separators, as labels such as `AB` do.
    fn is_label(&self, run: &str, next: Option<&Token>) -> bool {
        let before =
            matches!(self.out.last().map(|t| &t.kind), None | Some(TokenKind::Mark('(' | '[' | '{' | ',') | TokenKind::SetOpen));
        let after = matches!(next.map(|t| &t.kind), None | Some(TokenKind::Mark(')' | ']' | '}' | ',') | TokenKind::SetClose));
        before && after && run.len() >= 2 && run.bytes().all(|b| b.is_ascii_uppercase())
    }

    /// Whether the run is a unit after a quantity.
    fn unit(&mut self, run: &str, token: &Token, next: Option<&Token>) -> bool {
        if !self.reading.units {
            return false;
        }
        let last = self.out.last().map(|t| &t.kind);
        let after_unit = matches!(last, Some(TokenKind::Unit(_)));
        let divided = self.after_divided_unit();
        let applied = matches!(next.map(|t| &t.kind), Some(TokenKind::Mark('(' | '_')));
        let known = is_unit(run);
        let wordy = run.len() >= 3
            && !contains_function(run)
            && function(run).is_none()
            && constant(run).is_none()
            && greek_name(run).is_none();
        let is = if after_unit || divided {
            known || wordy
        } else if self.after_quantity() && !applied {
            (token.spaced && (known || wordy) && !matches!(run, "e" | "i" | "C" | "T" | "H" | "F" | "A" | "N" | "K" | "U"))
                || (run.len() >= 2 && known && self.after_number())
        } else {
            false
        };
        if is {
            self.push(TokenKind::Unit(run.into()), token, token.spaced);
        }
        is
    }

    fn closes(&self) -> bool {
        matches!(self.out.last().map(|t| &t.kind), Some(TokenKind::Mark(')' | ']' | '}') | TokenKind::SetClose))
    }

    /// Splits a run into functions and single letters.
    fn split(&mut self, run: &str, token: &Token, spaced: bool, next: Option<&Token>) {
        let mut rest = run;
        let mut first = true;
        while let Some(letter) = rest.chars().next() {
            let inside = INSIDE.iter().find(|name| rest.starts_with(**name)).copied();
            if let Some(name) = inside.filter(|_| rest.len() > 1) {
                self.named(name, token, spaced && first);
                rest = rest.get(name.len()..).unwrap_or("");
            } else {
                rest = rest.get(letter.len_utf8()..).unwrap_or("");
                let primes_later = rest.is_empty();
                let mut name = String::from(letter);
                if primes_later
                    && !self.reading.digits_multiply
                    && let Some(Token { kind: TokenKind::Number(digits), spaced: false, .. }) = next
                    && digits.bytes().all(|b| b.is_ascii_digit())
                    && digits.len() <= 3
                    && next.is_some_and(|n| n.span.start == token.span.end)
                {
                    name.push('_');
                }
                self.push(TokenKind::Name(name), token, spaced && first);
            }
            first = false;
        }
    }
}

fn contains_function(run: &str) -> bool {
    INSIDE.iter().any(|name| run.contains(name))
}
