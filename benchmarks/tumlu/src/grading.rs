//! From an answer to a grade: both readings side by side (spec sections 4 and 7.1).

use crate::item::{choices, letter, position};
use crate::language::Language;
use crate::{official, robust};
use proctor_core::{Attempt, BenchmarkError, Grade, Outcome, Sample};
use serde_json::{Value, json};

/// Score of upstream's extraction: 1 where its letter is the right one.
pub const OFFICIAL: &str = "official";
/// The same, weighted by the number of options over four.
pub const NORMALISED: &str = "official_normalised";
/// 1 where upstream's extraction finds no letter.
pub const OFFICIAL_UNPARSED: &str = "official_unparsed";
/// Score of the robust extraction.
pub const ROBUST: &str = "robust";
/// 1 where the robust extraction finds no letter.
pub const ROBUST_UNPARSED: &str = "robust_unparsed";

/// What upstream stores in place of an answer when the call failed.
pub const INVALID: &str = "[INVALID]";
/// The fact of an imported attempt that holds its question as it was asked.
pub const STORED: &str = "stored";

/// Which extraction decides a grade's outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extraction {
    /// Upstream's committed scorer.
    Official,
    /// The project's own.
    Robust,
}

/// How answers are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judging {
    /// Which extraction decides.
    pub extraction: Extraction,
    /// Whether `robust` takes any letter whose option reads like the right one.
    pub accept_duplicates: bool,
    /// Whether `robust` recognises an option by its text where no letter is named.
    pub option_text: bool,
}

/// A question as it was asked.
struct Asked {
    language: &'static Language,
    question: String,
    choices: Vec<String>,
    answer: usize,
}

impl Asked {
    /// From the stored record where the answer came from one, else from the sample.
    fn of(sample: &Sample, attempt: &Attempt) -> Result<Asked, BenchmarkError> {
        let wrong = |what: &str| BenchmarkError::Input(format!("Sample {} {what}; load it again", sample.id));
        let stored = attempt.facts.get(STORED).and_then(Value::as_object);
        let field = |name: &str| stored.and_then(|stored| stored.get(name));
        let language = field("language").and_then(Value::as_str).or_else(|| sample.text("language"));
        let language = language.and_then(Language::named).ok_or_else(|| wrong("names no known language"))?;
        let question = field("question").and_then(Value::as_str).or_else(|| sample.text("question")).unwrap_or_default();
        let inputs = Value::Object(sample.inputs.clone());
        let options = stored.and_then(|stored| choices(&Value::Object(stored.clone()))).or_else(|| choices(&inputs));
        let right = field("answer").and_then(Value::as_str).or_else(|| sample.target.as_str()).and_then(position);
        match (options, right) {
            (Some(choices), Some(answer)) if answer < choices.len() => {
                Ok(Asked { language, question: question.to_owned(), choices, answer })
            }
            _ => Err(wrong("has no options with a right one among them")),
        }
    }
}

/// Grades an attempt.
pub fn grade(judging: Judging, sample: &Sample, attempt: &Attempt) -> Result<Grade, BenchmarkError> {
    let asked = Asked::of(sample, attempt)?;
    let text = attempt.answer.text.as_str();
    let failed = attempt.exchanges.is_empty() && (text.trim() == INVALID || text.trim().is_empty());
    let official = official::extract(text, asked.language);
    let robust = if failed { None } else { robust::extract(text, asked.language, &asked.choices, judging.option_text) };
    let right_text = asked.choices.get(asked.answer);
    let official_right = official.is_some_and(|found| position_of(found.letter) == Some(asked.answer));
    let robust_right = robust.as_ref().is_some_and(|found| {
        found.position == asked.answer || judging.accept_duplicates && asked.choices.get(found.position) == right_text
    });

    let (decided, right) = match judging.extraction {
        Extraction::Official => (official.map(|found| found.letter), official_right),
        Extraction::Robust => (robust.as_ref().map(|found| letter(found.position)), robust_right),
    };
    let outcome = match decided {
        _ if failed && judging.extraction == Extraction::Robust => Outcome::InfraError,
        _ if right => Outcome::Correct,
        _ if attempt.filtered() => Outcome::Refused,
        None if attempt.truncated() => Outcome::Truncated,
        None => Outcome::Unparsed,
        Some(_) => Outcome::Incorrect,
    };
    let mut grade = Grade::new(outcome, explanation(text, &asked, official, robust.as_ref(), failed));
    let mut score = |name: &str, value: f64| grade.scores.insert(name.into(), value);
    let flag = |yes: bool| f64::from(u8::from(yes));
    score(OFFICIAL, flag(official_right));
    score(NORMALISED, flag(official_right) * asked.choices.len() as f64 / 4.0);
    score(OFFICIAL_UNPARSED, flag(official.is_none()));
    if !failed {
        score(ROBUST, flag(robust_right));
        score(ROBUST_UNPARSED, flag(robust.is_none()));
    }
    grade.extracted = decided.map(String::from);
    grade.category = category(failed, text, official, robust.as_ref()).map(str::to_owned);
    let options = asked.choices.iter().enumerate().map(|(place, choice)| (letter(place).to_string(), choice.as_str().into()));
    grade.artifacts.insert("question".into(), asked.question.as_str().into());
    grade.artifacts.insert("options".into(), Value::Object(options.collect()));
    grade.artifacts.insert("right".into(), letter(asked.answer).to_string().into());
    let read = official.map(|found| json!({"letter": found.letter, "level": found.level}));
    grade.artifacts.insert("official".into(), read.unwrap_or(Value::Null));
    let read = robust.map(|found| json!({"letter": letter(found.position), "rule": found.rule.title(), "text": found.text}));
    grade.artifacts.insert("robust".into(), read.unwrap_or(Value::Null));
    Ok(grade)
}

fn position_of(letter: char) -> Option<usize> {
    position(letter.encode_utf8(&mut [0; 4]))
}

/// Where the two readings part, for tables; nothing where they agree.
fn category(failed: bool, text: &str, official: Option<official::Found>, robust: Option<&robust::Found>) -> Option<&'static str> {
    match (official, robust) {
        _ if failed && text.trim().is_empty() => Some("empty output"),
        _ if failed => Some("[INVALID] output"),
        (None, None) => Some("unparsed by both"),
        (None, Some(_)) => Some("unparsed by official"),
        (Some(_), None) => Some("unparsed by robust"),
        (Some(official), Some(robust)) => (official.letter != letter(robust.position)).then_some("letters differ"),
    }
}

fn explanation(
    text: &str,
    asked: &Asked,
    official: Option<official::Found>,
    robust: Option<&robust::Found>,
    failed: bool,
) -> String {
    let right = format!("right is {}", letter(asked.answer));
    if failed {
        let what = if text.trim().is_empty() { "is empty" } else { "says [INVALID], upstream's mark of a failed call" };
        return format!("The stored output {what}, so nothing was learned; upstream counts it as wrong ({right}).");
    }
    let official = match official {
        Some(found) => format!("The official extraction reads {} (level {})", found.letter, found.level),
        None => "The official extraction finds no letter".into(),
    };
    let robust = match robust {
        Some(found) => format!("the robust one reads {} ({})", letter(found.position), found.rule.title()),
        None => "the robust one finds none".into(),
    };
    format!("{official}, {robust}; {right}.")
}
