use super::lexer::TokenKind;
use super::names::constant;
use super::numbers::{number, repeating};
use super::parser::{Parsed, Parser, Unreadable};
use crate::syntax::{Bracket, Constant, Function, Kind, Node, Number};

impl Parser {
    /// A primary with everything that stands after it: powers, factorials, primes, degrees, percents, units.
    #[inline(never)]
    pub fn factor(&mut self) -> Parsed {
        let base = self.primary()?;
        self.postfix(base)
    }

    /// Reads what stands after a primary.
    #[inline(never)]
    pub fn postfix(&mut self, mut base: Node) -> Parsed {
        let start = base.span;
        let mut chain = 0;
        loop {
            chain += 1;
            if chain > 60 {
                return self.fail("more than 60 signs after one factor are not read");
            }
            let kind = match self.peek() {
                Some(TokenKind::Mark('^')) => {
                    match self.power(base)? {
                        (node, true) => base = node,
                        (node, false) => return Ok(node),
                    }
                    continue;
                }
                Some(TokenKind::Mark('!')) => {
                    self.at += 1;
                    let function = if self.eat('!') { Function::DoubleFactorial } else { Function::Factorial };
                    Kind::Call(function, vec![base])
                }
                Some(TokenKind::Mark('\'')) => {
                    self.at += 1;
                    match base.kind {
                        Kind::Symbol(name) if name.len() < 60 => Kind::Symbol(name + "'"),
                        // A transposed matrix or the like.
                        kind => kind,
                    }
                }
                Some(TokenKind::Degree) => {
                    self.at += 1;
                    Kind::Degrees(Box::new(base))
                }
                Some(TokenKind::Mark('%')) => {
                    self.at += 1;
                    Kind::Percent(Box::new(base))
                }
                Some(TokenKind::Currency) if self.at + 1 == self.tokens.len() => {
                    self.at += 1;
                    Kind::Currency(Box::new(base))
                }
                Some(TokenKind::Dots) if matches!(base.kind, Kind::Number(_)) => {
                    self.at += 1;
                    continue;
                }
                Some(TokenKind::Unit(_)) => {
                    let unit = self.unit()?;
                    if matches!(unit.as_str(), "degree" | "degrees" | "deg" | "degs") {
                        Kind::Degrees(Box::new(base))
                    } else if unit == "percent" {
                        Kind::Percent(Box::new(base))
                    } else {
                        Kind::Quantity(Box::new(base), unit)
                    }
                }
                Some(TokenKind::Mark('_')) => match (&base.kind, self.mark_at(1)) {
                    (Kind::Symbol(_) | Kind::Constant(_), _) => self.subscript(base.kind)?,
                    (Kind::Number(_), _) => {
                        let digits = self.source_number(&base);
                        self.at += 1;
                        let name = self.subscript_name()?;
                        Kind::Based(digits, name)
                    }
                    _ => return self.fail("this has no index"),
                },
                _ => break,
            };
            base = Node::new(kind, start.to(self.last_span()));
        }
        Ok(base)
    }

    /// The digits of a number as they were written.
    #[inline(never)]
    fn source_number(&self, node: &Node) -> String {
        self.tokens
            .iter()
            .rev()
            .find(|token| token.span.start == node.span.start)
            .and_then(|token| match &token.kind {
                TokenKind::Number(text) => Some(text.clone()),
                _ => None,
            })
            .unwrap_or_default()
    }

    /// `x_1`, `x_{ab}`: the index belongs to the name.
    #[inline(never)]
    fn subscript(&mut self, base: Kind) -> Result<Kind, Unreadable> {
        self.at += 1;
        let index = self.subscript_name()?;
        let name = match base {
            Kind::Symbol(name) => name,
            Kind::Constant(Constant::E) => "e".into(),
            Kind::Constant(Constant::I) => "i".into(),
            Kind::Constant(Constant::Pi) => "pi".into(),
            Kind::Constant(other) => format!("{other:?}"),
            other => return Ok(other),
        };
        Ok(Kind::Symbol(format!("{name}_{index}")))
    }

