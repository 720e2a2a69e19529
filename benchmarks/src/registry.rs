//! Every benchmark by name. A new one is one folder and one line in `FAMILIES`.

use crate::{graded_elsewhere, self_invoking};
use proctor_core::{BenchmarkError, Card, Family, Opened, Opening, PromptSource, RunPlan};

const FAMILIES: &[Family] = &[
    self_invoking::FAMILY,
    proctor_codeelo::FAMILY,
    proctor_failsafeqa::FAMILY,
    proctor_refute::FAMILY,
    proctor_tmgbench::FAMILY,
    proctor_tumlu::FAMILY,
    proctor_ugmathbench::FAMILY,
];

/// What stands in a plan for the project's own questions.
const BUILT_IN: &str = "built-in";

/// The cards of all benchmarks and variants, in the order of the registry. Reads no data.
pub fn cards() -> Vec<Card> {
    FAMILIES.iter().flat_map(|family| (family.cards)()).collect()
}

/// The names of all benchmarks and variants, as [`open`] takes them.
pub fn names() -> Vec<String> {
    cards().into_iter().map(|card| card.name).collect()
}

/// The benchmark called `name` or `name:variant`, its own way of opening it. An unknown name is an error that names the
/// nearest known one.
pub fn open(name: &str) -> Opened {
    open_with(name, &Opening::default())
}

/// The same, opened as wished; the variant is that of the name.
pub fn open_with(name: &str, opening: &Opening) -> Opened {
    let (base, variant) = match name.split_once(':') {
        Some((base, variant)) => (base, Some(variant.to_owned())),
        None => (name, None),
    };
    let opening = Opening { variant, ..opening.clone() };
    FAMILIES.iter().find_map(|family| (family.open)(base, &opening)).unwrap_or_else(|| Err(unknown(name)))
}

/// The benchmark of a run, opened as that run opened it. Where only its figures are wanted, `prompts` may be false: then
/// upstream's prompt files need not be at hand. That of a run whose grades were imported has its figures only.
pub fn open_run(plan: &RunPlan, prompts: bool) -> Opened {
    if let Some(benchmark) = graded_elsewhere::open(plan) {
        return Ok(benchmark);
    }
    let prompts = match &plan.prompts {
        Some(folder) if prompts => PromptSource::Official(folder.into()),
        _ => PromptSource::Own,
    };
    let data = (plan.data_source != BUILT_IN).then(|| plan.data_source.clone().into());
    open_with(&plan.benchmark, &Opening { variant: None, prompts, options: plan.options.clone(), data })
}

fn unknown(name: &str) -> BenchmarkError {
    let names = names();
    let nearest = names.iter().min_by_key(|known| distance(&name.to_lowercase(), known));
    let hint = match nearest {
        Some(known) if distance(&name.to_lowercase(), known) <= known.len() / 2 => format!("did you mean `{known}`?"),
        _ => {
            let mut bases: Vec<&str> = names.iter().filter_map(|name| name.split(':').next()).collect();
            bases.dedup();
            format!("known are: {}; `proctor list` shows their variants", bases.join(", "))
        }
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
