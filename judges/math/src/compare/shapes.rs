use super::context::Context;
use super::equations::{equations, right_side, sides};
use super::inequalities::inequalities;
use super::intervals::intervals;
use super::lists::{Elements, elements, elements_like, is_name, ordered, peel, unordered};
use super::scalars::scalars;
use super::vectors::grid;
use super::words::{numeral, plain, special};
use crate::read::units::{self, Conversion};
use crate::syntax::{Bracket, Constant, Kind, Node, Sign};
use crate::verdict::{AnswerKind, Outcome, Step, Verdict};

/// Deepest nesting of lists that is compared.
const MOST_DEPTH: u32 = 30;

/// Compares two nodes by what they are.
pub fn shapes(reference: &Node, answer: &Node, context: &Context) -> Verdict {
    if let Some(verdict) = words(reference, answer) {
        return verdict;
    }
    match context.kind {
        AnswerKind::Interval => {
            if let Some(verdict) = intervals(reference, answer, true, context) {
                return verdict;
            }
            return any(reference, answer, context);
        }
        AnswerKind::Equation => {
            if let (Some(_), Some(_)) = (sides(reference), sides(answer)) {
                return equations(reference, answer, context);
            }
            return any(reference, answer, context);
        }
        AnswerKind::Ordered | AnswerKind::Unordered => {
            if let Some(verdict) = lists(reference, answer, context) {
                return verdict;
            }
        }
        _ => {}
    }
    any(reference, answer, context)
}

/// Words on one side or both.
fn words(reference: &Node, answer: &Node) -> Option<Verdict> {
    let text = |node: &Node| match &node.kind {
        Kind::Words(words) => Some(plain(words)),
        _ => None,
    };
    // `T` against `True`
    let letter = |node: &Node| match &node.kind {
        Kind::Symbol(name) if matches!(name.as_str(), "T" | "F" | "Y" | "N") => Some(name.clone()),
        _ => None,
    };
    let truths = match (text(reference).or_else(|| letter(reference)), text(answer).or_else(|| letter(answer))) {
        (Some(a), Some(b)) => super::words::truth(&a).zip(super::words::truth(&b)),
        _ => None,
    };
    if let Some((a, b)) = truths {
        return Some(Verdict::of(a == b, Step::Truth));
    }
    match (text(reference), text(peel(answer))) {
        (Some(a), Some(b)) => {
            let same = a == b || (special(&a).is_some() && special(&a) == special(&b));
            Some(Verdict::of(same, Step::Words))
        }
        (None, Some(b)) => {
            let value = numeral(&b)?;
            let Kind::Number(number) = &reference.kind else { return None };
            Some(Verdict::of(number.value == Some(crate::exact::Rational::integer(value)), Step::Words))
        }
        _ => None,
    }
}

/// Lists where the kind says that the reference is one.
fn lists(reference: &Node, answer: &Node, context: &Context) -> Option<Verdict> {
    let wanted = elements(reference)?;
    let count = wanted.items.len();
    let Some(given) = elements_like(answer, count) else {
        if count == 1 {
            return wanted.items.first().map(|item| any(item, answer, &context.of(AnswerKind::Expression)));
        }
        return Some(Verdict::different(Step::Shape).noting(format!("a single value instead of {count} elements")));
    };
    // A reference of unit vectors, such as `(40i+9j, -40i+9j)`, is compared element by element as any other.
    let in_order = context.kind == AnswerKind::Ordered;
    Some(if in_order { ordered(&wanted.items, &given.items, context) } else { unordered(&wanted.items, &given.items, context) })
}

