use super::lexer::TokenKind;
use super::numbers::number;
use super::parser::{Parsed, Parser, Unreadable};
use crate::syntax::{Binder, Bracket, Constant, Function, Kind, Node, Sign, Span};

impl Parser {
    /// A command whose name was just read.
    #[inline(never)]
    pub fn command(&mut self, name: &str, span: Span) -> Parsed {
        match name {
            "frac" => self.fraction(span),
            "sqrt" => {
                if self.eat('[') {
                    let degree = self.shielded(Self::sum)?;
                    self.expect(']')?;
                    let radicand = self.argument()?;
                    return Ok(Node::new(Kind::Call(Function::Root, vec![degree, radicand]), span.to(self.last_span())));
                }
                let radicand = self.argument()?;
                Ok(Node::call(Function::Sqrt, radicand, span.to(self.last_span())))
            }
            "binom" => {
                let top = self.digit_argument()?;
                let bottom = self.digit_argument()?;
                Ok(Node::new(Kind::Call(Function::Binomial, vec![top, bottom]), span.to(self.last_span())))
            }
            "overline" => {
                let inner = self.argument()?;
                Ok(Node::new(inner.kind, span.to(self.last_span())))
            }
            "mathbb" | "mathds" | "Bbb" => {
                let braced = self.eat('{');
                let letter = match self.peek() {
                    Some(TokenKind::Name(letter)) => letter.clone(),
                    _ => return self.fail("the name of a number set is missing"),
                };
                self.at += 1;
                if braced {
                    self.expect('}')?;
                }
                let constant = match letter.as_str() {
                    "R" => Constant::Reals,
                    "Z" => Constant::Integers,
                    "N" => Constant::Naturals,
                    "Q" => Constant::Rationals,
                    "C" => Constant::Complexes,
                    _ => return Ok(Node::new(Kind::Symbol(letter), span.to(self.last_span()))),
                };
                Ok(Node::new(Kind::Constant(constant), span.to(self.last_span())))
            }
            "sum" => self.bound(Binder::Sum, span),
            "prod" => self.bound(Binder::Product, span),
            "int" => self.integral(span),
            "lim" => self.limit(span),
            "det" | "Re" | "Im" => {
                let inner = self.argument()?;
                let function = match name {
                    "det" => Function::Determinant,
                    "Re" => Function::Re,
                    _ => Function::Im,
                };
                Ok(Node::call(function, inner, span.to(self.last_span())))
            }
            "overset" | "underset" | "stackrel" => {
                let _above = self.argument()?;
                self.argument()
            }
            _ => self.fail(format!("the command \\{name} cannot stand here")),
        }
    }

    /// The argument of a command: a group or one token, a whole number included.
    #[inline(never)]
    pub fn argument(&mut self) -> Parsed {
        if self.is_mark('-') {
            self.at += 1;
            let inner = self.primary()?;
            return Ok(Node::negative(inner));
        }
        let node = self.primary()?;
        Ok(single(node))
    }

    /// The argument of a fraction: a group or one token, of a number only its first digit.
    #[inline(never)]
    pub fn digit_argument(&mut self) -> Parsed {
        let span = self.span();
        if let Some(TokenKind::Number(text)) = self.peek() {
            let text = text.clone();
            let mut rest = text.chars();
            let first = rest.next().unwrap_or('0');
            let rest = rest.as_str().to_string();
            if first != '.' {
                if rest.is_empty() {
                    self.at += 1;
                } else if let Some(token) = self.tokens.get_mut(self.at) {
                    token.kind = TokenKind::Number(rest);
                    token.span.start += 1;
                    token.spaced = false;
                }
                return Ok(Node::new(
                    Kind::Number(number(&String::from(first))),
                    Span { start: span.start, end: span.start + 1 },
                ));
            }
        }
        self.argument()
    }

