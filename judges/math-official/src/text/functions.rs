//! Names of functions in text (spec section 5.3, steps 9 to 11).

use super::rewrite::replace;

/// Names that get a backslash, in the order they are tried at one place.
const SLASHED: [&str; 27] = [
    "arcsinh", "arccosh", "arctanh", "arcsech", "arccsch", "arccoth", "arcsin", "arccos", "arctan", "arcsec", "arccsc", "arccot",
    "sinh", "cosh", "tanh", "sech", "csch", "coth", "sin", "cos", "tan", "sec", "csc", "cot", "log", "ln", "exp",
];

/// Names that get a power, in the order they are tried: the shorter of two before the longer.
const RAISED: [&str; 15] =
    ["arcsin", "arccos", "arctan", "arcsec", "arccsc", "arccot", "sin", "cos", "tan", "sec", "csc", "cot", "log", "ln", "exp"];

/// `asin` and its kin become `arcsin`, wherever they stand.
pub(crate) fn inverse_names(text: &mut String) {
    for (from, to) in
        [("asin", "arcsin"), ("acos", "arccos"), ("atan", "arctan"), ("asec", "arcsec"), ("acsc", "arccsc"), ("acot", "arccot")]
    {
        replace(text, from, to);
    }
}

/// Puts a backslash before every function name, and `pi` at the end of a word, that has none just before it.
pub(crate) fn slash_functions(text: &mut String) {
    let bytes = text.as_bytes();
    if !bytes.iter().any(|byte| matches!(byte, b'n' | b's' | b't' | b'c' | b'g' | b'p')) {
        return;
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut copied = 0;
    let mut at = 0;
    while at < bytes.len() {
        let bare = at == 0 || bytes.get(at - 1) != Some(&b'\\');
        let name = if bare && bytes.get(at).is_some_and(u8::is_ascii_lowercase) { name_at(text, at) } else { None };
        match name {
            Some(name) => {
                out.push_str(text.get(copied..at).unwrap_or_default());
                out.push('\\');
                out.push_str(name);
                at += name.len();
                copied = at;
            }
            None => at += 1,
        }
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    *text = out;
}

/// The name that gets a backslash and starts at this place.
fn name_at(text: &str, at: usize) -> Option<&'static str> {
    let rest = text.get(at..)?;
    if let Some(name) = SLASHED.into_iter().find(|name| rest.starts_with(name)) {
        return Some(name);
    }
    let after = rest.strip_prefix("pi")?;
    let ends = after.chars().next().is_none_or(|next| !(next.is_alphanumeric() || next == '_'));
    if ends { Some("pi") } else { None }
}

/// Braces the digits of a function's power, and gives functions without a power the power one.
pub(crate) fn raise_functions(text: &mut String) {
    if !text.contains('\\') {
        return;
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text.as_str();
    while let Some(at) = rest.find('\\') {
        let (before, after) = rest.split_at(at + 1);
        out.push_str(before);
        let Some(name) = RAISED.into_iter().find(|name| after.starts_with(name)) else {
            rest = after;
            continue;
        };
        out.push_str(name);
        rest = after.get(name.len()..).unwrap_or_default();
        match rest.strip_prefix('^') {
            Some(power) => {
                let digits = power.len() - power.trim_start_matches(|c: char| c.is_ascii_digit()).len();
                if digits > 0 {
                    out.push_str("^{");
                    out.push_str(power.get(..digits).unwrap_or_default());
                    out.push('}');
                    rest = power.get(digits..).unwrap_or_default();
                }
            }
            None => out.push_str("^{1}"),
        }
    }
    out.push_str(rest);
    *text = out;
}
