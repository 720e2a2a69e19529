use super::lexer::TokenKind;
use super::parser::{Parsed, Parser, Unreadable};
use crate::syntax::{Bracket, Function, Kind, Node, Sign};

impl Parser {
    /// Anything in brackets, bars or an environment.
    #[inline(never)]
    pub fn group(&mut self) -> Parsed {
        let start = self.span();
        let Some(kind) = self.peek().cloned() else { return self.fail("something is missing at the end") };
        self.at += 1;
        let node = match kind {
            TokenKind::Mark('(') => self.bracketed(Bracket::Round)?,
            TokenKind::Mark('[') => self.bracketed(Bracket::Square)?,
            TokenKind::Mark('{') => self.braced()?,
            TokenKind::SetOpen => self.curly()?,
            TokenKind::AngleOpen => {
                let node = self.shielded(|parser| parser.items(true))?;
                if !matches!(self.peek(), Some(TokenKind::AngleClose)) {
                    return self.fail("the angle bracket is not closed");
                }
                self.at += 1;
                Node::new(Kind::List(Bracket::Angle, Bracket::Angle, listed(node)), start)
            }
            TokenKind::Sign(Sign::Less) => {
                self.at -= 1;
                if !self.angle_closes() {
                    return self.fail("a number or name is missing before `<`");
                }
                self.at += 1;
                self.angle += 1;
                let node = self.items(true);
                self.angle -= 1;
                let node = node?;
                if !matches!(self.peek(), Some(TokenKind::Sign(Sign::Greater))) {
                    return self.fail("the angle bracket is not closed");
                }
                self.at += 1;
                Node::new(Kind::List(Bracket::Angle, Bracket::Angle, listed(node)), start)
            }
            TokenKind::FloorOpen => self.closed(Function::Floor, &TokenKind::FloorClose)?,
            TokenKind::CeilOpen => self.closed(Function::Ceil, &TokenKind::CeilClose)?,
            TokenKind::BarOpen => self.closed(Function::Abs, &TokenKind::BarClose)?,
            TokenKind::Mark('|') => self.bars(&TokenKind::Mark('|'))?,
            TokenKind::DoubleBar => self.bars(&TokenKind::DoubleBar)?,
            TokenKind::Begin(name) => self.environment(&name)?,
            TokenKind::Mark(']') => {
                // `]0,1[`, an open interval.
                let node = self.shielded(|parser| parser.items(true))?;
                let close = if self.eat('[') {
                    Bracket::Round
                } else {
                    self.expect(']')?;
                    Bracket::Square
                };
                Node::new(Kind::List(Bracket::Round, close, listed(node)), start)
            }
            _ => {
                self.at -= 1;
                return self.fail("a number, name or bracket is missing here");
            }
        };
        Ok(Node::new(node.kind, start.to(self.last_span())))
    }

