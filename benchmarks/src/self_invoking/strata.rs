//! Subsets that are reported on their own, never left out of the headline (spec section 8).

use super::item::Item;
use super::set::Set;
use std::collections::BTreeSet;

/// The tests call a function that the 0-shot prompt never names, so that a right program dies with a NameError.
pub const UNNAMED_TARGET: &str = "unnamed-target";
/// The tests test little or nothing.
pub const VACUOUS_TESTS: &str = "vacuous-tests";

/// The strata of an item; those that hang on upstream's ids only when `upstream` is set.
pub fn strata(set: &Set, item: &Item, upstream: bool) -> Vec<String> {
    let mut strata = Vec::new();
    if has_unnamed_target(item) {
        strata.push(UNNAMED_TARGET.to_owned());
    }
    if upstream && set.vacuous_tests.contains(&item.id.as_str()) {
        strata.push(VACUOUS_TESTS.to_owned());
    }
    strata
}

/// Whether the tests call something that the reference program defines and the 0-shot prompt never names.
pub fn has_unnamed_target(item: &Item) -> bool {
    let program = item.canonical();
    let defined: BTreeSet<&str> = defined_names(&program).collect();
    let prompt = [item.raw_problem.as_str(), &item.new_problem].map(|text| words(text).map(|(word, _)| word));
    let named: BTreeSet<&str> = prompt.into_iter().flatten().collect();
    called_names(&item.test_code).any(|name| defined.contains(name) && !named.contains(name))
}

fn defined_names(program: &str) -> impl Iterator<Item = &str> {
    let mut previous = "";
    words(program).filter_map(move |(word, _)| {
        let defines = matches!(previous, "def" | "class");
        previous = word;
        defines.then_some(word)
    })
}

fn called_names(tests: &str) -> impl Iterator<Item = &str> {
    words(tests).filter(|(_, rest)| rest.trim_start().starts_with('(')).map(|(word, _)| word)
}

/// The identifiers of a text, comments and strings included, each with what follows it.
fn words(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let start = rest.find(|c: char| c.is_alphanumeric() || c == '_')?;
            let tail = &rest[start..];
            let end = tail.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(tail.len());
            let (word, after) = tail.split_at(end);
            rest = after;
            if !word.starts_with(|c: char| c.is_numeric()) {
                return Some((word, after));
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, new: &str, solution: &str, tests: &str, unnamed: bool) {
        let item = Item {
            id: "0".into(),
            raw_problem: raw.into(),
            raw_solution: "    return x\n".into(),
            new_problem: new.into(),
            new_solution: solution.into(),
            test_code: tests.into(),
            extra: Default::default(),
        };
        assert_eq!(has_unnamed_target(&item), unnamed, "{new} {tests}");
    }

    #[test]
    fn unnamed_targets() {
        let raw = "def base(x):\n";
        check(raw, "# Twice.\ndef twice(x):\n", "    return base(base(x))\n", "\nassert twice(1) == 1", false);
        check(raw, "# Twice.\n", "def twice(x):\n    return base(x)\n", "\nassert twice(1) == 1", true);
        check(raw, "# `twice` does it twice.\n", "def twice(x):\n    return base(x)\n", "assert twice (1) == 1", false);
        check(raw, "# twice2\n", "def twice(x):\n    return base(x)\n", "assert twice(1) == 1", true);
        check(
            raw,
            "# Twice.\ndef twice(x):\n",
            "    return x\n",
            "def helper(y):\n    return y\nassert helper(twice(1)) == 1",
            false,
        );
    }
}
