use crate::{cut_at_stop, split_thinking};
use proctor_core::{Completion, Finish, Protocol, Request, Usage};
use serde_json::Value;

/// An answer as it is put together, from one body or from many deltas.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Answer {
    pub text: String,
    pub reasoning: String,
    pub refusal: String,
    pub finish: Option<String>,
    pub usage: Option<Usage>,
    pub model: Option<String>,
}

impl Answer {
    /// Takes in one choice's `message`, `delta` or, for raw completions, the choice itself.
    pub fn take(&mut self, part: &Value) {
        for field in ["content", "text"] {
            match part.get(field) {
                Some(Value::String(text)) => self.text.push_str(text),
                Some(Value::Array(parts)) => parts.iter().for_each(|p| self.take_part(p)),
                _ => {}
            }
        }
        // Servers that send both fields send the same text in both.
        let reasoning =
            ["reasoning_content", "reasoning"].into_iter().find_map(|f| part.get(f)?.as_str().filter(|t| !t.is_empty()));
        self.reasoning.push_str(reasoning.unwrap_or_default());
        self.refusal.push_str(part.get("refusal").and_then(Value::as_str).unwrap_or_default());
    }

    /// Takes in one element of a `content` that is a list.
    fn take_part(&mut self, part: &Value) {
        match part.get("type").and_then(Value::as_str) {
            Some("thinking") => match part.get("thinking") {
                Some(Value::Array(inner)) => {
                    for text in inner.iter().filter_map(|p| p.get("text")?.as_str()) {
                        self.reasoning.push_str(text);
                    }
                }
                other => self.reasoning.push_str(other.and_then(Value::as_str).unwrap_or_default()),
            },
            Some("refusal") => self.refusal.push_str(part.get("refusal").and_then(Value::as_str).unwrap_or_default()),
            _ => self.text.push_str(part.get("text").and_then(Value::as_str).unwrap_or_default()),
        }
    }

    /// Takes in what stands beside the choices.
    pub fn take_envelope(&mut self, envelope: &Value) {
        if let Some(usage) = envelope.get("usage").and_then(read_usage) {
            self.usage = Some(usage);
        }
        if let Some(model) = envelope.get("model").and_then(Value::as_str).filter(|m| !m.is_empty()) {
            self.model = Some(model.to_owned());
        }
    }

    /// The completion this amounts to. Reasoning left in a chat answer is taken out, and the answer cut at the first
    /// stop string.
    pub fn complete(self, request: &Request, model: &str, latency_s: f64) -> Completion {
        let usage = self.usage.unwrap_or_default();
        let withheld = self.text.is_empty() && !self.refusal.is_empty();
        let (thought, mut text) = match request.prompt.protocol() {
            _ if withheld => (None, self.refusal),
            Protocol::Chat => split_thinking(&self.text),
            Protocol::Completion => (None, self.text),
        };
        let reasoning = match (self.reasoning.is_empty(), thought) {
            (true, thought) => thought,
            (false, None) => Some(self.reasoning),
            (false, Some(thought)) => Some(format!("{}\n{thought}", self.reasoning)),
        };
        let cut = !withheld && cut_at_stop(&mut text, &request.sampling.stop);
        let finish = match self.finish {
            _ if withheld => Finish::ContentFilter,
            _ if cut => Finish::Stop,
            Some(word) => read_finish(&word),
            None => {
                // Only the count tells whether a server without finish reasons ran out of tokens.
                let limit = request.sampling.max_tokens.map(u64::from);
                let all_used = usage.completion_tokens.zip(limit).is_some_and(|(used, limit)| used >= limit);
                if all_used { Finish::Length } else { Finish::Stop }
            }
        };
        let model = self.model.unwrap_or_else(|| model.to_owned());
        Completion { text, reasoning, finish, usage, model, latency_s, cost_usd: None }
    }
}

fn read_finish(word: &str) -> Finish {
    match word {
        "stop" | "stop_sequence" | "end_turn" | "eos" | "eos_token" => Finish::Stop,
        "length" | "max_tokens" | "model_length" => Finish::Length,
        "content_filter" | "refusal" | "safety" => Finish::ContentFilter,
        other => Finish::Other(other.chars().take(100).collect()),
    }
}

/// Token counts; `None` when the field is absent or null.
fn read_usage(usage: &Value) -> Option<Usage> {
    let usage = usage.as_object()?;
    let count = |name: &str| usage.get(name).and_then(Value::as_u64);
    let detail = |group: &str, name: &str| usage.get(group).and_then(|g| g.get(name)).and_then(Value::as_u64);
    Some(Usage {
        prompt_tokens: count("prompt_tokens"),
        completion_tokens: count("completion_tokens"),
        reasoning_tokens: detail("completion_tokens_details", "reasoning_tokens"),
        cached_tokens: detail("prompt_tokens_details", "cached_tokens").or_else(|| count("prompt_cache_hit_tokens")),
    })
}

/// Reads a whole, unstreamed body. `Err` says what it lacks.
pub(super) fn read_body(body: &Value) -> Result<Answer, &'static str> {
    let choice = body.get("choices").and_then(Value::as_array).ok_or("it has no `choices`")?;
    let choice = choice.first().ok_or("its `choices` are empty")?;
    let part = match choice.get("message") {
        Some(message) => message,
        None if choice.get("text").is_some() => choice,
        None => return Err("its first choice has neither `message` nor `text`"),
    };
    let mut answer = Answer::default();
    answer.take(part);
    answer.take_envelope(body);
    answer.finish = choice.get("finish_reason").and_then(Value::as_str).map(str::to_owned);
    Ok(answer)
}
