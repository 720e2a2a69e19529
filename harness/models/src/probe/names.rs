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

/// How many letters must be put in, taken out or changed to make one word of the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    // Names are short; whatever is not is no near miss.
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(200).collect(), b.chars().take(200).collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = i;
        let mut left = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row.get(j + 1).copied().unwrap_or(usize::MAX - 1);
            let best = (corner + usize::from(x != y)).min(above + 1).min(left + 1);
            corner = above;
            if let Some(cell) = row.get_mut(j) {
                *cell = left;
            }
            left = best;
        }
        if let Some(cell) = row.last_mut() {
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_and_neighbours() {
        for (a, b, apart) in
            [("", "", 0), ("abc", "abc", 0), ("abc", "", 3), ("", "abc", 3), ("kitten", "sitting", 3), ("ab", "ba", 2)]
        {
            assert_eq!(distance(a, b), apart, "{a} {b}");
        }
        let names = ["gpt-4o", "gpt-4o-mini", "o3", "claude", "tiny"].map(str::to_owned);
        assert_eq!(near("gpt4o", &names), ["gpt-4o"]);
        assert_eq!(near("gpt-4o-min", &names), ["gpt-4o", "gpt-4o-mini"]);
        assert!(near("unheard-of", &names).is_empty());
    }
}
