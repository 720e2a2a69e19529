//! The little of Python that upstream's prompt files need: string literals, `str.format` with named fields, and how a
//! list of texts is shown.

use std::collections::BTreeMap;

/// A piece of Python source, as far as tables of texts need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// A string literal, its escapes resolved.
    Text(String),
    /// A name, keyword or number.
    Word(String),
    /// Any other character.
    Sign(char),
}

/// The tokens of `source`; comments and white space are dropped. A literal without an end reaches to the end of the
/// source. Any text is accepted.
pub fn tokens(source: &str) -> Vec<Token> {
    let characters: Vec<char> = source.chars().collect();
    let at = |position: usize| characters.get(position).copied();
    let mut found = Vec::new();
    let mut position = 0;
    while let Some(c) = at(position) {
        if c == '#' {
            while at(position).is_some_and(|c| c != '\n') {
                position += 1;
            }
        } else if c == '"' || c == '\'' {
            let (text, end) = literal(&characters, position, false);
            found.push(Token::Text(text));
            position = end;
        } else if c.is_alphanumeric() || c == '_' {
            let start = position;
            while at(position).is_some_and(|c| c.is_alphanumeric() || c == '_') {
                position += 1;
            }
            let word: String = characters.get(start..position).unwrap_or_default().iter().collect();
            let quoted = at(position).is_some_and(|c| c == '"' || c == '\'');
            match word.to_ascii_lowercase().as_str() {
                prefix @ ("r" | "u" | "b" | "f" | "br" | "rb" | "fr" | "rf") if quoted => {
                    let (text, end) = literal(&characters, position, prefix.contains('r'));
                    found.push(Token::Text(text));
                    position = end;
                }
                _ => found.push(Token::Word(word)),
            }
        } else {
            if !c.is_whitespace() {
                found.push(Token::Sign(c));
            }
            position += 1;
        }
    }
    found
}

/// The literal that opens at `start`, and the position after it.
fn literal(characters: &[char], start: usize, raw: bool) -> (String, usize) {
    let at = |position: usize| characters.get(position).copied();
    let Some(quote) = at(start) else { return (String::new(), start) };
    let triple = at(start + 1) == Some(quote) && at(start + 2) == Some(quote);
    let mut position = start + if triple { 3 } else { 1 };
    let mut text = String::new();
    while let Some(c) = at(position) {
        if c == quote && (!triple || (at(position + 1) == Some(quote) && at(position + 2) == Some(quote))) {
            return (text, position + if triple { 3 } else { 1 });
        }
        if c == '\n' && !triple {
            return (text, position);
        }
        position += 1;
        if c != '\\' {
            text.push(c);
            continue;
        }
        let Some(escaped) = at(position) else { break };
        position += 1;
        if raw {
            text.extend(['\\', escaped]);
            continue;
        }
        position = escape(characters, escaped, position, &mut text);
    }
    (text, position)
}

/// Appends what `\escaped` means; `position` is after it, the result is after all that belongs to the escape.
fn escape(characters: &[char], escaped: char, position: usize, text: &mut String) -> usize {
    let digits = |radix: u32, most: usize, from: usize| -> (u32, usize) {
        let run = characters.get(from..).unwrap_or_default().iter().take(most).map_while(|c| c.to_digit(radix));
        run.fold((0, from), |(value, end), digit| (value.wrapping_mul(radix).wrapping_add(digit), end + 1))
    };
    let hexadecimal = |length: usize| {
        let (value, end) = digits(16, length, position);
        if end == position + length { char::from_u32(value).map(|c| (c, end)) } else { None }
    };
    let simple = match escaped {
        '\n' => return position,
        'n' => Some('\n'),
        't' => Some('\t'),
        'r' => Some('\r'),
        'a' => Some('\u{7}'),
        'b' => Some('\u{8}'),
        'f' => Some('\u{c}'),
        'v' => Some('\u{b}'),
        '\\' | '\'' | '"' => Some(escaped),
        _ => None,
    };
    if let Some(c) = simple {
        text.push(c);
        return position;
    }
    let coded = match escaped {
        'x' => hexadecimal(2),
        'u' => hexadecimal(4),
        'U' => hexadecimal(8),
        '0'..='7' => {
            let (value, end) = digits(8, 3, position - 1);
            char::from_u32(value).map(|c| (c, end))
        }
        _ => None,
    };
    match coded {
        Some((c, end)) => {
            text.push(c);
            end
        }
        // Python keeps an escape that it does not know.
        None => {
            text.extend(['\\', escaped]);
            position
        }
    }
}

