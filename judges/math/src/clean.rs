//! What surrounds an answer and is no part of it.

/// An answer without dollar signs, boxes, markdown and the full stop around it.
pub fn clean(text: &str) -> &str {
    let mut text = text.trim();
    for _ in 0..12 {
        let before = text;
        text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}'));
        text = text.trim_end_matches(['。']);
        for (open, close) in [("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("**", "**"), ("`", "`"), ("__", "__")] {
            if text.len() >= open.len() + close.len()
                && let Some(inner) = text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close))
            {
                // `$a$ and $b$` is not one formula.
                if !inner.contains(open) {
                    text = inner;
                }
            }
        }
        for command in ["\\boxed{", "\\fbox{", "\\text{", "\\textbf{", "\\textrm{", "\\mbox{"] {
            if let Some(inner) = text.strip_prefix(command).and_then(|rest| rest.strip_suffix('}'))
                && balanced(inner)
            {
                text = inner;
            }
        }
        if text.ends_with('.') && !text.ends_with("..") && !text.ends_with("\\.") {
            // `5.` and a sentence's end are the same number.
            text = text.strip_suffix('.').unwrap_or(text);
        }
        for tail in ["\\,", "\\;", "\\!", "\\ ", "\\quad", "\\\\"] {
            text = text.strip_suffix(tail).unwrap_or(text);
        }
        if text == before {
            break;
        }
    }
    text
}

/// Whether braces close in order.
pub fn balanced(text: &str) -> bool {
    let mut depth = 0_i64;
    let mut escaped = false;
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth < 0 {
                    return false;
                }
            }
            _ => {}
        }
    }
    depth == 0
}
