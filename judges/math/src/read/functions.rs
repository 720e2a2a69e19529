use super::lexer::TokenKind;
use super::names::function;
use super::parser::{Parsed, Parser, Unreadable};
use crate::syntax::{Bracket, Function, Kind, Node, Span};

impl Parser {
    /// A function whose name was just read.
    #[inline(never)]
    pub fn function(&mut self, name: &str, span: Span) -> Parsed {
        let Some(mut known) = function(name) else { return self.fail("this function is not known") };
        if matches!(name, "sqrt" | "SQRT" | "cbrt") {
            return self.bare_root(known, span);
        }
        // `(min, max)`: a function's name alone is a word.
        if !self.begins_factor() && !matches!(self.peek(), Some(TokenKind::Mark('^' | '_' | '-'))) {
            return Ok(Node::new(Kind::Words(name.into()), span));
        }
        let mut base = None;
        let mut exponent = None;
        let mut turns = 0;
        loop {
            turns += 1;
            if turns > 4 {
                return self.fail("too much stands between a function and its argument");
            }
            if self.is_mark('_') && base.is_none() {
                self.at += 1;
                base = Some(self.index_token()?);
            } else if self.is_mark('^') && exponent.is_none() {
                self.at += 1;
                exponent = Some(self.argument_signed()?);
            } else {
                break;
            }
        }
        // `log10(x)`, `log2(x)`
        if base.is_none()
            && known == Function::Ln
            && name.starts_with("log")
            && let (Some(TokenKind::Number(digits)), Some('(')) = (self.peek(), self.mark_at(1))
        {
            let tight = self.peek_token().is_some_and(|t| !t.spaced && t.span.start == span.end);
            if tight && matches!(digits.as_str(), "10" | "2") {
                base = Some(self.argument_token()?);
            }
        }
        // `\min\{a,b\}`, `\max_{x} f` and the like.
        let arguments = self.arguments(known)?;
        let inverse = matches!(exponent.as_ref().map(|e| &e.kind), Some(Kind::Negative(one)) if matches!(&one.kind, Kind::Number(n) if n.value == Some(crate::exact::Rational::ONE)));
        if inverse && let Some(inverted) = inverse_of(known) {
            known = inverted;
            exponent = None;
        }
        let whole = span.to(self.last_span());
        let call = match (known, base, arguments.len()) {
            (Function::Ln, Some(base), 1) => {
                let mut all = vec![base];
                all.extend(arguments);
                Node::new(Kind::Call(Function::LogBase, all), whole)
            }
            (Function::Ln, None, 2) => Node::new(Kind::Call(Function::LogBase, arguments), whole),
            (Function::Atan, None, 2) => return self.fail("the arc tangent of two arguments is not read"),
            (Function::Min | Function::Max | Function::Gcd | Function::Lcm, _, 1..) => {
                Node::new(Kind::Call(known, arguments), whole)
            }
            (Function::Binomial | Function::Permutations | Function::Root, _, 2) => {
                Node::new(Kind::Call(known, arguments), whole)
            }
            (Function::Binomial | Function::Permutations | Function::Root, ..) => {
                return self.fail("this function takes two arguments");
            }
            (_, _, 1) => Node::new(Kind::Call(known, arguments), whole),
            _ => return self.fail("this function takes one argument"),
        };
        Ok(match exponent {
            Some(exponent) => Node::power(call, exponent),
            None => call,
        })
    }

    /// The base of a logarithm. In `\log_23` it is 2, where nothing else could be the argument.
    #[inline(never)]
    fn index_token(&mut self) -> Parsed {
        let alone = self.tokens.len() == self.at + 1;
        if let Some(TokenKind::Number(text)) = self.peek()
            && alone
            && text.len() > 1
            && text.bytes().all(|b| b.is_ascii_digit())
        {
            return self.digit_argument();
        }
        self.argument_token()
    }

    /// An index or exponent: a group or one token.
    #[inline(never)]
    pub fn argument_token(&mut self) -> Parsed {
        self.primary()
    }

    #[inline(never)]
    fn argument_signed(&mut self) -> Parsed {
        let negative = self.eat('-');
        let node = self.primary()?;
        Ok(if negative { Node::negative(node) } else { node })
    }

    /// The arguments of a function.
    #[inline(never)]
    fn arguments(&mut self, known: Function) -> Result<Vec<Node>, Unreadable> {
        match self.peek() {
            Some(TokenKind::Mark('(' | '[' | '{') | TokenKind::SetOpen) => {
                let group = self.group()?;
                let several = matches!(
                    known,
                    Function::Min
                        | Function::Max
                        | Function::Gcd
                        | Function::Lcm
                        | Function::Binomial
                        | Function::Permutations
                        | Function::Root
                        | Function::Ln
                        | Function::Atan
                );
                Ok(match group.kind {
                    Kind::List(_, _, items) if several || items.len() == 1 => items,
                    _ => vec![group],
                })
            }
            Some(TokenKind::BarOpen | TokenKind::FloorOpen | TokenKind::CeilOpen) => Ok(vec![self.group()?]),
            Some(TokenKind::Mark('|')) if self.bars == 0 => Ok(vec![self.group()?]),
            _ => Ok(vec![self.implicit_argument()?]),
        }
    }

