use super::constants;
use super::context::Context;
use super::numbers::{Writing, numbers, show, writing};
use super::points::{MOST_POINTS, WANTED, point};
use crate::normal;
use crate::numeric::{Evaluation, Formula, Symbols, formula};
use crate::syntax::{Constant, Function, Kind, Node};
use crate::verdict::{Disagreement, Outcome, Step, Verdict};

/// Compares two scalar expressions: by normal form, then by their values.
pub fn scalars(reference: &Node, answer: &Node, context: &Context) -> Verdict {
    match (infinite(reference), infinite(answer)) {
        (Some(a), Some(b)) => return Verdict::of(a == b, Step::Number),
        (None, None) => {}
        _ => return Verdict::different(Step::Number),
    }
    let mut symbols = Symbols::default();
    let (first, second) = match (formula(reference, &mut symbols), formula(answer, &mut symbols)) {
        (Ok(first), Ok(second)) => (first, second),
        (Err(what), Ok(_)) => {
            return Verdict::different(Step::Shape).noting(format!("the reference is {}, the answer is not", what.0));
        }
        (Ok(_), Err(what)) => {
            return Verdict::different(Step::Shape).noting(format!("the answer is {}, the reference is not", what.0));
        }
        (Err(_), Err(_)) => return Verdict::undecided(Step::Shape, "neither is a number or an expression"),
    };
    if symbols.names().is_empty() {
        let (a, b) = (first.evaluate(&mut [], context.work), second.evaluate(&mut [], context.work));
        let writings = (writing(reference), writing(answer));
        if matches!(writings, (Writing::Exact, Writing::Exact))
            && !context.lenient()
            && let Some(same) = normal::exact_numbers(reference, answer, context.work)
        {
            if same {
                return Verdict::equivalent(Step::NormalForm);
            }
            let disagreement = Disagreement { point: Vec::new(), reference: show(a.value), answer: show(b.value) };
            return Verdict { outcome: Outcome::Different, step: Step::NormalForm, disagreement: Some(disagreement), note: None };
        }
        let verdict = numbers(a.value, b.value, writings, a.scale, context);
        if verdict.outcome == Outcome::Undecided && normal::same(reference, answer, context.work) == Some(true) {
            return Verdict::equivalent(Step::NormalForm);
        }
        return verdict;
    }
    if normal::same(reference, answer, context.work) == Some(true) {
        return Verdict::equivalent(Step::NormalForm);
    }
    let verdict = Sampling::new(reference, answer, symbols, context).compare(&first, &second);
    let loose = verdict.outcome == Outcome::Equivalent && !Sampling::is_exact(reference, answer);
    if loose && normal::coefficients_differ(reference, answer, context.work) {
        return Verdict::different(Step::Points).noting("some coefficients differ, though little at moderate values");
    }
    if verdict.outcome == Outcome::Different
        && let Some(better) = constants::renamed(reference, answer, context)
    {
        return better;
    }
    verdict
}

/// The sign of a node that is plus or minus infinity.
pub fn infinite(node: &Node) -> Option<bool> {
    match &node.kind {
        Kind::Constant(Constant::Infinity) => Some(true),
        Kind::Negative(inner) => infinite(inner).map(|positive| !positive),
        Kind::Sum(terms) if terms.len() == 1 => terms.first().and_then(infinite),
        _ => None,
    }
}

/// Two formulas at many points.
pub struct Sampling<'a> {
    symbols: Symbols,
    integers: Vec<bool>,
    complex: bool,
    exact: bool,
    context: &'a Context<'a>,
}

/// What two formulas do at one point.
enum At {
    Agree,
    /// Both are exactly zero, which says little where steps are: `u(t-5)` before its step.
    Vanish,
    Differ(Disagreement),
    /// At least one has no value here, or rounding hides it.
    Skip,
}

impl<'a> Sampling<'a> {
    pub fn new(reference: &Node, answer: &Node, symbols: Symbols, context: &'a Context<'a>) -> Self {
        let integers = symbols.names().iter().map(|name| is_index(name, reference) || is_index(name, answer)).collect();
        let imaginary = |node: &Node| matches!(node.kind, Kind::Constant(Constant::I));
        let complex = reference.any(&imaginary) || answer.any(&imaginary);
        let exact = Self::is_exact(reference, answer);
        Self { symbols, integers, complex, exact, context }
    }

    /// Whether no number in either may have been rounded.
    pub fn is_exact(reference: &Node, answer: &Node) -> bool {
        let rounded = |node: &Node| match &node.kind {
            Kind::Number(number) => number.decimal || number.digits >= 4,
            _ => false,
        };
        !reference.any(&rounded) && !answer.any(&rounded)
    }

    pub fn compare(&self, first: &Formula, second: &Formula) -> Verdict {
        let verdict = self.pass(first, second, self.complex);
        // Nowhere real: the principal branches decide.
        if verdict.outcome == Outcome::Undecided && !self.complex {
            return self.pass(first, second, true);
        }
        verdict
    }

