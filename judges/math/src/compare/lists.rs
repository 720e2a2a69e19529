use super::context::Context;
use super::shapes::shapes;
use super::vectors::{grid, unit_vectors};
use crate::syntax::{Bracket, Constant, Function, Kind, Node, SetOperation, Sign};
use crate::verdict::{AnswerKind, Outcome, Step, Verdict};

/// Most elements that are matched in any order.
const MOST_UNORDERED: usize = 128;

/// The elements of a list-like node, with what encloses them.
pub struct Elements {
    pub open: Bracket,
    pub close: Bracket,
    pub items: Vec<Node>,
    /// Whether the order says nothing.
    pub unordered: bool,
}

/// The elements of a list, set, vector, of alternatives or of plus-minus.
pub fn elements(node: &Node) -> Option<Elements> {
    let plain = |items: Vec<Node>| Elements { open: Bracket::None, close: Bracket::None, items, unordered: true };
    match &node.kind {
        Kind::List(open, close, items) => {
            // `(\pm a)`, `{\pm a, 0}`
            let items = items.iter().flat_map(expand).collect::<Vec<_>>();
            let unordered = matches!(open, Bracket::Curly | Bracket::None);
            Some(Elements { open: *open, close: *close, items, unordered })
        }
        // A union of sets that are written out.
        Kind::Set(SetOperation::Union, left, right) => {
            let (left, right) = (elements(left)?, elements(right)?);
            if left.open != Bracket::Curly || right.open != Bracket::Curly {
                return None;
            }
            let items = left.items.into_iter().chain(right.items).collect();
            Some(Elements { open: Bracket::Curly, close: Bracket::Curly, items, unordered: true })
        }
        Kind::Or(items) => Some(plain(items.iter().flat_map(expand).collect())),
        Kind::And(items) => Some(plain(items.clone())),
        Kind::Constant(Constant::EmptySet) => {
            Some(Elements { open: Bracket::Curly, close: Bracket::Curly, items: Vec::new(), unordered: true })
        }
        _ => {
            let expanded = expand(node);
            if expanded.len() > 1 {
                return Some(plain(expanded));
            }
            let grid = grid(node)?;
            let items = if grid.vector || grid.rows.len() == 1 {
                grid.rows.into_iter().flatten().collect()
            } else {
                grid.rows.into_iter().map(|row| Node::new(Kind::List(Bracket::Round, Bracket::Round, row), node.span)).collect()
            };
            Some(Elements { open: Bracket::Round, close: Bracket::Round, items, unordered: false })
        }
    }
}

/// A node with plus-minus signs as its values: all signs upper, then all lower.
pub fn expand(node: &Node) -> Vec<Node> {
    if !node.any(&|inner| matches!(inner.kind, Kind::PlusMinus(..))) {
        return vec![node.clone()];
    }
    [false, true].into_iter().map(|lower| resolved(node, lower)).collect()
}

fn resolved(node: &Node, lower: bool) -> Node {
    let go = |inner: &Node| resolved(inner, lower);
    let all = |items: &[Node]| items.iter().map(go).collect::<Vec<_>>();
    let boxed = |inner: &Node| Box::new(go(inner));
    let kind = match &node.kind {
        Kind::PlusMinus(left, right, reversed) => {
            let right = go(right);
            let right = if *reversed == lower { right } else { Node::negative(right) };
            match left {
                Some(left) => Kind::Sum(vec![go(left), right]),
                None => return right,
            }
        }
        Kind::Sum(items) => Kind::Sum(all(items)),
        Kind::Product(factors) => Kind::Product(factors.iter().map(|(factor, divides)| (go(factor), *divides)).collect()),
        Kind::Negative(inner) => Kind::Negative(boxed(inner)),
        Kind::Power(a, b) => Kind::Power(boxed(a), boxed(b)),
        Kind::Call(function, items) => Kind::Call(*function, all(items)),
        Kind::Relation(sides, signs) => Kind::Relation(all(sides), signs.clone()),
        Kind::List(open, close, items) => Kind::List(*open, *close, all(items)),
        Kind::Degrees(inner) => Kind::Degrees(boxed(inner)),
        Kind::Quantity(inner, unit) => Kind::Quantity(boxed(inner), unit.clone()),
        other => other.clone(),
    };
    Node::new(kind, node.span)
}