    /// What stands after an underscore, as plain text.
    #[inline(never)]
    pub fn subscript_name(&mut self) -> Result<String, Unreadable> {
        let mut name = String::new();
        if self.eat('{') {
            let mut depth = 1_u32;
            loop {
                let Some(kind) = self.peek() else { return self.fail("`}` is missing") };
                match kind {
                    TokenKind::Mark('{') => depth += 1,
                    TokenKind::Mark('}') => {
                        depth -= 1;
                        if depth == 0 {
                            self.at += 1;
                            break;
                        }
                    }
                    TokenKind::Mark(c) => name.push(*c),
                    TokenKind::Number(t)
                    | TokenKind::Name(t)
                    | TokenKind::Letters(t)
                    | TokenKind::Words(t)
                    | TokenKind::Unit(t) => name.push_str(t),
                    TokenKind::Text(t, _) => name.push_str(t),
                    other => name.push_str(&format!("{other:?}")),
                }
                self.at += 1;
                if name.len() > 60 {
                    return self.fail("an index of more than 60 characters is not read");
                }
            }
            return Ok(name);
        }
        match self.peek() {
            Some(TokenKind::Number(t) | TokenKind::Name(t) | TokenKind::Letters(t) | TokenKind::Words(t)) => {
                name = t.clone();
                self.at += 1;
                // `x_max`: the letters of one run belong together unless the first is a running index.
                let running = matches!(
                    name.as_str(),
                    "n" | "i" | "j" | "k" | "m" | "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9"
                ) || name.bytes().all(|b| b.is_ascii_digit());
                while !running && name.len() < 60 {
                    match self.peek_token() {
                        Some(token) if !token.spaced && token.span == self.last_span() => match &token.kind {
                            TokenKind::Name(t) => {
                                name.push_str(t);
                                self.at += 1;
                            }
                            _ => break,
                        },
                        _ => break,
                    }
                }
                Ok(name)
            }
            Some(TokenKind::Text(t, _)) => {
                name = t.clone();
                self.at += 1;
                Ok(name)
            }
            _ => self.fail("an index is missing"),
        }
    }

    /// A power: the base with its exponent, and whether more may follow.
    #[inline(never)]
    fn power(&mut self, base: Node) -> Result<(Node, bool), Unreadable> {
        self.at += 1;
        let span = base.span;
        // `90^\circ`, `90^{\circ}`, `f^{\prime}`, `f^{(4)}`
        match self.peek() {
            Some(TokenKind::Degree) => {
                self.at += 1;
                return Ok((Node::new(Kind::Degrees(Box::new(base)), span.to(self.last_span())), true));
            }
            Some(TokenKind::Mark('\'')) => return Ok((base, true)),
            Some(TokenKind::Mark('{')) => {
                if matches!(self.peek_at(1), Some(TokenKind::Degree)) && self.mark_at(2) == Some('}') {
                    self.at += 3;
                    return Ok((Node::new(Kind::Degrees(Box::new(base)), span.to(self.last_span())), true));
                }
                let mut primes = 0;
                while self.mark_at(1 + primes) == Some('\'') {
                    primes += 1;
                }
                if primes > 0
                    && self.mark_at(1 + primes) == Some('}')
                    && let Kind::Symbol(name) = base.kind
                {
                    self.at += 2 + primes;
                    let name = name + &"'".repeat(primes.min(9));
                    return Ok((Node::new(Kind::Symbol(name), span.to(self.last_span())), true));
                }
            }
            _ => {}
        }
        let exponent = self.deeper(Self::exponent)?;
        if let Some((n, k)) = combination(&base, &exponent) {
            let whole = span.to(exponent.span);
            return Ok((Node::new(Kind::Call(Function::Binomial, vec![Node::integer(n), Node::integer(k)]), whole), true));
        }
        Ok((Node::power(base, exponent), true))
    }

