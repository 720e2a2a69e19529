//! Expressions as sums of terms, reckoned in the order upstream reckons them.

use std::collections::BTreeMap;

use super::compile::PI;
use super::number::Number;
use super::special::call;
use super::value::Value;
use crate::latex::{Expression, Function};

/// Terms a form may have.
const TERMS: usize = 300;
/// Whole powers of sums that are multiplied out.
const POWER: i64 = 24;

/// Something without further structure in a term.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Atom {
    Symbol(String),
    /// A sum that is not multiplied out, or a number under a root.
    Group(Form),
    /// A power with an exponent that is no fraction.
    Power(Form, Form),
    Call(Function, Form),
    Other(String, Vec<Form>),
}

/// Atoms with their exponents, ordered.
type Term = Vec<(Atom, (i64, i64))>;

/// A sum of terms; equal forms are equal expressions.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Form {
    terms: BTreeMap<Term, Number>,
}

/// How forms are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// Whether products of sums are multiplied out.
    pub(crate) expand: bool,
    /// Whether pi is a number.
    pub(crate) numeric_pi: bool,
}

/// Whether both expressions have the same form without multiplying out: upstream sees then that their difference is
/// zero.
pub(crate) fn same_form(left: &Expression, right: &Expression) -> bool {
    let rules = Rules { expand: false, numeric_pi: true };
    match (rules.form(left), rules.form(right)) {
        (Some(left), Some(right)) => left.minus(&right).is_some_and(|difference| difference.is_zero()),
        _ => false,
    }
}

impl Form {
    fn number(value: Number) -> Self {
        let mut form = Self::default();
        if !value.is_zero() {
            form.terms.insert(Vec::new(), value);
        }
        form
    }

    fn atom(atom: Atom, exponent: (i64, i64)) -> Self {
        Self { terms: BTreeMap::from([(vec![(atom, exponent)], Number::ONE)]) }
    }

