//! Every benchmark by name. A new one is one folder and one line in `FAMILIES`.

use crate::self_invoking;
use proctor_core::{Benchmark, BenchmarkError, Card};
use std::sync::Arc;

/// A benchmark, or the sentence that says why there is none.
pub type Opened = Result<Arc<dyn Benchmark>, BenchmarkError>;

/// A family of benchmarks that share an adapter.
pub struct Family {
    /// The cards of everything in it; cheap, no data is read.
    pub cards: fn() -> Vec<Card>,
    /// The benchmark `name:variant`; `None` when the family has no benchmark `name`.
    pub open: fn(name: &str, variant: Option<&str>) -> Option<Opened>,
}

const FAMILIES: &[Family] = &[self_invoking::FAMILY];

/// The cards of all benchmarks and variants, in the order of the registry. Reads no data.
pub fn cards() -> Vec<Card> {
    FAMILIES.iter().flat_map(|family| (family.cards)()).collect()
}

/// The names of all benchmarks and variants, as [`open`] takes them.
pub fn names() -> Vec<String> {
    cards().into_iter().map(|card| card.name).collect()
}

/// The benchmark called `name` or `name:variant`. An unknown name is an error that names the nearest known one.
pub fn open(name: &str) -> Opened {
    let (base, variant) = match name.split_once(':') {
        Some((base, variant)) => (base, Some(variant)),
        None => (name, None),
    };
    FAMILIES.iter().find_map(|family| (family.open)(base, variant)).unwrap_or_else(|| Err(unknown(name)))
}

fn unknown(name: &str) -> BenchmarkError {
    let names = names();
    let nearest = names.iter().min_by_key(|known| distance(&name.to_lowercase(), known));
    let hint = match nearest {
        Some(known) if distance(&name.to_lowercase(), known) <= known.len() / 2 => format!("did you mean `{known}`?"),
        _ => format!("known are: {}", names.join(", ")),
    };
    let name: String = name.chars().take(80).collect();
    BenchmarkError::Input(format!("There is no benchmark `{name}`; {hint}"))
}

/// Edit distance, counted in characters; only the first 80 of `a` count.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(80).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn edit_distances() {
        for (a, b, expected) in [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("same", "same", 0), ("ab", "ba", 2)] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }
}