/// Compares whatever the two are.
fn any(reference: &Node, answer: &Node, context: &Context) -> Verdict {
    if context.depth > MOST_DEPTH {
        return Verdict::undecided(Step::Shape, format!("lists nested more than {MOST_DEPTH} deep are not compared"));
    }
    let size = u64::try_from(reference.size() + answer.size()).unwrap_or(u64::MAX);
    if !context.work.take(size.saturating_mul(4).saturating_add(8)) {
        return Verdict::undecided(Step::Shape, "the work one comparison may do was spent");
    }
    let strict_equation = context.kind == AnswerKind::Equation;
    // Relations.
    match (&reference.kind, &answer.kind) {
        (Kind::Relation(..), Kind::Relation(..)) => return relations(reference, answer, context),
        (Kind::Relation(_, signs), _) => {
            if signs.iter().all(|s| matches!(s, Sign::Equal | Sign::Approximately)) && !strict_equation {
                let inner = peel(reference);
                if !std::ptr::eq(inner, reference) {
                    return any(inner, answer, context);
                }
                if let Some(verdict) = right_side(reference, answer, context) {
                    return verdict;
                }
            }
            if matches!(signs.as_slice(), [Sign::In]) && !std::ptr::eq(peel(reference), reference) {
                return any(peel(reference), answer, context);
            }
            return intervals(reference, answer, false, context)
                .unwrap_or_else(|| Verdict::different(Step::Shape).noting("the reference is a relation"));
        }
        (_, Kind::Relation(..)) => return value_of_relation(reference, answer, context),
        _ => {}
    }
    if let (Kind::Piecewise(a), Kind::Piecewise(b)) = (&reference.kind, &answer.kind) {
        return pieces(a, b, context);
    }
    if let (Kind::Apply(a, first), Kind::Apply(b, second)) = (&reference.kind, &answer.kind)
        && a == "mod"
        && b == "mod"
    {
        return ordered(first, second, context);
    }
    // `7 \pmod{12}` against 7.
    let residue = |node: &Node| match &node.kind {
        Kind::Apply(name, parts) if name == "mod" => parts.first().cloned(),
        _ => None,
    };
    match (residue(reference), residue(answer)) {
        (Some(inner), None) => return any(&inner, answer, &context.of(context.kind)),
        (None, Some(inner)) => return any(reference, &inner, &context.of(context.kind)),
        _ => {}
    }
    // Sets of numbers.
    if let (Kind::Constant(a), Kind::Constant(b)) = (&reference.kind, &answer.kind)
        && a == b
    {
        return Verdict::equivalent(Step::Text);
    }
    let interval_like = is_interval(reference) || is_interval(answer);
    if interval_like
        && context.kind != AnswerKind::Ordered
        && context.kind != AnswerKind::Unordered
        && let Some(verdict) = intervals(reference, answer, false, context)
    {
        return verdict;
    }
    if let (Some(a), Some(b)) = (matrix(reference), matrix(answer))
        && let Some(verdict) = matrices(a, b, context)
    {
        return verdict;
    }
    let wanted = elements(reference);
    let given = match &wanted {
        Some(wanted) => elements_like(answer, wanted.items.len()),
        None => elements(answer),
    };
    match (wanted, given) {
        (Some(wanted), Some(given)) => both_lists(&wanted, &given, reference, answer, context),
        (Some(wanted), None) => match wanted.items.as_slice() {
            [single] if wanted.open != Bracket::Square || context.kind != AnswerKind::Any => {
                any(single, answer, &context.of(context.kind))
            }
            items => Verdict::different(Step::Count).noting(format!("a single value instead of {} elements", items.len())),
        },
        (None, Some(given)) if vector_of(reference, &given).is_some() => match vector_of(reference, &given) {
            Some(wanted) => ordered(&wanted, &given.items, context),
            None => Verdict::different(Step::Shape),
        },
        (None, Some(given)) => match given.items.as_slice() {
            [single] => any(reference, single, &context.of(context.kind)),
            items => Verdict::different(Step::Count).noting(format!("{} values instead of one", items.len())),
        },
        (None, None) => quantities(reference, answer, context),
    }
}

/// The components of a reference in unit vectors, where the answer is a vector of as many.
fn vector_of(reference: &Node, given: &Elements) -> Option<Vec<Node>> {
    if given.unordered {
        return None;
    }
    super::vectors::unit_vectors(reference, given.items.len())
}

