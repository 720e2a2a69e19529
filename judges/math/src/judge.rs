use crate::clean::clean;
use crate::compare::{Context, choices, shapes, words};
use crate::numeric::Work;
use crate::read::{Reading, read};
use crate::syntax::{Constant, Kind, Node};
use crate::verdict::{AnswerKind, Outcome, Settings, Step, Verdict};
use std::borrow::Cow;

/// Longest answer that is looked at, in bytes.
pub const MOST_BYTES: usize = 65_536;

/// Compares one answer with its reference.
///
/// `options` are the texts of a multiple-choice question, if it is one. The work is bounded whatever the texts hold.
pub fn compare(reference: &str, answer: &str, kind: AnswerKind, options: &[String], settings: &Settings) -> Verdict {
    if answer.len() > MOST_BYTES || reference.len() > MOST_BYTES {
        if reference == answer {
            return Verdict::equivalent(Step::Text);
        }
        return Verdict::undecided(Step::Unreadable, format!("more than {MOST_BYTES} bytes are no answer"));
    }
    let (reference, answer) = (clean(reference), clean(answer));
    // `\!` is space of negative width, often around digit separators.
    let (reference, answer) = (&*unspaced(reference), &*unspaced(answer));
    if answer.is_empty() {
        return Verdict::of(reference.is_empty(), Step::Empty);
    }
    if reference.is_empty() {
        return Verdict::different(Step::Empty).noting("the reference is empty");
    }
    match kind {
        AnswerKind::Choice => return choices::choice(reference, answer, options),
        AnswerKind::Choices => return choices::several(reference, answer, options),
        AnswerKind::Truth => {
            if let Some(wanted) = words::truth(reference) {
                return Verdict::of(words::truth(answer) == Some(wanted), Step::Truth);
            }
        }
        _ => {}
    }
    if is_same_text(reference, answer) {
        return Verdict::equivalent(Step::Text);
    }
    // `five` is 5 where a number is asked for.
    let spelled = (answer.len() < 60 && kind != AnswerKind::Phrase)
        .then(|| words::numeral(answer))
        .flatten()
        .map(|value| value.to_string());
    let answer = spelled.as_deref().unwrap_or(answer);
    let spelled = (reference.len() < 60 && kind == AnswerKind::Any)
        .then(|| words::numeral(reference))
        .flatten()
        .map(|value| value.to_string());
    let reference = spelled.as_deref().unwrap_or(reference);
    if let Some(verdict) = by_words(reference, answer, kind) {
        return verdict;
    }
    let all = |text: &str| text.len() > 3 && text.len() < 60 && words::special(text) == Some("all real numbers");
    let reals = |text| if all(text) { "\\mathbb{R}" } else { text };
    mathematics(reals(reference), reals(answer), kind, settings)
}

/// Without negative thin spaces.
fn unspaced(text: &str) -> Cow<'_, str> {
    if text.contains("\\!") { Cow::Owned(text.replace("\\!", "")) } else { Cow::Borrowed(text) }
}

/// The same text up to spaces.
fn is_same_text(reference: &str, answer: &str) -> bool {
    let mut a = reference.chars().filter(|c| !c.is_whitespace());
    let mut b = answer.chars().filter(|c| !c.is_whitespace());
    loop {
        match (a.next(), b.next()) {
            (None, None) => return true,
            (x, y) if x == y => {}
            _ => return false,
        }
    }
}

