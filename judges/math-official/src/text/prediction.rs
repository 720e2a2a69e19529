//! The rewriting that only boxed predictions undergo (spec section 5.1).

/// Longer contents are left as they are; no judge reads them.
const LONGEST: usize = 200_000;

/// Rewrites the content of a box. Known to break `\sqrt[n]{}`, `sqrt(`, `\frac1{12}` and `\frac 12`.
pub fn normalise_prediction(text: &str) -> String {
    if text.len() > LONGEST {
        return trim_dollars(text).to_owned();
    }
    let mut text = text.to_owned();
    for (from, to) in [
        ("\\left", ""),
        ("\\right", ""),
        ("\u{2236}", ":"),
        ("\u{ff1a}", ":"),
        ("\u{ff0c}", ","),
        ("$", ""),
        ("\\approx", "="),
        ("\\simeq", "="),
        ("\\sim", "="),
        ("^\\prime", "'"),
        ("^{\\prime}", "'"),
        ("^\\circ", ""),
        ("%", ""),
    ] {
        if text.contains(from) {
            text = text.replace(from, to);
        }
    }
    for command in ["\\mathrm", "\\mathbf", "\\text"] {
        if text.contains(command) {
            text = unwrap_command(&text, command);
        }
    }
    if text.contains("frac") {
        text = brace_fraction(&text);
    }
    if text.contains("sqrt") {
        text = brace_root(&text);
    }
    trim_dollars(&text).to_owned()
}

fn trim_dollars(text: &str) -> &str {
    text.trim().trim_matches('$').trim()
}

/// Replaces `COMMAND{content}` by its content, up to the first closing brace. For `\text` the rest of the command's
/// name may follow (`\textbf`); for the others a tilde may open the content.
fn unwrap_command(text: &str, command: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(command) {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let tail = after.get(command.len()..).unwrap_or_default();
        let body = if command == "\\text" {
            let name = tail.trim_start_matches(|c: char| c.is_ascii_alphabetic());
            name.strip_prefix('{')
        } else {
            tail.strip_prefix('{').map(|inner| inner.strip_prefix('~').unwrap_or(inner))
        };
        match body.and_then(|inner| inner.split_once('}')) {
            Some((content, following)) if !content.contains('\n') => {
                out.push_str(content);
                rest = following;
            }
            _ => {
                out.push_str(command);
                rest = tail;
            }
        }
    }
    out.push_str(rest);
    out
}

/// `frac` and two characters, the first no brace: each gets braces, whatever they are.
fn brace_fraction(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(at) = rest.find("frac") {
        let (before, after) = rest.split_at(at + 4);
        out.push_str(before);
        let mut characters = after.chars();
        match (characters.next(), characters.next()) {
            (Some(first), Some(second)) if first != '{' && second != '\n' => {
                out.extend(['{', first, '}', '{', second, '}']);
                rest = characters.as_str();
            }
            _ => rest = after,
        }
    }
    out.push_str(rest);
    out
}

/// `sqrt` and a character that is no brace: it gets braces, whatever it is.
fn brace_root(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(at) = rest.find("sqrt") {
        let (before, after) = rest.split_at(at + 4);
        out.push_str(before);
        let mut characters = after.chars();
        match characters.next() {
            Some(first) if first != '{' => {
                out.extend(['{', first, '}']);
                rest = characters.as_str();
            }
            _ => rest = after,
        }
    }
    out.push_str(rest);
    out
}
