use proctor_core::{Message, Prompt, Request, Role, Sampling};
use serde_json::{Map, Value};

/// Tokens that a short answer takes, and those that it takes a reasoning model to come to one.
pub(super) const SHORT: u32 = 64;
pub(super) const REASONED: u32 = 2048;

/// A chat with these messages.
pub(super) fn chat(system: Option<&str>, user: &str, sampling: Sampling) -> Request {
    let mut messages = Vec::new();
    messages.extend(system.map(|text| Message::new(Role::System, text)));
    messages.push(Message::new(Role::User, user));
    Request::new(Prompt::Chat(messages), sampling)
}

/// A request that is answered by going on with a text.
pub(super) fn raw(text: &str, sampling: Sampling) -> Request {
    Request::new(Prompt::Completion(text.to_owned()), sampling)
}

/// Greedy, with so many tokens for an answer.
pub(super) fn greedy(room: u32) -> Sampling {
    Sampling { temperature: Some(0.0), max_tokens: Some(room), ..Sampling::default() }
}

/// [`greedy`] with further fields.
pub(super) fn with(room: u32, fields: &[(&str, Value)]) -> Sampling {
    let extra: Map<String, Value> = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Sampling { extra, ..greedy(room) }
}

/// A prompt of so many words, to learn from its refusal how much a context holds.
pub(super) fn long(words: usize) -> String {
    "word ".repeat(words)
}
