//! Functions, roots, sums, integrals and limits.

use super::lexer::Token;
use super::parser::{Parsed, Parser, Stop};
use super::tree::{Bound, Comparison, Expression, Function};

impl Parser<'_> {
    /// A name directly before round brackets is a function of what stands in them.
    pub(crate) fn application(&mut self) -> Parsed {
        let name = self.name().map_err(|stop| if stop == Stop::Broken { Stop::Here } else { stop })?;
        if self.peek()? != Some(Token::Open('(')) {
            return Err(Stop::Here);
        }
        Ok(Expression::Applied(name, self.enclosed_by('(', Self::arguments)?))
    }

    /// Arguments between commas; here a comma is no thousands separator.
    fn arguments(&mut self) -> Result<Vec<Expression>, Stop> {
        self.thousands = false;
        let mut arguments = vec![self.sum()?];
        while self.take(Token::Comma)? {
            arguments.push(self.sum()?);
        }
        Ok(arguments)
    }

    /// Whatever is called by a command.
    pub(crate) fn function(&mut self) -> Parsed {
        let token = self.peek()?;
        self.at += 1;
        match token {
            Some(Token::Named(function)) => self.deeper(10, |parser| parser.named(function, false)),
            Some(Token::DecadicLogarithm) => self.deeper(10, |parser| parser.named(Function::Logarithm, true)),
            Some(Token::Root) => {
                let index = if self.peek()? == Some(Token::Open('[')) { Some(self.enclosed('[')?) } else { None };
                let base = self.deeper(1, |parser| parser.enclosed('{'))?;
                let index = index.unwrap_or_else(|| Expression::integer(2));
                Ok(Expression::Power(Box::new(base), Box::new(index.inverted())))
            }
            Some(Token::Overline) => Ok(Expression::Call(Function::Conjugate, Box::new(self.enclosed('{')?))),
            Some(Token::SumSign) => self.deeper(20, |parser| parser.series(Bound::Sum)),
            Some(Token::ProductSign) => self.deeper(20, |parser| parser.series(Bound::Product)),
            Some(Token::IntegralSign) => self.deeper(20, |parser| parser.integral()),
            Some(Token::LimitSign) => self.deeper(20, |parser| parser.limit()),
            _ => Err(Stop::Here),
        }
    }

    /// A function with index and power before its argument. Without round brackets the argument is the product that
    /// follows, in which only the first factor may be a function.
    fn named(&mut self, function: Function, decadic: bool) -> Parsed {
        let (mut index, mut power) = (None, None);
        for _ in 0..2 {
            match self.peek()? {
                Some(Token::Underscore) if index.is_none() => index = Some(self.index()?),
                Some(Token::Caret) if power.is_none() => power = Some(self.exponent()?),
                _ => break,
            }
        }
        let bracketed = if self.peek()? == Some(Token::Open('(')) {
            self.attempt(|parser| parser.enclosed_by('(', Self::arguments))?
        } else {
            None
        };
        let argument = match bracketed.map(|mut arguments| arguments.swap_remove(0)) {
            Some(argument) => argument,
            None => self.bare_argument(&mut index, &mut power)?,
        };
        let inverse = power == Some(Expression::integer(-1));
        let (function, power) = match inverse_of(function) {
            Some(inverted) if inverse => (inverted, None),
            _ => (function, power),
        };
        let base = match index {
            Some(base) if function == Function::Logarithm => Some(base),
            _ if decadic => Some(Expression::integer(10)),
            _ => None,
        };
        let value = match base {
            Some(base) => Expression::LogarithmTo(Box::new(argument), Box::new(base)),
            None => Expression::Call(function, Box::new(argument)),
        };
        Ok(match power {
            Some(power) if !power.is_one() => Expression::Power(Box::new(value), Box::new(power)),
            _ => value,
        })
    }

    /// The argument without brackets. If there is none because digits before it were taken for the index or power, the
    /// last digit is given back.
    fn bare_argument(&mut self, index: &mut Option<Expression>, power: &mut Option<Expression>) -> Parsed {
        if let Some(argument) = self.attempt(|parser| parser.product(false))? {
            return Ok(argument);
        }
        let digit = |place: usize, parser: &Self| {
            parser.at.checked_sub(place).is_some_and(|at| matches!(parser.tokens.get(at), Some(Token::Digit(_))))
        };
        if !digit(1, self) || !digit(2, self) {
            return Err(Stop::Here);
        }
        for taken in [index, power].into_iter().flatten() {
            if let Expression::Integer(value) = taken
                && self.ends_with(value)
            {
                *value /= 10;
                self.at -= 1;
                return self.product(false);
            }
        }
        Err(Stop::Here)
    }

    /// Whether the digits before this place are this number.
    fn ends_with(&self, value: &num_bigint::BigInt) -> bool {
        let text = value.to_string();
        text.len() >= 2
            && text.bytes().rev().enumerate().all(|(back, byte)| {
                let token = self.at.checked_sub(back + 1).and_then(|at| self.tokens.get(at));
                token == Some(&Token::Digit(byte.wrapping_sub(b'0')))
            })
    }

    /// A sum or product over a variable with both limits.
    fn series(&mut self, kind: Bound) -> Parsed {
        let (mut start, mut end) = (None, None);
        for _ in 0..2 {
            match self.peek()? {
                Some(Token::Underscore) if start.is_none() => {
                    self.at += 1;
                    start = Some(self.enclosed_by('{', |parser| {
                        let variable = parser.sum()?;
                        parser.expect(Token::Compare(Comparison::Equal))?;
                        Ok((variable, parser.sum()?))
                    })?);
                }
                Some(Token::Caret) if end.is_none() => end = Some(self.exponent()?),
                _ => break,
            }
        }
        let (Some((Expression::Symbol(variable), start)), Some(end)) = (start, end) else {
            return Err(Stop::Here);
        };
        let body = self.product(true)?;
        Ok(Expression::Bound(kind, Box::new(body), variable, vec![start, end]))
    }

    /// An integral; the variable is told by a differential in it.
    fn integral(&mut self) -> Parsed {
        let mut limits = Vec::new();
        match self.peek()? {
            Some(Token::Underscore) => limits.extend([self.index()?, self.exponent()?]),
            Some(Token::Caret) => {
                let upper = self.exponent()?;
                limits.extend([self.index()?, upper]);
            }
            _ => {}
        }
        let body = self.sum()?;
        Ok(Expression::Bound(Bound::Integral, Box::new(body), String::new(), limits))
    }

    /// A limit.
    fn limit(&mut self) -> Parsed {
        self.expect(Token::Underscore)?;
        let (variable, point) = self.enclosed_by('{', |parser| {
            let variable = match parser.peek()? {
                Some(Token::Letter(letter)) => letter.to_string(),
                Some(Token::Symbol(name)) => name.to_owned(),
                _ => return Err(Stop::Here),
            };
            parser.at += 1;
            parser.expect(Token::Approach)?;
            Ok((variable, parser.sum()?))
        })?;
        let body = self.product(true)?;
        Ok(Expression::Bound(Bound::Limit, Box::new(body), variable, vec![point]))
    }
}

/// The inverse that a power of minus one means.
fn inverse_of(function: Function) -> Option<Function> {
    use Function as F;
    Some(match function {
        F::Sine => F::ArcSine,
        F::Cosine => F::ArcCosine,
        F::Tangent => F::ArcTangent,
        F::Secant => F::ArcSecant,
        F::Cosecant => F::ArcCosecant,
        F::Cotangent => F::ArcCotangent,
        F::HyperbolicSine => F::AreaSine,
        F::HyperbolicCosine => F::AreaCosine,
        F::HyperbolicTangent => F::AreaTangent,
        _ => return None,
    })
}
