//! Rules about the texts of options, the riskiest; they can be switched off.

use super::reader::Reader;
use super::rules::{Found, Rule};
use super::words::is_none;

impl Reader<'_> {
    pub fn boxed_text(&self, boxes: &[String]) -> Option<Found> {
        let content = boxes.last().filter(|_| self.by_text)?;
        let position = self.options.equal(content).or_else(|| self.options.mentioned(content))?;
        Some(Found { position, rule: Rule::BoxedText, text: content.trim().to_owned() })
    }

    pub fn last_sentence(&self) -> Option<Found> {
        if !self.by_text {
            return None;
        }
        let (from, to) = self.last()?;
        let sentence = self.text.get(self.token(from)?.start..self.token(to.checked_sub(1)?)?.end())?;
        let position = self.options.mentioned(sentence).filter(|_| !self.refuses(from, to))?;
        self.found(position, Rule::LastSentence, from, to.checked_sub(1)?)
    }

    /// The only option whose text occurs anywhere, where nothing is denied in the last sentence.
    pub fn only_text(&self) -> Option<Found> {
        if !self.by_text {
            return None;
        }
        let (from, to) = self.last()?;
        let none = (0..self.tokens.len()).any(|place| self.token(place).is_some_and(|token| is_none(token.text)));
        let text = self.text.get(..self.token(to.checked_sub(1)?)?.end())?;
        let position = self.options.mentioned(text).filter(|_| !none && !self.refuses(from, to))?;
        self.found(position, Rule::OnlyText, 0, to.checked_sub(1)?)
    }
}
