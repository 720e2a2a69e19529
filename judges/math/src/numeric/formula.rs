use super::estimate::Estimate;
use crate::exact::Rational;
use crate::syntax::{Binder, Bracket, Constant, Function, Kind, Node};

/// Names of the variables of one or more formulas, in order of first appearance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Symbols {
    names: Vec<String>,
}

impl Symbols {
    /// The number of a name, which is added if it is new.
    pub fn index(&mut self, name: &str) -> usize {
        if let Some(at) = self.names.iter().position(|known| known == name) {
            return at;
        }
        self.names.push(name.to_string());
        self.names.len() - 1
    }

    /// All names.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

/// A node that has no single number as its value, and what kind of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotScalar(pub &'static str);

/// A scalar expression, ready to be evaluated many times.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Formula {
    Value(Estimate),
    Variable(usize),
    Sum(Vec<Formula>),
    Product(Vec<(Formula, bool)>),
    Negative(Box<Formula>),
    /// Base, exponent, and the exponent as a fraction where it is one.
    Power(Box<Formula>, Box<Formula>, Option<(i64, i64)>),
    Call(Function, Vec<Formula>),
    /// An unknown function, known by a number made of its name.
    Opaque(u64, Vec<Formula>),
    Bound {
        binder: Binder,
        variable: usize,
        low: Option<Box<Formula>>,
        high: Option<Box<Formula>>,
        body: Box<Formula>,
    },
    /// Positive infinity, which only bounds may be.
    Infinite,
}

/// Turns a node into a formula.
///
/// # Errors
/// The node is a list, a relation or another thing without a number as its value.
pub fn formula(node: &Node, symbols: &mut Symbols) -> Result<Formula, NotScalar> {
    Ok(match &node.kind {
        Kind::Number(number) => match &number.value {
            Some(value) => Formula::Value(of_rational(value)),
            None => Formula::Value(Estimate { re: f64::INFINITY, im: 0.0, error: f64::INFINITY }),
        },
        Kind::Constant(Constant::Pi) => Formula::Value(Estimate::rounded(std::f64::consts::PI)),
        Kind::Constant(Constant::E) => Formula::Value(Estimate::rounded(std::f64::consts::E)),
        Kind::Constant(Constant::I) => Formula::Value(Estimate { re: 0.0, im: 1.0, error: 0.0 }),
        Kind::Constant(Constant::Infinity) => Formula::Infinite,
        Kind::Constant(_) => return Err(NotScalar("a set")),
        Kind::Symbol(name) => Formula::Variable(symbols.index(name)),
        Kind::Words(words) => Formula::Variable(symbols.index(&words.to_lowercase())),
        Kind::Sum(terms) => Formula::Sum(terms.iter().map(|term| formula(term, symbols)).collect::<Result<_, _>>()?),
        Kind::Product(factors) => {
            let factors = factors.iter().map(|(factor, divides)| Ok((formula(factor, symbols)?, *divides)));
            Formula::Product(factors.collect::<Result<_, NotScalar>>()?)
        }
        Kind::Negative(inner) => Formula::Negative(Box::new(formula(inner, symbols)?)),
        Kind::Power(base, exponent) => {
            let fraction = fraction(exponent);
            Formula::Power(Box::new(formula(base, symbols)?), Box::new(formula(exponent, symbols)?), fraction)
        }
        Kind::Call(Function::Determinant, arguments) => match arguments.first().map(|a| &a.kind) {
            Some(Kind::Matrix(rows)) => determinant(rows, symbols)?,
            _ => return Err(NotScalar("a determinant of something that is no matrix")),
        },
        Kind::Call(function, arguments) => {
            let arguments = arguments.iter().map(|argument| formula(argument, symbols)).collect::<Result<Vec<_>, _>>()?;
            let function = *function;
            // Degrees count inside trigonometric functions, where the node says so itself.
            Formula::Call(function, arguments)
        }
        Kind::Apply(name, arguments) => {
            let arguments = arguments.iter().map(|argument| formula(argument, symbols)).collect::<Result<Vec<_>, _>>()?;
            Formula::Opaque(seed(name), arguments)
        }
        Kind::Degrees(inner) => Formula::Product(vec![
            (formula(inner, symbols)?, false),
            (Formula::Value(Estimate::rounded(std::f64::consts::PI / 180.0)), false),
        ]),
        Kind::Percent(inner) => {
            Formula::Product(vec![(formula(inner, symbols)?, false), (Formula::Value(Estimate::exact(100.0)), true)])
        }
        Kind::Currency(inner) | Kind::Quantity(inner, _) => formula(inner, symbols)?,
        Kind::Based(digits, base) => match (base.parse::<u32>(), digits.len() < 60) {
            (Ok(base @ 2..=36), true) => match i64::from_str_radix(digits, base) {
                Ok(value) => Formula::Value(of_rational(&Rational::integer(value))),
                Err(_) => return Err(NotScalar("digits that its base does not have")),
            },
            _ => Formula::Variable(symbols.index(&format!("{digits}_{base}"))),
        },
        Kind::Bound { binder, variable, low, high, body } => {
            if *binder == Binder::Integral && (low.is_none() || high.is_none()) {
                return Err(NotScalar("an integral without bounds"));
            }
            let part = |node: &Option<Box<Node>>, symbols: &mut Symbols| {
                node.as_ref().map(|n| formula(n, symbols).map(Box::new)).transpose()
            };
            let (low, high) = (part(low, symbols)?, part(high, symbols)?);
            // The derivative's variable stays free; the others get a name of their own.
            if *binder == Binder::Derivative {
                let index = symbols.index(variable);
                return Ok(Formula::Bound {
                    binder: *binder,
                    variable: index,
                    low,
                    high,
                    body: Box::new(formula(body, symbols)?),
                });
            }
            let inner = format!("\u{1}{variable}");
            let index = symbols.index(&inner);
            let body = Box::new(bind(formula(body, symbols)?, symbols.index(variable), index));
            Formula::Bound { binder: *binder, variable: index, low, high, body }
        }
        Kind::List(
            Bracket::Square | Bracket::Round | Bracket::Curly,
            Bracket::Square | Bracket::Round | Bracket::Curly,
            items,
        ) if items.len() == 1 => match items.first() {
            Some(item) => formula(item, symbols)?,
            None => return Err(NotScalar("an empty list")),
        },
        Kind::PlusMinus(..) => return Err(NotScalar("two values")),
        Kind::List(..) => return Err(NotScalar("a list")),
        Kind::Matrix(_) => return Err(NotScalar("a matrix")),
        Kind::Relation(..) | Kind::Or(_) | Kind::And(_) => return Err(NotScalar("a relation")),
        Kind::Set(..) | Kind::Builder(..) => return Err(NotScalar("a set")),
        Kind::Piecewise(_) => return Err(NotScalar("a function in pieces")),
    })
}