/// Two lists where no kind says whether the order counts: brackets tell.
fn both_lists(wanted: &Elements, given: &Elements, reference: &Node, answer: &Node, context: &Context) -> Verdict {
    if wanted.items.len() != given.items.len() {
        return Verdict::different(Step::Count).noting(format!(
            "{} elements instead of {}",
            given.items.len(),
            wanted.items.len()
        ));
    }
    let round = |e: &Elements| e.open == Bracket::Round && e.close == Bracket::Round;
    let square = |e: &Elements| e.open == Bracket::Square && e.close == Bracket::Square;
    let half_open = |e: &Elements| e.open != e.close;
    if context.kind == AnswerKind::Any {
        let matrix = |node: &Node| matches!(node.kind, Kind::Matrix(_));
        let two = wanted.items.len() == 2;
        if half_open(wanted) || half_open(given) {
            let same = wanted.open == given.open && wanted.close == given.close;
            return if same {
                ordered(&wanted.items, &given.items, context)
            } else {
                Verdict::different(Step::Intervals).noting("the brackets differ")
            };
        }
        if two && !matrix(reference) && !matrix(answer) && ((round(wanted) && square(given)) || (square(wanted) && round(given)))
        {
            return Verdict::different(Step::Intervals).noting("one is open where the other is closed");
        }
        let set = |e: &Elements| e.open == Bracket::Curly;
        let tuple = |e: &Elements| round(e) || square(e) || e.open == Bracket::Angle;
        if (set(wanted) && tuple(given)) || (set(given) && tuple(wanted)) {
            if two {
                return Verdict::different(Step::Shape).noting("one is a set, the other a pair or an interval");
            }
            return unordered(&wanted.items, &given.items, context);
        }
        if wanted.unordered && given.unordered || (set(wanted) && !tuple(given)) || (set(given) && !tuple(wanted)) {
            return unordered(&wanted.items, &given.items, context);
        }
        return ordered(&wanted.items, &given.items, context);
    }
    if wanted.unordered { unordered(&wanted.items, &given.items, context) } else { ordered(&wanted.items, &given.items, context) }
}

/// Whether a node can only be an interval or a set of numbers.
fn is_interval(node: &Node) -> bool {
    match &node.kind {
        Kind::Set(..) | Kind::Builder(..) => true,
        Kind::Constant(Constant::Reals) => true,
        Kind::List(Bracket::None, _, items) if items.len() > 1 && items.iter().all(super::intervals::is_inequality) => true,
        Kind::List(open, close, items) => {
            items.len() == 2 && (open != close || items.iter().any(|item| super::scalars::infinite(item).is_some()))
        }
        Kind::Or(items) | Kind::And(items) => {
            items.iter().all(|item| matches!(&item.kind, Kind::Relation(_, signs) if !signs.contains(&Sign::Equal)))
        }
        Kind::Relation(_, signs) => !signs.contains(&Sign::Equal),
        _ => false,
    }
}

fn relations(reference: &Node, answer: &Node, context: &Context) -> Verdict {
    let is_equation = |node: &Node| sides(node).is_some();
    match (is_equation(reference), is_equation(answer)) {
        (true, true) => {
            let (inner, given) = (peel(reference), peel(answer));
            // `x = 1` against `x = 1`: as equations first, then what is said of the same name.
            let verdict = equations(reference, answer, context);
            if verdict.is_equivalent() || context.kind == AnswerKind::Equation {
                return verdict;
            }
            let lists = elements(inner).is_some() || elements(given).is_some();
            let (Some((left, _)), Some((other, _))) = (sides(reference), sides(answer)) else { return verdict };
            let same_name = is_name(&left)
                && is_name(&other)
                && (crate::normal::same(&left, &other, context.work) == Some(true)
                    || lists
                    || is_function(&left)
                    || is_function(&other));
            if same_name && !std::ptr::eq(inner, reference) && !std::ptr::eq(given, answer) {
                return any(inner, given, context);
            }
            verdict
        }
        (false, false) => {
            let direct = inequalities(reference, answer, context);
            if direct.is_equivalent() {
                return direct;
            }
            intervals(reference, answer, false, context).unwrap_or(direct)
        }
        _ => {
            if let Some(verdict) = intervals(reference, answer, false, context) {
                return verdict;
            }
            let (inner, given) = (peel(reference), peel(answer));
            if std::ptr::eq(inner, reference) && std::ptr::eq(given, answer) {
                return Verdict::different(Step::Relation).noting("one is an equation, the other is not");
            }
            any(inner, given, context)
        }
    }
}

