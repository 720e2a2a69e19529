//! How outputs are compared where a record does not say: what its statement says.

/// Words by which statements say that many outputs are right.
const MANY: [&str; 11] = [
    "any of them",
    "print any",
    "output any",
    "any valid",
    "any suitable",
    "any possible answer",
    "multiple answers",
    "multiple solutions",
    "multiple possible",
    "several answers",
    "several solutions",
];
/// … that upper and lower case are alike.
const ANY_CASE: [&str; 5] = ["any case", "either case", "upper or lower", "lower or upper", "case-insensitive"];
/// … that numbers may be a little off.
const INEXACT: [&str; 3] = ["absolute or relative error", "relative or absolute error", "absolute error or relative error"];

/// The name of the comparison that fits a statement.
pub fn checker(statement: &str) -> String {
    let text = statement.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if MANY
        .iter()
        .any(|words| text.match_indices(words).any(|(at, found)| whole(text.get(at + found.len()..).unwrap_or_default())))
    {
        return "special".into();
    }
    if let Some(at) = INEXACT.iter().find_map(|words| text.find(words)) {
        return format!("float:1e-{}", digits(text.get(at..).unwrap_or_default()));
    }
    if says(&ANY_CASE) { "tokens_ci".into() } else { "tokens".into() }
}

/// Whether what follows leaves the words before as they are meant: not `anything`, not `any letter in any case`.
fn whole(rest: &str) -> bool {
    let word: String = rest.trim_start().chars().take_while(|c| c.is_alphabetic()).collect();
    !rest.starts_with(char::is_alphabetic)
        && !["letter", "case", "character", "additional", "extra", "other"].contains(&word.as_str())
}

/// The exponent in `10^{-6}`, `10^-6`, `1e-6` or `10−6` as it follows; 6 where none does.
fn digits(text: &str) -> u32 {
    for (at, _) in text.match_indices(['1', '0', 'e']).take(40) {
        let rest = text.get(at + 1..).unwrap_or_default().trim_start_matches(['^', '{', ' ', '$', '(']);
        let Some(rest) = rest.strip_prefix(['-', '−', '–']) else { continue };
        let number: String = rest.trim_start_matches(['{', ' ']).chars().take_while(char::is_ascii_digit).collect();
        if let Some(exponent) = number.parse().ok().filter(|exponent| (1..=18).contains(exponent)) {
            return exponent;
        }
    }
    6
}

#[cfg(test)]
mod tests {
    use super::checker;

    #[test]
    fn what_statements_say() {
        for (text, expected) in [
            ("Print one number.", "tokens"),
            ("You can output the answer in any case (upper or lower).", "tokens_ci"),
            ("If there are multiple answers, print any of them.", "special"),
            ("Do not print anything else.", "tokens"),
            ("You may print any letter in any case.", "tokens_ci"),
            ("Output any.", "special"),
            ("Print any valid answer; print each letter in any case.", "special"),
            ("if its absolute or relative error does not exceed $$$10^{-9}$$$.", "float:1e-9"),
            ("considered correct if its absolute or relative error is at most 1e-4", "float:1e-4"),
            ("absolute or relative error doesn't exceed 10 − 7", "float:1e-7"),
            ("its absolute or relative error is small", "float:1e-6"),
        ] {
            assert_eq!(checker(text), expected, "{text}");
        }
    }
}
