use super::context::Context;
use super::lists::expand;
use super::points::{WANTED, point};
use super::scalars::{Sampling, scalars};
use super::solutions;
use crate::normal;
use crate::numeric::{Estimate, Formula, Symbols, formula};
use crate::syntax::{Kind, Node, Sign, Span};
use crate::verdict::{Disagreement, Outcome, Step, Verdict};

/// Compares two equations by their solution sets: equal up to a constant factor, or solved for the same variable.
pub fn equations(reference: &Node, answer: &Node, context: &Context) -> Verdict {
    let (Some((a, b)), Some((c, d))) = (sides(reference), sides(answer)) else {
        return Verdict::different(Step::Shape).noting("one side is no equation");
    };
    // The same sides, perhaps exchanged: text and normal form.
    for (c, d) in [(&c, &d), (&d, &c)] {
        if normal::same(&a, c, context.work) == Some(true) && normal::same(&b, d, context.work) == Some(true) {
            return Verdict::equivalent(Step::NormalForm);
        }
    }
    // `x = \pm 2` is the product of both equations.
    let whole = |left: Node, right: Node| {
        let factors: Vec<(Node, bool)> =
            expand(&Node::difference(left, right)).into_iter().map(|factor| (factor, false)).collect();
        match <[(Node, bool); 1]>::try_from(factors) {
            Ok([(single, _)]) => single,
            Err(factors) => Node::new(Kind::Product(factors), Span::default()),
        }
    };
    let first = whole(a, b);
    let second = whole(c, d);
    let mut symbols = Symbols::default();
    let (Ok(f), Ok(g)) = (formula(&first, &mut symbols), formula(&second, &mut symbols)) else {
        return sidewise(reference, answer, context);
    };
    if symbols.names().is_empty() {
        return sidewise(reference, answer, context);
    }
    let proportional = ratio(&f, &g, &first, &second, &symbols, context);
    let exact = Sampling::is_exact(&first, &second);
    if proportional.outcome == Outcome::Equivalent && exact {
        return proportional;
    }
    match solved(&f, &g, &first, &second, &symbols, context) {
        // A term that is small beside a rounded one is seen when solved for its variable.
        Some(false) if proportional.outcome == Outcome::Equivalent => {
            Verdict::different(Step::Relation).noting("solved for one variable they differ")
        }
        Some(true) => Verdict::equivalent(Step::Relation),
        Some(_) => proportional,
        None => match solutions::same(&f, &g, &symbols, context) {
            Some(true) => Verdict::equivalent(Step::Relation).noting("the solutions that were found are the same"),
            _ => proportional,
        },
    }
}

