use crate::exact::Rational;
use std::collections::BTreeMap;

/// Powers of atoms, sorted by the atom's number; no exponent is zero.
pub type Monomial = Vec<(u32, Rational)>;

/// Most terms.
pub const MOST_TERMS: usize = 250;

/// A sum of monomials with coefficients that are not zero, sorted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Polynomial {
    pub terms: Vec<(Monomial, Rational)>,
}

impl Polynomial {
    pub fn constant_of(value: Rational) -> Self {
        if value.is_zero() { Self::default() } else { Self { terms: vec![(Vec::new(), value)] } }
    }

    pub fn atom(number: u32) -> Self {
        Self { terms: vec![(vec![(number, Rational::ONE)], Rational::ONE)] }
    }

    /// Its value if it is a number.
    pub fn constant(&self) -> Option<Rational> {
        match self.terms.as_slice() {
            [] => Some(Rational::ZERO),
            [(monomial, value)] if monomial.is_empty() => Some(value.clone()),
            _ => None,
        }
    }

    pub fn add(self, other: Self) -> Option<Self> {
        if self.terms.is_empty() {
            return Some(other);
        }
        if other.terms.is_empty() {
            return Some(self);
        }
        let mut terms: Vec<(Monomial, Rational)> = Vec::with_capacity(self.terms.len() + other.terms.len());
        let mut left = self.terms.into_iter().peekable();
        let mut right = other.terms.into_iter().peekable();
        loop {
            let order = match (left.peek(), right.peek()) {
                (Some(a), Some(b)) => a.0.cmp(&b.0),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (None, None) => break,
            };
            match order {
                std::cmp::Ordering::Less => terms.extend(left.next()),
                std::cmp::Ordering::Greater => terms.extend(right.next()),
                std::cmp::Ordering::Equal => {
                    if let (Some(a), Some(b)) = (left.next(), right.next()) {
                        let sum = a.1.add(&b.1)?;
                        if !sum.is_zero() {
                            terms.push((a.0, sum));
                        }
                    }
                }
            }
        }
        (terms.len() <= MOST_TERMS).then_some(Self { terms })
    }

    pub fn scale(mut self, factor: &Rational) -> Option<Self> {
        if factor.is_zero() {
            return Some(Self::default());
        }
        for (_, coefficient) in &mut self.terms {
            *coefficient = coefficient.multiply(factor)?;
        }
        Some(self)
    }

    /// A polynomial of terms in any order.
    pub fn collect(terms: BTreeMap<Monomial, Rational>) -> Option<Self> {
        let terms: Vec<_> = terms.into_iter().filter(|(_, c)| !c.is_zero()).collect();
        (terms.len() <= MOST_TERMS).then_some(Self { terms })
    }

    /// Whether its first coefficient is negative.
    pub fn leads_negative(&self) -> bool {
        self.terms.first().is_some_and(|(_, coefficient)| coefficient.is_negative())
    }
}

/// The product of two monomials, before atoms are reduced.
pub fn multiply(a: &Monomial, b: &Monomial) -> Option<Monomial> {
    let mut product = Vec::with_capacity(a.len() + b.len());
    let (mut i, mut j) = (0, 0);
    loop {
        match (a.get(i), b.get(j)) {
            (Some(x), Some(y)) if x.0 == y.0 => {
                let exponent = x.1.add(&y.1)?;
                if !exponent.is_zero() {
                    product.push((x.0, exponent));
                }
                i += 1;
                j += 1;
            }
            (Some(x), Some(y)) if x.0 < y.0 => {
                product.push(x.clone());
                i += 1;
            }
            (Some(x), None) => {
                product.push(x.clone());
                i += 1;
            }
            (_, Some(y)) => {
                product.push(y.clone());
                j += 1;
            }
            (None, None) => return Some(product),
        }
    }
}
