//! Expressions made ready for evaluation at many places.

use num_complex::Complex64;

use super::special::{call, gamma, is_real_valued};
use super::value::Value;
use crate::latex::{Bound, Expression, Function};

/// The number upstream puts for pi: 15 digits.
pub(crate) const PI: f64 = std::f64::consts::PI;
/// Terms of a sum that are still added up.
const TERMS: i64 = 2_000;

/// An expression with its symbols numbered.
#[derive(Debug)]
pub(crate) enum Code {
    Constant(Value),
    Variable(usize),
    Sum(Vec<Code>),
    Product(Vec<Code>),
    /// Base, exponent and where the power is real for a negative base.
    Power(Box<Code>, Box<Code>, Root),
    Call(Function, Box<Code>),
    LogarithmTo(Box<Code>, Box<Code>),
    /// A function without meaning: some analytic function of its arguments, different for each name.
    Opaque(f64, Vec<Code>),
    Binomial(Box<Code>, Box<Code>),
    Derivative(Box<Code>, usize),
    Repeated {
        product: bool,
        body: Box<Code>,
        variable: usize,
        from: Box<Code>,
        to: Box<Code>,
    },
}

/// Where a power of a negative base counts as real.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Root {
    /// Where the exponent is a fraction with an odd denominator.
    Fraction,
    /// Nowhere: the exponent holds a decimal that is not whole, or a symbol.
    Never,
    /// Upstream does not ask: the base is a number.
    Number,
}

/// The symbols of two expressions, by number.
#[derive(Debug, Default)]
pub(crate) struct Symbols {
    names: Vec<String>,
    free: Vec<bool>,
}

impl Symbols {
    fn number(&mut self, name: &str) -> usize {
        if let Some(at) = self.names.iter().position(|known| known == name) {
            return at;
        }
        self.names.push(name.to_owned());
        self.free.push(false);
        self.names.len() - 1
    }

    /// How many symbols there are, bound ones included.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether the symbol occurs outside of sums and products over it.
    pub(crate) fn is_free(&self, at: usize) -> bool {
        self.free.get(at).copied().unwrap_or_default()
    }
}

/// Numbers the symbols and settles the constants. `pi` becomes a number when `numeric_pi` says so.
pub(crate) struct Compiler<'a> {
    pub(crate) symbols: &'a mut Symbols,
    pub(crate) numeric_pi: bool,
    /// Names bound by sums around this place.
    pub(crate) bound: Vec<String>,
    /// Whether a free symbol was met.
    pub(crate) open: bool,
    /// Whether a decimal was met.
    pub(crate) decimal: bool,
    /// How many parts there are.
    pub(crate) size: usize,
}

impl<'a> Compiler<'a> {
    pub(crate) fn new(symbols: &'a mut Symbols, numeric_pi: bool) -> Self {
        Self { symbols, numeric_pi, bound: Vec::new(), open: false, decimal: false, size: 0 }
    }

    fn all(&mut self, parts: &[Expression]) -> Vec<Code> {
        parts.iter().map(|part| self.compile(part)).collect()
    }

    fn boxed(&mut self, part: &Expression) -> Box<Code> {
        Box::new(self.compile(part))
    }

