use super::answer::Answer;
use crate::ServerEvent;
use serde_json::Value;

/// What an event of the stream leads to.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// Read on.
    More,
    /// The server says that this is all.
    Done,
    /// The server reports an error instead.
    Failed(Value),
    /// The event cannot be read; says why.
    Unreadable(String),
}

/// An answer growing from a stream.
#[derive(Debug, Default)]
pub(super) struct Growing {
    pub answer: Answer,
    parts: usize,
    searched: usize,
}

impl Growing {
    /// Takes in one event.
    pub fn take(&mut self, event: &ServerEvent) -> Step {
        let data = event.data.trim();
        if data == "[DONE]" {
            return Step::Done;
        }
        if data.is_empty() {
            return Step::More;
        }
        let chunk: Value = match serde_json::from_str(data) {
            Ok(chunk) => chunk,
            Err(error) => return Step::Unreadable(format!("it is not JSON ({error})")),
        };
        let reports_error = chunk.get("error").is_some_and(|e| !e.is_null()) || event.event.as_deref() == Some("error");
        if reports_error {
            return Step::Failed(chunk);
        }
        self.answer.take_envelope(&chunk);
        let Some(choices) = chunk.get("choices").and_then(Value::as_array) else {
            // Some servers interleave chunks of their own, such as usage or timings alone.
            return if chunk.is_object() { Step::More } else { Step::Unreadable("it is not an object".to_owned()) };
        };
        for choice in choices.iter().filter(|c| c.get("index").and_then(Value::as_u64).unwrap_or(0) == 0) {
            self.parts += 1;
            self.answer.take(choice.get("delta").or_else(|| choice.get("message")).unwrap_or(choice));
            if let Some(reason) = choice.get("finish_reason").and_then(Value::as_str).filter(|r| !r.is_empty()) {
                self.answer.finish = Some(reason.to_owned());
            }
        }
        Step::More
    }

    /// Whether the answer, past any reasoning in it, holds one of `stops` by now. Each byte is searched about once.
    pub fn reached_stop(&mut self, stops: &[String]) -> bool {
        let text = &self.answer.text;
        let reasoning = text.trim_start().starts_with("<think>") && !text.contains("</think>");
        let longest = stops.iter().map(String::len).max().unwrap_or(0);
        let from = text.floor_char_boundary(self.searched.saturating_sub(longest));
        self.searched = text.len();
        !reasoning && stops.iter().any(|s| !s.is_empty() && text[from..].contains(s.as_str()))
    }

    /// Whether any part of an answer came.
    pub fn has_begun(&self) -> bool {
        self.parts > 0
    }
}
