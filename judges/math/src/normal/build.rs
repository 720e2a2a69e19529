use super::atoms::{Atom, Atoms};
use super::polynomial::{Monomial, Polynomial, multiply};
use crate::exact::Rational;
use crate::syntax::{Bracket, Constant, Function, Kind, Node};
use std::collections::BTreeMap;

/// Most products of monomials in one normal form.
const MOST_WORK: u32 = 6_000;
/// Highest power that is multiplied out.
const MOST_POWER: i64 = 12;

/// Builds normal forms over one set of atoms.
pub struct Builder {
    atoms: Atoms,
    work: u32,
}

impl Builder {
    pub fn new() -> Self {
        Self { atoms: Atoms::default(), work: 0 }
    }

    /// Whether a form has only plain variables under positive whole powers.
    pub fn is_polynomial(&self, form: &Polynomial) -> bool {
        form.terms.iter().flat_map(|(monomial, _)| monomial).all(|(number, power)| {
            matches!(self.atoms.atom(*number), Some(Atom::Symbol(_))) && power.is_integer() && !power.is_negative()
        })
    }

    /// How much work was done.
    pub fn spent(&self) -> u32 {
        self.work
    }

    /// Takes some of the work one normal form may be.
    fn spend(&mut self, work: u32) -> Option<()> {
        self.work = self.work.checked_add(work)?;
        (self.work <= MOST_WORK).then_some(())
    }

    fn atom(&mut self, atom: Atom) -> Option<Polynomial> {
        Some(Polynomial::atom(self.atoms.number(atom)?))
    }

    /// The normal form of a node; `None` if it has none or it would be too large.
    pub fn node(&mut self, node: &Node) -> Option<Polynomial> {
        match &node.kind {
            Kind::Number(number) => Some(Polynomial::constant_of(number.value.clone()?)),
            Kind::Constant(Constant::Pi) => self.atom(Atom::Pi),
            Kind::Constant(Constant::E) => self.atom(Atom::Natural(Vec::new())),
            Kind::Constant(Constant::I) => self.atom(Atom::Imaginary),
            Kind::Symbol(name) => self.atom(Atom::Symbol(name.clone())),
            Kind::Sum(terms) => {
                let mut sum = Polynomial::default();
                for term in terms {
                    let term = self.node(term)?;
                    let cost = sum.terms.iter().map(|(_, coefficient)| coefficient.cost()).fold(0, u32::saturating_add);
                    self.spend(cost)?;
                    sum = sum.add(term)?;
                }
                Some(sum)
            }
            Kind::Product(factors) => {
                let mut product = Polynomial::constant_of(Rational::ONE);
                for (factor, divides) in factors {
                    let mut factor = self.node(factor)?;
                    if *divides {
                        factor = self.power_integer(&factor, -1)?;
                    }
                    product = self.multiply(&product, &factor)?;
                }
                Some(product)
            }
            Kind::Negative(inner) => self.node(inner)?.scale(&Rational::integer(-1)),
            Kind::Power(base, exponent) => {
                let exponent = self.node(exponent)?;
                if matches!(base.kind, Kind::Constant(Constant::E)) {
                    return self.natural(&exponent);
                }
                let base = self.node(base)?;
                self.power(&base, &exponent)
            }
            Kind::Call(function, arguments) => self.call(*function, arguments),
            Kind::Apply(name, arguments) => {
                let arguments = arguments.iter().map(|argument| self.node(argument)).collect::<Option<Vec<_>>>()?;
                self.atom(Atom::Apply(name.clone(), arguments))
            }
            Kind::Percent(inner) => self.node(inner)?.scale(&Rational::fraction(1, 100)?),
            Kind::Degrees(inner) => {
                let inner = self.node(inner)?.scale(&Rational::fraction(1, 180)?)?;
                let pi = self.atom(Atom::Pi)?;
                self.multiply(&inner, &pi)
            }
            Kind::Currency(inner) | Kind::Quantity(inner, _) => self.node(inner),
            Kind::List(Bracket::Square | Bracket::Round, _, items) => match items.as_slice() {
                [item] => self.node(item),
                _ => None,
            },
            _ => None,
        }
    }

