//! Trimming of stray punctuation (spec section 5.4).

/// Characters dropped from the front of an answer.
const LEADING: &str = "!)]}:./,#?$\"'\u{43a}\u{438}";
/// Characters dropped from the end of an answer.
const TRAILING: &str = "([{\\:./,#?$\"'\u{43a}\u{438}";

/// Drops the last character while it is one that cannot end an answer; spaces are not touched.
pub(crate) fn drop_trailing(text: &str) -> &str {
    text.trim_end_matches(|c| TRAILING.contains(c))
}

/// Trims white space and stray punctuation from both ends until nothing changes.
pub(crate) fn clean(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_whitespace() || LEADING.contains(c))
        .trim_end_matches(|c: char| c.is_whitespace() || TRAILING.contains(c))
}
