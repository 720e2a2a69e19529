//! The normal form: sums of monomials over atoms with rational exponents and coefficients.
//!
//! Two expressions with the same normal form are equal wherever both are defined. Different normal forms prove nothing,
//! except for plain rational numbers.

mod atoms;
mod build;
mod polynomial;

use crate::syntax::Node;
use build::Builder;

/// Whether both have the same normal form; `None` where one has none of a bounded size.
pub fn same(first: &Node, second: &Node) -> Option<bool> {
    let mut builder = Builder::new();
    let a = builder.node(first)?;
    let b = builder.node(second)?;
    Some(a == b)
}

/// Whether two numbers are equal, if exact arithmetic can tell.
pub fn exact_numbers(first: &Node, second: &Node) -> Option<bool> {
    let mut builder = Builder::new();
    let a = builder.node(first)?;
    let b = builder.node(second)?;
    if a == b {
        return Some(true);
    }
    match (a.constant(), b.constant()) {
        (Some(_), Some(_)) => Some(false),
        _ => None,
    }
}
