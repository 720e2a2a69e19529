//! Words and phrases: truth values, "none", "does not exist", numerals.

/// A text without typesetting: commands that only format are gone, spaces are single, letters are small.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if character == '\\' {
            let name: usize = rest.get(1..).unwrap_or("").bytes().take_while(u8::is_ascii_alphabetic).count();
            let command = rest.get(1..1 + name).unwrap_or("");
            if name == 0 {
                let escaped = rest.get(1..).and_then(|r| r.chars().next());
                match escaped {
                    Some(c @ ('_' | '%' | '&' | '#' | '{' | '}' | '$')) => out.push(c),
                    Some(_) => out.push(' '),
                    None => {}
                }
                rest = rest.get(1 + escaped.map_or(0, char::len_utf8)..).unwrap_or("");
                continue;
            }
            if !is_formatting(command) {
                out.push('\\');
                out.push_str(command);
            }
            rest = rest.get(1 + name..).unwrap_or("");
            continue;
        }
        match character {
            '{' | '}' | '$' | '"' | '`' => {}
            '~' | '\u{a0}' => out.push(' '),
            '\u{200b}'..='\u{200f}' | '\u{feff}' => {}
            '−' | '–' | '‐' => out.push('-'),
            '’' => out.push('\''),
            c => out.extend(c.to_lowercase()),
        }
        rest = rest.get(character.len_utf8()..).unwrap_or("");
    }
    let words: Vec<&str> = out.split_whitespace().collect();
    words.join(" ").trim_end_matches(['.', ',', ';', ':', '!']).trim().to_string()
}

fn is_formatting(command: &str) -> bool {
    matches!(
        command,
        "text"
            | "textbf"
            | "textit"
            | "textrm"
            | "texttt"
            | "textsf"
            | "textnormal"
            | "mbox"
            | "mathrm"
            | "mathbf"
            | "mathit"
            | "mathsf"
            | "mathtt"
            | "operatorname"
            | "boxed"
            | "fbox"
            | "left"
            | "right"
            | "displaystyle"
            | "quad"
            | "qquad"
            | "big"
            | "Big"
            | "bigl"
            | "bigr"
            | "emph"
            | "bf"
            | "rm"
            | "it"
            | "boldsymbol"
            | "mathcal"
            | "underline"
    )
}

/// The truth value a text names, if it is nothing more.
pub fn truth(text: &str) -> Option<bool> {
    match plain(text).trim_matches(|c: char| "()[]'*".contains(c)).trim() {
        "t" | "true" | "y" | "yes" => Some(true),
        "f" | "false" | "n" | "no" => Some(false),
        _ => None,
    }
}

/// The class of a phrase that says that there is no ordinary value.
pub fn special(text: &str) -> Option<&'static str> {
    let plain = plain(text);
    let trimmed = plain.trim_matches(|c: char| "()[]'*".contains(c)).trim();
    Some(match trimmed {
        "dne"
        | "does not exist"
        | "the limit does not exist"
        | "limit does not exist"
        | "do not exist"
        | "doesn't exist"
        | "not exist" => "does not exist",
        "undefined" | "undef" | "not defined" | "is undefined" => "undefined",
        "empty set" | "the empty set" | "null set" | "\\emptyset" | "\\varnothing" | "{}" | "∅" => "the empty set",
        "none" | "none of these" | "none of the above" => "none",
        "no solution"
        | "no solutions"
        | "there is no solution"
        | "no real solution"
        | "no real solutions"
        | "there are no solutions" => "no solution",
        "n/a" | "na" | "not applicable" => "not applicable",
        "all real numbers"
        | "all reals"
        | "the set of all real numbers"
        | "all real"
        | "real numbers"
        | "any real number"
        | "\\mathbb r"
        | "\\mathbbr" => "all real numbers",
        "infinitely many solutions" | "infinitely many" | "infinite solutions" => "infinitely many",
        _ => return None,
    })
}

/// A number in words, up to ninety-nine, and one hundred and one thousand.
pub fn numeral(text: &str) -> Option<i64> {
    const SMALL: &str = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen";
    const TENS: &str = "zero ten twenty thirty forty fifty sixty seventy eighty ninety";
    let place = |list: &str, word: &str| list.split(' ').position(|name| name == word).and_then(|at| i64::try_from(at).ok());
    let plain = plain(text);
    if let Some(value) = place(SMALL, &plain) {
        return Some(value);
    }
    if let Some(tens) = place(TENS, &plain).filter(|tens| *tens > 1) {
        return Some(tens * 10);
    }
    if let Some((tens, ones)) = plain.split_once(['-', ' ']) {
        let (tens, ones) = (place(TENS, tens)?, place(SMALL, ones)?);
        return (tens > 1 && (1..10).contains(&ones)).then_some(tens * 10 + ones);
    }
    match plain.as_str() {
        "hundred" => Some(100),
        "thousand" => Some(1000),
        _ => None,
    }
}

/// Whether a text reads like prose: words of letters, not one formula.
pub fn is_prose(text: &str) -> bool {
    let plain = plain(text);
    let words: Vec<&str> = plain.split([' ', '-', '_', ',']).filter(|word| !word.is_empty()).collect();
    if words.is_empty() || plain.contains('\\') {
        return false;
    }
    let wordy = |word: &&str| word.len() >= 3 && word.chars().all(|c| c.is_alphabetic() || c == '\'');
    let letters = |word: &&str| word.chars().all(|c| c.is_alphabetic() || "'()".contains(c));
    let numbers = |word: &&str| word.chars().all(|c| c.is_ascii_digit());
    let wordy = words.iter().filter(|w| wordy(w)).count();
    let vowels = plain.chars().any(|c| "aeiouy".contains(c));
    // One word is enough where all are words; beside numbers, as in `years after 2006`, two.
    vowels && ((wordy > 0 && words.iter().all(letters)) || (wordy > 1 && words.iter().all(|w| letters(w) || numbers(w))))
}
