use super::context::Context;
use super::points::point;
use crate::numeric::{Symbols, formula};
use crate::syntax::{Kind, Node, Sign};
use crate::verdict::{Step, Verdict};

/// Compares two inequalities in any variables: the same chain, or left minus right equal up to a positive factor.
pub fn inequalities(reference: &Node, answer: &Node, context: &Context) -> Verdict {
    let (Kind::Relation(a, first), Kind::Relation(b, second)) = (&reference.kind, &answer.kind) else {
        return Verdict::different(Step::Shape);
    };
    if first.len() != second.len() {
        return Verdict::different(Step::Relation).noting("the chains have different lengths");
    }
    // Side by side, in either direction.
    let inner = context.of(context.kind);
    let same_sides = |b: &[Node]| a.iter().zip(b).all(|(x, y)| super::shapes::shapes(x, y, &inner).is_equivalent());
    if first == second && same_sides(b) {
        return Verdict::equivalent(Step::Relation);
    }
    let reversed: Vec<Node> = b.iter().rev().cloned().collect();
    let turned: Vec<Sign> = second.iter().rev().map(|sign| turn(*sign)).collect();
    if *first == turned && same_sides(&reversed) {
        return Verdict::equivalent(Step::Relation);
    }
    let ([a, b], [c, d], [one], [other]) = (a.as_slice(), b.as_slice(), first.as_slice(), second.as_slice()) else {
        return Verdict::different(Step::Relation);
    };
    let (strict, direction) = direction(*one);
    let (other_strict, other_direction) = self::direction(*other);
    if strict != other_strict || (direction == 0.0) != (other_direction == 0.0) || (direction == 0.0 && one != other) {
        return Verdict::different(Step::Relation);
    }
    let mut symbols = Symbols::default();
    let (Ok(f), Ok(g)) = (
        formula(&Node::difference(a.clone(), b.clone()), &mut symbols),
        formula(&Node::difference(c.clone(), d.clone()), &mut symbols),
    ) else {
        return Verdict::different(Step::Relation);
    };
    let integers = vec![false; symbols.names().len()];
    let mut known: Option<f64> = None;
    let mut agreed = 0;
    for k in 0..24 {
        let mut place = point(&symbols, k, &integers);
        let (x, y) = (f.evaluate(&mut place, context.work), g.evaluate(&mut place, context.work));
        if !x.value.is_finite()
            || !y.value.is_finite()
            || x.value.size() < 0.01 * x.scale
            || !x.value.is_real()
            || !y.value.is_real()
        {
            continue;
        }
        let ratio = y.value.re / x.value.re;
        match known {
            None => known = Some(ratio),
            Some(before) if (ratio - before).abs() > 2.0 * context.settings.relative * before.abs() => {
                return Verdict::different(Step::Relation);
            }
            Some(_) => {}
        }
        agreed += 1;
    }
    let positive =
        known.is_some_and(|ratio| if direction == 0.0 { ratio != 0.0 } else { ratio * direction * other_direction > 0.0 });
    if agreed < 6 {
        return Verdict::undecided(Step::Relation, "too few points where both sides have a value");
    }
    Verdict::of(positive, Step::Relation)
}

fn turn(sign: Sign) -> Sign {
    match sign {
        Sign::Less => Sign::Greater,
        Sign::LessEqual => Sign::GreaterEqual,
        Sign::Greater => Sign::Less,
        Sign::GreaterEqual => Sign::LessEqual,
        other => other,
    }
}

/// Whether a sign is strict, and which side it says is larger.
fn direction(sign: Sign) -> (bool, f64) {
    match sign {
        Sign::Less => (true, -1.0),
        Sign::LessEqual => (false, -1.0),
        Sign::Greater => (true, 1.0),
        Sign::GreaterEqual => (false, 1.0),
        _ => (true, 0.0),
    }
}