    pub(crate) fn compile(&mut self, expression: &Expression) -> Code {
        self.size += 1;
        match expression {
            Expression::Integer(value) => Code::Constant(integer(value.to_string().parse().ok())),
            Expression::Decimal(text) => {
                self.decimal = true;
                Code::Constant(text.parse().map_or_else(|_| Value::undefined(), Value::real))
            }
            Expression::Infinity => Code::Constant(Value::real(f64::INFINITY)),
            Expression::Symbol(name) if self.numeric_pi && name == "pi" && !self.bound.contains(name) => {
                self.decimal = true;
                Code::Constant(Value::real(PI))
            }
            Expression::Symbol(name) => {
                let at = self.symbols.number(name);
                if !self.bound.contains(name) {
                    self.open = true;
                    if let Some(free) = self.symbols.free.get_mut(at) {
                        *free = true;
                    }
                }
                Code::Variable(at)
            }
            Expression::Sum(parts) => Code::Sum(self.all(parts)),
            Expression::Product(parts) => Code::Product(self.all(parts)),
            Expression::Power(base, exponent) => {
                let (base, outer) = (self.boxed(base), (self.open, self.decimal));
                (self.open, self.decimal) = (false, false);
                let exponent = self.boxed(exponent);
                let root = match base.as_ref() {
                    Code::Constant(_) => Root::Number,
                    _ if self.open || self.decimal => Root::Never,
                    _ => Root::Fraction,
                };
                self.open |= outer.0;
                self.decimal |= outer.1;
                Code::Power(base, exponent, root)
            }
            Expression::Call(function, argument) => Code::Call(*function, self.boxed(argument)),
            Expression::LogarithmTo(argument, base) => Code::LogarithmTo(self.boxed(argument), self.boxed(base)),
            Expression::Applied(name, arguments) => Code::Opaque(shade(name), self.all(arguments)),
            Expression::Binomial(upper, lower) => Code::Binomial(self.boxed(upper), self.boxed(lower)),
            Expression::Derivative(body, by) => {
                let at = self.symbols.number(by);
                Code::Derivative(self.boxed(body), at)
            }
            Expression::Bound(kind, body, variable, limits) => self.bound(*kind, body, variable, limits),
            Expression::Relation(comparison, left, right) => {
                let shade = shade(&format!("{comparison:?}"));
                Code::Opaque(shade, vec![self.compile(left), self.compile(right)])
            }
        }
    }

    fn bound(&mut self, kind: Bound, body: &Expression, variable: &str, limits: &[Expression]) -> Code {
        let mut ends = self.all(limits);
        let at = self.symbols.number(variable);
        self.bound.push(variable.to_owned());
        let body = self.boxed(body);
        self.bound.pop();
        if matches!(kind, Bound::Sum | Bound::Product)
            && ends.len() == 2
            && let (Some(to), Some(from)) = (ends.pop(), ends.pop())
        {
            let product = kind == Bound::Product;
            return Code::Repeated { product, body, variable: at, from: Box::new(from), to: Box::new(to) };
        }
        ends.push(*body);
        Code::Opaque(shade(&format!("{kind:?} {variable}")), ends)
    }
}

/// An integer's value; what is too large for a double is undefined.
fn integer(value: Option<f64>) -> Value {
    match value.filter(|value| value.is_finite()) {
        Some(value) if value.abs() < 9e15 => Value::real(value),
        Some(value) => Value::carried(Complex64::new(value, 0.0), 0.0),
        None => Value::undefined(),
    }
}

/// A number between 0 and 1 that tells names apart.
fn shade(name: &str) -> f64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for byte in name.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    f64::from(u32::try_from(hash >> 40).unwrap_or_default()) / f64::from(1 << 24)
}

/// Evaluation at one place. `real` is false as soon as a real root or logarithm leaves its domain.
pub(crate) struct Place<'a> {
    pub(crate) values: &'a mut [Complex64],
    pub(crate) real: bool,
}

