//! The order in which options are shown. Upstream shuffles without a seed; here the order follows from a seed and the
//! sample, so that it is the same in every run.

use crate::item::Item;
use proctor_core::{BenchmarkError, derive_seed};

/// How options are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shuffle {
    /// As in the file.
    Off,
    /// By this seed.
    Seed(u64),
}

impl Shuffle {
    /// Reads `-B shuffle=`.
    pub fn parse(text: Option<&str>) -> Result<Shuffle, BenchmarkError> {
        match text {
            None => Ok(Shuffle::Seed(0)),
            Some("off") => Ok(Shuffle::Off),
            Some(text) => text.parse().map(Shuffle::Seed).map_err(|_| {
                let text: String = text.chars().take(80).collect();
                BenchmarkError::Input(format!("-B shuffle={text} is not known; write a whole number (the seed) or off"))
            }),
        }
    }

    /// The options of `item` in the order shown under `id`, and the position of the first that reads like the right
    /// one, which is how upstream follows it.
    pub fn apply(self, item: &Item, id: &str) -> (Vec<String>, usize) {
        let gold = item.choices.get(item.answer);
        let choices = match self {
            Shuffle::Off => return (item.choices.clone(), item.answer),
            Shuffle::Seed(seed) => {
                let mut keyed: Vec<(u64, &String)> =
                    (0u32..).zip(&item.choices).map(|(call, choice)| (derive_seed(seed, id, 0, call), choice)).collect();
                keyed.sort_by_key(|(key, _)| *key);
                keyed.into_iter().map(|(_, choice)| choice.clone()).collect::<Vec<_>>()
            }
        };
        let answer = choices.iter().position(|choice| Some(choice) == gold).unwrap_or(item.answer);
        (choices, answer)
    }
}
