//! The tree both input languages, LaTeX and calculator syntax, are read into.

use crate::exact::Rational;
use serde::Serialize;

/// A range of bytes of the text that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The smallest span that covers both.
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A part of an answer and where it stands in the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it was read.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// A written number.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// Its exact value; `None` when that would be too large to hold.
    pub value: Option<Rational>,
    /// Whether it was written with a decimal point or an exponent, and so may be rounded.
    pub decimal: bool,
    /// How many significant digits were written.
    pub digits: u32,
    /// The power of ten of the last digit that was written, e.g. -2 for `3.14`.
    pub last_place: i32,
}

impl Number {
    /// An exact integer.
    pub fn integer(value: i64) -> Self {
        Self { value: Some(Rational::integer(value)), decimal: false, digits: 1, last_place: 0 }
    }
}

/// A named constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Constant {
    /// The circle's constant.
    Pi,
    /// The base of the natural logarithm.
    E,
    /// The imaginary unit.
    I,
    /// Positive infinity.
    Infinity,
    /// The empty set.
    EmptySet,
    /// The real numbers.
    Reals,
    /// The integers.
    Integers,
    /// The natural numbers.
    Naturals,
    /// The rational numbers.
    Rationals,
    /// The complex numbers.
    Complexes,
}

/// A known function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Function {
    Sin,
    Cos,
    Tan,
    Sec,
    Csc,
    Cot,
    Asin,
    Acos,
    Atan,
    Asec,
    Acsc,
    Acot,
    Sinh,
    Cosh,
    Tanh,
    Sech,
    Csch,
    Coth,
    Asinh,
    Acosh,
    Atanh,
    Asech,
    Acsch,
    Acoth,
    Exp,
    Ln,
    /// Logarithm of the second argument to the base of the first.
    LogBase,
    Log10,
    Sqrt,
    Cbrt,
    /// Root of the second argument, of the degree of the first.
    Root,
    Abs,
    Floor,
    Ceil,
    Sign,
    Factorial,
    DoubleFactorial,
    Binomial,
    Permutations,
    Gamma,
    Re,
    Im,
    Arg,
    Conjugate,
    Min,
    Max,
    Gcd,
    Lcm,
    /// Remainder of the first argument by the second.
    Mod,
    Determinant,
    Erf,
    Heaviside,
}

/// How two sides of a relation compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Sign {
    Equal,
    Approximately,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
    Subset,
    Congruent,
    Maps,
    Proportional,
}

/// What encloses a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Bracket {
    /// `( )`
    Round,
    /// `[ ]`
    Square,
    /// `\{ \}`, or `{ }` around a whole answer
    Curly,
    /// `\langle \rangle`
    Angle,
    /// Nothing.
    None,
}

/// An operation on sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum SetOperation {
    Union,
    Intersection,
    Difference,
}

/// An operation that binds a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Binder {
    Sum,
    Product,
    Integral,
    Limit,
    /// The derivative; the upper bound is its order.
    Derivative,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Kind {
    Number(Number),
    Constant(Constant),
    /// A name: letters, digits and primes, subscripts joined with `_`.
    Symbol(String),
    /// Prose.
    Words(String),
    Sum(Vec<Node>),
    /// Factors, and whether each one divides.
    Product(Vec<(Node, bool)>),
    Negative(Box<Node>),
    Power(Box<Node>, Box<Node>),
    Call(Function, Vec<Node>),
    /// A function of unknown meaning, such as `f(x)`.
    Apply(String, Vec<Node>),
    /// `left ± right`; the flag says that it is `∓`.
    PlusMinus(Option<Box<Node>>, Box<Node>, bool),
    /// Items in brackets, opening and closing; bare lists have none.
    List(Bracket, Bracket, Vec<Node>),
    Matrix(Vec<Vec<Node>>),
    Relation(Vec<Node>, Vec<Sign>),
    /// Alternatives joined with "or".
    Or(Vec<Node>),
    /// Conditions joined with "and".
    And(Vec<Node>),
    Set(SetOperation, Box<Node>, Box<Node>),
    /// `{variable : condition}`
    Builder(Box<Node>, Box<Node>),
    /// Values and their conditions.
    Piecewise(Vec<(Node, Option<Node>)>),
    /// An operation over a variable: bounds where there are any, and the body.
    Bound {
        binder: Binder,
        variable: String,
        low: Option<Box<Node>>,
        high: Option<Box<Node>>,
        body: Box<Node>,
    },
    Degrees(Box<Node>),
    Percent(Box<Node>),
    Currency(Box<Node>),
    /// A quantity with its unit as written.
    Quantity(Box<Node>, String),
    /// Digits in a base other than ten.
    Based(String, String),
}

