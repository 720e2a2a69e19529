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