/// Compares element by element.
pub fn ordered(reference: &[Node], answer: &[Node], context: &Context) -> Verdict {
    if reference.len() != answer.len() {
        return count(reference.len(), answer.len());
    }
    let inner = context.of(element_kind(context.kind));
    for (at, (first, second)) in reference.iter().zip(answer).enumerate() {
        let verdict = shapes(first, second, &inner);
        if verdict.outcome != Outcome::Equivalent {
            let note =
                verdict.note.clone().map_or_else(|| format!("element {}", at + 1), |note| format!("element {}: {note}", at + 1));
            return Verdict { step: Step::Elements, ..verdict }.noting(note);
        }
    }
    Verdict::equivalent(Step::Elements)
}

/// Compares as multisets: every element of one is matched with one of the other (augmenting paths).
pub fn unordered(reference: &[Node], answer: &[Node], context: &Context) -> Verdict {
    if reference.len() != answer.len() {
        return count(reference.len(), answer.len());
    }
    if reference.len() > MOST_UNORDERED {
        return Verdict::undecided(Step::Elements, format!("sets of more than {MOST_UNORDERED} elements are not matched"));
    }
    let inner = context.of(element_kind(context.kind));
    // The order as written is usually right, and then no other pair is looked at.
    let mut edges: Vec<Vec<Option<bool>>> = vec![vec![None; answer.len()]; reference.len()];
    let mut partner: Vec<Option<usize>> = vec![None; answer.len()];
    let mut mate: Vec<Option<usize>> = vec![None; reference.len()];
    let mut undecided = false;
    for row in 0..reference.len() {
        let mut test = |first: usize, second: usize| -> bool {
            let known = edges.get(first).and_then(|e| e.get(second)).copied().flatten();
            if let Some(known) = known {
                return known;
            }
            let (Some(a), Some(b)) = (reference.get(first), answer.get(second)) else { return false };
            let verdict = shapes(a, b, &inner);
            undecided |= verdict.outcome == Outcome::Undecided;
            let same = verdict.is_equivalent();
            if let Some(slot) = edges.get_mut(first).and_then(|e| e.get_mut(second)) {
                *slot = Some(same);
            }
            same
        };
        if !augment(row, &mut partner, &mut mate, &mut test) {
            if undecided {
                return Verdict::undecided(Step::Elements, "some elements could not be compared");
            }
            return Verdict::different(Step::Elements).noting(format!("element {} of the reference has no match", row + 1));
        }
    }
    Verdict::equivalent(Step::Elements)
}

/// Finds a match for a row by breadth-first search over alternating paths.
fn augment(
    row: usize,
    partner: &mut [Option<usize>],
    mate: &mut [Option<usize>],
    test: &mut impl FnMut(usize, usize) -> bool,
) -> bool {
    let mut reached_from: Vec<Option<usize>> = vec![None; partner.len()];
    let mut queue = vec![row];
    let mut at = 0;
    while let Some(&current) = queue.get(at) {
        at += 1;
        // The column of the same number first: lists are mostly in the same order.
        let order = std::iter::once(current).chain((0..partner.len()).filter(|column| *column != current));
        for column in order {
            if reached_from.get(column).is_none_or(Option::is_some) || !test(current, column) {
                continue;
            }
            if let Some(slot) = reached_from.get_mut(column) {
                *slot = Some(current);
            }
            if let Some(next) = partner.get(column).copied().flatten() {
                queue.push(next);
                continue;
            }
            flip(row, column, &reached_from, partner, mate);
            return true;
        }
    }
    false
}

/// Matches along the path that ends in `column`, back to `row`.
fn flip(
    row: usize,
    mut column: usize,
    reached_from: &[Option<usize>],
    partner: &mut [Option<usize>],
    mate: &mut [Option<usize>],
) {
    for _ in 0..=partner.len() {
        let Some(owner) = reached_from.get(column).copied().flatten() else { return };
        let before = mate.get(owner).copied().flatten();
        if let Some(slot) = partner.get_mut(column) {
            *slot = Some(owner);
        }
        if let Some(slot) = mate.get_mut(owner) {
            *slot = Some(column);
        }
        match before {
            Some(previous) if owner != row => column = previous,
            _ => return,
        }
    }
}

