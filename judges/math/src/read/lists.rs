use super::lexer::TokenKind;
use super::parser::{Parsed, Parser};
use crate::syntax::{Bracket, Constant, Kind, Node, Sign};

/// How two items of a list are joined.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joint {
    Comma,
    And,
    Or,
}

impl Parser {
    /// A whole answer: a list without brackets, or one item.
    #[inline(never)]
    pub fn whole(&mut self) -> Parsed {
        // A leading relation sign says nothing: `= 5`, `\approx 5`.
        while matches!(self.peek(), Some(TokenKind::Sign(Sign::Equal | Sign::Approximately | Sign::Maps))) {
            self.at += 1;
        }
        let node = self.items(false)?;
        while self.is_mark('.') || self.is_mark('?') {
            self.at += 1;
        }
        Ok(node)
    }

    /// Items joined with commas, semicolons, "and" or "or", up to something that closes them.
    #[inline(never)]
    pub fn items(&mut self, enclosed: bool) -> Parsed {
        let start = self.span();
        let mut items = vec![self.item()?];
        let mut joints = Vec::new();
        while let Some(mut joint) = self.joint() {
            // `1, 2, and 3`
            while let Some(more) = self.joint() {
                joint = if more == Joint::Comma { joint } else { more };
            }
            if self.ends(enclosed) {
                break;
            }
            joints.push(joint);
            items.push(self.item()?);
        }
        // `k\pi, k \in \mathbb{Z}`: what a variable ranges over is no item of its own.
        if items.len() > 1 && !items.iter().all(is_range) && items.iter().any(is_range) {
            items.retain(|item| !is_range(item));
            joints.truncate(items.len().saturating_sub(1));
        }
        let span = start.to(self.last_span());
        if items.len() == 1 {
            return items.pop().map_or_else(|| self.fail("nothing is here"), Ok);
        }
        if joints.contains(&Joint::Or) {
            return Ok(Node::new(Kind::Or(items), span));
        }
        let conditions =
            items.iter().all(|item| matches!(&item.kind, Kind::Relation(_, signs) if !signs.iter().all(|s| *s == Sign::Equal)));
        if joints.iter().all(|joint| *joint == Joint::And) && conditions {
            return Ok(Node::new(Kind::And(items), span));
        }
        Ok(Node::new(Kind::List(Bracket::None, Bracket::None, items), span))
    }

    fn joint(&mut self) -> Option<Joint> {
        let joint = match self.peek()? {
            TokenKind::Mark(',' | ';') => Joint::Comma,
            TokenKind::And => Joint::And,
            TokenKind::Or => Joint::Or,
            _ => return None,
        };
        self.at += 1;
        Some(joint)
    }

    /// Whether nothing follows that could be an item.
    fn ends(&self, enclosed: bool) -> bool {
        match self.peek() {
            None => true,
            Some(TokenKind::Mark(')' | ']' | '}') | TokenKind::SetClose | TokenKind::AngleClose) => enclosed,
            Some(TokenKind::Mark('.')) => self.at + 1 == self.tokens.len(),
            _ => false,
        }
    }

    /// One item: an expression, a set expression or a chain of relations.
    #[inline(never)]
    pub fn item(&mut self) -> Parsed {
        let start = self.span();
        // A relation without a left side is about the thing asked for: `\le 5`.
        let mut sides = Vec::new();
        let mut signs = Vec::new();
        if matches!(
            self.peek(),
            Some(TokenKind::Sign(Sign::Less | Sign::LessEqual | Sign::Greater | Sign::GreaterEqual | Sign::NotEqual))
        ) && self.angle == 0
        {
            let angled = matches!(self.peek(), Some(TokenKind::Sign(Sign::Less))) && self.angle_closes();
            if !angled {
                sides.push(Node::new(Kind::Symbol("?".into()), start));
                signs.push(self.sign());
            }
        }
        sides.push(self.set()?);
        loop {
            let sign = match self.peek() {
                Some(TokenKind::Sign(Sign::Greater)) if self.angle > 0 => break,
                Some(TokenKind::Sign(_)) => self.sign(),
                Some(TokenKind::Mark('|')) if self.bars == 0 && self.colon_stops == 0 => break,
                _ => break,
            };
            // `x \approx` at the end, or `== `
            if self.peek().is_none() {
                break;
            }
            while matches!(self.peek(), Some(TokenKind::Sign(Sign::Equal))) {
                self.at += 1;
            }
            signs.push(sign);
            sides.push(self.set()?);
        }
        if signs.is_empty() && matches!(self.peek(), Some(TokenKind::Command(name)) if name == "pmod") {
            self.at += 1;
            let modulus = self.deeper(Self::factor)?;
            sides.push(modulus);
            return Ok(Node::new(Kind::Apply("mod".into(), sides), start.to(self.last_span())));
        }
        if signs.is_empty() {
            return sides.pop().map_or_else(|| self.fail("nothing is here"), Ok);
        }
        let relation = Node::new(Kind::Relation(sides, signs), start.to(self.last_span()));
        // `x \equiv 3 \pmod 5`: the modulus is kept as one more side.
        if matches!(self.peek(), Some(TokenKind::Command(name)) if name == "pmod" || name == "mod") {
            self.at += 1;
            let modulus = self.deeper(Self::factor)?;
            let span = relation.span.to(modulus.span);
            return Ok(Node::new(Kind::Apply("mod".into(), vec![relation, modulus]), span));
        }
        Ok(relation)
    }

    fn sign(&mut self) -> Sign {
        let sign = match self.peek() {
            Some(TokenKind::Sign(sign)) => *sign,
            _ => Sign::Equal,
        };
        self.at += 1;
        sign
    }

    /// Whether a `<` here is closed by a `>` with a comma between, as a vector is.
    #[inline(never)]
    pub fn angle_closes(&self) -> bool {
        let mut comma = false;
        let mut depth = 0_i32;
        for token in self.tokens.iter().skip(self.at + 1).take(200) {
            match &token.kind {
                TokenKind::Mark('(' | '[' | '{') => depth += 1,
                TokenKind::Mark(')' | ']' | '}') => depth -= 1,
                TokenKind::Mark(',') if depth == 0 => comma = true,
                TokenKind::Sign(Sign::Greater) if depth == 0 => return comma,
                TokenKind::Sign(_) if depth == 0 => return false,
                _ => {}
            }
            if depth < 0 {
                return false;
            }
        }
        false
    }

    /// Unions, intersections and differences of sets, from left to right.
    #[inline(never)]
    pub fn set(&mut self) -> Parsed {
        let mut left = self.sum()?;
        let mut chain = 0;
        while let Some(TokenKind::Set(operation)) = self.peek() {
            let operation = *operation;
            self.at += 1;
            chain += 1;
            if chain > 60 {
                return self.fail("more than 60 set operations in a row are not read");
            }
            let right = self.sum()?;
            let span = left.span.to(right.span);
            left = Node::new(Kind::Set(operation, Box::new(left), Box::new(right)), span);
        }
        Ok(left)
    }
}

/// `k \in \mathbb{Z}`
fn is_range(node: &Node) -> bool {
    let Kind::Relation(sides, signs) = &node.kind else { return false };
    matches!(signs.as_slice(), [Sign::In])
        && matches!(
            sides.last().map(|side| &side.kind),
            Some(Kind::Constant(Constant::Integers | Constant::Naturals | Constant::Reals))
        )
}
