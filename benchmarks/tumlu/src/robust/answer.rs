//! Rules about the whole answer, the word for answer and words for option.

use super::reader::Reader;
use super::rules::{Found, Rule};
use super::text::Kind;
use super::words::{is_answer, is_filler, is_negation, is_option};

impl Reader<'_> {
    pub fn bare_letter(&self) -> Option<Found> {
        let mut words = self.tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Word);
        let (place, token) = words.next()?;
        if words.next().is_some() || self.tokens.len() > 6 {
            return None;
        }
        let position = self.alphabet.letter(token, true)?;
        self.found(position, Rule::BareLetter, place, place)
    }

    pub fn bare_text(&self) -> Option<Found> {
        if !self.by_text {
            return None;
        }
        let position = self.options.equal(self.text)?;
        self.found(position, Rule::BareText, 0, self.tokens.len().checked_sub(1)?)
    }

    /// The last place where the word for answer is followed by a letter or by the text of an option.
    pub fn answer_word(&self) -> Option<Found> {
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

    pub fn after_answer_word(&self, word: usize) -> Option<Found> {
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
    pub fn in_brackets(&self, word: usize, from: usize) -> Option<Found> {
        let line = (from..self.tokens.len()).take(60).take_while(|place| self.tokens[*place].kind != Kind::LineEnd);
        let bracketed = |place: &usize| *place > 0 && self.is_mark(place - 1, &["("]) && self.is_mark(place + 1, &[")"]);
        let letters: Vec<usize> = line.filter(bracketed).filter(|place| self.letter(*place, false).is_some()).collect();
        let [place] = letters[..] else { return None };
        self.found(self.letter(place, false)?, Rule::AnswerWord, word, place)
    }

    /// The rest of the line is the text of an option of more than one letter.
    pub fn answer_text(&self, word: usize, place: usize) -> Option<Found> {
        let start = self.token(place)?.start;
        let line = self.options.first_line(self.text.get(start..)?)?;
        line.trim().chars().nth(1)?;
        let position = self.options.equal(line)?;
        let end = start + line.trim_end().len();
        let last = (place..self.tokens.len()).take_while(|place| self.tokens[*place].end() <= end).last()?;
        self.found(position, Rule::AnswerText, word, last)
    }

    /// A letter next to a word for option or answer: the last in a sentence that speaks of what is right, else the only
    /// one there is.
    pub fn option_word(&self) -> Option<Found> {
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
}

/// Most words passed over between the word for answer and the letter.
const MOST_FILLERS: usize = 4;

/// What may stand between the word for answer and what it points at.
const ANSWER_MARKS: [&str; 19] = [":", "-", "–", "—", "=", "→", ">", "\"", "«", "“", "„", "'", "‘", "’", "(", "[", "”", "؛", "⇒"];
