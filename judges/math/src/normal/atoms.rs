use super::polynomial::{Monomial, Polynomial};
use crate::syntax::Function;
use std::collections::HashMap;

/// What a monomial is a product of powers of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Atom {
    Symbol(String),
    Pi,
    /// The imaginary unit.
    Imaginary,
    /// A prime, or a number without small prime factors, under a fractional power.
    Prime(u64),
    Call(Function, Vec<Polynomial>),
    Apply(String, Vec<Polynomial>),
    /// A sum under a power that is not multiplied out.
    Compound(Polynomial),
    /// The number e to a monomial.
    Natural(Monomial),
    /// A base to a monomial.
    Exponential(Polynomial, Monomial),
}

/// Numbers the atoms met so far.
#[derive(Default)]
pub struct Atoms {
    known: Vec<Atom>,
    numbers: HashMap<Atom, u32>,
}

impl Atoms {
    pub fn number(&mut self, atom: Atom) -> Option<u32> {
        if let Some(number) = self.numbers.get(&atom) {
            return Some(*number);
        }
        if self.known.len() >= 400 {
            return None;
        }
        let number = u32::try_from(self.known.len()).ok()?;
        self.known.push(atom.clone());
        self.numbers.insert(atom, number);
        Some(number)
    }

    pub fn atom(&self, number: u32) -> Option<&Atom> {
        self.known.get(usize::try_from(number).ok()?)
    }

    /// Whether the atom's value is positive for real variables.
    pub fn is_positive(&self, number: u32) -> bool {
        matches!(self.atom(number), Some(Atom::Pi | Atom::Prime(_)))
            || matches!(self.atom(number), Some(Atom::Natural(monomial)) if !self.mentions_imaginary(monomial))
    }

    pub fn mentions_imaginary(&self, monomial: &Monomial) -> bool {
        monomial.iter().any(|(atom, _)| matches!(self.atom(*atom), Some(Atom::Imaginary)))
    }
}
