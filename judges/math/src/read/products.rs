use super::lexer::TokenKind;
use super::parser::{Parsed, Parser};
use crate::syntax::{Function, Kind, Node};

impl Parser {
    /// Terms joined with plus, minus and plus-minus.
    #[inline(never)]
    pub fn sum(&mut self) -> Parsed {
        let start = self.span();
        let mut terms = Vec::new();
        let mut sum: Option<Node> = None;
        let mut plus_minus_signs = 0;
        loop {
            let mut negative = false;
            let mut plus_minus = None;
            let mut signed = false;
            loop {
                match self.peek() {
                    Some(TokenKind::Mark('+')) => {}
                    Some(TokenKind::Mark('-')) => negative = !negative,
                    Some(TokenKind::PlusMinus(reversed)) if plus_minus.is_none() => plus_minus = Some(*reversed),
                    _ => break,
                }
                signed = true;
                self.at += 1;
            }
            if !signed && (sum.is_some() || !terms.is_empty()) {
                break;
            }
            let mut term = self.product()?;
            if negative {
                term = Node::negative(term);
            }
            match plus_minus {
                Some(reversed) => {
                    plus_minus_signs += 1;
                    if plus_minus_signs > 8 {
                        return self.fail("more than eight signs ± in one sum are not read");
                    }
                    let span = start.to(term.span);
                    let left = self.close_sum(&mut terms, sum.take());
                    sum = Some(Node::new(Kind::PlusMinus(left.map(Box::new), Box::new(term), reversed), span));
                }
                None => {
                    if let Some(before) = sum.take() {
                        terms.push(before);
                    }
                    terms.push(term);
                }
            }
            if !matches!(self.peek(), Some(TokenKind::Mark('+' | '-') | TokenKind::PlusMinus(_))) {
                break;
            }
            // A sign with nothing after it ends nothing.
            if self.at + 1 >= self.tokens.len() {
                return self.fail("nothing follows the sign");
            }
        }
        self.close_sum(&mut terms, sum).map_or_else(|| self.fail("nothing is here"), Ok)
    }

    #[inline(never)]
    fn close_sum(&self, terms: &mut Vec<Node>, sum: Option<Node>) -> Option<Node> {
        if let Some(sum) = sum {
            terms.insert(0, sum);
        }
        match terms.len() {
            0 => None,
            1 => terms.pop(),
            _ => {
                let span = terms.first()?.span.to(terms.last()?.span);
                Some(Node::new(Kind::Sum(std::mem::take(terms)), span))
            }
        }
    }

    /// Factors joined with multiplication and division signs, or side by side.
    #[inline(never)]
    pub fn product(&mut self) -> Parsed {
        let start = self.span();
        let mut factors: Vec<(Node, bool)> = Vec::new();
        let first = self.signed_factor()?;
        self.push_factor(&mut factors, first, false);
        loop {
            match self.peek() {
                Some(TokenKind::Mark('*')) => {
                    self.at += 1;
                    let factor = self.signed_factor()?;
                    self.push_factor(&mut factors, factor, false);
                }
                Some(TokenKind::Mark(':')) if self.colon_stops > 0 => break,
                Some(TokenKind::Mark('/' | ':')) => {
                    self.at += 1;
                    let factor = self.denominator()?;
                    self.push_factor(&mut factors, factor, true);
                }
                Some(TokenKind::Command(name)) if name == "mod" || name == "bmod" => {
                    if factors.is_empty() {
                        return self.fail("nothing is before `mod`");
                    }
                    self.at += 1;
                    let modulus = self.signed_factor()?;
                    let span = start.to(modulus.span);
                    let left = finish(std::mem::take(&mut factors), start);
                    factors.push((Node::new(Kind::Call(Function::Mod, vec![left, modulus]), span), false));
                }
                Some(TokenKind::Command(name)) if name == "over" || name == "choose" => break,
                _ if self.begins_factor() => {
                    let mixed = self.mixed_number(&factors);
                    let mut factor = self.factor()?;
                    if mixed && self.eat('/') {
                        factor = Node::quotient(factor, self.factor()?);
                    }
                    match (mixed, factors.pop()) {
                        (true, Some((whole, divides))) => {
                            let span = whole.span.to(factor.span);
                            factors.push((Node::new(Kind::Sum(vec![whole, factor]), span), divides));
                        }
                        (_, last) => {
                            factors.extend(last);
                            self.push_factor(&mut factors, factor, false);
                        }
                    }
                }
                _ => break,
            }
        }
        Ok(finish(factors, start))
    }

    fn push_factor(&self, factors: &mut Vec<(Node, bool)>, factor: Node, divides: bool) {
        factors.push((factor, divides));
    }

    /// A factor that may have signs before it, as in `3*-4`.
    #[inline(never)]
    fn signed_factor(&mut self) -> Parsed {
        let mut negative = false;
        let start = self.span();
        loop {
            match self.peek() {
                Some(TokenKind::Mark('+')) => {}
                Some(TokenKind::Mark('-')) => negative = !negative,
                Some(TokenKind::PlusMinus(reversed)) => {
                    let reversed = *reversed;
                    self.at += 1;
                    let inner = self.deeper(Self::factor)?;
                    let span = start.to(inner.span);
                    return Ok(Node::new(Kind::PlusMinus(None, Box::new(inner), reversed), span));
                }
                _ => break,
            }
            self.at += 1;
        }
        let factor = self.factor()?;
        Ok(if negative { Node::negative(factor) } else { factor })
    }

