//! One question as upstream stores it (spec section 2).

use proctor_core::BenchmarkError;
use serde_json::Value;

/// Options are lettered from A; upstream has two to four, and five-option sources were cut to four.
pub const LETTERS: [char; 5] = ['A', 'B', 'C', 'D', 'E'];

/// A question with its options, in file order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The question, blanks and line ends as they are.
    pub question: String,
    /// The options.
    pub choices: Vec<String>,
    /// Position of the right option.
    pub answer: usize,
    /// The subject as the row names it; empty where it names none.
    pub subject: String,
    /// The worked solution, where there is one.
    pub solution: Option<String>,
}

impl Item {
    /// Reads the row at `line` (from 1) of `file`.
    pub fn parse(file: &str, line: usize, row: &Value) -> Result<Item, BenchmarkError> {
        let wrong = |what: String| BenchmarkError::Input(format!("{file}, line {line}: {what}"));
        let text = |name: &str| match row.get(name) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(wrong(format!("`{name}` is not a text"))),
            None => Err(wrong(format!("there is no `{name}`; a question has `question`, `choices` and `answer`"))),
        };
        let question = text("question")?;
        let choices = choices(row).ok_or_else(|| wrong("`choices` is not a list of texts".into()))?;
        if !(2..=LETTERS.len()).contains(&choices.len()) {
            return Err(wrong(format!("there are {} `choices`; a question has 2 to {}", choices.len(), LETTERS.len())));
        }
        let letter = text("answer")?;
        let answer = position(&letter).filter(|answer| *answer < choices.len()).ok_or_else(|| {
            let letter: String = letter.chars().take(40).collect();
            wrong(format!("`answer` is `{letter}`, not one of the letters A to {}", LETTERS[choices.len() - 1]))
        })?;
        let subject = row.get("subject").and_then(Value::as_str).unwrap_or_default().to_owned();
        let solution = row.get("CoT").and_then(Value::as_str).filter(|text| !text.trim().is_empty()).map(str::to_owned);
        Ok(Item { question, choices, answer, subject, solution })
    }
}

/// The options of a row.
pub fn choices(row: &Value) -> Option<Vec<String>> {
    row.get("choices")?.as_array()?.iter().map(|choice| choice.as_str().map(str::to_owned)).collect()
}

/// The position that a letter means.
pub fn position(letter: &str) -> Option<usize> {
    let mut characters = letter.trim().chars();
    let first = characters.next()?;
    if characters.next().is_some() {
        return None;
    }
    LETTERS.iter().position(|known| *known == first)
}

/// The letter of a position.
pub fn letter(position: usize) -> char {
    LETTERS.get(position).copied().unwrap_or('?')
}
