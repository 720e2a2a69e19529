//! Numbers, names, fractions and groups.

use num_bigint::BigInt;

use super::lexer::Token;
use super::parser::{Parsed, Parser, Stop};
use super::tree::{Expression, Function};

/// Digits of an integer that are still read; longer ones cost upstream its time limit.
const DIGITS: usize = 4_300;

impl Parser<'_> {
    /// What a power can have as its base; `functions` tells whether functions count.
    pub(crate) fn primary(&mut self, functions: bool) -> Parsed {
        match self.peek()? {
            Some(Token::Open(kind @ ('(' | '[' | '{' | '\\'))) => self.enclosed(kind),
            Some(Token::Open('f')) => self.called(Function::Floor, 'f'),
            Some(Token::Open('c')) => self.called(Function::Ceiling, 'c'),
            Some(Token::Bar) => Ok(Expression::Call(Function::Absolute, Box::new(self.between_bars()?))),
            Some(Token::Letter(_) | Token::Symbol(_)) if functions => match self.attempt(Self::application)? {
                Some(applied) => Ok(applied),
                None => self.atom(),
            },
            Some(
                Token::Letter(_)
                | Token::Symbol(_)
                | Token::Digit(_)
                | Token::Differential(_)
                | Token::Fraction
                | Token::Binomial
                | Token::Italic,
            ) => self.atom(),
            Some(_) if functions => self.function(),
            _ => Err(Stop::Here),
        }
    }

    fn called(&mut self, function: Function, kind: char) -> Parsed {
        Ok(Expression::Call(function, Box::new(self.enclosed(kind)?)))
    }

    /// A number, a name, a differential, a fraction or a binomial.
    pub(crate) fn atom(&mut self) -> Parsed {
        match self.peek()? {
            Some(Token::Digit(_)) => self.number(),
            Some(Token::Letter(_) | Token::Symbol(_)) => {
                let name = self.name()?;
                Ok(if name == "infty" { Expression::Infinity } else { Expression::Symbol(name) })
            }
            Some(Token::Differential(variable)) => {
                self.at += 1;
                Ok(Expression::Symbol(format!("d{variable}")))
            }
            Some(Token::Fraction) => self.fraction(),
            Some(Token::Binomial) => {
                self.at += 1;
                let upper = self.enclosed('{')?;
                let lower = self.enclosed('{')?;
                Ok(Expression::Binomial(Box::new(upper), Box::new(lower)))
            }
            Some(Token::Italic) => {
                self.at += 1;
                self.enclosed_by('{', |parser| {
                    let mut name = String::new();
                    while let Some(Token::Letter(letter)) = parser.peek()? {
                        name.push(letter);
                        parser.at += 1;
                    }
                    Ok(Expression::Symbol(name))
                })
            }
            _ => Err(Stop::Here),
        }
    }

    /// A letter or command with its index and primes. An index must have content.
    pub(crate) fn name(&mut self) -> Result<String, Stop> {
        let mut name = match self.peek()? {
            Some(Token::Letter(letter)) => letter.to_string(),
            Some(Token::Symbol(name)) => name.to_owned(),
            _ => return Err(Stop::Here),
        };
        self.at += 1;
        let mut quotes = self.quotes()?;
        if self.peek()? == Some(Token::Underscore) {
            let index = self.index().map_err(|stop| if stop == Stop::Here { Stop::Broken } else { stop })?;
            name.push_str("_{");
            name.push_str(&spelled(&index));
            name.push('}');
        }
        if quotes == 0 {
            quotes = self.quotes()?;
        }
        name.extend(std::iter::repeat_n('\'', quotes));
        Ok(name)
    }

    fn quotes(&mut self) -> Result<usize, Stop> {
        match self.peek()? {
            Some(Token::Quotes(count)) => {
                self.at += 1;
                Ok(count)
            }
            _ => Ok(0),
        }
    }

    /// Digits, groups of three behind commas, and decimals. A point must be followed by digits. An integer with a
    /// leading zero is no number to Python, and the text is lost.
    fn number(&mut self) -> Parsed {
        let mut text = String::new();
        self.digits(&mut text)?;
        while self.thousands && self.peek()? == Some(Token::Comma) {
            let three = (1..=3).all(|place| matches!(self.ahead(place), Some(Token::Digit(_))));
            if !three {
                break;
            }
            self.at += 1;
            for _ in 0..3 {
                if let Some(Token::Digit(digit)) = self.peek()? {
                    text.push(char::from(b'0' + digit));
                    self.at += 1;
                }
            }
        }
        if self.peek()? == Some(Token::Point) {
            self.at += 1;
            text.push('.');
            if self.digits(&mut text)? == 0 {
                return Err(Stop::Broken);
            }
            return Ok(Expression::Decimal(text));
        }
        let leading_zero = text.starts_with('0') && text.bytes().any(|digit| digit != b'0');
        if text.len() > DIGITS || leading_zero {
            return Err(Stop::Lost);
        }
        text.parse::<BigInt>().map(Expression::Integer).map_err(|_| Stop::Here)
    }

    fn digits(&mut self, text: &mut String) -> Result<usize, Stop> {
        let before = text.len();
        while let Some(Token::Digit(digit)) = self.peek()? {
            text.push(char::from(b'0' + digit));
            self.at += 1;
        }
        Ok(text.len() - before)
    }

    /// A fraction: a digit or a group each. Differentials above and below make a derivative.
    fn fraction(&mut self) -> Parsed {
        self.expect(Token::Fraction)?;
        self.deeper(2, Self::fraction_parts)
    }

    fn fraction_parts(&mut self) -> Parsed {
        if let Some(derivative) = self.attempt(Self::derivative)? {
            return Ok(derivative);
        }
        let upper = self.digit_or_group()?;
        let lower = self.digit_or_group()?;
        Ok(if upper.is_one() { lower.inverted() } else { Expression::Product(vec![upper, lower.inverted()]) })
    }

    fn digit_or_group(&mut self) -> Parsed {
        match self.peek()? {
            Some(Token::Digit(digit)) => {
                self.at += 1;
                Ok(Expression::integer(i64::from(digit)))
            }
            _ => self.enclosed('{'),
        }
    }

    /// `{d…}{dx}`, and what is derived when nothing but `d` stands above.
    fn derivative(&mut self) -> Parsed {
        let mut upper = None;
        self.enclosed_by('{', |parser| {
            match parser.peek()? {
                Some(Token::Letter('d')) => {
                    parser.at += 1;
                    if !matches!(parser.peek()?, Some(Token::Close('{'))) {
                        upper = Some(parser.sum()?);
                    }
                }
                Some(Token::Differential(variable)) => {
                    parser.at += 1;
                    if !matches!(parser.peek()?, Some(Token::Close('{'))) {
                        return Err(Stop::Here);
                    }
                    upper = Some(Expression::Symbol(variable.to_owned()));
                }
                _ => return Err(Stop::Here),
            }
            Ok(())
        })?;
        let mut by = String::new();
        self.enclosed_by('{', |parser| match parser.peek()? {
            Some(Token::Differential(variable)) => {
                parser.at += 1;
                by = variable.to_owned();
                Ok(())
            }
            _ => Err(Stop::Here),
        })?;
        let derived = match upper {
            Some(derived) => derived,
            None => self.deeper(20, |parser| parser.run(true)).map_err(|_| Stop::Lost)?,
        };
        Ok(Expression::Derivative(Box::new(derived), by))
    }
}

/// An index as it becomes part of a name.
fn spelled(index: &Expression) -> String {
    match index {
        Expression::Integer(value) => value.to_string(),
        Expression::Decimal(text) | Expression::Symbol(text) => text.clone(),
        Expression::Infinity => "oo".to_owned(),
        Expression::Product(parts) => {
            let mut names: Vec<String> = parts.iter().map(spelled).collect();
            names.sort();
            names.join("*")
        }
        Expression::Sum(parts) => {
            let mut names: Vec<String> = parts.iter().map(spelled).collect();
            names.sort_by(|a, b| b.cmp(a));
            names.join(" + ")
        }
        other => format!("{other:?}"),
    }
}
