//! Multiple choice.

use super::words::plain;
use crate::verdict::{Step, Verdict};

/// The option letter that a text names: `A`, `(A)`, `A.`, `A: text`, `option A`, `\text{(A)}`.
fn letter(text: &str, options: &[String]) -> Option<char> {
    let plain = plain(text);
    let mut rest = plain.trim_matches(['*', ' ']);
    for prefix in
        ["the answer is", "answer:", "answer is", "the correct answer is", "correct answer:", "option", "choice", "answer"]
    {
        if let Some(stripped) = rest.strip_prefix(prefix)
            && (stripped.starts_with([' ', '(', ':', '[']) || stripped.trim_start().len() == 1)
        {
            rest = stripped.trim_start_matches([' ', ':']);
        }
    }
    let opened = rest.starts_with(['(', '[']);
    let inner = rest.trim_start_matches(['(', '[', '*']);
    let mut characters = inner.chars();
    let first = characters.next().filter(char::is_ascii_alphabetic)?.to_ascii_uppercase();
    let after = characters.as_str();
    let after_bracket = after.trim_start_matches(['*']);
    if after_bracket.is_empty() {
        return Some(first);
    }
    let known = options.is_empty() || options.iter().any(|option| option.trim().eq_ignore_ascii_case(&first.to_string()));
    let separated = (opened && after_bracket.starts_with([')', ']'])) || after_bracket.starts_with(['.', ')', ':', ']']);
    let tail = after_bracket.trim_start_matches(['.', ')', ':', ']', '*', ' ']);
    (separated && (known || tail.is_empty())).then_some(first)
}

fn fold(text: &str) -> String {
    plain(text).replace('_', " ")
}

/// One option: the same option text, or the letter that names it.
pub fn choice(reference: &str, answer: &str, options: &[String]) -> Verdict {
    let (wanted, given) = (fold(reference), fold(answer));
    if wanted == given && !wanted.is_empty() {
        return Verdict::equivalent(Step::Choice);
    }
    let unwrapped = |text: &str| text.trim_matches(|c: char| "()[]'*".contains(c)).trim().to_string();
    if unwrapped(&wanted) == unwrapped(&given) && !unwrapped(&wanted).is_empty() {
        return Verdict::equivalent(Step::Choice);
    }
    let is_letter = unwrapped(&wanted).len() == 1 && unwrapped(&wanted).starts_with(|c: char| c.is_ascii_alphabetic());
    if is_letter {
        let wanted = unwrapped(&wanted).chars().next().map(|c| c.to_ascii_uppercase());
        return Verdict::of(letter(answer, options).is_some_and(|given| Some(given) == wanted), Step::Choice);
    }
    // The reference is an option's text and the answer is its letter, with or without the text.
    let place = options.iter().position(|option| fold(option) == wanted);
    let lettered = options.iter().all(|option| option.trim().len() > 1);
    if let (Some(place), true, Some(given)) = (place, lettered, letter(answer, &[])) {
        let letter_of_place = u8::try_from(place).ok().map(|p| char::from(b'A'.saturating_add(p)));
        let alone = unwrapped(&fold(answer)).len() == 1;
        if letter_of_place == Some(given) && (alone || fold(answer).ends_with(&wanted)) {
            return Verdict::equivalent(Step::Choice);
        }
    }
    // `text: explanation` or an article before the option.
    for article in ["a ", "an ", "the "] {
        if given.strip_prefix(article) == Some(wanted.as_str()) || wanted.strip_prefix(article) == Some(given.as_str()) {
            return Verdict::equivalent(Step::Choice);
        }
    }
    Verdict::different(Step::Choice)
}

/// Several options: the same letters, in any order, however they are set apart.
pub fn several(reference: &str, answer: &str, options: &[String]) -> Verdict {
    let letters = |text: &str| -> Option<Vec<char>> {
        let plain = plain(text).replace(" and ", " ").replace('&', " ");
        let mut found: Vec<char> = Vec::new();
        for character in plain.chars() {
            if character.is_ascii_alphabetic() {
                found.push(character.to_ascii_uppercase());
            } else if !" ,;()[].{}:/+'*-".contains(character) {
                return None;
            }
        }
        found.sort_unstable();
        Some(found)
    };
    if plain(reference) == plain(answer) && !plain(reference).is_empty() {
        return Verdict::equivalent(Step::Choice);
    }
    if let (Some(wanted), Some(given)) = (letters(reference), letters(answer))
        && wanted == given
        && !wanted.is_empty()
    {
        return Verdict::equivalent(Step::Choice);
    }
    // Options with their texts: `B: ..., D: ...`
    let named: Vec<char> = {
        let mut found: Vec<char> = answer.split([',', ';', '\n']).filter_map(|part| letter(part, options)).collect();
        found.sort_unstable();
        found
    };
    let parts = answer.split([',', ';', '\n']).filter(|part| !part.trim().is_empty()).count();
    Verdict::of(parts > 1 && named.len() == parts && letters(reference) == Some(named), Step::Choice)
}