    /// What a slash divides by: one factor, and the letters that stand tightly after it.
    #[inline(never)]
    fn denominator(&mut self) -> Parsed {
        let start = self.span();
        let letter = matches!(self.peek(), Some(TokenKind::Name(_)));
        let first = self.signed_factor()?;
        if !letter && !self.reading.tight_division {
            return Ok(first);
        }
        let mut factors = vec![(first, false)];
        while let Some(token) = self.peek_token() {
            let tight = !token.spaced && token.span.start > 0;
            let letter = matches!(token.kind, TokenKind::Name(_));
            if !tight || !(letter || (self.reading.tight_division && self.begins_factor())) {
                break;
            }
            let next = self.factor()?;
            factors.push((next, false));
        }
        Ok(finish(factors, start))
    }

    /// Whether a fraction that follows an integer makes a mixed number with it.
    #[inline(never)]
    fn mixed_number(&self, factors: &[(Node, bool)]) -> bool {
        let [.., (Node { kind: Kind::Number(whole), span }, _)] = factors else { return false };
        if whole.decimal || factors.len() > 1 {
            return false;
        }
        let digits = |kind: Option<&TokenKind>| match kind {
            Some(TokenKind::Number(text)) if text.bytes().all(|b| b.is_ascii_digit()) => text.parse::<u64>().ok(),
            _ => None,
        };
        if let Some(TokenKind::Number(_)) = self.peek() {
            // `12 1/2`
            let spaced = self.peek_token().is_some_and(|t| t.spaced && t.span.start > span.end);
            let (top, bottom) = (digits(self.peek()), digits(self.peek_at(2)));
            return spaced && self.mark_at(1) == Some('/') && matches!((top, bottom), (Some(a), Some(b)) if a < b);
        }
        let Some(TokenKind::Command(name)) = self.peek() else { return false };
        if name != "frac" {
            return false;
        }
        let braced = self.mark_at(1) == Some('{')
            && self.mark_at(3) == Some('}')
            && self.mark_at(4) == Some('{')
            && self.mark_at(6) == Some('}');
        if braced {
            return matches!((digits(self.peek_at(2)), digits(self.peek_at(5))), (Some(a), Some(b)) if a < b);
        }
        // `2\frac12`
        match self.peek_at(1) {
            Some(TokenKind::Number(text)) if text.len() == 2 => {
                let mut digits = text.bytes();
                matches!((digits.next(), digits.next()), (Some(a), Some(b)) if a < b)
            }
            _ => false,
        }
    }

    /// Whether a factor can start here without a multiplication sign.
    pub fn begins_factor(&self) -> bool {
        match self.peek() {
            Some(TokenKind::Mark('|')) => self.bars == 0 && self.colon_stops == 0,
            Some(TokenKind::Mark('(' | '[' | '{')) => true,
            Some(
                TokenKind::Number(_)
                | TokenKind::Letters(_)
                | TokenKind::Name(_)
                | TokenKind::Words(_)
                | TokenKind::Text(..)
                | TokenKind::Unit(_)
                | TokenKind::SetOpen
                | TokenKind::AngleOpen
                | TokenKind::FloorOpen
                | TokenKind::CeilOpen
                | TokenKind::BarOpen
                | TokenKind::Begin(_)
                | TokenKind::Currency,
            ) => true,
            Some(TokenKind::DoubleBar) => self.bars == 0,
            Some(TokenKind::Command(name)) => !matches!(name.as_str(), "pmod" | "mod" | "bmod" | "over" | "choose" | "cr"),
            _ => false,
        }
    }
}

/// A product of what was read, or its only factor. Prose among factors is dropped.
fn finish(mut factors: Vec<(Node, bool)>, start: crate::syntax::Span) -> Node {
    if factors.len() > 1 && factors.iter().any(|(node, _)| matches!(node.kind, Kind::Words(_))) {
        let meaningful = factors.iter().filter(|(node, _)| !matches!(node.kind, Kind::Words(_))).count();
        if meaningful > 0 {
            factors.retain(|(node, _)| !matches!(node.kind, Kind::Words(_)));
        } else {
            let words: Vec<String> = factors
                .iter()
                .filter_map(|(node, _)| match &node.kind {
                    Kind::Words(words) => Some(words.clone()),
                    _ => None,
                })
                .collect();
            let span = factors.iter().fold(start, |span, (node, _)| span.to(node.span));
            return Node::new(Kind::Words(words.join(" ")), span);
        }
    }
    if factors.len() == 1
        && factors.first().is_some_and(|(_, divides)| !divides)
        && let Some((node, _)) = factors.pop()
    {
        return node;
    }
    let span = factors.iter().fold(start, |span, (node, _)| span.to(node.span));
    if let Some(name) = derivative_name(&factors) {
        return Node::new(Kind::Symbol(name), span);
    }
    Node::new(Kind::Product(factors), span)
}

/// `dy/dx`, read as a product, is one name.
fn derivative_name(factors: &[(Node, bool)]) -> Option<String> {
    let symbol = |node: &Node| match &node.kind {
        Kind::Symbol(name) => Some(name.clone()),
        _ => None,
    };
    let [(d, false), (function, false), (below, true)] = factors else { return None };
    let Kind::Product(below) = &below.kind else { return None };
    let [(other, false), (variable, false)] = below.as_slice() else { return None };
    if symbol(d)? != "d" || symbol(other)? != "d" {
        return None;
    }
    Some(format!("d{}/d{}", symbol(function)?, symbol(variable)?))
}
