//! Splitting of an extracted answer into the answers of its slots (spec section 4).

/// Trims, and drops dollar signs at both ends.
fn trim_piece(text: &str) -> &str {
    text.trim().trim_matches('$').trim()
}

/// Splits at commas outside brackets. One counter serves `( [ <` and `) ] >` alike and may go below zero, where no
/// comma splits; braces do not count. An empty last piece is dropped, inner ones stay.
pub fn split_by_comma(text: &str) -> Vec<String> {
    let text = round_brackets(text);
    let mut pieces = Vec::new();
    let mut depth = 0i64;
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'<' => depth += 1,
            b')' | b']' | b'>' => depth -= 1,
            b',' if depth == 0 => {
                pieces.push(trim_piece(text.get(start..at).unwrap_or_default()).to_owned());
                start = at + 1;
            }
            _ => {}
        }
    }
    let last = trim_piece(text.get(start..).unwrap_or_default());
    if !last.is_empty() {
        pieces.push(last.to_owned());
    }
    pieces
}

/// Escaped braces and angle brackets become round ones.
fn round_brackets(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    text.replace("\\{", "(").replace("\\}", ")").replace("\\langle", "(").replace("\\rangle", ")")
}

/// Strips every leading and trailing character that is one of `set`.
pub(crate) fn strip_set<'a>(text: &'a str, set: &str) -> &'a str {
    text.trim_matches(|c| set.contains(c))
}
