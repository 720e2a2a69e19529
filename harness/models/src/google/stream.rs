use super::read::take_response;
use crate::ServerEvent;
use crate::remote::{Answer, Step, StreamReader, event_json};

/// An answer growing from a stream of responses. The end of the stream is the end of the answer, which is whole if a
/// reason for its end came.
#[derive(Debug, Default)]
pub(super) struct Growing {
    begun: bool,
}

impl StreamReader for Growing {
    fn take(&mut self, event: &ServerEvent, answer: &mut Answer) -> Step {
        let value = match event_json(event) {
            Ok(value) => value,
            Err(step) => return step,
        };
        let first = value.as_array().and_then(|list| list.first()).unwrap_or(&value);
        if first.get("error").is_some_and(|e| !e.is_null()) {
            return Step::Failed(value);
        }
        if !value.is_object() {
            return Step::Unreadable("it is not an object".to_owned());
        }
        self.begun |= take_response(answer, &value);
        Step::More
    }

    fn has_begun(&self) -> bool {
        self.begun
    }
}