/// A rational number as an estimate.
pub fn of_rational(value: &Rational) -> Estimate {
    match value {
        Rational::Small(n, 1) if n.unsigned_abs() < (1 << 53) => Estimate::exact(value.to_f64()),
        _ => Estimate::rounded(value.to_f64()),
    }
}

/// Replaces a variable by another.
fn bind(formula: Formula, from: usize, to: usize) -> Formula {
    let all = |items: Vec<Formula>| items.into_iter().map(|item| bind(item, from, to)).collect();
    let one = |item: Box<Formula>| Box::new(bind(*item, from, to));
    match formula {
        Formula::Variable(at) if at == from => Formula::Variable(to),
        Formula::Sum(terms) => Formula::Sum(all(terms)),
        Formula::Product(factors) => {
            Formula::Product(factors.into_iter().map(|(factor, divides)| (bind(factor, from, to), divides)).collect())
        }
        Formula::Negative(inner) => Formula::Negative(one(inner)),
        Formula::Power(base, exponent, fraction) => Formula::Power(one(base), one(exponent), fraction),
        Formula::Call(function, arguments) => Formula::Call(function, all(arguments)),
        Formula::Opaque(seed, arguments) => Formula::Opaque(seed, all(arguments)),
        Formula::Bound { binder, variable, low, high, body } => {
            Formula::Bound { binder, variable, low: low.map(one), high: high.map(one), body: one(body) }
        }
        other => other,
    }
}

/// The exponent as a fraction of small integers.
fn fraction(node: &Node) -> Option<(i64, i64)> {
    let value = exact_small(node)?;
    match value {
        Rational::Small(n, d) if d < 1000 => Some((n, d)),
        _ => None,
    }
}

/// The exact value of a node made of numbers, signs and one quotient.
fn exact_small(node: &Node) -> Option<Rational> {
    match &node.kind {
        Kind::Number(number) => number.value.clone(),
        Kind::Negative(inner) => Some(exact_small(inner)?.negate()),
        Kind::Product(factors) if factors.len() <= 4 => {
            let mut value = Rational::ONE;
            for (factor, divides) in factors {
                let Kind::Number(number) = &factor.kind else { return None };
                let factor = number.value.clone()?;
                value = if *divides { value.divide(&factor)? } else { value.multiply(&factor)? };
            }
            Some(value)
        }
        _ => None,
    }
}

/// The determinant of a small matrix, written out.
fn determinant(rows: &[Vec<Node>], symbols: &mut Symbols) -> Result<Formula, NotScalar> {
    let size = rows.len();
    if size == 0 || size > 4 || rows.iter().any(|row| row.len() != size) {
        return Err(NotScalar("a determinant that is not written out"));
    }
    let cells: Vec<Vec<Formula>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| formula(cell, symbols)).collect::<Result<Vec<_>, _>>())
        .collect::<Result<_, _>>()?;
    let columns: Vec<usize> = (0..size).collect();
    Ok(expand(&cells, 0, &columns))
}

fn expand(cells: &[Vec<Formula>], row: usize, columns: &[usize]) -> Formula {
    let mut terms = Vec::new();
    for (position, column) in columns.iter().enumerate() {
        let Some(cell) = cells.get(row).and_then(|cells| cells.get(*column)) else { continue };
        let rest: Vec<usize> = columns.iter().filter(|other| *other != column).copied().collect();
        let mut factors = vec![(cell.clone(), false)];
        if !rest.is_empty() {
            factors.push((expand(cells, row + 1, &rest), false));
        }
        let term = Formula::Product(factors);
        terms.push(if position % 2 == 0 { term } else { Formula::Negative(Box::new(term)) });
    }
    Formula::Sum(terms)
}

/// A number that stands for a name: FNV-1a.
pub fn seed(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