    /// An exponent: a group, or one signed token and its own powers.
    #[inline(never)]
    fn exponent(&mut self) -> Parsed {
        let start = self.span();
        let mut negative = false;
        let mut plus_minus = None;
        loop {
            match self.peek() {
                Some(TokenKind::Mark('-')) => negative = !negative,
                Some(TokenKind::Mark('+')) => {}
                Some(TokenKind::PlusMinus(reversed)) => plus_minus = Some(*reversed),
                Some(TokenKind::Mark('*')) if self.at + 1 < self.tokens.len() && start == self.span() => {}
                _ => break,
            }
            self.at += 1;
        }
        let mut node = self.primary()?;
        // Powers bind to the right: `2^3^2`.
        if self.is_mark('^') {
            let (power, _) = self.power(node)?;
            node = power;
        } else if self.is_mark('!') || self.is_mark('_') {
            node = self.postfix(node)?;
        }
        if negative {
            node = Node::negative(node);
        }
        if let Some(reversed) = plus_minus {
            let span = node.span;
            node = Node::new(Kind::PlusMinus(None, Box::new(node), reversed), span);
        }
        Ok(node)
    }

    /// A unit and what belongs to it: powers, quotients.
    #[inline(never)]
    fn unit(&mut self) -> Result<String, Unreadable> {
        let mut text = String::new();
        loop {
            match self.peek() {
                Some(TokenKind::Unit(name)) => {
                    if !text.is_empty() && !text.ends_with(['/', '*']) {
                        text.push(' ');
                    }
                    text.push_str(name);
                    self.at += 1;
                }
                Some(TokenKind::Mark('^')) => {
                    self.at += 1;
                    text.push('^');
                    let name = if self.is_mark('{') || matches!(self.peek(), Some(TokenKind::Number(_))) {
                        self.subscript_name()?
                    } else {
                        return self.fail("the unit's power is missing");
                    };
                    text.push_str(&name);
                }
                Some(TokenKind::Mark(sign @ ('/' | '*')))
                    if matches!(self.peek_at(1), Some(TokenKind::Unit(_) | TokenKind::Text(..))) =>
                {
                    text.push(*sign);
                    self.at += 1;
                    if let Some(TokenKind::Text(name, _) | TokenKind::Unit(name)) = self.peek() {
                        text.push_str(name);
                        self.at += 1;
                    }
                }
                _ => break,
            }
            if text.len() > 200 {
                return self.fail("a unit of more than 200 characters is not read");
            }
        }
        Ok(text)
    }

    /// A number, name, group, function or command.
    #[inline(never)]
    pub fn primary(&mut self) -> Parsed {
        let span = self.span();
        let Some(kind) = self.peek() else { return self.fail("something is missing at the end") };
        match kind {
            TokenKind::Number(text) => {
                let text = text.clone();
                self.at += 1;
                if let Some(number) = self.period(&text) {
                    return Ok(Node::new(Kind::Number(number), span.to(self.last_span())));
                }
                Ok(Node::new(Kind::Number(number(&text)), span))
            }
            TokenKind::Name(name) => {
                let name = name.clone();
                self.at += 1;
                self.name(name)
            }
            TokenKind::Letters(name) => {
                let name = name.clone();
                self.at += 1;
                // A function and its argument take twice the stack of a group.
                self.deeper(|parser| parser.deeper(|parser| parser.function(&name, span)))
            }
            TokenKind::Command(name) => {
                let name = name.clone();
                self.at += 1;
                self.deeper(|parser| parser.command(&name, span))
            }
            TokenKind::Words(words) => {
                let mut words = words.clone();
                self.at += 1;
                while let Some(TokenKind::Words(more)) = self.peek() {
                    words.push(' ');
                    words.push_str(more);
                    self.at += 1;
                }
                Ok(Node::new(Kind::Words(words), span.to(self.last_span())))
            }
            TokenKind::Text(words, _) | TokenKind::Unit(words) => {
                let words = words.clone();
                self.at += 1;
                Ok(Node::new(Kind::Words(words), span))
            }
            TokenKind::Currency => {
                self.at += 1;
                let inner = self.deeper(Self::signed)?;
                Ok(Node::new(Kind::Currency(Box::new(inner)), span.to(self.last_span())))
            }
            TokenKind::Degree => {
                // A lone degree sign after a group that was read already.
                self.fail("a degree sign stands without a number")
            }
            _ => self.deeper(Self::group),
        }
    }

    #[inline(never)]
    fn signed(&mut self) -> Parsed {
        let negative = self.eat('-');
        let node = self.factor()?;
        Ok(if negative { Node::negative(node) } else { node })
    }

