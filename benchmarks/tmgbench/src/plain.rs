//! Typographic variants of an answer in plain signs.

/// The text without Markdown emphasis, code fences and LaTeX: `A_1`, `$A_{1}$`, `\text{A1}`, `A₁` and `**A1**` become `A1`.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(sign) = rest.next() {
        match sign {
            '*' | '`' | '$' | '{' | '}' | '\u{200b}' => {}
            '\\' => {
                // A command such as \text goes; an escaped sign such as \_ or \{ is read as the sign.
                let mut command = false;
                while rest.peek().is_some_and(char::is_ascii_alphabetic) {
                    rest.next();
                    command = true;
                }
                if command {
                    plain.push(' ');
                }
            }
            '_' if ends_in_player(&plain) => {}
            '₁' => plain.push('1'),
            '₂' => plain.push('2'),
            '\u{a0}' => plain.push(' '),
            '（' => plain.push('('),
            '）' => plain.push(')'),
            '，' => plain.push(','),
            '：' => plain.push(':'),
            sign => plain.push(sign),
        }
    }
    plain
}

/// Whether the text ends in the word `A` or `B`, so that `_` may lead to its number.
fn ends_in_player(text: &str) -> bool {
    let mut signs = text.chars().rev();
    signs.next().is_some_and(|last| matches!(last, 'A' | 'B' | 'a' | 'b')) && !signs.next().is_some_and(char::is_alphanumeric)
}