    /// Reads inside brackets, where outer bars and colons mean nothing.
    #[inline(never)]
    pub fn shielded<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, Unreadable>) -> Result<T, Unreadable> {
        let saved = (self.bars, self.colon_stops, self.angle);
        (self.bars, self.colon_stops, self.angle) = (0, 0, 0);
        let result = inner(self);
        (self.bars, self.colon_stops, self.angle) = saved;
        result
    }

    /// After an opening round or square bracket: a group, tuple or interval.
    #[inline(never)]
    fn bracketed(&mut self, open: Bracket) -> Parsed {
        let start = self.last_span();
        let closer = |mark: Option<char>| match mark {
            Some(')') => Some(Bracket::Round),
            Some(']') => Some(Bracket::Square),
            _ => None,
        };
        if let Some(close) = closer(self.mark_at(0)) {
            self.at += 1;
            return Ok(Node::new(Kind::List(open, close, Vec::new()), start));
        }
        let node = self.shielded(|parser| parser.items(true))?;
        let close = match self.peek() {
            Some(TokenKind::Mark('[')) if open == Bracket::Square && matches!(node.kind, Kind::List(Bracket::None, ..)) => {
                Some(Bracket::Round)
            }
            _ => closer(self.mark_at(0)),
        };
        let Some(close) = close else {
            return self.fail(if open == Bracket::Round { "`)` is missing" } else { "`]` is missing" });
        };
        self.at += 1;
        Ok(match node.kind {
            Kind::List(Bracket::None, _, items) => Node::new(Kind::List(open, close, items), start),
            // A matrix in brackets of its own.
            kind @ Kind::Matrix(_) => Node::new(kind, start),
            kind if open == close && open == Bracket::Round => Node::new(kind, start),
            kind if open == close => Node::new(Kind::List(open, close, vec![Node::new(kind, node.span)]), start),
            _ => return self.fail("the brackets do not match"),
        })
    }

    /// After an opening brace: an invisible group, or a set where there are commas.
    #[inline(never)]
    fn braced(&mut self) -> Parsed {
        let start = self.last_span();
        if self.eat('}') {
            return Ok(Node::new(Kind::List(Bracket::Curly, Bracket::Curly, Vec::new()), start));
        }
        let node = self.shielded(|parser| parser.items(true))?;
        let node = self.infix_command(node)?;
        self.expect('}')?;
        Ok(match node.kind {
            Kind::List(Bracket::None, _, items) => Node::new(Kind::List(Bracket::Curly, Bracket::Curly, items), start),
            kind => Node::new(kind, start),
        })
    }

    /// `a \over b`, `n \choose k`
    #[inline(never)]
    fn infix_command(&mut self, left: Node) -> Parsed {
        let Some(TokenKind::Command(name)) = self.peek() else { return Ok(left) };
        let choose = match name.as_str() {
            "choose" => true,
            "over" => false,
            _ => return Ok(left),
        };
        self.at += 1;
        let right = self.shielded(Self::sum)?;
        let span = left.span.to(right.span);
        Ok(if choose { Node::new(Kind::Call(Function::Binomial, vec![left, right]), span) } else { Node::quotient(left, right) })
    }

    /// After `\{`: a set or a set-builder.
    #[inline(never)]
    fn curly(&mut self) -> Parsed {
        let start = self.last_span();
        if matches!(self.peek(), Some(TokenKind::SetClose)) {
            self.at += 1;
            return Ok(Node::new(Kind::List(Bracket::Curly, Bracket::Curly, Vec::new()), start));
        }
        let saved = (self.bars, self.colon_stops, self.angle);
        (self.bars, self.colon_stops, self.angle) = (0, 1, 0);
        let result = self.curly_inside(start);
        (self.bars, self.colon_stops, self.angle) = saved;
        let node = result?;
        if self.peek().is_none()
            && let Kind::List(_, _, items) = &node.kind
            && let [Node { kind: Kind::Matrix(rows), .. }] = items.as_slice()
        {
            // A large brace before lines, which nothing closes.
            let lines = rows.iter().flatten().cloned().collect();
            return Ok(Node::new(Kind::List(Bracket::None, Bracket::None, lines), node.span));
        }
        if !matches!(self.peek(), Some(TokenKind::SetClose)) {
            return self.fail("`\\}` is missing");
        }
        self.at += 1;
        Ok(node)
    }

    #[inline(never)]
    fn curly_inside(&mut self, start: crate::syntax::Span) -> Parsed {
        let node = self.items(true)?;
        if self.is_mark(':') || self.is_mark('|') {
            self.at += 1;
            self.colon_stops = 0;
            let condition = self.items(true)?;
            return Ok(Node::new(Kind::Builder(Box::new(node), Box::new(condition)), start));
        }
        Ok(Node::new(Kind::List(Bracket::Curly, Bracket::Curly, listed(node)), start))
    }

    #[inline(never)]
    fn closed(&mut self, function: Function, close: &TokenKind) -> Parsed {
        let start = self.last_span();
        let inner = self.shielded(Self::item)?;
        if self.peek() != Some(close) {
            return self.fail("the bracket is not closed");
        }
        self.at += 1;
        Ok(Node::call(function, inner, start))
    }

    /// After an opening bar: an absolute value.
    #[inline(never)]
    fn bars(&mut self, close: &TokenKind) -> Parsed {
        let start = self.last_span();
        let saved = (self.colon_stops, self.angle);
        (self.colon_stops, self.angle) = (0, 0);
        self.bars += 1;
        let inner = self.set();
        self.bars -= 1;
        (self.colon_stops, self.angle) = saved;
        let inner = inner?;
        if self.peek() != Some(close) {
            return self.fail("the bar is not closed");
        }
        self.at += 1;
        let determinant = matches!(inner.kind, Kind::Matrix(_));
        Ok(Node::call(if determinant { Function::Determinant } else { Function::Abs }, inner, start))
    }

    /// After `\begin{name}`: a matrix, cases, or lines that are read as a list.
    #[inline(never)]
    fn environment(&mut self, name: &str) -> Parsed {
        let start = self.last_span();
        let mut rows: Vec<Vec<Node>> = vec![Vec::new()];
        loop {
            match self.peek() {
                Some(TokenKind::End(_)) => {
                    self.at += 1;
                    break;
                }
                Some(TokenKind::RowBreak) => {
                    self.at += 1;
                    rows.push(Vec::new());
                }
                Some(TokenKind::Command(cr)) if cr == "cr" => {
                    self.at += 1;
                    rows.push(Vec::new());
                }
                Some(TokenKind::Mark('&' | ',')) => self.at += 1,
                None => return self.fail(format!("\\end{{{name}}} is missing")),
                _ => {
                    let item = self.shielded(|parser| parser.items(true))?;
                    match self.peek() {
                        Some(TokenKind::End(_) | TokenKind::RowBreak | TokenKind::Mark('&')) => {}
                        Some(TokenKind::Command(cr)) if cr == "cr" => {}
                        _ => return self.fail("this does not belong into the table"),
                    }
                    if let Some(row) = rows.last_mut() {
                        row.push(item);
                    }
                }
            }
        }
        rows.retain(|row| !row.is_empty());
        let span = start.to(self.last_span());
        if rows.is_empty() {
            return self.fail("the table is empty");
        }
        Ok(match name {
            "cases" | "dcases" | "rcases" if rows.iter().all(|row| row.len() == 1) => {
                // A system of equations.
                Node::new(Kind::List(Bracket::None, Bracket::None, rows.into_iter().flatten().collect()), span)
            }
            "cases" | "dcases" | "rcases" => {
                let cases = rows
                    .into_iter()
                    .filter_map(|row| {
                        let mut cells = row.into_iter();
                        Some((cells.next()?, cells.next()))
                    })
                    .collect();
                Node::new(Kind::Piecewise(cases), span)
            }
            "vmatrix" => Node::new(Kind::Call(Function::Determinant, vec![Node::new(Kind::Matrix(rows), span)]), span),
            "pmatrix" | "bmatrix" | "matrix" | "Bmatrix" | "Vmatrix" | "smallmatrix" | "array" => {
                Node::new(Kind::Matrix(rows), span)
            }
            _ => {
                // Aligned lines: one line is itself, more are a list.
                let mut lines: Vec<Node> = rows.into_iter().flatten().collect();
                if lines.len() == 1 {
                    return lines.pop().map_or_else(|| self.fail("the table is empty"), Ok);
                }
                Node::new(Kind::List(Bracket::None, Bracket::None, lines), span)
            }
        })
    }
}

/// The items of a list without brackets, or the single item.
fn listed(node: Node) -> Vec<Node> {
    match node.kind {
        Kind::List(Bracket::None, _, items) => items,
        _ => vec![node],
    }
}