    /// `0.\overline{3}`, `0.1\dot{6}`: the period after a decimal.
    #[inline(never)]
    fn period(&mut self, text: &str) -> Option<Number> {
        if !text.contains('.')
            || text.contains('e')
            || !matches!(self.peek(), Some(TokenKind::Command(name)) if name == "overline")
        {
            return None;
        }
        let mut period = String::new();
        let mut at = 0;
        while matches!(self.peek_at(at), Some(TokenKind::Command(name)) if name == "overline") {
            let braced = self.mark_at(at + 1) == Some('{');
            let Some(TokenKind::Number(digits)) = self.peek_at(at + 1 + usize::from(braced)) else { return None };
            if braced && self.mark_at(at + 3) != Some('}') {
                return None;
            }
            period.push_str(digits);
            at += if braced { 4 } else { 2 };
            if period.len() > 60 {
                return None;
            }
        }
        let number = repeating(text, &period)?;
        self.at += at;
        Some(number)
    }

    /// A name: an indexed symbol, a constant, an application or a plain symbol.
    #[inline(never)]
    fn name(&mut self, name: String) -> Parsed {
        let span = self.last_span();
        if let Some(stem) = name.strip_suffix('_')
            && let Some(TokenKind::Number(digits)) = self.peek()
        {
            let symbol = format!("{stem}_{digits}");
            self.at += 1;
            return Ok(Node::new(Kind::Symbol(symbol), span.to(self.last_span())));
        }
        let name = name.trim_end_matches('_').to_string();
        if name == "j" && self.reading.imaginary_j {
            return Ok(Node::new(Kind::Constant(Constant::I), span));
        }
        if name == "Gamma" && self.is_mark('(') {
            let argument = self.deeper(Self::group)?;
            return Ok(Node::call(Function::Gamma, argument, span.to(self.last_span())));
        }
        if let Some(constant) = constant(&name) {
            return Ok(Node::new(Kind::Constant(constant), span));
        }
        // `C(5,2)`, `P(5,2)`, `f(x)`, `G(x,y)`
        let mut primes = 0;
        while self.mark_at(primes) == Some('\'') {
            primes += 1;
        }
        if self.mark_at(primes) == Some('(') && self.peek_at(primes).is_some() {
            let known = name.len() == 1 && matches!(name.as_str(), "f" | "g" | "h" | "F" | "G" | "H");
            let single = name.len() == 1 && !matches!(name.as_str(), "t" | "s" | "x" | "r");
            if (known && self.reading.apply) || ((primes > 0 || single) && self.has_comma(primes)) {
                self.at += primes;
                let group = self.deeper(Self::group)?;
                let arguments = match group.kind {
                    Kind::List(Bracket::Round, Bracket::Round, items) => items,
                    _ => vec![group],
                };
                let whole = span.to(self.last_span());
                if primes == 0 && arguments.len() == 2 && name == "C" {
                    return Ok(Node::new(Kind::Call(Function::Binomial, arguments), whole));
                }
                if primes == 0 && arguments.len() == 2 && name == "P" {
                    return Ok(Node::new(Kind::Call(Function::Permutations, arguments), whole));
                }
                return Ok(Node::new(Kind::Apply(name + &"'".repeat(primes.min(9)), arguments), whole));
            }
        }
        Ok(Node::new(Kind::Symbol(name), span))
    }

    /// Whether the round bracket at this offset holds a comma.
    #[inline(never)]
    fn has_comma(&self, offset: usize) -> bool {
        let mut depth = 0_i32;
        for token in self.tokens.iter().skip(self.at + offset).take(60) {
            match &token.kind {
                TokenKind::Mark('(' | '[' | '{') => depth += 1,
                TokenKind::Mark(')' | ']' | '}') => depth -= 1,
                TokenKind::Mark(',') if depth == 1 => return true,
                _ => {}
            }
            if depth <= 0 {
                return false;
            }
        }
        false
    }
}

/// `C_5^2`, the number of combinations.
fn combination(base: &Node, exponent: &Node) -> Option<(i64, i64)> {
    let Kind::Symbol(name) = &base.kind else { return None };
    let n: i64 = name.strip_prefix("C_")?.parse().ok()?;
    let Kind::Number(number) = &exponent.kind else { return None };
    let k = number.value.as_ref()?.to_integer()?;
    (n > 2 && (0..=n).contains(&k)).then_some((n, k))
}