    /// The product, multiplied out.
    fn multiply(&mut self, a: &Polynomial, b: &Polynomial) -> Option<Polynomial> {
        let cost = |p: &Polynomial| p.terms.iter().map(|(_, coefficient)| coefficient.cost()).fold(0, u32::saturating_add);
        if let Some(value) = a.constant() {
            self.spend(value.cost().saturating_mul(u32::try_from(b.terms.len()).ok()?).max(cost(b)))?;
            return b.clone().scale(&value);
        }
        if let Some(value) = b.constant() {
            self.spend(value.cost().saturating_mul(u32::try_from(a.terms.len()).ok()?).max(cost(a)))?;
            return a.clone().scale(&value);
        }
        let count = u32::try_from(a.terms.len().checked_mul(b.terms.len())?).ok()?;
        self.spend(count.max(cost(a)).max(cost(b)))?;
        let mut terms: BTreeMap<Monomial, Rational> = BTreeMap::new();
        for (first, x) in &a.terms {
            for (second, y) in &b.terms {
                let (monomial, factor) = self.reduce(multiply(first, second)?)?;
                let coefficient = x.multiply(y)?.multiply(&factor)?;
                let sum = match terms.get(&monomial) {
                    Some(before) => before.add(&coefficient)?,
                    None => coefficient,
                };
                terms.insert(monomial, sum);
            }
        }
        Polynomial::collect(terms)
    }

    /// Powers of the imaginary unit and whole powers of primes become coefficients.
    fn reduce(&self, monomial: Monomial) -> Option<(Monomial, Rational)> {
        let special = |number: &u32| matches!(self.atoms.atom(*number), Some(Atom::Imaginary | Atom::Prime(_)));
        if !monomial.iter().any(|(number, _)| special(number)) {
            return Some((monomial, Rational::ONE));
        }
        let mut factor = Rational::ONE;
        let mut reduced = Vec::with_capacity(monomial.len());
        for (number, exponent) in monomial {
            match self.atoms.atom(number) {
                Some(Atom::Imaginary) => match exponent.to_integer() {
                    Some(power) => {
                        if power.rem_euclid(4) >= 2 {
                            factor = factor.negate();
                        }
                        if power.rem_euclid(2) == 1 {
                            reduced.push((number, Rational::ONE));
                        }
                    }
                    None => reduced.push((number, exponent)),
                },
                Some(Atom::Prime(prime)) => {
                    let whole = exponent.floor()?;
                    let base = Rational::integer(i64::try_from(*prime).ok()?);
                    factor = factor.multiply(&base.power(whole.to_integer()?)?)?;
                    let rest = exponent.subtract(&whole)?;
                    if !rest.is_zero() {
                        reduced.push((number, rest));
                    }
                }
                _ => reduced.push((number, exponent)),
            }
        }
        Some((reduced, factor))
    }

    fn power_integer(&mut self, base: &Polynomial, exponent: i64) -> Option<Polynomial> {
        if exponent == 0 {
            return (!base.terms.is_empty()).then(|| Polynomial::constant_of(Rational::ONE));
        }
        if let [(monomial, coefficient)] = base.terms.as_slice() {
            let raised = raise(monomial, &Rational::integer(exponent))?;
            let (monomial, factor) = self.reduce(raised)?;
            let coefficient = coefficient.power(exponent)?.multiply(&factor)?;
            return Some(Polynomial { terms: vec![(monomial, coefficient)] });
        }
        if base.terms.is_empty() {
            return (exponent > 0).then(Polynomial::default);
        }
        if exponent > 0 && exponent <= MOST_POWER {
            let mut product = base.clone();
            for _ in 1..exponent {
                product = self.multiply(&product, base)?;
            }
            return Some(product);
        }
        // A sum that stays whole: its first coefficient is taken out.
        let lead = base.terms.first()?.1.clone();
        let monic = base.clone().scale(&lead.invert()?)?;
        let number = self.atoms.number(Atom::Compound(monic))?;
        Some(Polynomial { terms: vec![(vec![(number, Rational::integer(exponent))], lead.power(exponent)?)] })
    }

