use super::context::Context;
use super::lists::{expand, peel};
use super::scalars::infinite;
use crate::numeric::{Symbols, formula};
use crate::syntax::{Bracket, Constant, Kind, Node, SetOperation, Sign};
use crate::verdict::{Step, Verdict};

/// Most pieces of a set.
const MOST_PIECES: usize = 60;

/// One end of an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
struct End {
    at: f64,
    closed: bool,
}

/// An interval of real numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Piece {
    low: End,
    high: End,
}

impl Piece {
    fn point(at: f64) -> Self {
        Self { low: End { at, closed: true }, high: End { at, closed: true } }
    }

    fn is_empty(&self) -> bool {
        self.low.at > self.high.at || (self.low.at == self.high.at && !(self.low.closed && self.high.closed))
    }
}

/// A set of real numbers as sorted, disjoint pieces.
#[derive(Clone, Debug, PartialEq)]
pub struct Pieces(Vec<Piece>);

impl Pieces {
    fn all() -> Self {
        let end = |at| End { at, closed: false };
        Self(vec![Piece { low: end(f64::NEG_INFINITY), high: end(f64::INFINITY) }])
    }

    /// Sorted and merged.
    fn merged(mut pieces: Vec<Piece>) -> Self {
        pieces.retain(|piece| !piece.is_empty());
        pieces.sort_by(|a, b| a.low.at.total_cmp(&b.low.at).then(b.low.closed.cmp(&a.low.closed)));
        let mut out: Vec<Piece> = Vec::new();
        for piece in pieces {
            if let Some(last) = out.last_mut() {
                let touches =
                    piece.low.at < last.high.at || (near(piece.low.at, last.high.at) && (piece.low.closed || last.high.closed));
                if touches {
                    if piece.high.at > last.high.at || (piece.high.at == last.high.at && piece.high.closed) {
                        last.high = piece.high;
                    }
                    continue;
                }
            }
            out.push(piece);
        }
        Self(out)
    }

    fn complement(&self) -> Self {
        let mut out = Vec::new();
        let mut low = End { at: f64::NEG_INFINITY, closed: false };
        for piece in &self.0 {
            out.push(Piece { low, high: End { at: piece.low.at, closed: !piece.low.closed } });
            low = End { at: piece.high.at, closed: !piece.high.closed };
        }
        out.push(Piece { low, high: End { at: f64::INFINITY, closed: false } });
        out.retain(|piece| piece.low.at.is_finite() || piece.high.at.is_finite() || self.0.is_empty());
        out.retain(|piece| piece.low.at < f64::INFINITY && piece.high.at > f64::NEG_INFINITY);
        Self::merged(out)
    }

    fn union(self, other: Self) -> Self {
        let mut all = self.0;
        all.extend(other.0);
        Self::merged(all)
    }

    fn intersection(&self, other: &Self) -> Self {
        self.complement().union(other.complement()).complement()
    }

    /// Whether there is more than single points.
    fn has_length(&self) -> bool {
        self.0.iter().any(|piece| piece.low.at < piece.high.at)
    }
}

fn near(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() <= 1e-12 * a.abs().max(b.abs())
}

/// A set of real numbers that a node describes; `variable` is set to the name inequalities are about.
pub fn pieces(node: &Node, loose: bool, context: &Context) -> Option<Pieces> {
    read(node, loose, context, 0)
}

