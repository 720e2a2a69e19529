use super::read::{is_commentary, read_response};
use crate::ServerEvent;
use crate::remote::{Answer, Misread, Step, StreamReader, event_json};
use serde_json::Value;

/// An answer growing from the events of a response. The last event holds the whole response, which then counts; the
/// pieces before it are gathered for stop strings and for servers whose last event is empty.
#[derive(Debug, Default)]
pub(super) struct Growing {
    begun: bool,
    /// Which items of the output are said on the way to the answer.
    commentary: Vec<u64>,
}

impl StreamReader for Growing {
    fn take(&mut self, event: &ServerEvent, answer: &mut Answer) -> Step {
        let value = match event_json(event) {
            Ok(value) => value,
            Err(step) => return step,
        };
        let kind = value.get("type").and_then(Value::as_str).or(event.event.as_deref()).unwrap_or_default();
        let place = || value.get("output_index").and_then(Value::as_u64);
        let delta = || value.get("delta").and_then(Value::as_str).unwrap_or_default();
        match kind {
            "response.output_item.added" if value.get("item").is_some_and(is_commentary) => {
                self.commentary.extend(place());
            }
            "response.output_text.delta" if place().is_some_and(|at| self.commentary.contains(&at)) => {
                answer.reasoning.push_str(delta());
            }
            "response.output_text.delta" => {
                self.begun = true;
                answer.take_text(&value, "delta");
            }
            "response.refusal.delta" => {
                self.begun = true;
                answer.refusal.push_str(delta());
            }
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => answer.reasoning.push_str(delta()),
            "response.completed" | "response.incomplete" | "response.failed" | "response.cancelled" => {
                return self.end(&value, answer);
            }
            "error" => return Step::Failed(value),
            // Whatever else there is, or will be, reports progress.
            _ if value.is_object() => {}
            _ => return Step::Unreadable("it is not an object".to_owned()),
        }
        Step::More
    }

    fn has_begun(&self) -> bool {
        self.begun
    }
}

impl Growing {
    fn end(&mut self, value: &Value, answer: &mut Answer) -> Step {
        let Some(response) = value.get("response") else {
            return Step::Unreadable("it ends the response and holds none".to_owned());
        };
        if response.get("error").is_some_and(|e| !e.is_null()) {
            return Step::Failed(response.clone());
        }
        match read_response(response) {
            Ok(whole) => {
                self.begun = true;
                let gathered = std::mem::replace(answer, whole);
                if answer.text.is_empty() && answer.refusal.is_empty() {
                    (answer.text, answer.refusal) = (gathered.text, gathered.refusal);
                    answer.wrong = answer.wrong.take().or(gathered.wrong);
                }
                if answer.reasoning.is_empty() {
                    answer.reasoning = gathered.reasoning;
                }
                Step::Done
            }
            Err(Misread::Reports(report)) => Step::Failed(report),
            Err(Misread::Lacks(what)) => Step::Unreadable(what),
        }
    }
}
