use super::table::{Comparison, ComparisonRow, Finding};
use crate::summary::Unit;
use crate::text::{count, decimal, difference, p_value};
use proctor_statistics::Interval;

/// What a row says, in a sentence or two: who is better, by how much, and how sure that is.
pub fn sentence(row: &ComparisonRow, comparison: &Comparison) -> String {
    let Some(found) = &row.difference else { return "There is nothing to compare.".to_owned() };
    let (a, b) = (&comparison.a, &comparison.b);
    let by = effect(found.difference, row.unit);
    let interval = found.interval.map_or(String::new(), |interval| format!(" ({})", interval_words(&interval, row.unit)));
    let p = match (row.p_adjusted, comparison.tests) {
        (Some(p), tests) if tests > 1 => format!("p {} after Holm over {tests} tests", equals(p)),
        _ => format!("p {}", equals(found.p_value)),
    };
    match row.finding {
        Finding::Better => format!("{a} is better than {b}, by {by}{interval}; {p}, {}.", found.test),
        Finding::Worse => {
            let by = effect(-found.difference, row.unit);
            let interval = found.interval.map_or(String::new(), |i| {
                format!(" ({})", interval_words(&Interval { low: -i.high, high: -i.low, ..i }, row.unit))
            });
            format!("{b} is better than {a}, by {by}{interval}; {p}, {}.", found.test)
        }
        Finding::Open | Finding::Nothing => {
            let mde = found.detectable.map_or(String::new(), |mde| {
                format!(
                    " A true difference under {} would be missed more often than in {:.0} of 100 such comparisons.",
                    effect(mde, row.unit).trim_start_matches('+'),
                    (1.0 - comparison.power) * 100.0
                )
            });
            format!("Not told apart: {a} less {b} is {by}{interval}; {p}, {}.{mde}", found.test)
        }
    }
}

/// How many groups a wanted effect needs, in a sentence.
pub fn needed(row: &ComparisonRow, comparison: &Comparison, wanted: f64) -> Option<String> {
    let (needed, found) = (row.groups_needed?, row.difference.as_ref()?);
    Some(format!(
        "To find a true difference of {} with power {:.1}, {} independent groups of questions are needed; here are {}.",
        effect(wanted, row.unit).trim_start_matches('+'),
        comparison.power,
        count(needed),
        count(found.groups as u64)
    ))
}

/// A difference in words: `+3.2 points`.
pub fn effect(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Fraction => format!("{} points", difference(value, unit)),
        Unit::Number => difference(value, unit),
    }
}

/// `95 % interval +0.8 to +5.6`.
fn interval_words(interval: &Interval, unit: Unit) -> String {
    let ends = format!("{} to {}", difference(interval.low, unit), difference(interval.high, unit));
    format!("{}\u{a0}% interval {ends}", decimal(interval.confidence * 100.0, 0))
}

fn equals(p: f64) -> String {
    let shown = p_value(p);
    if shown.starts_with('<') { shown } else { format!("= {shown}") }
}