fn read(node: &Node, loose: bool, context: &Context, depth: u32) -> Option<Pieces> {
    if depth > 40 {
        return None;
    }
    match &node.kind {
        // `x > 1, x < 3`: both hold, unless nothing would be left.
        Kind::List(Bracket::None, _, items) if items.iter().all(is_inequality) => {
            let parts = items.iter().map(|item| read(item, loose, context, depth + 1)).collect::<Option<Vec<_>>>()?;
            let both = parts.iter().cloned().reduce(|a, b| a.intersection(&b))?;
            if both.0.is_empty() { parts.into_iter().reduce(Pieces::union) } else { Some(both) }
        }
        Kind::List(open, close, items) => {
            if let ([low, high], true) = (items.as_slice(), *open != Bracket::Curly && *open != Bracket::Angle) {
                if *open == Bracket::None && !loose {
                    return None;
                }
                if *open == Bracket::None && items.iter().any(|item| matches!(item.kind, Kind::Relation(..) | Kind::List(..))) {
                    let parts = items.iter().map(|item| read(item, loose, context, depth + 1)).collect::<Option<Vec<_>>>()?;
                    return parts.into_iter().reduce(Pieces::union);
                }
                let low = End { at: bound(low, context)?, closed: *open == Bracket::Square };
                let high = End { at: bound(high, context)?, closed: *close == Bracket::Square };
                return Some(Pieces(vec![Piece { low, high }]));
            }
            if *open == Bracket::Curly || items.len() == 1 {
                let points = items
                    .iter()
                    .flat_map(expand)
                    .map(|item| Some(Piece::point(bound(&item, context)?)))
                    .collect::<Option<Vec<_>>>()?;
                return (points.len() <= MOST_PIECES).then(|| Pieces::merged(points));
            }
            None
        }
        Kind::Constant(Constant::Reals) => Some(Pieces::all()),
        Kind::Constant(Constant::EmptySet) => Some(Pieces(Vec::new())),
        Kind::Words(words) => (super::words::special(words) == Some("all real numbers")).then(Pieces::all),
        Kind::Set(operation, left, right) => {
            let (left, right) = (read(left, loose, context, depth + 1)?, read(right, loose, context, depth + 1)?);
            let result = match operation {
                SetOperation::Union => left.union(right),
                SetOperation::Intersection => left.intersection(&right),
                SetOperation::Difference => left.intersection(&right.complement()),
            };
            (result.0.len() <= MOST_PIECES).then_some(result)
        }
        Kind::Or(items) => {
            let parts = items.iter().map(|item| read(item, loose, context, depth + 1)).collect::<Option<Vec<_>>>()?;
            parts.into_iter().reduce(Pieces::union)
        }
        Kind::And(items) => {
            let parts = items.iter().map(|item| read(item, loose, context, depth + 1)).collect::<Option<Vec<_>>>()?;
            parts.into_iter().reduce(|a, b| a.intersection(&b))
        }
        Kind::Builder(_, condition) => read(condition, loose, context, depth + 1),
        Kind::Relation(sides, signs) => {
            if let ([_, set], [Sign::In]) = (sides.as_slice(), signs.as_slice()) {
                return read(set, loose, context, depth + 1);
            }
            relation(sides, signs, context)
        }
        _ => None,
    }
}

/// Inequalities about one name: `a < x \le b`, `x \ne 3`, `5 > x`.
fn relation(sides: &[Node], signs: &[Sign], context: &Context) -> Option<Pieces> {
    let mut name: Option<&Node> = None;
    let mut set = Pieces::all();
    for (at, sign) in signs.iter().enumerate() {
        let (left, right) = (sides.get(at)?, sides.get(at + 1)?);
        let (variable, other, flipped) = if let Some(value) = bound(right, context).filter(|_| is_variable(left)) {
            (left, value, false)
        } else if let Some(value) = bound(left, context).filter(|_| is_variable(right)) {
            (right, value, true)
        } else {
            return None;
        };
        if name.is_some_and(|known| known.kind != variable.kind) {
            return None;
        }
        name = Some(variable);
        let end = |closed| End { at: other, closed };
        let open = |at| End { at, closed: false };
        let below = |closed| vec![Piece { low: open(f64::NEG_INFINITY), high: end(closed) }];
        let above = |closed| vec![Piece { low: end(closed), high: open(f64::INFINITY) }];
        let part = match (sign, flipped) {
            (Sign::Less, false) | (Sign::Greater, true) => below(false),
            (Sign::LessEqual, false) | (Sign::GreaterEqual, true) => below(other.is_finite()),
            (Sign::Greater, false) | (Sign::Less, true) => above(false),
            (Sign::GreaterEqual, false) | (Sign::LessEqual, true) => above(other.is_finite()),
            (Sign::NotEqual, _) => Pieces(vec![Piece::point(other)]).complement().0,
            (Sign::Equal, _) => vec![Piece::point(other)],
            _ => return None,
        };
        set = set.intersection(&Pieces::merged(part));
    }
    Some(set)
}

