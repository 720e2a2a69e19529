//! Truth values, options and words: text only.

use super::Outcome;
use crate::text::strip_set;
use crate::verdict::Step;

/// Both must be `True` or `False`, and the same.
pub(crate) fn truth(prediction: &str, reference: &str) -> Outcome {
    let value = |text: &str| matches!(text, "True" | "False");
    if value(prediction) && value(reference) { (prediction == reference, Step::Text) } else { (false, Step::Raised) }
}

/// One option: the same text in any case, or the option's letter with a colon after it.
pub(crate) fn choice(prediction: &str, reference: &str, options: &[String]) -> Outcome {
    let (mut prediction, mut reference) = (prediction.to_owned(), reference.to_owned());
    if !options.is_empty() {
        prediction = prediction.to_lowercase();
        reference = reference.to_lowercase();
    }
    if prediction.to_lowercase() == reference.to_lowercase() {
        return (true, Step::Text);
    }
    let bare = strip_set(&prediction, "[]");
    let labelled = bare.strip_prefix(reference.as_str()).is_some_and(|rest| rest.starts_with(':'));
    (labelled && reference.chars().count() == 1, Step::Text)
}

/// Several options: the same letters, as often, among the characters that are options.
pub(crate) fn choices(prediction: &str, reference: &str, options: &[String]) -> Outcome {
    let mut wanted: Vec<char> = reference.to_lowercase().chars().collect();
    let lowered: Vec<String> = options.iter().map(|option| option.to_lowercase()).collect();
    let is_option = |character: &char| {
        if lowered.is_empty() {
            character.is_ascii_uppercase()
        } else {
            let mut text = [0; 4];
            let text = character.to_lowercase().next().unwrap_or(*character).encode_utf8(&mut text).to_owned();
            lowered.contains(&text)
        }
    };
    let mut found: Vec<char> = prediction.chars().filter(is_option).flat_map(char::to_lowercase).collect();
    wanted.sort_unstable();
    found.sort_unstable();
    (wanted == found, Step::Text)
}

/// A word or phrase: the same text in any case.
pub(crate) fn words(prediction: &str, reference: &str) -> Outcome {
    (prediction.to_lowercase() == reference.to_lowercase(), Step::Text)
}
