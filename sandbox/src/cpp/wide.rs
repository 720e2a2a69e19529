//! `long` as the 64-bit integer that it is on judges' machines.
//!
//! The compiler's target has 32-bit addresses, and there `long` has 32 bits. Texts are changed token by token: a `long`
//! that stands alone becomes `long long`, its literals and the names of the library that speak of it follow. Comments and
//! texts in quotes stay. `size_t` and `ptrdiff_t` have 32 bits all the same.

use super::tokens::{Kind, Token, tokens};

/// Names of the library for `long`, and what they are for `long long`.
const NAMES: &[(&str, &str)] = &[
    ("LONG_MAX", "LLONG_MAX"),
    ("LONG_MIN", "LLONG_MIN"),
    ("ULONG_MAX", "ULLONG_MAX"),
    ("__builtin_clzl", "__builtin_clzll"),
    ("__builtin_ctzl", "__builtin_ctzll"),
    ("__builtin_ffsl", "__builtin_ffsll"),
    ("__builtin_parityl", "__builtin_parityll"),
    ("__builtin_popcountl", "__builtin_popcountll"),
    ("atol", "atoll"),
    ("labs", "llabs"),
    ("ldiv", "lldiv"),
    ("ldiv_t", "lldiv_t"),
    ("lrint", "llrint"),
    ("lround", "llround"),
    ("stol", "stoll"),
    ("stoul", "stoull"),
    ("strtol", "strtoll"),
    ("strtoul", "strtoull"),
];

/// Words that may stand beside `long` in a type.
const BESIDE: &[&str] =
    &["int", "unsigned", "signed", "const", "volatile", "static", "register", "constexpr", "inline", "extern"];

/// Whether a text has anything to change.
pub(crate) fn concerns(text: &str, cpp: bool) -> bool {
    widened(text, cpp).is_some()
}

/// The text with `long` as `long long`, and in C, where the library cannot know the types of arguments, with its formats
/// so, unless sizes are among them; `None` where nothing changes.
pub(crate) fn widened(text: &str, cpp: bool) -> Option<String> {
    if !text.contains("long") && !text.contains(['L', 'l']) {
        return None;
    }
    let formats = !cpp && !["sizeof", "size_t", "strlen"].iter().any(|word| text.contains(word));
    let tokens = tokens(text);
    let mut insertions: Vec<(usize, usize, String)> = Vec::new();
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        match token.kind {
            Kind::Word if token.text == "long" || BESIDE.contains(&token.text) => {
                let run = tokens[index..]
                    .iter()
                    .take_while(|t| t.kind == Kind::Word && (t.text == "long" || t.text == "double" || BESIDE.contains(&t.text)))
                    .count();
                let words = &tokens[index..index + run];
                let longs: Vec<&Token<'_>> = words.iter().filter(|t| t.text == "long").collect();
                if let ([only], false) = (longs.as_slice(), words.iter().any(|t| t.text == "double")) {
                    insertions.push((only.at, only.text.len(), "long long".to_string()));
                }
                index += run.max(1);
                continue;
            }
            Kind::Word => {
                if let Some((_, wide)) = NAMES.iter().find(|(name, _)| *name == token.text) {
                    insertions.push((token.at, token.text.len(), (*wide).to_string()));
                }
            }
            Kind::Number => {
                if let Some(wide) = wide_number(token.text) {
                    insertions.push((token.at, token.text.len(), wide));
                }
            }
            Kind::Text if formats => {
                if let Some(wide) = wide_format(token.text) {
                    insertions.push((token.at, token.text.len(), wide));
                }
            }
            Kind::Text | Kind::Line | Kind::Other => {}
        }
        index += 1;
    }
    if insertions.is_empty() {
        return None;
    }
    let mut out = String::with_capacity(text.len() + insertions.len() * 5);
    let mut done = 0;
    for (at, len, new) in insertions {
        out.push_str(&text[done..at]);
        out.push_str(&new);
        done = at + len;
    }
    out.push_str(&text[done..]);
    Some(out)
}

/// A literal's formats of `long` as those of `long long`, e.g. `%ld` as `%lld`; `None` where it has none.
pub(crate) fn wide_format(literal: &str) -> Option<String> {
    let mut out = String::with_capacity(literal.len() + 8);
    let mut changed = false;
    let mut rest = literal;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..=at]);
        rest = &rest[at + 1..];
        let flags = rest.find(|c: char| !(c.is_ascii_digit() || "-+ #.*'".contains(c))).unwrap_or(rest.len());
        out.push_str(&rest[..flags]);
        rest = &rest[flags..];
        let mut after = rest.chars();
        if after.next() == Some('l') && after.next().is_some_and(|c| "diouxX".contains(c)) {
            out.push('l');
            changed = true;
        } else if rest.starts_with('%') {
            out.push('%');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    changed.then_some(out)
}

/// An integer literal of type `long` as one of type `long long`.
fn wide_number(text: &str) -> Option<String> {
    let suffix_at = text.len() - text.chars().rev().take_while(|c| matches!(c, 'l' | 'L' | 'u' | 'U')).count();
    let (digits, suffix) = text.split_at(suffix_at);
    let hexadecimal = digits.starts_with("0x") || digits.starts_with("0X");
    let floating = digits.contains('.') || digits.contains(['p', 'P']) || (!hexadecimal && digits.contains(['e', 'E']));
    if floating || suffix.chars().filter(|c| matches!(c, 'l' | 'L')).count() != 1 {
        return None;
    }
    let unsigned = if suffix.contains(['u', 'U']) { "U" } else { "" };
    Some(format!("{digits}{unsigned}LL"))
}
