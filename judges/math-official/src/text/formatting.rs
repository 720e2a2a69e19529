//! Removal of formatting commands and environments (spec section 5.3, steps 6, 7 and 12).

use super::rewrite::replace;

/// Formatting commands in the order they are removed. A command also takes away the start of longer names.
const COMMANDS: [&str; 43] = [
    "\\textbf",
    "\\textit",
    "\\textsl",
    "\\texttt",
    "\\textsc",
    "\\textsf",
    "\\textrm",
    "\\textnormal",
    "\\mathrm",
    "\\mathbf",
    "\\mathit",
    "\\mathsf",
    "\\mathtt",
    "\\mathcal",
    "\\mathbb",
    "\\bm",
    "\\em",
    "\\emph",
    "\\underline",
    "\\overline",
    "\\tiny",
    "\\scriptsize",
    "\\footnotesize",
    "\\small",
    "\\normalsize",
    "\\large",
    "\\Large",
    "\\LARGE",
    "\\huge",
    "\\Huge",
    "\\newline",
    "\\par",
    "\\noindent",
    "\\indent",
    "\\footnote",
    "\\cite",
    "\\ref",
    "\\label",
    "\\textsuperscript",
    "\\textsubscript",
    "\\text",
    "\\mbox",
    "\\renewcommand{\\arraystretch}",
];

/// Removes the first occurrence of every formatting command, with the braces around what it formats.
pub(crate) fn remove_formatting(text: &mut String) {
    for command in COMMANDS {
        let Some(at) = text.find(command) else { continue };
        let after = at + command.len();
        let next = text.as_bytes().get(after).copied();
        let removed = if next == Some(b'{') { matching(text, after).map(|close| (after + 1, close, after)) } else { None };
        match removed {
            Some((open, close, _)) => {
                let content = text.get(open..close).unwrap_or_default().to_owned();
                text.replace_range(at..close + 1, &content);
            }
            None => {
                let declared = at.checked_sub(1).filter(|before| text.as_bytes().get(*before) == Some(&b'{'));
                match declared.and_then(|open| matching(text, open).map(|close| (open, close))) {
                    Some((open, close)) => {
                        let content = text.get(after..close).unwrap_or_default().to_owned();
                        text.replace_range(open..close + 1, &content);
                    }
                    None => text.replace_range(at..after, ""),
                }
            }
        }
    }
}

/// The closing brace of the brace at `open`.
fn matching(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0i64;
    for (at, byte) in text.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Removes the markers of environments that only lay text out.
pub(crate) fn remove_environments(text: &mut String) {
    if !text.contains("\\begin{") && !text.contains("\\end{") {
        return;
    }
    for name in ["align*", "align", "center", "flushleft", "flushright", "itemize", "enumerate", "description"] {
        replace(text, &format!("\\begin{{{name}}}"), "");
        replace(text, &format!("\\end{{{name}}}"), "");
    }
}

/// Every kind of matrix becomes an array without column specification; without an array, line breaks go.
pub(crate) fn rewrite_arrays(text: &mut String) {
    if text.contains("matrix}") {
        *text = matrices_to_arrays(text);
    }
    if text.contains("\\begin{array}") {
        let mut from = 0;
        while let Some(at) = text.get(from..).and_then(|rest| rest.find("\\begin{array}")) {
            from += at + "\\begin{array}".len();
            if text.as_bytes().get(from) == Some(&b'{')
                && let Some(close) = text.get(from..).and_then(|rest| rest.find('}'))
            {
                text.replace_range(from..from + close + 1, "");
            }
        }
    } else {
        replace(text, "\\\\", "");
    }
}

/// `{matrix}`, `{pmatrix}`, `{bmatrix}` and so on become `{array}`.
fn matrices_to_arrays(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("matrix}") {
        let (before, after) = rest.split_at(at);
        let kind = before.chars().next_back();
        let opened = before
            .strip_suffix('{')
            .or_else(|| kind.and_then(|letter| before.strip_suffix(letter)).and_then(|head| head.strip_suffix('{')));
        match opened {
            Some(head) => {
                out.push_str(head);
                out.push_str("{array}");
            }
            None => {
                out.push_str(before);
                out.push_str("matrix}");
            }
        }
        rest = after.get("matrix}".len()..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}
