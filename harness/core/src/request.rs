use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Who speaks in a chat message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Standing instructions.
    System,
    /// The questioner.
    User,
    /// The model.
    Assistant,
}

/// One message of a chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// The text, byte for byte as sent.
    pub content: String,
}

impl Message {
    /// A message of `role` saying `content`.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self { role, content: content.into() }
    }
}

/// How a question reaches the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Messages, formatted by the model's own chat template.
    Chat,
    /// Raw text that the model continues; no template.
    Completion,
}

/// The exact text of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Prompt {
    /// Chat messages in order.
    Chat(Vec<Message>),
    /// Raw text to continue.
    Completion(String),
}

impl Prompt {
    /// The protocol this prompt belongs to.
    pub fn protocol(&self) -> Protocol {
        match self {
            Prompt::Chat(_) => Protocol::Chat,
            Prompt::Completion(_) => Protocol::Completion,
        }
    }
}

/// How the answer is drawn. `None` leaves the choice to the model's provider.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sampling {
    /// 0 is greedy.
    pub temperature: Option<f64>,
    /// Nucleus mass, in (0, 1].
    pub top_p: Option<f64>,
    /// Only the k most probable tokens, where the backend supports it.
    pub top_k: Option<u32>,
    /// Most new tokens in one answer.
    pub max_tokens: Option<u32>,
    /// The answer ends before the first of these.
    pub stop: Vec<String>,
    /// Seed for backends that take one; filled in per (sample, epoch, call) by the session.
    pub seed: Option<u64>,
    /// Further fields handed to the provider as they are (`-M key=value`).
    pub extra: Map<String, Value>,
}

/// Which attempt a question belongs to. It is never sent, stored or hashed: backends that answer from a file or by a
/// script (`replay/…`, `mock/…`) look answers up by it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestLabel {
    /// The sample.
    pub sample_id: String,
    /// The k-th attempt at it, from 0.
    pub epoch: u32,
    /// The k-th question of that attempt, from 0.
    pub call: u32,
}

/// One question to a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// What is asked.
    pub prompt: Prompt,
    /// How the answer is drawn.
    pub sampling: Sampling,
    /// Which attempt it belongs to; filled in by the engine, `None` elsewhere.
    #[serde(skip)]
    pub label: Option<RequestLabel>,
}

impl Request {
    /// A question that belongs to no attempt yet.
    pub fn new(prompt: Prompt, sampling: Sampling) -> Self {
        Self { prompt, sampling, label: None }
    }
}