/// A left side such as `f(x)`, which names a function.
fn is_function(node: &Node) -> bool {
    matches!(node.kind, Kind::Apply(..) | Kind::Product(_) | Kind::Words(_))
}

/// A relation as the answer where the reference is a value: `x = 5`, `y = x = 7`, `5 \approx 5.0`, `x \in \{7\}`.
fn value_of_relation(reference: &Node, answer: &Node, context: &Context) -> Verdict {
    if let Some(verdict) = intervals(reference, answer, false, context)
        && (is_interval(reference) || verdict.is_equivalent())
    {
        return verdict;
    }
    let Kind::Relation(sides, signs) = &answer.kind else { return Verdict::different(Step::Shape) };
    if !signs.iter().all(|s| matches!(s, Sign::Equal | Sign::Approximately | Sign::In | Sign::Congruent | Sign::Maps)) {
        return Verdict::different(Step::Shape).noting("the answer is a relation, the reference is not");
    }
    let (Some(last), Some(first)) = (sides.last(), sides.first()) else { return Verdict::different(Step::Shape) };
    if is_name(first) || sides.len() > 2 {
        let verdict = any(reference, last, context);
        // `\int f = x^2/2 + C = ...`: an earlier value is as good, if all after it agree.
        if verdict.is_equivalent() || sides.len() <= 2 {
            return verdict;
        }
        let middle = sides.get(sides.len().saturating_sub(2));
        return match middle {
            Some(middle) if any(middle, last, &context.of(AnswerKind::Number)).is_equivalent() => any(reference, middle, context),
            _ => verdict,
        };
    }
    // `2 + 3 = 5`, `5 = x`
    if is_name(last) {
        return any(reference, first, context);
    }
    let verdict = any(reference, last, context);
    if verdict.is_equivalent() && any(first, last, &context.of(AnswerKind::Number)).is_equivalent() {
        return verdict;
    }
    if verdict.outcome == Outcome::Undecided {
        verdict
    } else {
        Verdict::different(Step::Relation).noting("the answer is an equation, the reference is not")
    }
}

fn pieces(reference: &[(Node, Option<Node>)], answer: &[(Node, Option<Node>)], context: &Context) -> Verdict {
    if reference.len() != answer.len() {
        return Verdict::different(Step::Count).noting("the number of pieces differs");
    }
    let rows = |cases: &[(Node, Option<Node>)]| -> Vec<Node> {
        cases
            .iter()
            .map(|(value, condition)| {
                let mut row = vec![value.clone()];
                row.extend(condition.clone().filter(|c| !matches!(c.kind, Kind::Words(_))));
                Node::new(Kind::List(Bracket::Round, Bracket::Round, row), value.span)
            })
            .collect()
    };
    unordered(&rows(reference), &rows(answer), context)
}

fn matrix(node: &Node) -> Option<super::vectors::Grid> {
    let found = grid(node)?;
    (!found.vector || matches!(node.kind, Kind::Matrix(_))).then_some(found)
}

fn matrices(reference: super::vectors::Grid, answer: super::vectors::Grid, context: &Context) -> Option<Verdict> {
    let shape = |grid: &super::vectors::Grid| grid.rows.iter().map(Vec::len).collect::<Vec<_>>();
    if reference.vector != answer.vector {
        return None;
    }
    if shape(&reference) != shape(&answer) && !(reference.vector && answer.vector) {
        return Some(Verdict::different(Step::Count).noting("the matrices have different shapes"));
    }
    let cells = |grid: super::vectors::Grid| grid.rows.into_iter().flatten().collect::<Vec<_>>();
    Some(ordered(&cells(reference), &cells(answer), context))
}