fn count(wanted: usize, given: usize) -> Verdict {
    Verdict::different(Step::Count).noting(format!("{given} elements instead of {wanted}"))
}

fn element_kind(kind: AnswerKind) -> AnswerKind {
    if kind == AnswerKind::Any { AnswerKind::Any } else { AnswerKind::Expression }
}

/// Whether the node is the zero vector `\vec{0}` for a reference of zeros.
pub fn is_zero(node: &Node) -> bool {
    matches!(&node.kind, Kind::Number(number) if number.value.as_ref().is_some_and(crate::exact::Rational::is_zero))
}

/// The elements of an answer where the reference has that many: `\vec{0}`, unit vectors, single brackets.
pub fn elements_like(node: &Node, wanted: usize) -> Option<Elements> {
    let node = peel(node);
    let ordered = |items| Elements { open: Bracket::Round, close: Bracket::Round, items, unordered: false };
    if wanted > 1 && is_zero(node) {
        return Some(ordered(vec![Node::integer(0); wanted]));
    }
    if let Some(components) = unit_vectors(node, wanted) {
        return Some(ordered(components));
    }
    let found = elements(node)?;
    // `((1,2))`, `[(1,2),(3,4)]` in one more pair of brackets.
    if let ([single], true) = (found.items.as_slice(), wanted != 1)
        && let Some(inner) = elements(single)
    {
        return Some(inner);
    }
    Some(found)
}

/// The right side of `x = ...`, `x \in ...`, where the left side is only a name.
pub fn peel(node: &Node) -> &Node {
    let mut node = node;
    for _ in 0..4 {
        match &node.kind {
            Kind::Relation(sides, signs) => {
                let [first, last] = sides.as_slice() else { return node };
                let naming = matches!(signs.as_slice(), [Sign::Equal | Sign::In | Sign::Approximately]);
                if !naming || !is_name(first) {
                    return node;
                }
                node = last;
            }
            Kind::Currency(inner) => node = inner,
            Kind::Call(Function::Abs, _) => return node,
            _ => return node,
        }
    }
    node
}

/// Whether a node only names what is asked for: `x`, `f(x)`, `AB`, `x_1`, `(x,y)`, prose.
pub fn is_name(node: &Node) -> bool {
    match &node.kind {
        Kind::Symbol(_) | Kind::Words(_) | Kind::Apply(..) | Kind::Constant(Constant::I | Constant::E) => true,
        Kind::Product(factors) => {
            factors.len() <= 4 && factors.iter().all(|(factor, divides)| !divides && is_name_factor(factor))
        }
        Kind::List(Bracket::Round | Bracket::Angle, _, items) => items.iter().all(|item| matches!(item.kind, Kind::Symbol(_))),
        Kind::Power(base, exponent) => {
            matches!(base.kind, Kind::Symbol(_)) && matches!(&exponent.kind, Kind::Negative(_) | Kind::Symbol(_))
        }
        Kind::Call(Function::Abs, items) => items.iter().all(|item| matches!(item.kind, Kind::Symbol(_) | Kind::Product(_))),
        _ => false,
    }
}

fn is_name_factor(node: &Node) -> bool {
    match &node.kind {
        Kind::Symbol(_) | Kind::Words(_) | Kind::Constant(Constant::I | Constant::E) => true,
        // `P(X > 2)`
        Kind::Relation(sides, _) => sides.iter().any(|side| matches!(side.kind, Kind::Symbol(_))),
        // `y(0)`, `A(x)` read as a product.
        Kind::Number(_) => false,
        Kind::List(Bracket::Round, _, items) => items.iter().all(|item| matches!(item.kind, Kind::Symbol(_))),
        Kind::Power(base, exponent) => matches!(base.kind, Kind::Symbol(_)) && matches!(exponent.kind, Kind::Negative(_)),
        _ => false,
    }
}