impl Place<'_> {
    pub(crate) fn value(&mut self, code: &Code) -> Value {
        match code {
            Code::Constant(value) => *value,
            Code::Variable(at) => Value::exact(self.values.get(*at).copied().unwrap_or_default()),
            Code::Sum(parts) => {
                let mut total = Value::real(0.0);
                for part in parts {
                    total = total.plus(self.value(part));
                }
                total
            }
            Code::Product(parts) => {
                let mut total = Value::real(1.0);
                for part in parts {
                    total = total.times(self.value(part));
                }
                total
            }
            Code::Power(base, exponent, root) => self.power(base, exponent, *root),
            Code::Call(function, argument) => {
                let argument = self.value(argument);
                if argument.z.im == 0.0 && !is_real_valued(*function, argument.z.re) {
                    self.real = false;
                }
                call(*function, argument)
            }
            Code::LogarithmTo(argument, base) => {
                let (argument, base) = (self.value(argument), self.value(base));
                self.real &= argument.z.im != 0.0 || argument.z.re > 0.0;
                call(Function::Logarithm, argument).times(call(Function::Logarithm, base).inverse())
            }
            Code::Opaque(shade, arguments) => {
                let mut total = Value::real(0.3 + shade);
                let mut weight = 0.7 + shade;
                for argument in arguments {
                    let argument = self.value(argument).times(Value::real(weight));
                    total = total.plus(call(Function::Sine, argument.plus(Value::real(0.4 * weight))));
                    weight += 0.61;
                }
                total
            }
            Code::Binomial(upper, lower) => {
                let (n, k) = (self.value(upper), self.value(lower));
                let one = Complex64::new(1.0, 0.0);
                let z = gamma(n.z + one) / (gamma(k.z + one) * gamma(n.z - k.z + one));
                Value::carried(z, 1e-13 * z.norm())
            }
            Code::Derivative(body, by) => self.derivative(body, *by),
            Code::Repeated { product, body, variable, from, to } => {
                let (from, to) = (self.value(from), self.value(to));
                self.repeated(*product, body, *variable, from, to)
            }
        }
    }

    fn power(&mut self, base: &Code, exponent: &Code, root: Root) -> Value {
        let (base, exponent) = (self.value(base), self.value(exponent));
        if base.z.im == 0.0 && base.z.re < 0.0 && exponent.z.im == 0.0 {
            let odd = |index: i32| {
                let whole = exponent.z.re * f64::from(index);
                (whole - whole.round()).abs() < 1e-9
            };
            self.real &= match root {
                Root::Number => true,
                Root::Fraction => (1..=21).step_by(2).any(odd),
                Root::Never => odd(1),
            };
        }
        base.power(exponent)
    }

    fn derivative(&mut self, body: &Code, by: usize) -> Value {
        let Some(here) = self.values.get(by).copied() else { return Value::undefined() };
        let step = 1e-4 * (1.0 + here.norm());
        let mut at = |shift: f64| {
            if let Some(slot) = self.values.get_mut(by) {
                *slot = here + shift * step;
            }
            self.value(body)
        };
        let (two_left, left, right, two_right) = (at(-2.0), at(-1.0), at(1.0), at(2.0));
        if let Some(slot) = self.values.get_mut(by) {
            *slot = here;
        }
        let z = (two_left.z - left.z * 8.0 + right.z * 8.0 - two_right.z) / (12.0 * step);
        Value { z, error: (left.error + right.error) / step + 1e-10 * (z.norm() + left.size()) }
    }

    fn repeated(&mut self, product: bool, body: &Code, variable: usize, from: Value, to: Value) -> Value {
        let whole = |value: Value| {
            let whole = value.z.im == 0.0 && value.z.re.fract() == 0.0 && value.z.re.abs() < 1e9;
            #[expect(clippy::cast_possible_truncation, reason = "a whole number below 1e9")]
            whole.then_some(value.z.re as i64)
        };
        let before = self.values.get(variable).copied().unwrap_or_default();
        let mut total = Value::real(if product { 1.0 } else { 0.0 });
        match (whole(from), whole(to)) {
            (Some(from), Some(to)) if to - from <= TERMS => {
                for index in from..=to {
                    if let Some(slot) = self.values.get_mut(variable) {
                        #[expect(clippy::cast_precision_loss, reason = "below 1e9")]
                        let index = index as f64;
                        *slot = Complex64::new(index, 0.0);
                    }
                    let value = self.value(body);
                    total = if product { total.times(value) } else { total.plus(value) };
                }
            }
            _ => {
                if let Some(slot) = self.values.get_mut(variable) {
                    *slot = Complex64::new(0.37, 0.0);
                }
                let value = self.value(body).plus(from.times(Value::real(0.7)));
                let end = if to.is_finite() { to } else { Value::real(0.9) };
                total = call(Function::Sine, value.plus(end.times(Value::real(1.3))));
            }
        }
        if let Some(slot) = self.values.get_mut(variable) {
            *slot = before;
        }
        total
    }
}
