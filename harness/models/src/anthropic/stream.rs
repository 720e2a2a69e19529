use super::read::{take_block, take_envelope, take_stop, take_usage};
use crate::ServerEvent;
use crate::remote::{Answer, Step, StreamReader, event_json};
use serde_json::Value;

/// An answer growing from the events of a message.
#[derive(Debug, Default)]
pub(super) struct Growing {
    begun: bool,
}

impl StreamReader for Growing {
    fn take(&mut self, event: &ServerEvent, answer: &mut Answer) -> Step {
        let value = match event_json(event) {
            Ok(value) => value,
            // A message ends with an event of its own.
            Err(Step::Done) => return Step::Unreadable("it is not JSON".to_owned()),
            Err(step) => return step,
        };
        let kind = value.get("type").and_then(Value::as_str).or(event.event.as_deref()).unwrap_or_default();
        match kind {
            "message_start" => {
                self.begun = true;
                if let Some(message) = value.get("message") {
                    take_envelope(answer, message);
                }
            }
            "content_block_start" => {
                if let Some(block) = value.get("content_block") {
                    take_block(answer, block);
                }
            }
            "content_block_delta" => take_delta(answer, value.get("delta").unwrap_or(&Value::Null)),
            "message_delta" => {
                take_stop(answer, value.get("delta").unwrap_or(&Value::Null));
                if let Some(usage) = value.get("usage") {
                    take_usage(answer, usage);
                }
            }
            "message_stop" => return Step::Done,
            "error" => return Step::Failed(value),
            // Pings, ends of blocks, and whatever will be added: the API asks to pass over unknown events.
            _ if value.is_object() => {}
            _ => return Step::Unreadable("it is not an object".to_owned()),
        }
        Step::More
    }

    fn has_begun(&self) -> bool {
        self.begun
    }
}

fn take_delta(answer: &mut Answer, delta: &Value) {
    let text = |field: &str| delta.get(field).and_then(Value::as_str).unwrap_or_default();
    match text("type") {
        "text_delta" => answer.take_text(delta, "text"),
        "thinking_delta" => answer.reasoning.push_str(text("thinking")),
        // Signatures, citations and tools' arguments are no part of the answer.
        _ => {}
    }
}
