//! Questions as sent (spec section 3). There is no sentence of instruction: only the words that head a question, an
//! answer or a solution in the language itself, so the project's own prompts have the form of upstream's.

use crate::item::{Item, LETTERS, letter};
use crate::language::Language;
use crate::shuffle::Shuffle;
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use proctor_core::{BenchmarkError, sha256_hex};
use std::sync::LazyLock;

const ANSWER: &str = include_str!("prompts/answer.j2");
const SOLUTION: &str = include_str!("prompts/solution.j2");

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// The letter alone.
    AnswerOnly,
    /// A worked solution that ends with the letter.
    Solution,
}

/// The words a prompt is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// What heads a question.
    pub question: String,
    /// What heads an answer.
    pub answer: String,
    /// What heads a solution.
    pub solution: String,
    /// What follows an answer-only shot beyond its blank line.
    pub after_shot: String,
    /// Upstream's own answer-only templates, in place of the project's.
    pub templates: Option<Templates>,
}

/// Texts with `{question}`, `{choices}` and, in a shot, `{answer}` in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Templates {
    /// A shot.
    pub shot: String,
    /// The turn that asks.
    pub test: String,
}

impl Words {
    /// The project's own words of a language.
    pub fn of(language: &Language) -> Words {
        Words {
            question: language.question_word.into(),
            answer: language.answer_word.into(),
            solution: language.solution_word.unwrap_or_default().into(),
            after_shot: language.after_shot.into(),
            templates: None,
        }
    }
}

/// The turn that asks a question, its options as given.
pub fn question(words: &Words, setting: Setting, question: &str, choices: &[String]) -> Result<String, BenchmarkError> {
    block(words, setting, question, choices, None, None)
}

/// The shots of a subject, one after the other, as the system message holds them. Answer-only shots are shuffled, each
/// under its own id; worked solutions name letters, so theirs are not.
pub fn shots(words: &Words, setting: Setting, shots: &[Item], shuffle: Shuffle, id: &str) -> Result<String, BenchmarkError> {
    let mut text = String::new();
    for (position, shot) in shots.iter().enumerate() {
        let question = strip(&shot.question);
        text += &match setting {
            Setting::AnswerOnly => {
                let (choices, answer) = shuffle.apply(shot, &format!("{id}/shot/{position}"));
                block(words, setting, question, &choices, Some(letter(answer)), None)?
            }
            Setting::Solution => block(words, setting, question, &shot.choices, None, shot.solution.as_deref())?,
        };
    }
    Ok(text)
}

/// SHA-256 over the templates and what else decides a prompt.
pub fn templates_sha256(extra: &str) -> String {
    sha256_hex([ANSWER, SOLUTION, extra].join("\0").as_bytes())
}

fn block(
    words: &Words,
    setting: Setting,
    question: &str,
    choices: &[String],
    answer: Option<char>,
    solution: Option<&str>,
) -> Result<String, BenchmarkError> {
    if let (Setting::AnswerOnly, Some(templates)) = (setting, &words.templates) {
        let template = if answer.is_some() { &templates.shot } else { &templates.test };
        return Ok(fill(template, question, choices, answer));
    }
    let failed = |error: &minijinja::Error| BenchmarkError::Input(format!("A prompt template cannot be filled in: {error:#}"));
    let environment = ENVIRONMENT.as_ref().map_err(failed)?;
    let template = match setting {
        Setting::AnswerOnly => "answer",
        Setting::Solution => "solution",
    };
    let context = context! {
        question_word => &words.question, answer_word => &words.answer, solution_word => &words.solution, after => &words.after_shot,
        letters => LETTERS.map(String::from), question, choices => choices.to_vec(), answer => answer.map(String::from), solution,
    };
    environment.get_template(template).and_then(|template| template.render(context)).map_err(|error| failed(&error))
}

/// The templates, read once: that takes longer than filling one in.
static ENVIRONMENT: LazyLock<Result<Environment<'static>, minijinja::Error>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().keep_trailing_newline(true).build()?);
    environment.add_template("answer", ANSWER)?;
    environment.add_template("solution", SOLUTION)?;
    Ok(environment)
});

/// Fills in one of upstream's templates; what is filled in is not looked at again.
fn fill(template: &str, question: &str, choices: &[String], answer: Option<char>) -> String {
    let choices: Vec<String> = choices.iter().enumerate().map(|(place, choice)| format!("{}) {choice}", letter(place))).collect();
    let fields = [
        ("{question}", question.to_owned()),
        ("{choices}", choices.join("\n")),
        ("{answer}", answer.map(String::from).unwrap_or_default()),
    ];
    let mut filled = String::new();
    let mut rest = template;
    while !rest.is_empty() {
        if let Some((name, value)) = fields.iter().find(|(name, _)| rest.starts_with(name)) {
            filled += value;
            rest = rest.get(name.len()..).unwrap_or_default();
            continue;
        }
        let end = rest.char_indices().nth(1).map_or(rest.len(), |(end, _)| end);
        filled += rest.get(..end).unwrap_or_default();
        rest = rest.get(end..).unwrap_or_default();
    }
    filled
}

/// As Python's `str.strip`.
fn strip(text: &str) -> &str {
    text.trim_matches(crate::official::is_python_space)
}