/// The text assigned to `name`: one literal, or several that stand next to each other, in brackets or not. Looked for
/// from `start` on; the first assignment counts.
pub fn assigned_text(tokens: &[Token], start: usize, name: &str) -> Option<String> {
    let mut position = assigned(tokens, start, name)?;
    while tokens.get(position) == Some(&Token::Sign('(')) {
        position += 1;
    }
    adjacent(tokens, position).map(|(text, _)| text)
}

/// The table of texts assigned to `name`.
pub fn assigned_table(tokens: &[Token], start: usize, name: &str) -> Option<BTreeMap<String, String>> {
    let mut position = assigned(tokens, start, name)?;
    if tokens.get(position) != Some(&Token::Sign('{')) {
        return None;
    }
    position += 1;
    let mut table = BTreeMap::new();
    while let Some((key, colon)) = adjacent(tokens, position) {
        if tokens.get(colon) != Some(&Token::Sign(':')) {
            return None;
        }
        let (value, end) = adjacent(tokens, colon + 1)?;
        table.insert(key, value);
        if tokens.get(end) != Some(&Token::Sign(',')) {
            position = end;
            break;
        }
        position = end + 1;
    }
    (tokens.get(position) == Some(&Token::Sign('}'))).then_some(table)
}

/// Position of the body of the function `name`, where there is one.
pub fn function(tokens: &[Token], name: &str) -> Option<usize> {
    tokens.windows(2).position(|pair| match pair {
        [Token::Word(def), Token::Word(word)] => def == "def" && word == name,
        _ => false,
    })
}

fn assigned(tokens: &[Token], start: usize, name: &str) -> Option<usize> {
    let rest = tokens.get(start..)?;
    let found = rest.windows(3).position(|three| match three {
        [Token::Word(word), Token::Sign('='), next] => word == name && *next != Token::Sign('='),
        _ => false,
    })?;
    Some(start + found + 2)
}

fn adjacent(tokens: &[Token], start: usize) -> Option<(String, usize)> {
    let run: Vec<&str> = tokens
        .get(start..)?
        .iter()
        .map_while(|token| match token {
            Token::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    (!run.is_empty()).then(|| (run.concat(), start + run.len()))
}

/// `template.format(**fields)` for fields that are plain names. An error says in words what is wrong.
pub fn format(template: &str, fields: &[(&str, &str)]) -> Result<String, String> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(brace) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(brace);
        out.push_str(before);
        if let Some(after) = from.strip_prefix("{{") {
            out.push('{');
            rest = after;
        } else if let Some(after) = from.strip_prefix("}}") {
            out.push('}');
            rest = after;
        } else if let Some(inside) = from.strip_prefix('{') {
            let (name, after) = inside.split_once('}').ok_or("a `{` is not closed")?;
            let Some((_, value)) = fields.iter().find(|(field, _)| *field == name) else {
                let name: String = name.chars().take(40).collect();
                return Err(format!("`{{{name}}}` is not a field that is known here"));
            };
            out.push_str(value);
            rest = after;
        } else {
            return Err("a `}` stands alone".into());
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// How Python shows a list of texts.
pub fn list(texts: &[String]) -> String {
    let items: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", items.join(", "))
}

fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            c if printable(c) => out.push(c),
            c => out.push_str(&match c as u32 {
                code @ 0..=0xff => format!("\\x{code:02x}"),
                code @ 0x100..=0xffff => format!("\\u{code:04x}"),
                code => format!("\\U{code:08x}"),
            }),
        }
    }
    out.push(quote);
    out
}

/// Whether Python shows a character as it is: no control or format character, no space but the usual one, nothing for
/// private use. Code points without a character are not told apart.
fn printable(c: char) -> bool {
    let format_or_private = matches!(c,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{e000}'..='\u{f8ff}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{10ffff}');
    c == ' ' || !(c.is_control() || c.is_whitespace() || format_or_private)
}
