//! Sets, equalities and brackets in normalised text (spec section 5.3, steps 17 to 19).

use super::clean::clean;
use super::rewrite::replace;

/// The pieces of a set, without duplicates and sorted as text; anything else is one piece.
pub(crate) fn split_set(text: &str) -> Vec<String> {
    let spoken = has_or(text);
    let braced = (text.starts_with('{') && text.ends_with('}')) || (text.starts_with("\\{") && text.ends_with("\\}"));
    if !spoken && !braced {
        return vec![text.to_owned()];
    }
    let text = text.replace("or", ",");
    let inner = outer_brackets(&text);
    let mut pieces: Vec<String> = inner.split(',').map(|piece| piece.trim().to_owned()).collect();
    pieces.retain(|piece| !piece.is_empty());
    pieces.sort();
    pieces.dedup();
    pieces
}

/// Whether the text holds `or` as a word of its own, as far as that can be seen without spaces: no letter before it.
fn has_or(text: &str) -> bool {
    text.match_indices("or").any(|(at, _)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        before.is_some_and(|c| !c.is_ascii_alphabetic()) && text.len() > at + 2
    })
}

/// Removes brackets around the whole text, as long as there are any.
pub(crate) fn outer_brackets(text: &str) -> &str {
    let mut text = text;
    loop {
        let inner = ["()", "[]", "{}"].into_iter().find_map(|pair| {
            let mut sides = pair.chars();
            let (open, close) = (sides.next()?, sides.next()?);
            text.strip_prefix(open)?.strip_suffix(close).filter(|_| closes_at_end(text))
        });
        let escaped = [("\\{", "\\}"), ("\\(", "\\)"), ("\\[", "\\]")];
        let inner = inner.or_else(|| escaped.into_iter().find_map(|(open, close)| text.strip_prefix(open)?.strip_suffix(close)));
        match inner {
            Some(inner) => text = inner,
            None => return text,
        }
    }
}

/// Whether the bracket that opens the text closes at its end.
fn closes_at_end(text: &str) -> bool {
    let mut depth = 0i64;
    let last = text.len().saturating_sub(1);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at == last;
        }
    }
    false
}

/// The form of one piece (step 18).
pub(crate) fn piece_form(piece: &str) -> String {
    let mut text = piece.to_owned();
    if text.contains("sqrt") {
        text = root_form(&text);
    }
    if text.starts_with("frac") {
        text.insert(0, '\\');
    }
    if text.contains("\\frac") {
        text = fraction_form(&text);
    }
    if text.contains('/') {
        text = decimal_fraction(&text).unwrap_or(text);
        text = root_fraction(&text).unwrap_or(text);
    }
    if let Some(rest) = text.strip_prefix("x\\in") {
        text = rest.to_owned();
    }
    if !text.contains(',') {
        text = outer_brackets(&text).to_owned();
    }
    if text.contains('=') && !text.contains("\\begin{array}") {
        text = equality_form(&text);
    }
    if let Some((left, right)) = text.split_once("\\pm").filter(|(left, _)| !left.is_empty()) {
        text = format!("{left}-{right},{left}+{right}");
    }
    leading_zeros(&mut text);
    text
}

/// `sqrt(w)`, `sqrt[w]`, `sqrt{w}` with a content of word characters, and `sqrt12`, become `\sqrt{..}`.
fn root_form(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(at) = rest.find("sqrt") {
        let (before, after) = rest.split_at(at);
        let body = after.get(4..).unwrap_or_default();
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let inner = body.strip_prefix(['(', '[', '{']).unwrap_or(body);
        let bracketed = inner.len() < body.len();
        let length = inner.len() - inner.trim_start_matches(|c| if bracketed { word(c) } else { c.is_ascii_digit() }).len();
        let (content, tail) = inner.split_at(length);
        let tail = if bracketed { tail.strip_prefix([')', ']', '}']) } else { Some(tail) };
        match tail.filter(|_| length > 0) {
            Some(tail) => {
                out.push_str(before.strip_suffix('\\').unwrap_or(before));
                out.push_str("\\sqrt{");
                out.push_str(content);
                out.push('}');
                rest = tail;
            }
            None => {
                out.push_str(before);
                out.push_str("sqrt");
                rest = body;
            }
        }
    }
    out.push_str(rest);
    out
}

/// `\frac12` gets its braces.
fn fraction_form(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(at) = rest.find("\\frac") {
        let (before, after) = rest.split_at(at + 5);
        out.push_str(before);
        let mut characters = after.chars();
        match (characters.next(), characters.next()) {
            (Some(first), Some(second)) if first != '{' => {
                out.extend(['{', first, '}', '{', second, '}']);
                rest = characters.as_str();
            }
            _ => rest = after,
        }
    }
    out.push_str(rest);
    out
}

