//! The rules, in order.

use super::letters::Alphabet;
use super::options::Options;
use super::reader::Reader;
use super::text::{plain, tokens};
use crate::language::Language;

/// Changes when a rule changes in a way that can move a score.
pub const VERSION: u32 = 1;

/// A rule, in the order in which they are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// The whole answer is one letter.
    BareLetter,
    /// The whole answer is the text of an option.
    BareText,
    /// The word for answer, then a letter.
    AnswerWord,
    /// The word for answer, then the text of an option.
    AnswerText,
    /// A letter in a box.
    Boxed,
    /// The answer begins with a labelled letter.
    Beginning,
    /// A letter with a word for option.
    OptionWord,
    /// The one letter that labels something in bold.
    Bold,
    /// The one letter that labels anything.
    OnlyLabel,
    /// The one labelled line that is called right.
    RightLine,
    /// The one letter that labels anything in the last sentence.
    LastLabel,
    /// The text of an option in a box.
    BoxedText,
    /// The one option whose text occurs in the last sentence.
    LastSentence,
    /// The one option whose text occurs at all.
    OnlyText,
}

impl Rule {
    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Rule::BareLetter => "nothing but a letter",
            Rule::BareText => "nothing but an option's text",
            Rule::AnswerWord => "the word for answer and a letter",
            Rule::AnswerText => "the word for answer and an option's text",
            Rule::Boxed => "a letter in a box",
            Rule::Beginning => "a letter at the beginning",
            Rule::OptionWord => "a letter and a word for option",
            Rule::Bold => "the one label in bold",
            Rule::OnlyLabel => "the one label",
            Rule::RightLine => "the one label called right",
            Rule::LastLabel => "the one label in the last sentence",
            Rule::BoxedText => "an option's text in a box",
            Rule::LastSentence => "one option's text in the last sentence",
            Rule::OnlyText => "one option's text and no other",
        }
    }
}

/// An option that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Position of the option.
    pub position: usize,
    /// The rule that read it.
    pub rule: Rule,
    /// What it matched.
    pub text: String,
}

/// The option that an answer chooses; `None` is unparsed. With `by_text` an option is also known by its text.
pub fn extract(output: &str, language: &Language, choices: &[String], by_text: bool) -> Option<Found> {
    let options = Options::of(choices);
    let whole = plain(output);
    let text = before_next_question(&whole, language, &options);
    let tokens = tokens(text);
    let alphabet = Alphabet::of(&tokens, choices.len());
    let reader = Reader { text, tokens: &tokens, alphabet, options: &options, by_text };
    let boxed = boxes(output);
    reader
        .bare_letter()
        .or_else(|| reader.bare_text())
        .or_else(|| reader.answer_word())
        .or_else(|| reader.boxed(&boxed))
        .or_else(|| reader.beginning())
        .or_else(|| reader.option_word())
        .or_else(|| reader.bold(output))
        .or_else(|| reader.right_sentence())
        .or_else(|| reader.only_label())
        .or_else(|| reader.right_line())
        .or_else(|| reader.last_label())
        .or_else(|| reader.boxed_text(&boxed))
        .or_else(|| reader.last_sentence())
        .or_else(|| reader.only_text())
}

/// The text up to where the model invents a next question: the language's word for it and a colon at the beginning of
/// a line or after the end of a sentence, and a list of options after it. Its own question, repeated, is not a next one.
fn before_next_question<'a>(text: &'a str, language: &Language, options: &Options) -> &'a str {
    let head = format!("{}:", language.question_word);
    let starts: Vec<usize> = text.match_indices(&head).map(|(start, _)| start).collect();
    let blank = text.len() - text.trim_start().len();
    for (index, start) in starts.iter().enumerate() {
        let before = text.get(..*start).unwrap_or_default();
        let fresh = before.trim_end_matches(' ').ends_with(['\n', '.', '!', '?', ')']);
        if !fresh || *start <= blank {
            continue;
        }
        let end = starts.get(index + 1).copied().unwrap_or(text.len());
        let question = text.get(*start..end).unwrap_or_default();
        let lists = question.contains("\nA)") || question.contains("\nА)");
        if !lists || options.all_occur(question) {
            continue;
        }
        return before;
    }
    text
}

/// The contents of all boxes, in order.
fn boxes(output: &str) -> Vec<String> {
    let mut boxes = Vec::new();
    for (start, head) in output.match_indices("\\boxed{") {
        let mut depth = 1usize;
        let content = output.get(start + head.len()..).unwrap_or_default();
        let end = content.char_indices().take(400).find(|(_, character)| {
            match character {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        if let Some(content) = end.and_then(|(end, _)| content.get(..end)) {
            boxes.push(plain(content));
        }
    }
    boxes
}