    fn pass(&self, first: &Formula, second: &Formula, complex: bool) -> Verdict {
        let mut agreed = 0;
        let mut zeros = 0;
        let mut values: Vec<(Evaluation, Evaluation)> = Vec::new();
        for k in 0..MOST_POINTS {
            if agreed >= WANTED || self.context.work.is_spent() {
                break;
            }
            match self.at(first, second, k, complex, &mut values) {
                At::Agree => agreed += 1,
                At::Vanish => zeros += 1,
                At::Skip => {}
                At::Differ(disagreement) => {
                    return Verdict {
                        outcome: Outcome::Different,
                        step: Step::Points,
                        disagreement: Some(disagreement),
                        note: None,
                    };
                }
            }
        }
        if agreed + zeros < WANTED / 2 {
            let note = if self.context.work.is_spent() {
                "the work one comparison may do was spent"
            } else {
                "too few points where both have a value"
            };
            return Verdict::undecided(Step::Points, note);
        }
        if !self.exact && steps_differ(&values) {
            return Verdict::different(Step::Points).noting("both are nearly constant, and what varies differs");
        }
        Verdict::equivalent(Step::Points)
    }

    fn at(&self, first: &Formula, second: &Formula, k: usize, complex: bool, values: &mut Vec<(Evaluation, Evaluation)>) -> At {
        let mut place = point(&self.symbols, k, &self.integers);
        self.context.work.enter();
        let a = first.evaluate(&mut place, self.context.work);
        let b = second.evaluate(&mut place, self.context.work);
        if !a.value.is_finite() || !b.value.is_finite() {
            return At::Skip;
        }
        // Outside of the real domain of one of them, even where the values are real again, as in `sqrt(x) sqrt(y)`.
        if !complex && (self.context.work.left_the_reals() || !a.value.is_real() || !b.value.is_real()) {
            return At::Skip;
        }
        // So small that doubles lose digits.
        let tiny = |value: f64| value != 0.0 && value < 1e-290;
        if tiny(a.value.size()) || tiny(b.value.size()) {
            return At::Skip;
        }
        if a.value.size() == 0.0 && b.value.size() == 0.0 {
            return At::Vanish;
        }
        let difference = a.value.subtract(b.value);
        let (gap, doubt) = (difference.size(), difference.error);
        let size = a.value.size().max(b.value.size());
        let scale = a.scale.max(b.scale).max(size);
        let relative = if self.exact { 1e-9 } else { self.context.settings.relative };
        let tolerance = relative * size;
        if !self.exact && gap <= tolerance {
            values.push((a, b));
        }
        if gap <= tolerance + doubt {
            // Agreement that is only rounding says nothing.
            return if doubt <= (relative * size).max(1e-9 * scale) || gap <= tolerance { At::Agree } else { At::Skip };
        }
        if !self.exact && size < 0.05 * scale && gap <= relative * scale {
            return At::Skip;
        }
        let names = self.symbols.names().iter().zip(&place).filter(|(name, _)| !name.starts_with('\u{1}'));
        At::Differ(Disagreement {
            point: names.map(|(name, value)| (name.clone(), value.re)).collect(),
            reference: show(a.value),
            answer: show(b.value),
        })
    }
}

/// Whether the differences between points differ by much more than rounding explains: `10^6 + x` and `10^6 + 2x` agree to
/// three digits at every moderate point, but not in how they move.
fn steps_differ(values: &[(Evaluation, Evaluation)]) -> bool {
    let (mut informative, mut differing) = (0, 0);
    for pair in values.windows(2) {
        let [(a, b), (c, d)] = pair else { continue };
        let (first, second) = (c.value.subtract(a.value), d.value.subtract(b.value));
        let size = first.size().max(second.size());
        let scale = a.scale.max(c.scale).max(b.scale).max(d.scale);
        if size <= 1e-9 * scale || size > 0.1 * scale {
            continue;
        }
        informative += 1;
        differing += usize::from(first.subtract(second).size() > 0.1 * size);
    }
    informative >= 4 && differing * 2 > informative
}

/// Whether a variable is the index of a sequence: the exponent of a negative number, or inside a factorial.
fn is_index(name: &str, node: &Node) -> bool {
    if !matches!(name, "n" | "k" | "m" | "N" | "r" | "j") {
        return false;
    }
    let uses = |node: &Node| node.any(&|inner| matches!(&inner.kind, Kind::Symbol(symbol) if symbol == name));
    node.any(&|inner| match &inner.kind {
        Kind::Power(base, exponent) => {
            let negative = match &base.kind {
                Kind::Negative(_) => true,
                Kind::Number(number) => number.value.as_ref().is_some_and(crate::exact::Rational::is_negative),
                _ => false,
            };
            negative && uses(exponent)
        }
        Kind::Bound { low, high, .. } => low.iter().chain(high.iter()).any(|bound| uses(bound)),
        Kind::Call(Function::Factorial | Function::DoubleFactorial | Function::Binomial, arguments) => arguments.iter().any(uses),
        Kind::Call(Function::Cos | Function::Sin, arguments) => {
            arguments.iter().any(|argument| uses(argument) && argument.any(&|n| matches!(n.kind, Kind::Constant(Constant::Pi))))
                && name == "n"
        }
        _ => false,
    })
}