    /// Whether nothing is left.
    pub(crate) fn is_zero(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether there are few terms.
    pub(crate) fn is_short(&self) -> bool {
        (1..=8).contains(&self.terms.len())
    }

    /// Whether a sum stands in a denominator.
    pub(crate) fn has_denominator(&self) -> bool {
        self.terms.keys().flatten().any(|(atom, (exponent, _))| *exponent < 0 && matches!(atom, Atom::Group(_)))
    }

    /// The number this form is.
    fn constant(&self) -> Option<Number> {
        match self.terms.len() {
            0 => Some(Number::ZERO),
            1 => self.terms.get(&Vec::new() as &Term).copied(),
            _ => None,
        }
    }

    fn single(&self) -> Option<(&Term, Number)> {
        if self.terms.len() == 1 { self.terms.iter().next().map(|(term, number)| (term, *number)) } else { None }
    }

    fn add(&mut self, term: Term, number: Number) -> Option<()> {
        let sum = match self.terms.get(&term) {
            Some(known) => known.plus(number)?,
            None => number,
        };
        if sum.is_zero() {
            self.terms.remove(&term);
        } else {
            self.terms.insert(term, sum);
        }
        (self.terms.len() <= TERMS).then_some(())
    }

    fn plus(mut self, other: Self) -> Option<Self> {
        for (term, number) in other.terms {
            self.add(term, number)?;
        }
        Some(self)
    }

    /// The difference of two forms.
    pub(crate) fn minus(self, other: &Self) -> Option<Self> {
        self.plus(other.scaled(Number::Exact(-1, 1))?)
    }

    fn scaled(&self, factor: Number) -> Option<Self> {
        let mut form = Self::default();
        for (term, number) in &self.terms {
            form.add(term.clone(), number.times(factor)?)?;
        }
        Some(form)
    }

    fn times(&self, other: &Self) -> Option<Self> {
        let mut form = Self::default();
        if self.terms.len().checked_mul(other.terms.len())? > 4 * TERMS {
            return None;
        }
        for (left, a) in &self.terms {
            for (right, b) in &other.terms {
                form.add(merged(left, right)?, a.times(*b)?)?;
            }
        }
        Some(form)
    }
}

impl Number {
    fn expression(self) -> Expression {
        match self {
            Self::Exact(above, below) => {
                let above = Expression::Integer(above.into());
                if below == 1 {
                    return above;
                }
                let below = Expression::Power(Box::new(Expression::Integer(below.into())), Box::new(Expression::integer(-1)));
                Expression::Product(vec![above, below])
            }
            Self::Double(value) => Expression::Decimal(format!("{value:e}")),
        }
    }
}

impl Atom {
    fn expression(&self) -> Option<Expression> {
        Some(match self {
            Self::Symbol(name) => Expression::Symbol(name.clone()),
            Self::Group(form) => form.expression()?,
            Self::Power(base, exponent) => Expression::Power(Box::new(base.expression()?), Box::new(exponent.expression()?)),
            Self::Call(function, argument) => Expression::Call(*function, Box::new(argument.expression()?)),
            Self::Other(name, arguments) => {
                let arguments: Option<Vec<Expression>> = arguments.iter().map(Form::expression).collect();
                let arguments = arguments?;
                if arguments.is_empty() {
                    return None;
                }
                Expression::Applied(name.clone(), arguments)
            }
        })
    }
}

/// The product of two terms.
fn merged(left: &Term, right: &Term) -> Option<Term> {
    let mut term = left.clone();
    for (atom, exponent) in right {
        match term.iter().position(|(known, _)| known == atom) {
            Some(at) => {
                let sum = add_fractions(term.get(at)?.1, *exponent)?;
                if sum.0 == 0 {
                    term.remove(at);
                } else if let Some(slot) = term.get_mut(at) {
                    slot.1 = sum;
                }
            }
            None => term.push((atom.clone(), *exponent)),
        }
    }
    term.sort();
    Some(term)
}

fn add_fractions(a: (i64, i64), b: (i64, i64)) -> Option<(i64, i64)> {
    fraction(a.0.checked_mul(b.1)?.checked_add(b.0.checked_mul(a.1)?)?, a.1.checked_mul(b.1)?)
}

fn fraction(numerator: i64, denominator: i64) -> Option<(i64, i64)> {
    match Number::fraction(numerator.into(), denominator.into())? {
        Number::Exact(numerator, denominator) => Some((i64::try_from(numerator).ok()?, i64::try_from(denominator).ok()?)),
        Number::Double(_) => None,
    }
}

impl Rules {
    /// The form of an expression; none when it grows too large or has no form.
    pub(crate) fn form(self, expression: &Expression) -> Option<Form> {
        Some(match expression {
            Expression::Integer(value) => Form::number(Number::Exact(i128::try_from(value).ok()?, 1)),
            Expression::Decimal(text) => Form::number(Number::Double(text.parse().ok()?)),
            Expression::Infinity => Form::atom(Atom::Other("oo".to_owned(), Vec::new()), (1, 1)),
            Expression::Symbol(name) if self.numeric_pi && name == "pi" => Form::number(Number::Double(PI)),
            Expression::Symbol(name) => Form::atom(Atom::Symbol(name.clone()), (1, 1)),
            Expression::Sum(parts) => {
                let mut total = Form::default();
                for part in parts {
                    total = total.plus(self.form(part)?)?;
                }
                total
            }
            Expression::Product(parts) => self.product(parts)?,
            Expression::Power(base, exponent) => self.power(&self.form(base)?, &self.form(exponent)?)?,
            Expression::Call(function, argument) => self.call(*function, self.form(argument)?)?,
            Expression::LogarithmTo(argument, base) => {
                let above = self.call(Function::Logarithm, self.form(argument)?)?;
                let below = self.call(Function::Logarithm, self.form(base)?)?;
                above.times(&self.power(&below, &Form::number(Number::Exact(-1, 1)))?)?
            }
            Expression::Applied(name, arguments) => self.other(name, arguments)?,
            Expression::Binomial(upper, lower) => {
                Form::atom(Atom::Other("binomial".to_owned(), vec![self.form(upper)?, self.form(lower)?]), (1, 1))
            }
            Expression::Derivative(..) | Expression::Bound(..) => {
                Form::atom(Atom::Other(format!("{expression:?}"), Vec::new()), (1, 1))
            }
            Expression::Relation(comparison, left, right) => {
                let sides = vec![self.form(left)?, self.form(right)?];
                Form::atom(Atom::Other(format!("{comparison:?}"), sides), (1, 1))
            }
        })
    }