    /// The product that follows a function without brackets: `\sin 2\pi x`.
    #[inline(never)]
    fn implicit_argument(&mut self) -> Parsed {
        let start = self.span();
        let negative = self.eat('-');
        let mut factors: Vec<(Node, bool)> = Vec::new();
        loop {
            if !self.begins_factor() {
                break;
            }
            if !factors.is_empty() {
                match self.peek() {
                    Some(
                        TokenKind::Letters(_)
                        | TokenKind::Command(_)
                        | TokenKind::Words(_)
                        | TokenKind::Unit(_)
                        | TokenKind::Begin(_),
                    ) => break,
                    Some(TokenKind::Mark('(' | '[')) => {
                        let coefficient = factors
                            .iter()
                            .all(|(node, _)| matches!(node.kind, Kind::Number(_) | Kind::Symbol(_) | Kind::Constant(_)));
                        let spaced = self.peek_token().is_some_and(|t| t.spaced);
                        if !coefficient
                            || spaced
                            || !matches!(factors.last().map(|(n, _)| &n.kind), Some(Kind::Symbol(name)) if matches!(name.as_str(), "a" | "k" | "n" | "omega"))
                        {
                            break;
                        }
                    }
                    Some(TokenKind::Mark('|')) => break,
                    Some(TokenKind::Name(name)) if name == "e" && self.mark_at(1) == Some('^') => break,
                    Some(TokenKind::Name(name))
                        if name == "d" && factors.len() == 1 && matches!(self.peek_at(1), Some(TokenKind::Name(_))) =>
                    {
                        break;
                    }
                    _ => {}
                }
            }
            let factor = self.factor()?;
            factors.push((factor, false));
            if factors.len() > 40 {
                return self.fail("an argument of more than 40 factors needs brackets");
            }
        }
        // `\sin\pi/4`
        let constant = factors.iter().all(|(node, _)| matches!(node.kind, Kind::Number(_) | Kind::Constant(_)));
        let has_pi = factors.iter().any(|(node, _)| matches!(node.kind, Kind::Constant(_)));
        if constant && has_pi && self.is_mark('/') && matches!(self.peek_at(1), Some(TokenKind::Number(_))) {
            self.at += 1;
            let factor = self.primary()?;
            factors.push((factor, true));
        }
        let node = match (factors.len(), factors.pop()) {
            (1, Some((node, false))) => node,
            (_, Some(last)) => {
                factors.push(last);
                Node::new(Kind::Product(factors), start.to(self.last_span()))
            }
            _ => return self.fail("the function has no argument"),
        };
        Ok(if negative { Node::negative(node) } else { node })
    }

    /// `sqrt(x)`, `sqrt2`, `sqrt[3](x)` in calculator syntax.
    #[inline(never)]
    fn bare_root(&mut self, known: Function, span: Span) -> Parsed {
        if self.is_mark('[') && known == Function::Sqrt {
            let group = self.group()?;
            let inner = match group.kind {
                Kind::List(Bracket::Square, Bracket::Square, mut items) if items.len() == 1 => {
                    items.pop().map_or_else(|| self.fail("the root is empty"), Ok)?
                }
                _ => group,
            };
            if matches!(self.peek(), Some(TokenKind::Mark('(' | '{'))) {
                let radicand = self.group()?;
                return Ok(Node::new(Kind::Call(Function::Root, vec![inner, radicand]), span.to(self.last_span())));
            }
            return Ok(Node::call(Function::Sqrt, inner, span.to(self.last_span())));
        }
        let inner = self.argument_signed()?;
        Ok(Node::call(known, inner, span.to(self.last_span())))
    }
}

/// The inverse of a function that is written with the exponent -1.
fn inverse_of(function: Function) -> Option<Function> {
    use Function as F;
    Some(match function {
        F::Sin => F::Asin,
        F::Cos => F::Acos,
        F::Tan => F::Atan,
        F::Sec => F::Asec,
        F::Csc => F::Acsc,
        F::Cot => F::Acot,
        F::Sinh => F::Asinh,
        F::Cosh => F::Acosh,
        F::Tanh => F::Atanh,
        F::Sech => F::Asech,
        F::Csch => F::Acsch,
        F::Coth => F::Acoth,
        _ => return None,
    })
}
