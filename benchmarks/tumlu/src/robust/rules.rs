//! The rules, in order.

use super::letters::{Alphabet, is_arabic, is_isolated};
use super::options::Options;
use super::text::{Kind, Token, plain, tokens};
use super::words::{is_answer, is_conjunction, is_filler, is_negation, is_none, is_option, is_right};
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
        .or_else(|| reader.only_label())
        .or_else(|| reader.right_line())
        .or_else(|| reader.last_label())
        .or_else(|| reader.boxed_text(&boxed))
        .or_else(|| reader.last_sentence())
        .or_else(|| reader.only_text())
}

/// The text up to where the model invents a next question: the language's word for it and a colon at the beginning of
/// a line or after the end of a sentence. A repeated own question is not a next one.
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
        if options.all_occur(text.get(*start..end).unwrap_or_default()) {
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

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token<'a>],
    alphabet: Alphabet,
    options: &'a Options,
    by_text: bool,
}

impl Reader<'_> {
    fn found(&self, position: usize, rule: Rule, from: usize, to: usize) -> Option<Found> {
        let start = self.tokens.get(from)?.start;
        let end = self.tokens.get(to)?.end();
        let text: String = self.text.get(start..end)?.chars().take(200).collect();
        Some(Found { position, rule, text })
    }

    fn token(&self, place: usize) -> Option<&Token<'_>> {
        self.tokens.get(place)
    }

    /// The option that the token at `place` means, standing by itself.
    fn letter(&self, place: usize, lower: bool) -> Option<usize> {
        let position = self.alphabet.letter(self.token(place)?, lower)?;
        is_isolated(self.text, self.tokens, place).then_some(position)
    }

    fn is_mark(&self, place: usize, marks: &[&str]) -> bool {
        self.token(place).is_some_and(|token| token.kind == Kind::Mark && marks.contains(&token.text))
    }

    fn bare_letter(&self) -> Option<Found> {
        let mut words = self.tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Word);
        let (place, token) = words.next()?;
        if words.next().is_some() || self.tokens.len() > 6 {
            return None;
        }
        let position = self.alphabet.letter(token, true)?;
        self.found(position, Rule::BareLetter, place, place)
    }

    fn bare_text(&self) -> Option<Found> {
        if !self.by_text {
            return None;
        }
        let position = self.options.equal(self.text)?;
        self.found(position, Rule::BareText, 0, self.tokens.len().checked_sub(1)?)
    }

    /// The last place where the word for answer is followed by a letter or by the text of an option.
    fn answer_word(&self) -> Option<Found> {
        let mut last_letter = None;
        let mut last_text = None;
        for place in 0..self.tokens.len() {
            if !self.token(place).is_some_and(|token| token.kind == Kind::Word && is_answer(token.text)) {
                continue;
            }
            if place > 0 && self.token(place - 1).is_some_and(|token| is_negation(token.text)) {
                continue;
            }
            match self.after_answer_word(place) {
                Some(found) if found.rule == Rule::AnswerWord => last_letter = Some(found),
                Some(found) => last_text = Some(found),
                None => {}
            }
        }
        last_letter.or(last_text)
    }

    fn after_answer_word(&self, word: usize) -> Option<Found> {
        let (mut marks, mut fillers, mut colon) = (0, 0, false);
        let mut place = word + 1;
        loop {
            let token = self.token(place)?;
            match token.kind {
                Kind::Mark if marks < 8 && ANSWER_MARKS.contains(&token.text) => {
                    colon |= matches!(token.text, ":" | "=" | "—" | "–" | "-");
                    marks += 1;
                }
                Kind::LineEnd if colon => {}
                Kind::Word => {
                    if colon
                        && self.by_text
                        && let Some(found) = self.answer_text(word, place)
                    {
                        return Some(found);
                    }
                    let closes = |place: usize| {
                        self.token(place).is_none_or(|next| next.kind == Kind::LineEnd) || self.is_mark(place, &[")", "."])
                    };
                    if let Some(position) = self.letter(place, colon && closes(place + 1))
                        && !self.is_one_of_several(place)
                        && !self.is_negated(place + 1)
                    {
                        return self.found(position, Rule::AnswerWord, word, place);
                    }
                    if fillers == MOST_FILLERS || !is_filler(token.text) {
                        return if colon { self.in_brackets(word, place) } else { None };
                    }
                    fillers += 1;
                }
                _ => return None,
            }
            place += 1;
        }
    }

    /// "Answer: Ankara (B)": the one letter in brackets on the line.
    fn in_brackets(&self, word: usize, from: usize) -> Option<Found> {
        let line = (from..self.tokens.len()).take(60).take_while(|place| self.tokens[*place].kind != Kind::LineEnd);
        let bracketed = |place: &usize| *place > 0 && self.is_mark(place - 1, &["("]) && self.is_mark(place + 1, &[")"]);
        let letters: Vec<usize> = line.filter(bracketed).filter(|place| self.letter(*place, false).is_some()).collect();
        let [place] = letters[..] else { return None };
        self.found(self.letter(place, false)?, Rule::AnswerWord, word, place)
    }

    /// The rest of the line is the text of an option of more than one letter.
    fn answer_text(&self, word: usize, place: usize) -> Option<Found> {
        let start = self.token(place)?.start;
        let line = self.options.first_line(self.text.get(start..)?)?;
        if line.trim().chars().nth(1).is_none() {
            return None;
        }
        let position = self.options.equal(line)?;
        let end = start + line.trim_end().len();
        let last = (place..self.tokens.len()).take_while(|place| self.tokens[*place].end() <= end).last()?;
        self.found(position, Rule::AnswerText, word, last)
    }

    /// "A and B" names no single option. "C, B. Name" does, where the third option begins so.
    fn is_one_of_several(&self, place: usize) -> bool {
        let joins = |place: usize| {
            self.is_mark(place, &[",", "،", "&", "/"])
                || self.token(place).is_some_and(|token| token.kind == Kind::Word && is_conjunction(token.text))
        };
        let next = if self.is_mark(place + 1, &[")"]) { place + 2 } else { place + 1 };
        let after = joins(next) && self.letter(next + 1, false).is_some() && !self.is_spelled_out(place, next + 1);
        let before = place > 1 && joins(place - 1) && self.letter(place - 2, false).is_some();
        after || before
    }

    /// What stands from `rest` on is the text of the option that the letter means.
    fn is_spelled_out(&self, place: usize, rest: usize) -> bool {
        let rest = self.token(rest).and_then(|token| self.text.get(token.start..));
        let (Some(position), Some(rest)) = (self.letter(place, false), rest) else { return false };
        self.options.begins(position, rest)
    }

    /// A word of negation follows before the clause ends.
    fn is_negated(&self, from: usize) -> bool {
        let clause = self.tokens.iter().skip(from).skip_while(|token| token.is(")")).take(8);
        let clause =
            clause.take_while(|token| token.kind == Kind::Word || matches!(token.text, "'" | "’" | "‘" | "ʻ" | "\"" | "»" | ")"));
        clause.filter(|token| token.kind == Kind::Word).any(|token| is_negation(token.text))
    }

    fn boxed(&self, boxes: &[String]) -> Option<Found> {
        boxes.iter().rev().find_map(|content| {
            let tokens = tokens(content);
            let mut words = tokens.iter().filter(|token| token.kind == Kind::Word);
            let (Some(word), None) = (words.next(), words.next()) else { return None };
            let position = self.alphabet.letter(word, false)?;
            Some(Found { position, rule: Rule::Boxed, text: content.trim().to_owned() })
        })
    }

    fn boxed_text(&self, boxes: &[String]) -> Option<Found> {
        let content = boxes.last().filter(|_| self.by_text)?;
        let position = self.options.equal(content).or_else(|| self.options.mentioned(content))?;
        Some(Found { position, rule: Rule::BoxedText, text: content.trim().to_owned() })
    }

    /// The answer begins with a letter, and is not the list of options.
    fn beginning(&self) -> Option<Found> {
        let place = self.tokens.iter().position(|token| token.kind == Kind::Word)?;
        let position = self.letter(place, self.is_mark(place + 1, &[")"]))?;
        let marked = self.is_mark(place + 1, &[")", ".", ":", "-", "–", "—", ",", "]"])
            || self.token(place + 1).is_none_or(|token| token.kind == Kind::LineEnd);
        let next_label = (place + 1..self.tokens.len()).find(|place| self.is_label(*place));
        let lists = next_label.is_some_and(|next| self.letter(next, false) == Some(position + 1) && self.begins_line(next));
        if !(marked || self.is_spelled_out(place, place + 1)) || lists || self.is_one_of_several(place) {
            return None;
        }
        self.found(position, Rule::Beginning, place, place)
    }

    fn begins_line(&self, place: usize) -> bool {
        place == 0
            || self.tokens.get(place - 1).is_some_and(|token| token.kind == Kind::LineEnd || token.is("-") || token.is("•"))
    }

    /// A letter next to a word for option or answer: the last in a sentence that speaks of what is right, else the only
    /// one there is.
    fn option_word(&self) -> Option<Found> {
        let mut hits: Vec<Found> = Vec::new();
        for place in 0..self.tokens.len() {
            let Some(position) = self.letter(place, false) else { continue };
            let noun = |place: usize| {
                self.token(place)
                    .filter(|token| token.kind == Kind::Word)
                    .is_some_and(|token| is_option(token.text) || is_answer(token.text))
            };
            let mut behind = place + 1;
            while behind < place + 3 && self.is_mark(behind, &[")", "-", "–", "'", "’", "\"", "»"]) {
                behind += 1;
            }
            let hit = if noun(behind) && !self.is_negated(behind) {
                self.found(position, Rule::OptionWord, place, behind)
            } else if place > 0 && noun(place - 1) && !self.is_negated(place + 1) {
                self.found(position, Rule::OptionWord, place - 1, place)
            } else if place > 1 && noun(place - 2) && self.is_mark(place - 1, &[":", "-", "–", "\"", "(", "«"]) {
                self.found(position, Rule::OptionWord, place - 2, place)
            } else {
                None
            };
            hits.extend(hit.filter(|_| !self.is_one_of_several(place)));
        }
        hits.pop()
    }

    fn bold(&self, output: &str) -> Option<Found> {
        let mut labels: Vec<(usize, String)> = Vec::new();
        for span in output.split("**").skip(1).step_by(2) {
            let text = plain(span);
            let tokens = tokens(&text);
            let label = tokens.first().filter(|_| is_isolated(&text, &tokens, 0));
            let Some(position) = label.and_then(|token| self.alphabet.letter(token, false)) else { continue };
            if tokens.get(1).is_some_and(|token| token.is(")") || token.is(":")) {
                labels.push((position, text));
            }
        }
        let (position, text) = labels.last()?;
        if labels.iter().any(|(other, _)| other != position) {
            return None;
        }
        Some(Found { position: *position, rule: Rule::Bold, text: text.chars().take(200).collect() })
    }

    /// A letter before a closing bracket that no bracket opens; or at the beginning of a line before a full stop or colon
    /// and the option it means.
    fn is_label(&self, place: usize) -> bool {
        if self.letter(place, false).is_none() {
            return false;
        }
        let opened = place > 0 && self.is_mark(place - 1, &["(", "[", ",", ";", "،"]);
        self.is_mark(place + 1, &[")"]) && !opened
            || self.is_mark(place + 1, &[".", ":"]) && self.begins_line(place) && self.is_spelled_out(place, place + 2)
    }

    /// Of several labelled lines the one that says right and does not say wrong.
    fn right_line(&self) -> Option<Found> {
        let starts: Vec<usize> =
            (0..self.tokens.len()).filter(|place| self.begins_line(*place) && self.is_label(*place)).collect();
        if starts.len() < 2 {
            return None;
        }
        let mut right = starts.iter().enumerate().filter(|(index, start)| {
            let next = starts.get(index + 1).copied().unwrap_or(self.tokens.len());
            let line = self.tokens.get(**start..next).unwrap_or_default();
            let end = line.iter().position(|token| token.kind == Kind::LineEnd).unwrap_or(line.len());
            let line = line.get(..end).unwrap_or_default();
            let says = |test: fn(&str) -> bool| line.iter().any(|token| test(token.text));
            says(|word| is_right(word) || matches!(word, "✓" | "✔" | "✅")) && !says(is_negation) && !says(is_none)
        });
        let (Some((_, place)), None) = (right.next(), right.next()) else { return None };
        self.found(self.letter(*place, false)?, Rule::RightLine, *place, place + 1)
    }

    fn only_label(&self) -> Option<Found> {
        self.one_label(0, self.tokens.len(), Rule::OnlyLabel)
    }

    fn one_label(&self, from: usize, to: usize, rule: Rule) -> Option<Found> {
        let labels: Vec<usize> = (from..to).filter(|place| self.is_label(*place)).collect();
        let place = *labels.last()?;
        let position = self.letter(place, false)?;
        if labels.iter().any(|other| self.letter(*other, false) != Some(position)) {
            return None;
        }
        self.found(position, rule, place, place + 1)
    }

    /// The places of the last sentence that holds a word.
    fn last(&self) -> Option<(usize, usize)> {
        let last = self.tokens.iter().rposition(|token| token.kind == Kind::Word)?;
        let ends = |place: usize| {
            let token = &self.tokens[place];
            token.kind == Kind::LineEnd
                || matches!(token.text, "!" | "?" | "؟" | "۔")
                || token.is(".") && self.text.get(token.end()..).is_some_and(|rest| rest.starts_with(char::is_whitespace))
        };
        let from = (0..last).rev().find(|place| ends(*place)).map_or(0, |place| place + 1);
        Some((from, self.tokens.len()))
    }

    /// The one label in the last sentence; or the one letter in it, at its end. The last of the options, gone through one
    /// by one, is no conclusion.
    fn last_label(&self) -> Option<Found> {
        let (from, to) = self.last()?;
        let lists = |place: usize| self.is_label(place) && self.begins_line(place);
        let goes_through = (from..to).any(lists) && (0..from).any(lists);
        if let Some(found) = self.one_label(from, to, Rule::LastLabel) {
            return Some(found).filter(|_| !goes_through);
        }
        let letters: Vec<usize> = (from..to).filter(|place| self.letter(*place, false).is_some()).collect();
        let [place] = letters[..] else { return None };
        let ends = (place + 1..to).all(|place| self.tokens[place].kind != Kind::Word);
        if !ends || is_arabic(self.token(place)?.text) || self.refuses(from, to) {
            return None;
        }
        self.found(self.letter(place, false)?, Rule::LastLabel, place, place)
    }

    /// Somewhere in these tokens something is denied.
    fn refuses(&self, from: usize, to: usize) -> bool {
        (from..to).any(|place| self.token(place).is_some_and(|token| is_negation(token.text) || is_none(token.text)))
    }

    fn last_sentence(&self) -> Option<Found> {
        if !self.by_text {
            return None;
        }
        let (from, to) = self.last()?;
        let sentence = self.text.get(self.token(from)?.start..)?;
        let position = self.options.mentioned(sentence).filter(|_| !self.refuses(from, to))?;
        self.found(position, Rule::LastSentence, from, to.checked_sub(1)?)
    }

    /// The only option whose text occurs anywhere, where nothing is denied in the last sentence.
    fn only_text(&self) -> Option<Found> {
        if !self.by_text {
            return None;
        }
        let (from, to) = self.last()?;
        let none = (0..self.tokens.len()).any(|place| self.token(place).is_some_and(|token| is_none(token.text)));
        let position = self.options.mentioned(self.text).filter(|_| !none && !self.refuses(from, to))?;
        self.found(position, Rule::OnlyText, 0, to.checked_sub(1)?)
    }
}

/// Most words passed over between the word for answer and the letter.
const MOST_FILLERS: usize = 4;

/// What may stand between the word for answer and what it points at.
const ANSWER_MARKS: [&str; 19] = [":", "-", "–", "—", "=", "→", ">", "\"", "«", "“", "„", "'", "‘", "’", "(", "[", "”", "؛", "⇒"];
