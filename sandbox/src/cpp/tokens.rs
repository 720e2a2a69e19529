//! C and C++ texts as tokens.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name or keyword.
    Word,
    /// A number.
    Number,
    /// What is in quotes.
    Text,
    /// The end of a line of a directive.
    Line,
    /// Anything else.
    Other,
}

/// A token: its text, empty for punctuation, and where it stands.
pub(crate) struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub at: usize,
}

/// The tokens of a text, as far as changing words and numbers in it needs them; comments are left out.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80 || b == b'$';
    let mut tokens = Vec::new();
    let (mut at, mut directive) = (0, false);
    let mut line_begins = true;
    while at < bytes.len() {
        let start = at;
        match byte(at) {
            b'\n' => {
                if directive {
                    tokens.push(Token { kind: Kind::Line, text: "\n", at });
                }
                (directive, line_begins) = (false, true);
                at += 1;
                continue;
            }
            b'\\' if byte(at + 1) == b'\n' => at += 2,
            b' ' | b'\t' | b'\r' => {
                at += 1;
                continue;
            }
            b'#' if line_begins => {
                directive = true;
                at += 1;
            }
            b'/' if byte(at + 1) == b'/' => {
                while at < bytes.len() && byte(at) != b'\n' {
                    at += if byte(at) == b'\\' { 2 } else { 1 };
                }
            }
            b'/' if byte(at + 1) == b'*' => at = text[at + 2..].find("*/").map_or(bytes.len(), |end| at + 2 + end + 2),
            b'R' if byte(at + 1) == b'"' => at = raw_end(text, at + 2),
            quote @ (b'"' | b'\'') => {
                at += 1;
                while at < bytes.len() && byte(at) != quote && byte(at) != b'\n' {
                    at += if byte(at) == b'\\' { 2 } else { 1 };
                }
                at += 1;
                tokens.push(Token { kind: Kind::Text, text: text.get(start..at.min(text.len())).unwrap_or_default(), at: start });
            }
            b'0'..=b'9' => {
                while word(byte(at)) || byte(at) == b'.' || (byte(at) == b'\'' && word(byte(at + 1))) {
                    at += 1;
                }
                tokens.push(Token { kind: Kind::Number, text: &text[start..at], at: start });
            }
            b if word(b) => {
                while word(byte(at)) {
                    at += 1;
                }
                tokens.push(Token { kind: Kind::Word, text: &text[start..at], at: start });
            }
            _ => {
                at += 1;
                tokens.push(Token { kind: Kind::Other, text: "", at: start });
            }
        }
        at = at.min(bytes.len());
        line_begins = false;
    }
    tokens
}

/// Where a raw string ends whose first quote is before `at`.
fn raw_end(text: &str, at: usize) -> usize {
    let Some(open) = text[at..].find('(').filter(|open| *open <= 16) else { return text.len().min(at) };
    let close = format!("){}\"", &text[at..at + open]);
    text[at + open..].find(&close).map_or(text.len(), |end| at + open + end + close.len())
}
