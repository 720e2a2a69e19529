//! A program's own names that are names of the library too, where only this library's headers bring them in.

use super::tokens::{Kind, tokens};
use std::collections::BTreeSet;

/// The names that the compiler says it cannot tell from the library's.
fn ambiguous(diagnostics: &str) -> BTreeSet<&str> {
    let parts = diagnostics.split("error: reference to '").skip(1);
    parts.filter_map(|part| part.split_once("' is ambiguous")).map(|(name, _)| name).filter(|name| name.len() < 64).collect()
}

/// The text with the names that its diagnostics complain of by other names; `None` where there are none, or where every
/// library has them. With `members` those of objects are renamed too, as suits a program whose types have such members.
pub(crate) fn renamed(text: &str, diagnostics: &str, members: bool) -> Option<String> {
    let names = ambiguous(diagnostics);
    if names.is_empty() || text.contains("bits/stdc++.h") {
        return None;
    }
    let mut out = String::with_capacity(text.len() + 64);
    let mut done = 0;
    for token in tokens(text) {
        if token.kind == Kind::Word
            && names.contains(token.text)
            && !is_foreign(text.get(..token.at).unwrap_or_default(), members)
        {
            out.push_str(text.get(done..token.at).unwrap_or_default());
            out.push_str(token.text);
            out.push_str("_of_the_program");
            done = token.at + token.text.len();
        }
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Some(out)
}

/// Whether a name after this text is not the program's own: one in a named space, or of an object.
fn is_foreign(before: &str, members: bool) -> bool {
    let before = before.trim_end();
    if let Some(scope) = before.strip_suffix("::") {
        return scope.trim_end().ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '>');
    }
    !members && (before.ends_with('.') || before.ends_with("->"))
}
