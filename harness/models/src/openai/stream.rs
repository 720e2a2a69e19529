use super::logprobs::read_bare_logprob;
use super::read::{read_cost, read_usage, take, take_choice, take_envelope};
use crate::ServerEvent;
use crate::remote::{Answer, Step, StreamReader, event_json};
use serde_json::{Value, json};

/// An answer growing from a stream.
#[derive(Debug, Default)]
pub(super) struct Growing {
    parts: usize,
    cost_in_usage: bool,
    reasoning_beside: bool,
}

impl Growing {
    pub fn new(cost_in_usage: bool, reasoning_beside: bool) -> Self {
        Self { parts: 0, cost_in_usage, reasoning_beside }
    }
}

impl StreamReader for Growing {
    fn take(&mut self, event: &ServerEvent, answer: &mut Answer) -> Step {
        let chunk = match event_json(event) {
            Ok(chunk) => chunk,
            Err(step) => return step,
        };
        let reports_error = chunk.get("error").is_some_and(|e| !e.is_null()) || event.event.as_deref() == Some("error");
        if reports_error {
            return Step::Failed(chunk);
        }
        // Groq says in a corner of its own why a stream ends early.
        if let Some(why) = chunk.pointer("/x_groq/error").and_then(Value::as_str).filter(|why| !why.is_empty()) {
            return Step::Failed(json!({"error": {"message": why, "code": 503}}));
        }
        take_envelope(answer, &chunk, self.reasoning_beside);
        if self.cost_in_usage {
            answer.cost_usd = chunk.get("usage").and_then(read_cost).or(answer.cost_usd);
        }
        let Some(choices) = chunk.get("choices").and_then(Value::as_array) else {
            // Some servers interleave chunks of their own, such as usage or timings alone.
            return if chunk.is_object() { Step::More } else { Step::Unreadable("it is not an object".to_owned()) };
        };
        for choice in choices.iter().filter(|c| c.get("index").and_then(Value::as_u64).unwrap_or(0) == 0) {
            self.parts += 1;
            let part = choice.get("delta").or_else(|| choice.get("message")).unwrap_or(choice);
            take(answer, part);
            read_bare_logprob(choice, part, &mut answer.logprobs);
            if let Some(report) = take_choice(answer, choice) {
                return Step::Failed(report);
            }
            // Moonshot and others put the usage into the last choice.
            if let Some(usage) = choice.get("usage").and_then(|usage| read_usage(usage, self.reasoning_beside)) {
                answer.usage = Some(usage);
            }
        }
        Step::More
    }

    fn has_begun(&self) -> bool {
        self.parts > 0
    }
}
