//! The tree a text is read as; nothing in it is reckoned.

use num_bigint::BigInt;

/// A function of one argument that the parser knows by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Function {
    Sine,
    Cosine,
    Tangent,
    Secant,
    Cosecant,
    Cotangent,
    ArcSine,
    ArcCosine,
    ArcTangent,
    ArcSecant,
    ArcCosecant,
    ArcCotangent,
    HyperbolicSine,
    HyperbolicCosine,
    HyperbolicTangent,
    AreaSine,
    AreaCosine,
    AreaTangent,
    Exponential,
    Logarithm,
    Absolute,
    Factorial,
    Floor,
    Ceiling,
    Conjugate,
}

/// A relation between two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// An operator that binds a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Bound {
    Sum,
    Product,
    Integral,
    Limit,
}

/// What a text is read as.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Expression {
    Integer(BigInt),
    /// A decimal: its text, without thousands separators.
    Decimal(String),
    Infinity,
    Symbol(String),
    Sum(Vec<Expression>),
    Product(Vec<Expression>),
    Power(Box<Expression>, Box<Expression>),
    Call(Function, Box<Expression>),
    /// A logarithm to a base.
    LogarithmTo(Box<Expression>, Box<Expression>),
    /// A function without meaning of its own.
    Applied(String, Vec<Expression>),
    Binomial(Box<Expression>, Box<Expression>),
    Derivative(Box<Expression>, String),
    /// Kind, body, variable and limits (none, one or two).
    Bound(Bound, Box<Expression>, String, Vec<Expression>),
    Relation(Comparison, Box<Expression>, Box<Expression>),
}

impl Expression {
    /// The integer.
    pub fn integer(value: i64) -> Self {
        Self::Integer(BigInt::from(value))
    }

    /// The expression with its sign turned, as the parser does it: numbers at once, anything else by a factor.
    pub(crate) fn negated(self) -> Self {
        match self {
            Self::Integer(value) => Self::Integer(-value),
            Self::Decimal(text) => match text.strip_prefix('-') {
                Some(rest) => Self::Decimal(rest.to_owned()),
                None => Self::Decimal(format!("-{text}")),
            },
            other => Self::Product(vec![Self::integer(-1), other]),
        }
    }

    /// One divided by the expression.
    pub(crate) fn inverted(self) -> Self {
        Self::Power(Box::new(self), Box::new(Self::integer(-1)))
    }

    /// Whether this is the integer one.
    pub(crate) fn is_one(&self) -> bool {
        matches!(self, Self::Integer(value) if *value == BigInt::from(1))
    }

    /// Whether no symbol occurs.
    pub(crate) fn is_closed(&self) -> bool {
        match self {
            Self::Integer(_) | Self::Decimal(_) | Self::Infinity => true,
            Self::Symbol(_) | Self::Derivative(..) | Self::Bound(..) => false,
            Self::Sum(parts) | Self::Product(parts) | Self::Applied(_, parts) => parts.iter().all(Self::is_closed),
            Self::Power(a, b) | Self::LogarithmTo(a, b) | Self::Binomial(a, b) | Self::Relation(_, a, b) => {
                a.is_closed() && b.is_closed()
            }
            Self::Call(_, argument) => argument.is_closed(),
        }
    }
}
