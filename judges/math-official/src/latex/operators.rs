//! Sums, products, signs, powers and relations.

use super::lexer::Token;
use super::parser::{CHAIN, Parsed, Parser, Stop};
use super::tree::{Expression, Function};

impl Parser<'_> {
    /// A whole text: an expression or a chain of relations. A relation sign must be followed by an expression.
    pub(crate) fn relation(&mut self) -> Parsed {
        let mut left = self.sum()?;
        let mut chain = 0;
        while let Some(Token::Compare(comparison)) = self.peek()? {
            self.at += 1;
            chain += 1;
            if chain > CHAIN {
                return self.give_up();
            }
            let right = self.sum().map_err(|_| Stop::Lost)?;
            left = Expression::Relation(comparison, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    /// A sum or difference.
    pub(crate) fn sum(&mut self) -> Parsed {
        let first = self.product(true)?;
        let mut terms = vec![first];
        loop {
            let minus = match self.peek()? {
                Some(Token::Plus) => false,
                Some(Token::Minus) => true,
                _ => break,
            };
            let term = self.attempt(|parser| {
                parser.at += 1;
                parser.product(true)
            })?;
            match term {
                Some(term) => terms.push(if minus { term.negated() } else { term }),
                None => break,
            }
        }
        Ok(one_or(terms, Expression::Sum))
    }

    /// A product or quotient; `functions` tells whether later factors may be functions.
    pub(crate) fn product(&mut self, functions: bool) -> Parsed {
        let first = self.signed(functions)?;
        let mut factors = vec![first];
        loop {
            let divide = match self.peek()? {
                Some(Token::Times) => false,
                Some(Token::Divide) => true,
                _ => break,
            };
            let factor = self.attempt(|parser| {
                parser.at += 1;
                parser.signed(functions)
            })?;
            match factor {
                Some(factor) => factors.push(if divide { factor.inverted() } else { factor }),
                None => break,
            }
        }
        Ok(one_or(factors, Expression::Product))
    }

    /// A run of factors without signs between them, with signs before it.
    fn signed(&mut self, functions: bool) -> Parsed {
        let mut negative = Vec::new();
        loop {
            match self.peek()? {
                Some(Token::Plus) => {}
                Some(Token::Minus) => negative.push(()),
                _ => break,
            }
            self.at += 1;
        }
        let mut result = self.run(functions)?;
        for () in negative {
            result = match result {
                Expression::Product(mut factors) if factors.first() == Some(&Expression::integer(-1)) => {
                    factors.remove(0);
                    one_or(factors, Expression::Product)
                }
                other => other.negated(),
            };
        }
        Ok(result)
    }

    /// Factors side by side. A lone `x` between two factors without variables is a times sign.
    pub(crate) fn run(&mut self, functions: bool) -> Parsed {
        let mut factors = vec![self.postfix(true)?];
        while self.starts_factor()? {
            match self.attempt(|parser| parser.postfix(functions))? {
                Some(factor) => factors.push(factor),
                None => break,
            }
        }
        let cross = Expression::Symbol("x".to_owned());
        if factors.len() > 2 && factors.contains(&cross) {
            let closed: Vec<bool> = factors.iter().map(Expression::is_closed).collect();
            let mut at = 0;
            factors.retain(|factor| {
                at += 1;
                let before = at >= 2 && closed.get(at - 2) == Some(&true);
                !(before && closed.get(at) == Some(&true) && *factor == cross)
            });
        }
        Ok(one_or(factors, Expression::Product))
    }

    /// Whether the token here can begin another factor.
    fn starts_factor(&mut self) -> Result<bool, Stop> {
        Ok(match self.peek()? {
            Some(Token::Bar) => self.bars_open,
            Some(
                Token::Digit(_)
                | Token::Letter(_)
                | Token::Symbol(_)
                | Token::Differential(_)
                | Token::Open(_)
                | Token::Named(_)
                | Token::DecadicLogarithm
                | Token::Root
                | Token::Overline
                | Token::Fraction
                | Token::Binomial
                | Token::Italic
                | Token::SumSign
                | Token::ProductSign
                | Token::IntegralSign
                | Token::LimitSign,
            ) => true,
            _ => false,
        })
    }

    /// A power with factorial signs after it.
    fn postfix(&mut self, functions: bool) -> Parsed {
        let mut result = self.power(functions)?;
        let mut chain = 0;
        while self.take(Token::Bang)? {
            chain += 1;
            if chain > CHAIN {
                return self.give_up();
            }
            result = Expression::Call(Function::Factorial, Box::new(result));
        }
        Ok(result)
    }

    /// A base with exponents: one token or a group in braces each; anything else after `^` is not read.
    fn power(&mut self, functions: bool) -> Parsed {
        let mut base = self.primary(functions)?;
        let mut chain = 0;
        while self.peek()? == Some(Token::Caret) {
            let exponent = self.attempt(|parser| parser.exponent())?;
            let Some(exponent) = exponent else { break };
            if self.peek()? == Some(Token::Underscore) {
                self.index().map_err(|stop| if stop == Stop::Here { Stop::Broken } else { stop })?;
            }
            chain += 1;
            if chain > CHAIN {
                return self.give_up();
            }
            base = Expression::Power(Box::new(base), Box::new(exponent));
        }
        Ok(base)
    }

    /// `^` and what follows it.
    pub(crate) fn exponent(&mut self) -> Parsed {
        self.expect(Token::Caret)?;
        self.deeper(4, Self::token_or_group)
    }

    /// `_` and what follows it.
    pub(crate) fn index(&mut self) -> Parsed {
        self.expect(Token::Underscore)?;
        self.token_or_group()
    }

    fn token_or_group(&mut self) -> Parsed {
        if self.peek()? == Some(Token::Open('{')) { self.enclosed('{') } else { self.atom() }
    }
}

/// The only element, or all of them together.
pub(crate) fn one_or(mut parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    if parts.len() == 1
        && let Some(only) = parts.pop()
    {
        return only;
    }
    join(parts)
}
