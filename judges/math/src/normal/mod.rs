//! The normal form: sums of monomials over atoms with rational exponents and coefficients.
//!
//! Two expressions with the same normal form are equal wherever both are defined. Different normal forms prove nothing,
//! except for plain rational numbers.

mod atoms;
mod build;
mod polynomial;

use crate::numeric::Work;
use crate::syntax::Node;
use build::Builder;
use polynomial::Polynomial;

/// Whether both have the same normal form; `None` where one has none of a bounded size.
pub fn same(first: &Node, second: &Node, work: &Work) -> Option<bool> {
    let (a, b) = both(first, second, work)?;
    Some(a == b)
}

/// Both normal forms over the same atoms. What they cost is taken from the work.
fn both(first: &Node, second: &Node, work: &Work) -> Option<(Polynomial, Polynomial)> {
    if work.is_spent() {
        return None;
    }
    let mut builder = Builder::new();
    let a = builder.node(first);
    let b = a.as_ref().and_then(|_| builder.node(second));
    // One product of monomials costs about as much as eight steps of evaluation.
    work.take(u64::from(builder.spent()) * 8);
    Some((a?, b?))
}

/// Whether two numbers are equal, if exact arithmetic can tell.
pub fn exact_numbers(first: &Node, second: &Node, work: &Work) -> Option<bool> {
    let (a, b) = both(first, second, work)?;
    if a == b {
        return Some(true);
    }
    match (a.constant(), b.constant()) {
        (Some(_), Some(_)) => Some(false),
        _ => None,
    }
}

/// Whether two sums of the same terms have coefficients that differ by much more than rounding explains.
///
/// Polynomials in plain variables are compared term by term; other sums only where both have the very same terms.
pub fn coefficients_differ(first: &Node, second: &Node, work: &Work) -> bool {
    /// Coefficients may be rounded to two digits.
    const RELATIVE: f64 = 0.05;
    if work.is_spent() {
        return false;
    }
    let mut builder = Builder::new();
    let (Some(a), Some(b)) = (builder.node(first), builder.node(second)) else { return false };
    work.take(u64::from(builder.spent()) * 8);
    let same_terms = a.terms.len() == b.terms.len() && a.terms.iter().zip(&b.terms).all(|(x, y)| x.0 == y.0);
    let comparable = same_terms || (builder.is_polynomial(&a) && builder.is_polynomial(&b));
    if !comparable {
        return false;
    }
    let largest = a.terms.iter().chain(&b.terms).map(|(_, c)| c.to_f64().abs()).fold(0.0, f64::max);
    let coefficient = |form: &Polynomial, monomial: &polynomial::Monomial| {
        form.terms.iter().find(|(other, _)| other == monomial).map_or(0.0, |(_, c)| c.to_f64())
    };
    a.terms.iter().chain(&b.terms).any(|(monomial, _)| {
        let (x, y) = (coefficient(&a, monomial), coefficient(&b, monomial));
        let gap = (x - y).abs();
        gap > RELATIVE * x.abs().max(y.abs()) && gap > 1e-9 * largest
    })
}