    fn other(self, name: &str, arguments: &[Expression]) -> Option<Form> {
        let arguments: Option<Vec<Form>> = arguments.iter().map(|argument| self.form(argument)).collect();
        Some(Form::atom(Atom::Other(name.to_owned(), arguments?), (1, 1)))
    }

    fn product(self, parts: &[Expression]) -> Option<Form> {
        let mut total = Form::number(Number::ONE);
        for part in parts {
            let mut form = self.form(part)?;
            if !self.expand && form.terms.len() > 1 {
                form = Form::atom(Atom::Group(form), (1, 1));
            }
            total = total.times(&form)?;
        }
        Some(if self.expand { total } else { total.distributed()? })
    }

    fn power(self, base: &Form, exponent: &Form) -> Option<Form> {
        let Some(constant) = exponent.constant() else { return open_power(base, exponent) };
        if let Some(known) = base.constant()
            && !(known.is_exact() && constant.is_exact())
            && known.double() > 0.0
        {
            return Some(Form::number(Number::Double(known.double().powf(constant.double()))));
        }
        let constant = if self.expand { nice_fraction(constant) } else { constant };
        let Number::Exact(above, below) = constant else { return open_power(base, exponent) };
        let exponent = (i64::try_from(above).ok()?, i64::try_from(below).ok()?);
        if exponent.0 == 0 {
            return Some(Form::number(Number::ONE));
        }
        if exponent.1 == 1 { self.whole_power(base, exponent.0) } else { self.root(base, exponent) }
    }

    fn whole_power(self, base: &Form, exponent: i64) -> Option<Form> {
        if let Some((term, number)) = base.single() {
            let mut raised = Vec::with_capacity(term.len());
            for (atom, (above, below)) in term {
                raised.push((atom.clone(), fraction(above.checked_mul(exponent)?, *below)?));
            }
            let mut form = Form::default();
            form.add(raised, number.whole_power(exponent)?)?;
            return Some(form);
        }
        if base.is_zero() {
            return (exponent > 0).then(Form::default);
        }
        if self.expand && (1..=POWER).contains(&exponent) {
            let mut total = Form::number(Number::ONE);
            for _ in 0..exponent {
                total = total.times(base)?;
            }
            return Some(total);
        }
        if !self.expand && exponent == 1 {
            return Some(base.clone());
        }
        let (lead, primitive) = base.primitive()?;
        let mut form = Form::default();
        form.add(vec![(Atom::Group(primitive), (exponent, 1))], lead.whole_power(exponent)?)?;
        Some(form)
    }

    fn root(self, base: &Form, exponent: (i64, i64)) -> Option<Form> {
        if let Some((term, number)) = base.single() {
            if let ([(Atom::Symbol(name), (1, 1))], Number::Exact(1, 1)) = (term.as_slice(), number) {
                return Some(Form::atom(Atom::Symbol(name.clone()), exponent));
            }
            if term.is_empty()
                && let Some(root) = exact_root(number, exponent.1)
            {
                return Some(Form::number(root.whole_power(exponent.0)?));
            }
        }
        if base.is_zero() {
            return (exponent.0 > 0).then(Form::default);
        }
        Some(Form::atom(Atom::Group(base.clone()), exponent))
    }

