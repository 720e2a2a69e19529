//! Arbitrary constants: `x^2 + C`, `C_1 e^x + C_2 e^{-x}`.

use super::context::Context;
use super::points::point;
use super::scalars::Sampling;
use crate::numeric::{Estimate, Formula, Symbols, formula};
use crate::syntax::{Kind, Node};
use crate::verdict::{Step, Verdict};

/// Points at which two families of functions are compared.
const POINTS: usize = 14;
/// Most arbitrary constants.
const MOST: usize = 4;

/// Whether the answers agree once arbitrary constants are renamed or absorb other constants.
///
/// Both must be affine in their constants, and as many, and depend on something else. Then each is a family
/// `p + c₁u₁ + c₂u₂ …` of functions, and the families are compared as affine spaces: `p - q` and every `vᵢ` must lie in the
/// span of the `uᵢ`.
pub fn renamed(reference: &Node, answer: &Node, context: &Context) -> Option<Verdict> {
    let (first, second) = (constants(reference), constants(answer));
    if first.is_empty() || first.len() != second.len() || first.len() > MOST {
        return None;
    }
    let mut symbols = Symbols::default();
    let (f, g) = (formula(reference, &mut symbols).ok()?, formula(answer, &mut symbols).ok()?);
    // Constants are arbitrary beside a variable: `S - 3BC` is a polynomial in names.
    let variable = |name: &str| name.len() == 1 && name.starts_with(|c: char| "xyztsuvrwn".contains(c)) || name == "theta";
    let free = symbols.names().iter().any(|name| variable(name) && !first.contains(name) && !second.contains(name));
    let arbitrary = first.iter().all(|name| is_arbitrary(name));
    if !free || !(arbitrary || second.iter().all(|name| is_arbitrary(name))) {
        return None;
    }
    let tolerance = if Sampling::is_exact(reference, answer) { 1e-8 } else { 2.0 * context.settings.relative };
    let places: Vec<Vec<Estimate>> = (0..POINTS).map(|k| point(&symbols, k, &vec![false; symbols.names().len()])).collect();
    let a = Family::of(&f, &first, &symbols, &places, context)?;
    let b = Family::of(&g, &second, &symbols, &places, context)?;
    let basis = Basis::of(&a.directions, tolerance);
    let same_size = basis.size() == first.len() && Basis::of(&b.directions, tolerance).size() == first.len();
    let difference: Vec<f64> = a.origin.iter().zip(&b.origin).map(|(x, y)| x - y).collect();
    let size = norm(&a.origin).max(norm(&b.origin));
    let inside = same_size
        && basis.holds(&difference, size, tolerance)
        && b.directions.iter().all(|direction| basis.holds(direction, norm(direction), tolerance));
    inside.then(|| Verdict::equivalent(Step::Constants).noting("arbitrary constants were renamed or absorbed others"))
}

/// The names of arbitrary constants in a node, in order.
fn constants(node: &Node) -> Vec<String> {
    let mut names = Vec::new();
    let mut pending = vec![node];
    while let Some(node) = pending.pop() {
        if let Kind::Symbol(name) = &node.kind
            && (is_arbitrary(name) || name == "c")
            && !names.contains(name)
        {
            names.push(name.clone());
        }
        pending.extend(node.children());
    }
    names.sort_unstable();
    names
}

/// `C`, `C_1`, `c_1`
fn is_arbitrary(name: &str) -> bool {
    name == "C" || name.strip_prefix("C_").or_else(|| name.strip_prefix("c_")).is_some_and(|index| index.len() <= 2)
}

/// The values of an affine family at all points.
struct Family {
    origin: Vec<f64>,
    directions: Vec<Vec<f64>>,
}

impl Family {
    fn of(
        formula: &Formula,
        constants: &[String],
        symbols: &Symbols,
        places: &[Vec<Estimate>],
        context: &Context,
    ) -> Option<Self> {
        let slots: Vec<usize> =
            constants.iter().filter_map(|name| symbols.names().iter().position(|known| known == name)).collect();
        let value = |place: &[Estimate], values: &[f64]| -> Option<f64> {
            let mut place = place.to_vec();
            for (slot, value) in slots.iter().zip(values) {
                *place.get_mut(*slot)? = Estimate::exact(*value);
            }
            let found = formula.value(&mut place, context.work);
            (found.is_finite() && found.is_real()).then_some(found.re)
        };
        let zeros = vec![0.0; slots.len()];
        let mut origin = Vec::new();
        let mut directions = vec![Vec::new(); slots.len()];
        for place in places {
            let base = value(place, &zeros)?;
            origin.push(base);
            for (at, direction) in directions.iter_mut().enumerate() {
                let with = |amount: f64| {
                    let mut values = zeros.clone();
                    if let Some(slot) = values.get_mut(at) {
                        *slot = amount;
                    }
                    value(place, &values)
                };
                let (one, three) = (with(1.0)? - base, with(3.0)? - base);
                // Not affine: the step of three is not three steps of one.
                if (three - 3.0 * one).abs() > 1e-9 * (one.abs() + base.abs()) {
                    return None;
                }
                direction.push(one);
            }
            // No products of two constants.
            let all = value(place, &vec![1.0; slots.len()])? - base;
            let sum: f64 = directions.iter().filter_map(|direction| direction.last()).sum();
            if (all - sum).abs() > 1e-9 * (all.abs() + base.abs() + sum.abs()) {
                return None;
            }
        }
        Some(Self { origin, directions })
    }
}

/// An orthonormal basis of a span.
struct Basis(Vec<Vec<f64>>);

impl Basis {
    fn of(vectors: &[Vec<f64>], tolerance: f64) -> Self {
        let mut basis = Self(Vec::new());
        for vector in vectors {
            let size = norm(vector);
            let rest = basis.rest(vector);
            let left = norm(&rest);
            if left > tolerance * size && left > 0.0 {
                basis.0.push(rest.iter().map(|x| x / left).collect());
            }
        }
        basis
    }

    fn size(&self) -> usize {
        self.0.len()
    }

    /// What is left of a vector outside of the span.
    fn rest(&self, vector: &[f64]) -> Vec<f64> {
        let mut rest = vector.to_vec();
        // Twice, against rounding.
        for _ in 0..2 {
            for unit in &self.0 {
                let along: f64 = unit.iter().zip(&rest).map(|(a, b)| a * b).sum();
                for (x, u) in rest.iter_mut().zip(unit) {
                    *x -= along * u;
                }
            }
        }
        rest
    }

    fn holds(&self, vector: &[f64], size: f64, tolerance: f64) -> bool {
        norm(&self.rest(vector)) <= tolerance * size.max(norm(vector)) + 1e-12
    }
}

fn norm(vector: &[f64]) -> f64 {
    vector.iter().map(|x| x * x).sum::<f64>().sqrt()
}
