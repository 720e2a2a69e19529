//! Rules about labelled options.

use super::letters::{is_arabic, is_isolated};
use super::reader::Reader;
use super::rules::{Found, Rule};
use super::text::{Kind, plain, tokens};
use super::words::{is_answer, is_negation, is_none, is_right};

impl Reader<'_> {
    /// The answer begins with a letter, and is not the list of options.
    pub fn beginning(&self) -> Option<Found> {
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

    pub fn bold(&self, output: &str) -> Option<Found> {
        let mut labels: Vec<(usize, String)> = Vec::new();
        for span in output.split("**").skip(1).step_by(2) {
            let text = plain(span);
            let tokens = tokens(&text);
            let label = tokens.first().filter(|_| is_isolated(&text, &tokens, 0));
            let Some(position) = label.and_then(|token| self.alphabet.letter(token, false)) else { continue };
            let rest = tokens.get(2).and_then(|token| text.get(token.start..)).unwrap_or_default();
            let marked = tokens.get(1).is_some_and(|token| token.is(")") || token.is(":"));
            if marked || tokens.get(1).is_some_and(|token| token.is(",")) && self.options.begins(position, rest) {
                labels.push((position, text));
            }
        }
        let (position, text) = labels.last()?;
        if labels.iter().any(|(other, _)| other != position) {
            return None;
        }
        Some(Found { position: *position, rule: Rule::Bold, text: text.chars().take(200).collect() })
    }

    /// A letter before a closing bracket that no bracket opens; or before a comma, at the beginning of a line also a full
    /// stop or colon, and the option it means.
    pub fn is_label(&self, place: usize) -> bool {
        if self.letter(place, false).is_none() {
            return false;
        }
        let opened = self.is_opened(place);
        self.is_mark(place + 1, &[")"]) && !opened
            || (self.is_mark(place + 1, &[","]) || self.is_mark(place + 1, &[".", ":"]) && self.begins_line(place))
                && self.is_spelled_out(place, place + 2)
    }

    /// Of several labelled lines the one that says right and does not say wrong.
    pub fn right_line(&self) -> Option<Found> {
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

    /// The last sentence that holds one label, the word for answer and the word for right, and denies nothing.
    pub fn right_sentence(&self) -> Option<Found> {
        let mut last = None;
        let mut from = 0;
        for place in 0..self.tokens.len() {
            if !self.ends_sentence(place) && place + 1 < self.tokens.len() {
                continue;
            }
            let says = |test: fn(&str) -> bool| {
                self.tokens.get(from..=place).is_some_and(|tokens| tokens.iter().any(|token| test(token.text)))
            };
            if says(is_answer) && says(is_right) && !self.refuses(from, place + 1) {
                last = self.one_label(from, place + 1, Rule::RightLine).or(last);
            }
            from = place + 1;
        }
        last
    }

    pub fn only_label(&self) -> Option<Found> {
        self.one_label(0, self.tokens.len(), Rule::OnlyLabel)
    }

    pub fn one_label(&self, from: usize, to: usize, rule: Rule) -> Option<Found> {
        let labels: Vec<usize> = (from..to).filter(|place| self.is_label(*place)).collect();
        let place = *labels.last()?;
        let position = self.letter(place, false)?;
        if labels.iter().any(|other| self.letter(*other, false) != Some(position)) {
            return None;
        }
        self.found(position, rule, place, place + 1)
    }

    /// The one label in the last sentence; or the one letter in it, at its end. The last of the options, gone through one
    /// by one, is no conclusion.
    pub fn last_label(&self) -> Option<Found> {
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

    pub fn boxed(&self, boxes: &[String]) -> Option<Found> {
        boxes.iter().rev().find_map(|content| {
            let tokens = tokens(content);
            let mut words = tokens.iter().filter(|token| token.kind == Kind::Word);
            let (Some(word), None) = (words.next(), words.next()) else { return None };
            let position = self.alphabet.letter(word, false)?;
            Some(Found { position, rule: Rule::Boxed, text: content.trim().to_owned() })
        })
    }
}