/// Phrases, truth values and option letters where the kind does not forbid them.
fn by_words(reference: &str, answer: &str, kind: AnswerKind) -> Option<Verdict> {
    const MOST: usize = 400;
    if reference.len() > MOST || answer.len() > MOST {
        return None;
    }
    if let (Some(a), Some(b)) = (words::special(reference), words::special(answer)) {
        return Some(Verdict::of(a == b, Step::Words));
    }
    let same = || words::plain(reference) == words::plain(answer);
    match kind {
        AnswerKind::Phrase | AnswerKind::Truth => {
            if same() {
                return Some(Verdict::equivalent(Step::Words));
            }
            if words::is_prose(reference) || words::is_prose(answer) {
                return Some(Verdict::different(Step::Words));
            }
            None
        }
        AnswerKind::Any => {
            if words::is_prose(reference) {
                if same() {
                    return Some(Verdict::equivalent(Step::Words));
                }
                if let (Some(a), Some(b)) = (words::truth(reference), words::truth(answer)) {
                    return Some(Verdict::of(a == b, Step::Truth));
                }
                return None;
            }
            // `(B)` and `\text{B}` name the same option.
            let unwrapped = |text: &str| words::plain(text).trim_matches(|c| "()[]. ".contains(c)).to_string();
            let (a, b) = (unwrapped(reference), unwrapped(answer));
            let upper = reference.trim_matches(|c: char| !c.is_ascii_alphanumeric());
            if a.len() == 1 && upper.len() == 1 && matches!(upper, "A" | "B" | "C" | "D" | "E") && answer.starts_with(['(', '\\'])
            {
                let verdict = choices::choice(upper, answer, &[]);
                if verdict.is_equivalent() {
                    return Some(verdict);
                }
            }
            let lettered = a.len() == 1 && a.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_lowercase());
            if lettered
                && (reference.contains("text") || answer.contains("text") || reference.contains('('))
                && a == b
                && !upper.is_empty()
            {
                return Some(Verdict::equivalent(Step::Choice));
            }
            None
        }
        _ => None,
    }
}

/// Reads both and compares them, under each reading that the writing allows, until one makes them the same.
fn mathematics(reference: &str, answer: &str, kind: AnswerKind, settings: &Settings) -> Verdict {
    let work = Work::new(settings.work);
    let context = Context { kind, settings, work: &work, depth: 0 };
    let mut first: Option<Verdict> = None;
    let plan = Plan::new(reference, answer, kind);
    for (for_reference, for_answer) in plan.readings() {
        let verdict = match (read(reference, &for_reference), read(answer, &for_answer)) {
            (Ok(a), Ok(b)) => structure(&a, &b, &context).unwrap_or_else(|| shapes(&a, &b, &context)),
            (Err(problem), _) => Verdict::undecided(Step::Unreadable, format!("the reference: {problem}")),
            (_, Err(problem)) => unread(reference, answer, &problem.to_string()),
        };
        if verdict.is_equivalent() || (verdict.step == Step::Units && verdict.outcome == Outcome::Different) {
            return verdict;
        }
        let better = match &first {
            None => true,
            Some(known) => known.step == Step::Unreadable && verdict.step != Step::Unreadable,
        };
        if better {
            first = Some(verdict);
        }
        if work.is_spent() {
            break;
        }
    }
    first.unwrap_or_else(|| Verdict::undecided(Step::Unreadable, "nothing could be read"))
}

/// How both sides are read first.
pub fn readings(reference: &str, answer: &str, kind: AnswerKind) -> (Reading, Reading) {
    Plan::new(reference, answer, kind).readings().next().unwrap_or_default()
}

/// An answer that is no mathematics may still be the words of the reference.
fn unread(reference: &str, answer: &str, problem: &str) -> Verdict {
    if answer.len() < 400 && words::plain(reference) == words::plain(answer) {
        return Verdict::equivalent(Step::Words);
    }
    Verdict::undecided(Step::Unreadable, format!("the answer: {problem}"))
}