/// Both sides of an equation.
pub fn sides(node: &Node) -> Option<(Node, Node)> {
    match &node.kind {
        Kind::Relation(sides, signs) if signs.iter().all(|s| matches!(s, Sign::Equal | Sign::Approximately)) => {
            match sides.as_slice() {
                [a, .., b] if sides.len() == 2 => Some((a.clone(), b.clone())),
                // `y = f = g`: the name and the last form.
                [a, .., b] => Some((a.clone(), b.clone())),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Compares left with left and right with right.
fn sidewise(reference: &Node, answer: &Node, context: &Context) -> Verdict {
    let (Some((a, b)), Some((c, d))) = (sides(reference), sides(answer)) else { return Verdict::different(Step::Shape) };
    let inner = context.of(context.kind);
    for (c, d) in [(&c, &d), (&d, &c)] {
        if super::shapes::shapes(&a, c, &inner).is_equivalent() && super::shapes::shapes(&b, d, &inner).is_equivalent() {
            return Verdict::equivalent(Step::Relation);
        }
    }
    Verdict::different(Step::Relation)
}

/// Whether the ratio of two formulas is a constant other than zero.
fn ratio(f: &Formula, g: &Formula, first: &Node, second: &Node, symbols: &Symbols, context: &Context) -> Verdict {
    let integers = vec![false; symbols.names().len()];
    let exact = Sampling::is_exact(first, second);
    let tolerance = if exact { 1e-9 } else { context.settings.relative };
    let mut known: Option<Estimate> = None;
    let mut agreed = 0;
    for k in 0..40 {
        if agreed >= WANTED || context.work.is_spent() {
            break;
        }
        let mut place = point(symbols, k, &integers);
        let (a, b) = (f.evaluate(&mut place, context.work), g.evaluate(&mut place, context.work));
        if !a.value.is_finite() || !b.value.is_finite() {
            continue;
        }
        // A point too near a solution says little.
        let flat = |v: Estimate, scale: f64| v.size() < 0.02 * scale || v.may_be_zero();
        match (flat(a.value, a.scale), flat(b.value, b.scale)) {
            (true, true) => {
                if a.value.may_be_zero() && b.value.may_be_zero() && k > 20 && agreed == 0 {
                    return Verdict::undecided(Step::Relation, "both equations hold everywhere they were tried");
                }
                continue;
            }
            (true, false) | (false, true) if exact && (a.value.may_be_zero() != b.value.may_be_zero()) => {
                return differs(symbols, &place, a.value, b.value);
            }
            (true, _) | (_, true) => continue,
            _ => {}
        }
        let value = b.value.divide(a.value);
        let Some(before) = known else {
            known = Some(value);
            agreed += 1;
            continue;
        };
        let gap = value.subtract(before);
        if gap.size() > 2.0 * tolerance * before.size() + gap.error {
            return differs(symbols, &place, a.value, b.value);
        }
        agreed += 1;
    }
    if agreed < WANTED / 2 {
        Verdict::undecided(Step::Relation, "too few points where both sides have a value")
    } else {
        Verdict::equivalent(Step::Relation)
    }
}

fn differs(symbols: &Symbols, place: &[Estimate], a: Estimate, b: Estimate) -> Verdict {
    let point = symbols
        .names()
        .iter()
        .zip(place)
        .filter(|(name, _)| !name.starts_with('\u{1}'))
        .map(|(name, value)| (name.clone(), value.re))
        .collect();
    let disagreement = Disagreement { point, reference: super::numbers::show(a), answer: super::numbers::show(b) };
    Verdict {
        outcome: Outcome::Different,
        step: Step::Relation,
        disagreement: Some(disagreement),
        note: Some("left side minus right side of each equation".into()),
    }
}

/// Solves both for a variable in which both are linear, and compares what comes out.
fn solved(f: &Formula, g: &Formula, first: &Node, second: &Node, symbols: &Symbols, context: &Context) -> Option<bool> {
    let tolerance = if Sampling::is_exact(first, second) { 1e-9 } else { context.settings.relative };
    let mut known = None;
    for variable in 0..symbols.names().len() {
        if symbols.names().get(variable).is_some_and(|name| name.starts_with('\u{1}')) {
            continue;
        }
        match solved_for(f, g, variable, symbols, tolerance, context) {
            Some(false) => return Some(false),
            Some(true) => known = Some(true),
            None => {}
        }
    }
    known
}

fn solved_for(f: &Formula, g: &Formula, variable: usize, symbols: &Symbols, tolerance: f64, context: &Context) -> Option<bool> {
    let integers = vec![false; symbols.names().len()];
    let mut agreed = 0;
    for k in 0..24 {
        if agreed >= 8 || context.work.is_spent() {
            break;
        }
        let place = point(symbols, k, &integers);
        let solve = |formula: &Formula| -> Option<Result<Estimate, ()>> {
            let at = |x: f64| {
                let mut place = place.clone();
                if let Some(slot) = place.get_mut(variable) {
                    *slot = Estimate::exact(x);
                }
                formula.evaluate(&mut place, context.work)
            };
            let (low, middle, high) = (at(0.5), at(1.25), at(2.0));
            if !(low.value.is_finite() && middle.value.is_finite() && high.value.is_finite()) {
                return None;
            }
            let bend = low.value.add(high.value).subtract(middle.value.scale(2.0));
            let rise = high.value.subtract(low.value);
            if bend.size() > 1e-9 * (low.scale + high.scale) + bend.error {
                return Some(Err(()));
            }
            if rise.size() <= 1e-9 * (low.scale + high.scale) {
                return Some(Err(()));
            }
            // The line through both points crosses zero here.
            Some(Ok(Estimate::exact(0.5).subtract(low.value.multiply(Estimate::exact(1.5)).divide(rise))))
        };
        match (solve(f), solve(g)) {
            (Some(Err(())), _) | (_, Some(Err(()))) => return None,
            (Some(Ok(a)), Some(Ok(b))) => {
                if !a.is_finite() || !b.is_finite() {
                    continue;
                }
                let gap = a.subtract(b);
                if gap.size() > tolerance * a.size().max(b.size()) + gap.error + 1e-9 {
                    return Some(false);
                }
                agreed += 1;
            }
            _ => {}
        }
    }
    (agreed >= 4).then_some(true)
}

/// Whether an answer that is no equation is the right side of a reference `name = value`.
pub fn right_side(reference: &Node, answer: &Node, context: &Context) -> Option<Verdict> {
    let (left, right) = sides(reference)?;
    if !super::lists::is_name(&left) {
        return None;
    }
    Some(scalars(&right, answer, context))
}