/// Two scalars, perhaps with units, percent signs, degrees or currencies.
fn quantities(reference: &Node, answer: &Node, context: &Context) -> Verdict {
    let (first, a) = bare(reference);
    let (second, b) = bare(answer);
    if let (Mark::Unit(a), Mark::Unit(b)) = (&a, &b)
        && a != b
    {
        match units::conversion(b, a) {
            Conversion::Incompatible => {
                return Verdict::different(Step::Units).noting(format!("{b} does not measure what {a} measures"));
            }
            Conversion::Factor(factor) if (factor - 1.0).abs() > 1e-12 => {
                let verdict = scalars(first, &scaled(second, factor), &context.of(AnswerKind::Number));
                return if verdict.is_equivalent() {
                    verdict
                } else {
                    Verdict { outcome: Outcome::Different, step: Step::Units, ..verdict }
                };
            }
            _ => {}
        }
    }
    let verdict = scalars(first, second, context);
    if verdict.is_equivalent() {
        return verdict;
    }
    // `5 million` is 5 where millions are asked for, and 5,000,000.
    let multiplier = |mark: &Mark| match mark {
        Mark::Unit(unit) => units::multiplier(unit),
        _ => None,
    };
    match (multiplier(&a), multiplier(&b)) {
        (Some(factor), None) => {
            let other = scalars(&scaled(first, factor), second, context);
            if other.is_equivalent() {
                return other;
            }
        }
        (None, Some(factor)) => {
            let other = scalars(first, &scaled(second, factor), context);
            if other.is_equivalent() {
                return other;
            }
        }
        _ => {}
    }
    // `45^\circ` is also π/4, and without a known kind `10\%` is also 0.1.
    let degrees = matches!(a, Mark::Degrees) != matches!(b, Mark::Degrees);
    let percent = context.kind == AnswerKind::Any && matches!(a, Mark::Percent) != matches!(b, Mark::Percent);
    if degrees || percent {
        let other = scalars(reference, answer, context);
        if other.is_equivalent() {
            return other;
        }
    }
    if let (Kind::Based(digits, _), Kind::Number(_)) | (Kind::Number(_), Kind::Based(digits, _)) = (&first.kind, &second.kind) {
        let plain = crate::read::read(digits, &crate::read::Reading::default());
        let number = if matches!(first.kind, Kind::Number(_)) { first } else { second };
        if let Ok(plain) = plain
            && scalars(&plain, number, context).is_equivalent()
        {
            return Verdict::equivalent(Step::Number).noting("the base is taken as understood");
        }
    }
    verdict
}

fn scaled(node: &Node, factor: f64) -> Node {
    // Conversion factors are decimals, so what comes out may be rounded.
    let text = if factor.fract() == 0.0 { format!("{factor:.0}") } else { format!("{factor:.15}") };
    match crate::read::read(&text, &crate::read::Reading::default()) {
        Ok(number) => Node::new(Kind::Product(vec![(node.clone(), false), (number, false)]), node.span),
        Err(_) => node.clone(),
    }
}

/// What marks a number beside its value.
enum Mark {
    None,
    Unit(String),
    Percent,
    Degrees,
}

/// A node without its unit, percent or degree sign.
fn bare(node: &Node) -> (&Node, Mark) {
    match &node.kind {
        Kind::Quantity(inner, unit) => (bare(inner).0, Mark::Unit(unit.clone())),
        Kind::Percent(inner) => (inner, Mark::Percent),
        Kind::Degrees(inner) => (inner, Mark::Degrees),
        Kind::Currency(inner) => bare(inner),
        Kind::Negative(inner) => match &inner.kind {
            Kind::Quantity(..) | Kind::Percent(_) | Kind::Degrees(_) | Kind::Currency(_) => {
                // The sign stays with the value; marks below a sign are rare and only dropped when evaluated.
                (node, bare(inner).1)
            }
            _ => (node, Mark::None),
        },
        _ => (node, Mark::None),
    }
}