/// A phrase such as a factorisation or a binary number is compared as it is written.
fn structure(reference: &Node, answer: &Node, context: &Context) -> Option<Verdict> {
    if context.kind != AnswerKind::Phrase {
        return None;
    }
    let symbolic =
        reference.any(&|node| matches!(node.kind, Kind::Symbol(_) | Kind::Constant(Constant::E | Constant::I) | Kind::Apply(..)));
    if symbolic {
        return None;
    }
    let factors = |node: &Node| -> Vec<String> {
        let mut list: Vec<String> = match &node.kind {
            Kind::Product(factors) => {
                factors.iter().map(|(factor, divides)| format!("{divides}{}", crate::print::canonical(factor))).collect()
            }
            _ => vec![crate::print::canonical(node)],
        };
        list.sort_unstable();
        list
    };
    Some(Verdict::of(factors(reference) == factors(answer), Step::Text))
}

/// Which readings the writing allows.
struct Plan {
    list: Vec<(Reading, Reading)>,
}

impl Plan {
    fn new(reference: &str, answer: &str, kind: AnswerKind) -> Self {
        let plain = Reading::default();
        let numeric = match kind {
            AnswerKind::Equation => false,
            AnswerKind::Any => true,
            _ => read(reference, &plain).map_or(true, |node| !node.any(&|n| matches!(n.kind, Kind::Symbol(_) | Kind::Apply(..)))),
        };
        let listed = reference.contains(',') && !reference.contains("{,}");
        let grouped = has_thousands(answer) || has_thousands(reference);
        let thousands = grouped
            && !matches!(kind, AnswerKind::Ordered | AnswerKind::Unordered | AnswerKind::Interval)
            && (!listed || has_thousands(reference));
        let base = Reading { units: numeric, thousands, ..plain };
        let for_reference = Reading { units: numeric && kind == AnswerKind::Any, ..base };
        let mut list = vec![(for_reference, base)];
        let mut vary = |change: &dyn Fn(&mut Reading)| {
            let (mut a, mut b) = (for_reference, base);
            change(&mut a);
            change(&mut b);
            list.push((a, b));
            list.push((a, base));
            list.push((for_reference, b));
        };
        let both = |test: &dyn Fn(&str) -> bool| test(reference) || test(answer);
        if grouped {
            vary(&|reading| reading.thousands = !thousands);
        }
        if reference.contains('i') && answer.contains('j') && !answer.contains('k') && numeric {
            vary(&|reading| reading.imaginary_j = true);
        }
        if both(&applies) {
            vary(&|reading| reading.apply = false);
        }
        if both(&tight_quotient) {
            vary(&|reading| reading.tight_division = true);
        }
        if numeric && kind == AnswerKind::Any && both(&|text| text.bytes().any(|b| b.is_ascii_alphabetic())) {
            vary(&|reading| reading.units = false);
        }
        // `t5` is `5t` only where the reference has no such names: `3x_1+x_2` must not become `5x`.
        if letter_then_digit(answer) && !letter_then_digit(reference) && !reference.contains('_') {
            list.push((for_reference, Reading { digits_multiply: true, ..base }));
        }
        Self { list }
    }

    fn readings(self) -> impl Iterator<Item = (Reading, Reading)> {
        let mut seen: Vec<(Reading, Reading)> = Vec::new();
        self.list.into_iter().filter(move |pair| {
            let new = !seen.contains(pair);
            if new {
                seen.push(*pair);
            }
            new
        })
    }
}

fn windows(text: &str, test: impl Fn(u8, u8) -> bool) -> bool {
    text.as_bytes().windows(2).any(|pair| matches!(pair, [a, b] if test(*a, *b)))
}

fn letter_then_digit(text: &str) -> bool {
    windows(text, |a, b| a.is_ascii_alphabetic() && b.is_ascii_digit())
}

fn applies(text: &str) -> bool {
    windows(text, |a, b| b"fghFGH".contains(&a) && b == b'(') || text.contains("\\left")
}

fn tight_quotient(text: &str) -> bool {
    text.contains('/') && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// Whether a comma stands before exactly three digits.
fn has_thousands(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.windows(5).any(|w| matches!(w, [a, b',', x, y, z] if a.is_ascii_digit() && x.is_ascii_digit() && y.is_ascii_digit() && z.is_ascii_digit()))
}