    fn call(self, function: Function, argument: Form) -> Option<Form> {
        if let Some(number) = argument.constant() {
            let known = match (function, number) {
                (_, Number::Double(_)) => true,
                (Function::Sine | Function::Cosine | Function::Tangent | Function::Exponential, number) => number.is_zero(),
                (Function::Logarithm, Number::Exact(1, 1)) => true,
                (Function::Factorial, Number::Exact(0..=18, 1)) => true,
                (Function::Absolute | Function::Floor | Function::Ceiling, Number::Exact(_, 1)) => true,
                _ => false,
            };
            if known {
                let value = call(function, Value::real(number.double()));
                if value.is_finite() && value.z.im == 0.0 {
                    let exact = number.is_exact() && value.z.re.fract() == 0.0 && value.z.re.abs() < 9e15;
                    #[expect(clippy::cast_possible_truncation, reason = "a whole number below 9e15")]
                    let number = if exact { Number::Exact(value.z.re as i128, 1) } else { Number::Double(value.z.re) };
                    return Some(Form::number(number));
                }
            }
        }
        Some(Form::atom(Atom::Call(function, argument), (1, 1)))
    }
}

impl Form {
    /// The form without fractions: multiplied by the least common denominator of its exact coefficients, and that
    /// denominator.
    pub(crate) fn cleared(&self) -> Option<(Self, i128)> {
        let mut common = 1i128;
        for number in self.terms.values() {
            if let Number::Exact(_, below) = number
                && let Number::Exact(_, rest) = Number::fraction(common, *below)?
            {
                common = common.checked_mul(rest)?;
            }
        }
        Some((self.scaled(Number::Exact(common, 1))?, common))
    }

    /// Whether both forms are equal up to the sign.
    pub(crate) fn same_up_to_sign(&self, other: &Self) -> bool {
        self == other || other.scaled(Number::Exact(-1, 1)).is_some_and(|turned| *self == turned)
    }

    /// The form as an expression again; none when it holds something that has no form.
    pub(crate) fn expression(&self) -> Option<Expression> {
        let mut terms = Vec::with_capacity(self.terms.len());
        for (term, number) in &self.terms {
            let mut factors = vec![number.expression()];
            for (atom, (above, below)) in term {
                let base = atom.expression()?;
                let exponent = Number::Exact((*above).into(), (*below).into()).expression();
                factors.push(Expression::Power(Box::new(base), Box::new(exponent)));
            }
            terms.push(Expression::Product(factors));
        }
        Some(Expression::Sum(terms))
    }

    /// Lead coefficient taken out, if all coefficients are exact.
    fn primitive(&self) -> Option<(Number, Self)> {
        let exact = self.terms.values().all(|number| number.is_exact());
        match self.terms.values().next() {
            Some(lead) if exact => Some((*lead, self.scaled(lead.inverse()?)?)),
            _ => Some((Number::ONE, self.clone())),
        }
    }

    /// A number times one sum: the number goes into the sum, as upstream does at once.
    fn distributed(self) -> Option<Self> {
        if let Some((term, number)) = self.single()
            && let [(Atom::Group(inner), (1, 1))] = term.as_slice()
            && inner.terms.len() > 1
        {
            return inner.scaled(number);
        }
        Some(self)
    }
}

/// A power whose exponent is no fraction: a negative exponent becomes a positive one in the denominator.
fn open_power(base: &Form, exponent: &Form) -> Option<Form> {
    let negative = exponent.terms.values().next().is_some_and(|number| number.double() < 0.0);
    if negative {
        let turned = exponent.scaled(Number::Exact(-1, 1))?;
        return Some(Form::atom(Atom::Power(base.clone(), turned), (-1, 1)));
    }
    Some(Form::atom(Atom::Power(base.clone(), exponent.clone()), (1, 1)))
}

/// A decimal exponent that is a simple binary fraction counts as that fraction.
fn nice_fraction(exponent: Number) -> Number {
    match exponent {
        Number::Double(value) if (value * 64.0).fract() == 0.0 && value.abs() < 1e6 => {
            #[expect(clippy::cast_possible_truncation, reason = "a whole number below 1e8")]
            let above = (value * 64.0) as i128;
            Number::fraction(above, 64).unwrap_or(exponent)
        }
        other => other,
    }
}

/// The exact root of a fraction, if it has one.
fn exact_root(number: Number, index: i64) -> Option<Number> {
    let Number::Exact(above, below) = number else { return None };
    if above <= 0 || !(2..=40).contains(&index) {
        return None;
    }
    let root = |value: i128| -> Option<i128> {
        let index = u32::try_from(index).ok()?;
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "checked below")]
        let guess = (value as f64).powf(1.0 / f64::from(index)).round() as i128;
        (guess.checked_pow(index)? == value).then_some(guess)
    };
    Some(Number::Exact(root(above)?, root(below)?))
}
