use crate::spelling::distance;

/// The names most like `wanted`, best first, at most five: those that hold it or that it holds, then those that differ by
/// the fewest letters, up to a third of them.
pub(super) fn near<'a>(wanted: &str, names: &'a [String]) -> Vec<&'a str> {
    const MOST: usize = 5;
    let wanted = wanted.to_lowercase();
    let mut rated: Vec<(usize, &str)> = names
        .iter()
        .take(10_000)
        .filter_map(|name| {
            let lower = name.to_lowercase();
            let inside = lower.contains(&wanted) || wanted.contains(&lower);
            let differing = distance(&wanted, &lower);
            let most = wanted.chars().count().max(3) / 3;
            (inside || differing <= most).then_some((if inside { differing.min(1) } else { differing }, name.as_str()))
        })
        .collect();
    rated.sort();
    rated.into_iter().take(MOST).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours() {
        let names = ["gpt-4o", "gpt-4o-mini", "o3", "claude", "tiny"].map(str::to_owned);
        assert_eq!(near("gpt4o", &names), ["gpt-4o"]);
        assert_eq!(near("gpt-4o-min", &names), ["gpt-4o", "gpt-4o-mini"]);
        assert!(near("unheard-of", &names).is_empty());
    }
}
