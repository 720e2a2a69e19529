use proctor_core::{Grade, Outcome};
use serde_json::Value;
use std::collections::BTreeMap;

/// Most named scores that one answer may bring.
const MOST_SCORES: usize = 200;

/// A score as a number: booleans count 1 and 0, Inspect's letters as Inspect counts them (`C` 1, `P` 0.5, `I` and `N` 0),
/// a list of numbers by its mean. `None` for anything else, e.g. a text or a pair that only its program can aggregate.
pub(super) fn number(value: &Value) -> Option<f64> {
    let one = |value: &Value| match value {
        Value::Number(number) => number.as_f64().filter(|n| n.is_finite()),
        Value::Bool(yes) => Some(f64::from(u8::from(*yes))),
        _ => None,
    };
    match value {
        Value::String(word) => match word.trim() {
            "C" | "correct" | "yes" | "true" => Some(1.0),
            "P" => Some(0.5),
            "I" | "N" | "incorrect" | "no" | "false" => Some(0.0),
            word => word.parse().ok().filter(|n: &f64| n.is_finite()),
        },
        Value::Array(parts) if !parts.is_empty() => {
            let parts: Option<Vec<f64>> = parts.iter().map(one).collect();
            parts.map(|parts| parts.iter().sum::<f64>() / parts.len() as f64)
        }
        value => one(value),
    }
}

/// What a score came to: 1 is right, 0 is wrong, anything else is right in part.
pub(super) fn outcome(score: f64) -> Outcome {
    match score {
        s if s >= 1.0 => Outcome::Correct,
        s if s <= 0.0 => Outcome::Incorrect,
        _ => Outcome::Partial,
    }
}

/// A grade made of another program's scores; `headline` decides the outcome. Scores beyond a bound are dropped.
pub(super) fn grade(by: &str, scores: BTreeMap<String, f64>, headline: &str) -> Option<Grade> {
    let decisive = *scores.get(headline)?;
    let named: Vec<String> = scores.iter().take(4).map(|(name, value)| format!("{name} {value}")).collect();
    let mut grade = Grade::new(outcome(decisive), format!("graded by {by}: {}", named.join(", ")));
    grade.scores = scores.into_iter().take(MOST_SCORES).collect();
    grade.scores.insert(headline.to_string(), decisive);
    Some(grade)
}

/// The grade of an answer whose log has no judgement on it.
pub(super) fn ungraded(by: &str) -> Grade {
    Grade::new(Outcome::Skipped, format!("{by} left no verdict on this answer"))
}
