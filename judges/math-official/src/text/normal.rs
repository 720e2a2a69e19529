//! The normal form of an answer's text (spec section 5.2).

use super::clean::clean;
use super::rewrite::normalise_mathematics;
use super::split::{split_by_comma, strip_set};
use crate::answer_type::AnswerType;

/// The text two answers of this type are compared by.
pub fn normal_form(text: &str, answer_type: AnswerType) -> String {
    normal_form_with(text, answer_type, false)
}

/// As [`normal_form`]; `list_truth` reads truth values inside lists too, as the model-assisted judge does (section 7).
pub fn normal_form_with(text: &str, answer_type: AnswerType, list_truth: bool) -> String {
    use AnswerType::{Choice, Choices, List, Set, Truth, Words};
    if text.is_empty() || matches!(answer_type, Choice | Choices | Words) {
        return text.to_owned();
    }
    let listed = matches!(answer_type, List | Set);
    let elements = if listed && text.starts_with('(') && text.ends_with(')') {
        split_by_comma(strip_set(text, "()"))
    } else if text.starts_with('{') && text.ends_with('}') {
        split_by_comma(strip_set(text, "{}"))
    } else {
        split_by_comma(text)
    };
    let truth = answer_type == Truth || (listed && list_truth);
    let mut forms: Vec<String> = elements.iter().map(|element| element_form(element, truth)).collect();
    if forms.len() == 1 { forms.pop().unwrap_or_default() } else { format!("({})", forms.join(", ")) }
}

fn element_form(element: &str, truth: bool) -> String {
    let text = element.replace('\n', "");
    let text = clean(text.trim());
    if truth && let Some(value) = truth_value(text) {
        return if value { "True" } else { "False" }.to_owned();
    }
    if let Some(day) = weekday(text) {
        return day.to_owned();
    }
    normalise_mathematics(text)
}

/// `T`, `Y`, `F`, `N` exactly, or a whole word yes, true, no, false in any case.
fn truth_value(text: &str) -> Option<bool> {
    match text {
        "T" | "Y" => return Some(true),
        "F" | "N" => return Some(false),
        _ => {}
    }
    let lower = text.to_lowercase().replace("noindent", "");
    let has = |a: &str, b: &str| lower.split(' ').any(|word| word == a || word == b);
    if has("yes", "true") {
        Some(true)
    } else if has("no", "false") {
        Some(false)
    } else {
        None
    }
}

/// A word without spaces that starts like a weekday is that weekday.
fn weekday(text: &str) -> Option<&'static str> {
    const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    if text.contains(' ') {
        return None;
    }
    let start = text.get(..3)?;
    DAYS.into_iter().find(|day| day.get(..3).is_some_and(|prefix| prefix.eq_ignore_ascii_case(start)))
}