impl Node {
    /// A node at a place.
    pub fn new(kind: Kind, span: Span) -> Self {
        Self { span, kind }
    }

    /// An integer that no text was read for.
    pub fn integer(value: i64) -> Self {
        Self::new(Kind::Number(Number::integer(value)), Span::default())
    }

    /// A power.
    pub fn power(base: Self, exponent: Self) -> Self {
        let span = base.span.to(exponent.span);
        Self::new(Kind::Power(Box::new(base), Box::new(exponent)), span)
    }

    /// A known function of one argument.
    pub fn call(function: Function, argument: Self, span: Span) -> Self {
        Self::new(Kind::Call(function, vec![argument]), span)
    }

    /// The quotient of two nodes.
    pub fn quotient(top: Self, bottom: Self) -> Self {
        let span = top.span.to(bottom.span);
        Self::new(Kind::Product(vec![(top, false), (bottom, true)]), span)
    }

    /// The difference of two nodes.
    pub fn difference(left: Self, right: Self) -> Self {
        let span = left.span.to(right.span);
        Self::new(Kind::Sum(vec![left, Self::negative(right)]), span)
    }

    /// The node with the opposite sign.
    pub fn negative(node: Self) -> Self {
        let span = node.span;
        Self::new(Kind::Negative(Box::new(node)), span)
    }

    /// The nodes directly below.
    pub fn children(&self) -> Vec<&Self> {
        match &self.kind {
            Kind::Sum(items)
            | Kind::Call(_, items)
            | Kind::Apply(_, items)
            | Kind::List(_, _, items)
            | Kind::Or(items)
            | Kind::And(items) => items.iter().collect(),
            Kind::Relation(items, _) => items.iter().collect(),
            Kind::Product(factors) => factors.iter().map(|(node, _)| node).collect(),
            Kind::Negative(a) | Kind::Degrees(a) | Kind::Percent(a) | Kind::Currency(a) | Kind::Quantity(a, _) => vec![a],
            Kind::Power(a, b) | Kind::Set(_, a, b) | Kind::Builder(a, b) => vec![a, b],
            Kind::PlusMinus(a, b, _) => a.iter().map(AsRef::as_ref).chain(std::iter::once(b.as_ref())).collect(),
            Kind::Matrix(rows) => rows.iter().flatten().collect(),
            Kind::Piecewise(cases) => {
                cases.iter().flat_map(|(value, condition)| std::iter::once(value).chain(condition.iter())).collect()
            }
            Kind::Bound { low, high, body, .. } => {
                low.iter().chain(high.iter()).map(AsRef::as_ref).chain(std::iter::once(body.as_ref())).collect()
            }
            Kind::Number(_) | Kind::Constant(_) | Kind::Symbol(_) | Kind::Words(_) | Kind::Based(..) => Vec::new(),
        }
    }

    /// Puts `to` in the place of every node that is `from`. As deep as the tree is, which reading bounds.
    pub fn replace(&mut self, from: &Kind, to: &Kind) {
        if self.kind == *from {
            self.kind = to.clone();
            return;
        }
        match &mut self.kind {
            Kind::Sum(items)
            | Kind::Call(_, items)
            | Kind::Apply(_, items)
            | Kind::List(_, _, items)
            | Kind::Or(items)
            | Kind::And(items)
            | Kind::Relation(items, _) => items.iter_mut().for_each(|item| item.replace(from, to)),
            Kind::Product(factors) => factors.iter_mut().for_each(|(factor, _)| factor.replace(from, to)),
            Kind::Negative(a) | Kind::Degrees(a) | Kind::Percent(a) | Kind::Currency(a) | Kind::Quantity(a, _) => {
                a.replace(from, to)
            }
            Kind::Power(a, b) => {
                a.replace(from, to);
                b.replace(from, to);
            }
            Kind::Bound { low, high, body, .. } => {
                low.iter_mut().chain(high.iter_mut()).for_each(|bound| bound.replace(from, to));
                body.replace(from, to);
            }
            _ => {}
        }
    }

    /// How many nodes are at or below this one.
    pub fn size(&self) -> usize {
        let mut count = 0;
        let mut pending = vec![self];
        while let Some(node) = pending.pop() {
            count += 1;
            pending.extend(node.children());
        }
        count
    }

    /// Whether some node at or below this one satisfies `test`.
    pub fn any(&self, test: &dyn Fn(&Self) -> bool) -> bool {
        let mut pending = vec![self];
        while let Some(node) = pending.pop() {
            if test(node) {
                return true;
            }
            pending.extend(node.children());
        }
        false
    }
}