/// A quotient of two decimals becomes a fraction. The numerator reaches from the first decimal of the text to the last
/// slash before one, the denominator to the end, whatever lies between.
fn decimal_fraction(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let decimal_at = |from: usize| {
        let mut at = from;
        while digit(at) {
            at += 1;
        }
        at > from && bytes.get(at) == Some(&b'.') && digit(at + 1)
    };
    let slash = text.rmatch_indices('/').map(|(at, _)| at).find(|at| decimal_at(at + 1))?;
    let start = (0..slash).find(|at| digit(*at) && decimal_at(*at))?;
    let (head, tail) = (text.get(..slash)?, text.get(slash + 1..)?);
    Some(format!("{}\\frac{{{}}}{{{tail}}}", head.get(..start)?, head.get(start..)?))
}

/// A quotient of two plain roots becomes a fraction.
fn root_fraction(text: &str) -> Option<String> {
    let at = text.find("}/\\sqrt{")?;
    let start = text.get(..at)?.rfind("\\sqrt{")?;
    let end = at + 2 + text.get(at + 2..)?.find('}')? + 1;
    let (top, bottom) = (text.get(start..at + 1)?, text.get(at + 2..end)?);
    let plain = |root: &str| root.matches(['{', '}']).count() == 2;
    if !plain(top) || !plain(bottom) {
        return None;
    }
    Some(format!("{}\\frac{{{top}}}{{{bottom}}}{}", text.get(..start)?, text.get(end..)?))
}

/// What remains of an equality.
fn equality_form(text: &str) -> String {
    let parts: Vec<&str> = text.split('=').collect();
    match parts.as_slice() {
        [left, right] => {
            if names_value(left) || !left.chars().any(char::is_alphabetic) {
                (*right).to_owned()
            } else {
                text.to_owned()
            }
        }
        [.., last] => (*last).to_owned(),
        [] => text.to_owned(),
    }
}

/// Greek letters and function names that may name the value of an equality.
const NAMES: [&str; 45] = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi", "omicron",
    "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "arcsin", "arccos", "arctan", "arcsec", "arccsc",
    "arccot", "sinh", "cosh", "tanh", "sech", "csch", "coth", "sin", "cos", "tan", "sec", "csc", "cot", "log", "ln", "exp",
];

/// Whether the left side of an equality only names the right side: a lower-case letter, two capitals or a known name,
/// then perhaps a power or digits (`f^{-1}`, `y2`, but `y-8` too), primes and an argument in brackets.
fn names_value(left: &str) -> bool {
    let named = left.strip_prefix('\\').unwrap_or(left);
    let bytes = left.as_bytes();
    let rest = NAMES.into_iter().find_map(|name| {
        let head = named.get(..name.len())?;
        if head.eq_ignore_ascii_case(name) { named.get(name.len()..) } else { None }
    });
    let rest = rest.filter(|rest| named_end(rest)).or_else(|| match (bytes.first(), bytes.get(1)) {
        (Some(first), _) if first.is_ascii_lowercase() => left.get(1..),
        (Some(first), Some(second)) if first.is_ascii_uppercase() && second.is_ascii_uppercase() => left.get(2..),
        _ => None,
    });
    rest.is_some_and(named_end)
}

/// What may follow the name of a value.
fn named_end(rest: &str) -> bool {
    let rest = rest.strip_prefix('^').unwrap_or(rest);
    let rest = rest.strip_prefix('{').unwrap_or(rest);
    let rest = rest.strip_prefix('-').unwrap_or(rest);
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = rest.strip_prefix('}').unwrap_or(rest);
    let rest = rest.trim_start_matches('\'');
    if rest.is_empty() {
        return true;
    }
    rest.strip_prefix('(')
        .and_then(|inner| inner.strip_suffix(')'))
        .is_some_and(|argument| !argument.is_empty() && argument.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
}

/// Removes zeros before the digits of an integer part.
fn leading_zeros(text: &mut String) {
    let zeros = text.len() - text.trim_start_matches('0').len();
    if zeros > 0 && text.as_bytes().get(zeros).is_some_and(u8::is_ascii_digit) {
        text.replace_range(..zeros, "");
    }
}

/// Joins the pieces and gives the whole its last touches (step 19).
pub(crate) fn finish(pieces: Vec<String>) -> String {
    let joined = pieces.join(",");
    let text = if joined.contains(',') { joined.as_str() } else { outer_brackets(&joined) };
    let mut text = clean(numeral(text).unwrap_or(text)).to_owned();
    for sign in ["<", ">"] {
        if text.matches(sign).count() >= 2 && !text.contains(',') && !text.contains("and") && !text.contains("or") {
            replace(&mut text, sign, ",");
        }
    }
    text
}

/// English numerals from one to twenty, in lower case.
fn numeral(text: &str) -> Option<&'static str> {
    Some(match text {
        "one" => "1",
        "two" => "2",
        "three" => "3",
        "four" => "4",
        "five" => "5",
        "six" => "6",
        "seven" => "7",
        "eight" => "8",
        "nine" => "9",
        "ten" => "10",
        "eleven" => "11",
        "twelve" => "12",
        "thirteen" => "13",
        "fourteen" => "14",
        "fifteen" => "15",
        "sixteen" => "16",
        "seventeen" => "17",
        "eighteen" => "18",
        "nineteen" => "19",
        "twenty" => "20",
        _ => return None,
    })
}