    fn power(&mut self, base: &Polynomial, exponent: &Polynomial) -> Option<Polynomial> {
        if let Some(value) = exponent.constant() {
            return match value.to_integer() {
                Some(integer) => self.power_integer(base, integer),
                None => self.power_fraction(base, &value),
            };
        }
        // A base to a sum is a product of powers, one for each term.
        let mut product = Polynomial::constant_of(Rational::ONE);
        let natural = match base.terms.as_slice() {
            [(monomial, one)] if one.is_one() => match monomial.as_slice() {
                [(number, power)] => match self.atoms.atom(*number) {
                    Some(Atom::Natural(inner)) => Some((inner.clone(), power.clone())),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        };
        if let Some((inner, power)) = natural {
            let inside = Polynomial { terms: vec![(inner, power)] };
            let whole = self.multiply(&inside, exponent)?;
            return self.natural(&whole);
        }
        let number = base.constant();
        for (monomial, coefficient) in &exponent.terms {
            if monomial.is_empty() {
                let part = match coefficient.to_integer() {
                    Some(integer) => self.power_integer(base, integer)?,
                    None => self.power_fraction(base, coefficient)?,
                };
                product = self.multiply(&product, &part)?;
                continue;
            }
            match &number {
                Some(value) if !value.is_negative() && !value.is_zero() => {
                    for (prime, times) in factors(value)? {
                        let prime = Polynomial::constant_of(Rational::integer(i64::try_from(prime).ok()?));
                        let atom = self.atoms.number(Atom::Exponential(prime, monomial.clone()))?;
                        let power = coefficient.multiply(&Rational::integer(times))?;
                        let part = Polynomial { terms: vec![(vec![(atom, power)], Rational::ONE)] };
                        product = self.multiply(&product, &part)?;
                    }
                }
                _ => {
                    let atom = self.atoms.number(Atom::Exponential(base.clone(), monomial.clone()))?;
                    let part = Polynomial { terms: vec![(vec![(atom, coefficient.clone())], Rational::ONE)] };
                    product = self.multiply(&product, &part)?;
                }
            }
        }
        Some(product)
    }

    /// The number e to a polynomial.
    fn natural(&mut self, exponent: &Polynomial) -> Option<Polynomial> {
        let mut monomial: Monomial = Vec::new();
        for (term, coefficient) in &exponent.terms {
            let atom = self.atoms.number(Atom::Natural(term.clone()))?;
            monomial = multiply(&monomial, &vec![(atom, coefficient.clone())])?;
        }
        Some(Polynomial { terms: vec![(monomial, Rational::ONE)] })
    }

    fn power_fraction(&mut self, base: &Polynomial, exponent: &Rational) -> Option<Polynomial> {
        if base.terms.is_empty() {
            return (!exponent.is_negative()).then(Polynomial::default);
        }
        if let [(monomial, coefficient)] = base.terms.as_slice() {
            let simple = monomial.is_empty()
                || monomial.iter().all(|(number, _)| self.atoms.is_positive(*number))
                || matches!(monomial.as_slice(), [(_, power)] if power.is_one());
            if simple && !coefficient.is_negative() {
                let mut product = Polynomial { terms: vec![self.reduce(raise(monomial, exponent)?)?] };
                for (prime, times) in factors(coefficient)? {
                    let number = self.atoms.number(Atom::Prime(prime))?;
                    let raised = vec![(number, exponent.multiply(&Rational::integer(times))?)];
                    let part = Polynomial { terms: vec![self.reduce(raised)?] };
                    product = self.multiply(&product, &part)?;
                }
                return Some(product);
            }
        }
        // The size of the first coefficient is taken out; its sign is not.
        let lead = base.terms.first()?.1.absolute();
        let inner = base.clone().scale(&lead.invert()?)?;
        let number = self.atoms.number(Atom::Compound(inner))?;
        let outside = self.power_fraction(&Polynomial::constant_of(lead), exponent)?;
        let inside = Polynomial { terms: vec![(vec![(number, exponent.clone())], Rational::ONE)] };
        self.multiply(&outside, &inside)
    }

    fn call(&mut self, function: Function, arguments: &[Node]) -> Option<Polynomial> {
        use Function as F;
        let mut values = arguments.iter().map(|argument| self.node(argument)).collect::<Option<Vec<_>>>()?;
        let half = Rational::fraction(1, 2)?;
        match (function, values.as_slice()) {
            (F::Exp, [x]) => {
                let x = x.clone();
                return self.natural(&x);
            }
            (F::Sqrt, [x]) => {
                let x = x.clone();
                return self.power_fraction(&x, &half);
            }
            (F::Cbrt, [x]) => {
                let x = x.clone();
                return self.power_fraction(&x, &Rational::fraction(1, 3)?);
            }
            (F::Root, [degree, x]) => {
                let (degree, x) = (degree.constant()?.invert()?, x.clone());
                return match degree.to_integer() {
                    Some(integer) => self.power_integer(&x, integer),
                    None => self.power_fraction(&x, &degree),
                };
            }
            (F::Ln, [x]) => {
                let x = x.clone();
                return self.logarithm(&x);
            }
            (F::Log10 | F::LogBase, [.., x]) => {
                let base =
                    if function == F::Log10 { Polynomial::constant_of(Rational::integer(10)) } else { values.first()?.clone() };
                let x = x.clone();
                let (top, bottom) = (self.logarithm(&x)?, self.logarithm(&base)?);
                let inverted = self.power_integer(&bottom, -1)?;
                return self.multiply(&top, &inverted);
            }
            (F::Factorial, [x]) => {
                if let Some(n) = x.constant().and_then(|v| v.to_integer()).filter(|n| (0..=300).contains(n)) {
                    self.spend(u32::try_from(2 * n).ok()?)?;
                    let mut product = Rational::ONE;
                    for k in 2..=n {
                        product = product.multiply(&Rational::integer(k))?;
                    }
                    return Some(Polynomial::constant_of(product));
                }
            }
            (F::Binomial, [n, k]) => {
                if let (Some(n), Some(k)) = (n.constant().and_then(|v| v.to_integer()), k.constant().and_then(|v| v.to_integer()))
                    && (0..=300).contains(&n)
                    && (0..=n).contains(&k)
                {
                    self.spend(u32::try_from(4 * k).ok()?)?;
                    let mut product = Rational::ONE;
                    for step in 1..=k {
                        product = product.multiply(&Rational::fraction(n - k + step, step)?)?;
                    }
                    return Some(Polynomial::constant_of(product));
                }
            }
            (F::Floor, [x]) => {
                if let Some(value) = x.constant() {
                    return Some(Polynomial::constant_of(value.floor()?));
                }
            }
            (F::Abs, [x]) => {
                if let Some(value) = x.constant() {
                    return Some(Polynomial::constant_of(value.absolute()));
                }
            }
            _ => {}
        }
        let mut sign = Rational::ONE;
        if let ([x], Some(odd)) = (values.as_mut_slice(), parity(function))
            && x.leads_negative()
        {
            *x = x.clone().scale(&Rational::integer(-1))?;
            if odd {
                sign = sign.negate();
            }
        }
        self.atom(Atom::Call(function, values))?.scale(&sign)
    }

    /// The natural logarithm; of a positive number, the sum over its prime factors.
    fn logarithm(&mut self, x: &Polynomial) -> Option<Polynomial> {
        if let Some(value) = x.constant().filter(|v| !v.is_negative() && !v.is_zero()) {
            let mut sum = Polynomial::default();
            for (prime, times) in factors(&value)? {
                let prime = Polynomial::constant_of(Rational::integer(i64::try_from(prime).ok()?));
                let term = self.atom(Atom::Call(Function::Ln, vec![prime]))?.scale(&Rational::integer(times))?;
                sum = sum.add(term)?;
            }
            return Some(sum);
        }
        // ln(e) is one.
        if let [(monomial, one)] = x.terms.as_slice()
            && let ([(number, power)], true) = (monomial.as_slice(), one.is_one())
            && let Some(Atom::Natural(inner)) = self.atoms.atom(*number)
            && !self.atoms.mentions_imaginary(inner)
        {
            return Some(Polynomial { terms: vec![(inner.clone(), power.clone())] });
        }
        self.atom(Atom::Call(Function::Ln, vec![x.clone()]))
    }
}

/// Whether a function of one argument is odd (true) or even (false).
fn parity(function: Function) -> Option<bool> {
    use Function as F;
    match function {
        F::Sin
        | F::Tan
        | F::Csc
        | F::Cot
        | F::Asin
        | F::Atan
        | F::Acsc
        | F::Sinh
        | F::Tanh
        | F::Csch
        | F::Coth
        | F::Asinh
        | F::Atanh
        | F::Erf
        | F::Sign => Some(true),
        F::Cos | F::Sec | F::Cosh | F::Sech | F::Abs => Some(false),
        _ => None,
    }
}

/// A monomial to a power.
fn raise(monomial: &Monomial, exponent: &Rational) -> Option<Monomial> {
    monomial.iter().map(|(number, power)| Some((*number, power.multiply(exponent)?))).collect()
}

/// The prime factors of a positive rational and their multiplicities. What has no factor below a thousand stays whole.
fn factors(value: &Rational) -> Option<Vec<(u64, i64)>> {
    let Rational::Small(top, bottom) = value else { return None };
    let mut found = Vec::new();
    for (number, sign) in [(*top, 1), (*bottom, -1)] {
        let mut rest = u64::try_from(number).ok()?;
        let mut divisor = 2_u64;
        while divisor < 1000 && divisor * divisor <= rest {
            let mut times = 0;
            while rest.is_multiple_of(divisor) {
                rest /= divisor;
                times += sign;
            }
            if times != 0 {
                found.push((divisor, times));
            }
            divisor += if divisor == 2 { 1 } else { 2 };
        }
        if rest > 1 {
            found.push((rest, sign));
        }
    }
    Some(found)
}