/// Whether a node is a chain of inequalities.
pub fn is_inequality(node: &Node) -> bool {
    let strict = |sign: &Sign| matches!(sign, Sign::Less | Sign::LessEqual | Sign::Greater | Sign::GreaterEqual);
    matches!(&node.kind, Kind::Relation(_, signs) if signs.iter().all(strict))
}

fn is_variable(node: &Node) -> bool {
    matches!(node.kind, Kind::Symbol(_)) || super::lists::is_name(node)
}

/// The numeric value of an end.
fn bound(node: &Node, context: &Context) -> Option<f64> {
    if let Some(positive) = infinite(node) {
        return Some(if positive { f64::INFINITY } else { f64::NEG_INFINITY });
    }
    let mut symbols = Symbols::default();
    let formula = formula(node, &mut symbols).ok()?;
    if !symbols.names().is_empty() {
        return None;
    }
    let value = formula.value(&mut [], context.work);
    (value.is_finite() && value.is_real()).then_some(value.re)
}

/// Compares two sets of real numbers, if both can be read as such.
pub fn intervals(reference: &Node, answer: &Node, loose: bool, context: &Context) -> Option<Verdict> {
    let (wanted, given) = (pieces(peel_set(reference), loose, context)?, pieces(peel_set(answer), loose, context)?);
    // An interval written in the wrong order is compared as written.
    let (wanted, given) = if wanted.0.len() > 1 {
        (Pieces::merged(wanted.0), Pieces::merged(given.0))
    } else {
        (wanted, if given.0.len() > 1 { Pieces::merged(given.0) } else { given })
    };
    if wanted.0.len() != given.0.len() {
        return Some(Verdict::different(Step::Intervals).noting(format!(
            "{} pieces instead of {}",
            given.0.len(),
            wanted.0.len()
        )));
    }
    if !wanted.has_length() && wanted.0.len() > 1 {
        // Only points: a set, which is compared as one.
        return None;
    }
    let exact = super::scalars::Sampling::is_exact(reference, answer);
    let same = |a: &End, b: &End| {
        let tolerance = if context.lenient() {
            context.settings.relative
        } else if exact {
            1e-9
        } else {
            // A rounded end: four digits of it are looked at.
            1e-4
        };
        let bound = if a.at == 0.0 { context.settings.absolute } else { tolerance * a.at.abs() };
        let close = a.at == b.at || (a.at.is_finite() && b.at.is_finite() && (a.at - b.at).abs() <= bound);
        close && (a.closed == b.closed || a.at.is_infinite())
    };
    for (a, b) in wanted.0.iter().zip(&given.0) {
        // At infinity an interval is never closed; who closes it there made a mistake.
        let closed_at_infinity = |piece: &Piece| {
            (piece.low.at.is_infinite() && piece.low.closed) || (piece.high.at.is_infinite() && piece.high.closed)
        };
        if closed_at_infinity(b) != closed_at_infinity(a) || !same(&a.low, &b.low) || !same(&a.high, &b.high) {
            return Some(Verdict::different(Step::Intervals).noting(format!("{} instead of {}", show(b), show(a))));
        }
    }
    Some(Verdict::equivalent(Step::Intervals))
}

/// `x \in` before a set is dropped.
fn peel_set(node: &Node) -> &Node {
    match &node.kind {
        Kind::Relation(_, signs) if matches!(signs.as_slice(), [Sign::Equal | Sign::In]) => peel(node),
        _ => node,
    }
}

fn show(piece: &Piece) -> String {
    let number = |at: f64| if at.is_infinite() { if at > 0.0 { "∞".into() } else { "-∞".into() } } else { format!("{at}") };
    format!(
        "{}{}, {}{}",
        if piece.low.closed { '[' } else { '(' },
        number(piece.low.at),
        number(piece.high.at),
        if piece.high.closed { ']' } else { ')' }
    )
}