    #[inline(never)]
    fn fraction(&mut self, span: Span) -> Parsed {
        // `frac(1,2)` and `\frac(1)(2)` are met too.
        let top = self.digit_argument()?;
        if let Kind::List(Bracket::Round, _, items) = &top.kind
            && let [a, b] = items.as_slice()
        {
            return Ok(Node::quotient(a.clone(), b.clone()));
        }
        let bottom = self.digit_argument()?;
        let whole = span.to(self.last_span());
        if let Some(node) = self.derivative(&top, &bottom, whole)? {
            return Ok(node);
        }
        Ok(Node::new(Kind::Product(vec![(top, false), (bottom, true)]), whole))
    }

    /// `\frac{d}{dx}` before what it is taken of, and `\frac{dy}{dx}` as a name.
    #[inline(never)]
    fn derivative(&mut self, top: &Node, bottom: &Node, span: Span) -> Result<Option<Node>, Unreadable> {
        let Some((variable, order)) = differential(bottom) else { return Ok(None) };
        match differential_top(top) {
            Some((None, upper)) if upper == order => {
                if !self.begins_factor() {
                    return Ok(None);
                }
                let body = self.product()?;
                let high = Some(Box::new(Node::integer(i64::from(order))));
                let whole = span.to(body.span);
                Ok(Some(Node::new(
                    Kind::Bound { binder: Binder::Derivative, variable, low: None, high, body: Box::new(body) },
                    whole,
                )))
            }
            Some((Some(function), upper)) if upper == order => {
                let marks = if order == 1 { String::new() } else { order.to_string() };
                Ok(Some(Node::new(Kind::Symbol(format!("d{marks}{function}/d{variable}{marks}")), span)))
            }
            _ => Ok(None),
        }
    }

    /// A sum or product over a variable.
    #[inline(never)]
    fn bound(&mut self, binder: Binder, span: Span) -> Parsed {
        let mut variable = None;
        let mut low = None;
        let mut high = None;
        for _ in 0..2 {
            if self.eat('_') {
                let lower = self.argument_relation()?;
                match lower.kind {
                    Kind::Relation(mut sides, signs) if signs == [Sign::Equal] && sides.len() == 2 => {
                        low = sides.pop().map(Box::new);
                        variable = sides.pop().and_then(|side| name_of(&side));
                    }
                    _ => variable = name_of(&Node::new(lower.kind, lower.span)),
                }
            } else if self.eat('^') {
                high = Some(Box::new(self.exponent_group()?));
            }
        }
        let mut body = self.product()?;
        let variable = variable.unwrap_or_else(|| "?".into());
        if variable == "i" {
            // The index is no imaginary unit.
            body.replace(&Kind::Constant(Constant::I), &Kind::Symbol(variable.clone()));
        }
        Ok(Node::new(Kind::Bound { binder, variable, low, high, body: Box::new(body) }, span.to(self.last_span())))
    }

    #[inline(never)]
    fn argument_relation(&mut self) -> Parsed {
        if self.eat('{') {
            let node = self.shielded(Self::item)?;
            self.expect('}')?;
            return Ok(node);
        }
        self.primary()
    }

    #[inline(never)]
    fn exponent_group(&mut self) -> Parsed {
        let negative = self.eat('-');
        let node = self.primary()?;
        Ok(if negative { Node::negative(node) } else { node })
    }

    /// An integral: the last differential of the body is its variable.
    #[inline(never)]
    fn integral(&mut self, span: Span) -> Parsed {
        let mut low = None;
        let mut high = None;
        for _ in 0..2 {
            if self.eat('_') {
                low = Some(Box::new(self.exponent_group()?));
            } else if self.eat('^') {
                high = Some(Box::new(self.exponent_group()?));
            }
        }
        let body = self.sum()?;
        let whole = span.to(self.last_span());
        let Some((variable, body)) = without_differential(body) else {
            return self.fail("the integral names no variable, such as `dx`");
        };
        Ok(Node::new(Kind::Bound { binder: Binder::Integral, variable, low, high, body: Box::new(body) }, whole))
    }

