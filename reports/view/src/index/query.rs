/// Most words of a search; more are left out.
const MOST_WORDS: usize = 24;

/// The FTS5 expression for what somebody typed: every word must be there, the last may be the beginning of one, and
/// "quoted words" must follow each other. `None` where there is no word. Nothing typed is ever an operator.
/// The grammar: <https://www.sqlite.org/fts5.html#full_text_query_syntax>.
pub fn match_expression(typed: &str) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut rest = typed.trim();
    while !rest.is_empty() && parts.len() < MOST_WORDS {
        let (part, after, phrase) = match rest.strip_prefix('"') {
            Some(inner) => match inner.split_once('"') {
                Some((part, after)) => (part, after, true),
                None => (inner, "", true),
            },
            None => {
                let end = rest.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(rest.len());
                (&rest[..end], &rest[end..], false)
            }
        };
        if part.chars().any(char::is_alphanumeric) {
            let prefix = if !phrase && after.trim().is_empty() { " *" } else { "" };
            parts.push(format!("\"{}\"{prefix}", part.replace(['"', '\0'], " ")));
        }
        rest = after.trim_start();
    }
    (!parts.is_empty()).then(|| parts.join(" AND "))
}

#[cfg(test)]
mod tests {
    use super::match_expression;

    #[test]
    fn what_is_typed_is_never_an_operator() {
        let check = |typed: &str, expected: Option<&str>| {
            assert_eq!(match_expression(typed).as_deref(), expected, "{typed}");
        };
        check("", None);
        check("  \" \" -- ** ", None);
        check("capital", Some("\"capital\" *"));
        check("capital of", Some("\"capital\" AND \"of\" *"));
        check("\"capital of\" Peru", Some("\"capital of\" AND \"Peru\" *"));
        check("\"open", Some("\"open\""));
        check("a OR NOT b", Some("\"a\" AND \"OR\" AND \"NOT\" AND \"b\" *"));
        check("answer:x NEAR(", Some("\"answer:x\" AND \"NEAR(\" *"));
        check("Қазақ хандығы", Some("\"Қазақ\" AND \"хандығы\" *"));
    }
}
