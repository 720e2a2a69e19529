//! For each built-in template, the answers found again from the statement by another way than the one that made them:
//! brute force instead of a formula, numerical limits instead of rules, substitution instead of solving.

mod algebra;
mod analysis;
mod chance;
mod discrete;
mod space;

use crate::calculator::real;
use proctor_ugmathbench::Version;

/// Panics where an answer is wrong; given are the statement's numbers in order.
pub type Check = fn(&[f64], &Version);

/// The checks by subtopic.
pub const CHECKS: [&[(&str, Check)]; 5] = [algebra::CHECKS, analysis::CHECKS, chance::CHECKS, discrete::CHECKS, space::CHECKS];

/// The numbers of a statement when there must be exactly so many.
fn given<const N: usize>(numbers: &[f64]) -> [f64; N] {
    numbers.try_into().unwrap_or_else(|_| panic!("{} numbers: {numbers:?}", numbers.len()))
}

fn whole<const N: usize>(numbers: &[f64]) -> [i64; N] {
    given::<N>(numbers).map(|number| {
        assert_eq!(number.fract(), 0.0);
        number as i64
    })
}

/// The answer at `slot` as a number.
fn value(version: &Version, slot: usize) -> f64 {
    real(&version.answers[slot], &[])
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-5 * expected.abs().max(0.01), "{found} is not {expected}");
}

fn answers(version: &Version, slot: usize, expected: f64) {
    near(value(version, slot), expected);
}

fn truth(version: &Version, slot: usize, expected: bool) {
    assert_eq!(version.answers[slot], if expected { "T" } else { "F" });
}

/// The elements of a list in round brackets.
fn elements(text: &str) -> Vec<f64> {
    let inside = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap();
    inside.split(',').map(|element| real(element, &[])).collect()
}

/// The ends of an interval, with whether they belong to it.
fn interval(text: &str) -> (f64, bool, f64, bool) {
    let mut inside = text.chars();
    let (left, right) = (inside.next().unwrap(), inside.next_back().unwrap());
    assert!("([".contains(left) && ")]".contains(right));
    let (low, high) = inside.as_str().split_once(',').unwrap();
    let high = if high == "infinity" { f64::INFINITY } else { real(high, &[]) };
    (real(low, &[]), left == '[', high, right == ']')
}

/// `left − right` of an equation.
fn residual(equation: &str, variables: &[(&str, f64)]) -> f64 {
    let (left, right) = equation.split_once('=').unwrap();
    real(left, variables) - real(right, variables)
}

/// What stands between `from` and `to` in a statement, with a star for each space before a letter.
fn formula(version: &Version, from: &str, to: &str) -> String {
    let after = version.problem.split_once(from).unwrap_or_else(|| panic!("no {from}")).1;
    let text = after.split_once(to).unwrap_or_else(|| panic!("no {to}")).0.trim();
    [" x", " y", " z", " i"].iter().fold(text.to_owned(), |text, space| text.replace(space, &space.replace(' ', "*")))
}

fn slope(f: impl Fn(f64) -> f64, at: f64) -> f64 {
    let h = 1e-5;
    (f(at + h) - f(at - h)) / (2.0 * h)
}