    #[inline(never)]
    fn limit(&mut self, span: Span) -> Parsed {
        if !self.eat('_') {
            return self.fail("the limit names no variable");
        }
        let lower = self.argument_relation()?;
        let Kind::Relation(mut sides, signs) = lower.kind else { return self.fail("the limit names no point") };
        if signs != [Sign::Maps] || sides.len() != 2 {
            return self.fail("the limit names no point");
        }
        let low = sides.pop().map(Box::new);
        let Some(variable) = sides.pop().and_then(|side| name_of(&side)) else { return self.fail("the limit names no variable") };
        let body = self.product()?;
        Ok(Node::new(
            Kind::Bound { binder: Binder::Limit, variable, low, high: None, body: Box::new(body) },
            span.to(self.last_span()),
        ))
    }
}

/// A square-bracketed single item is a group where a command takes an argument.
fn single(node: Node) -> Node {
    match node.kind {
        Kind::List(Bracket::Square, Bracket::Square, mut items) if items.len() == 1 => {
            items.pop().unwrap_or_else(|| Node::integer(0))
        }
        kind => Node::new(kind, node.span),
    }
}

/// The name of a node that is one.
pub fn name_of(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Symbol(name) => Some(name.clone()),
        Kind::Constant(Constant::I) => Some("i".into()),
        _ => None,
    }
}

/// `dx` or `dx^2`: the variable and the order.
fn differential(node: &Node) -> Option<(String, u32)> {
    let Kind::Product(factors) = &node.kind else { return None };
    let [(first, false), (second, false)] = factors.as_slice() else { return None };
    if !matches!(name_of(first).as_deref(), Some("d" | "partial")) {
        return None;
    }
    match &second.kind {
        Kind::Symbol(name) => Some((name.clone(), 1)),
        Kind::Power(base, exponent) => Some((name_of(base)?, small(exponent)?)),
        _ => None,
    }
}

/// `d`, `d^2`, `dy`, `d^2y`: the function, if there is one, and the order.
fn differential_top(node: &Node) -> Option<(Option<String>, u32)> {
    let order = |node: &Node| -> Option<u32> {
        match &node.kind {
            Kind::Symbol(name) if matches!(name.as_str(), "d" | "partial") => Some(1),
            Kind::Power(base, exponent) if matches!(name_of(base).as_deref(), Some("d" | "partial")) => small(exponent),
            _ => None,
        }
    };
    if let Some(order) = order(node) {
        return Some((None, order));
    }
    let Kind::Product(factors) = &node.kind else { return None };
    let [(first, false), (second, false)] = factors.as_slice() else { return None };
    Some((Some(name_of(second)?), order(first)?))
}

fn small(node: &Node) -> Option<u32> {
    match &node.kind {
        Kind::Number(number) => {
            number.value.as_ref()?.to_integer().and_then(|n| u32::try_from(n).ok()).filter(|n| (1..=4).contains(n))
        }
        _ => None,
    }
}

/// The body of an integral without its `dx`, and the variable.
fn without_differential(body: Node) -> Option<(String, Node)> {
    let span = body.span;
    match body.kind {
        Kind::Negative(inner) => {
            let (variable, inner) = without_differential(*inner)?;
            Some((variable, Node::negative(inner)))
        }
        Kind::Sum(mut terms) => {
            let last = terms.pop()?;
            let (variable, last) = without_differential(last)?;
            terms.push(last);
            Some((variable, Node::new(Kind::Sum(terms), span)))
        }
        Kind::Product(mut factors) => {
            let at = (0..factors.len().saturating_sub(1)).rev().find(|at| {
                matches!(factors.get(*at), Some((node, false)) if name_of(node).as_deref() == Some("d"))
                    && matches!(factors.get(at + 1), Some((node, false)) if name_of(node).is_some())
            });
            if let Some(at) = at {
                let variable = name_of(&factors.get(at + 1)?.0)?;
                factors.drain(at..=at + 1);
                if factors.iter().all(|(_, divides)| *divides) {
                    factors.insert(0, (Node::integer(1), false));
                }
                return Some((variable, Node::new(Kind::Product(factors), span)));
            }
            // `\frac{dx}{x}`
            let (first, divides) = factors.first()?.clone();
            if divides {
                return None;
            }
            let (variable, first) = without_differential(first)?;
            *factors.first_mut()? = (first, false);
            Some((variable, Node::new(Kind::Product(factors), span)))
        }
        _ => None,
    }
}
