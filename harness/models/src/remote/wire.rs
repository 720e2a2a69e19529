use super::{Answer, read_json};
use crate::ServerEvent;
use proctor_core::{Capabilities, Message, ModelError, ModelErrorKind, Prompt, Request, Role};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;

/// What is posted, and where.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Question {
    /// Path below the base address, query included.
    pub path: Cow<'static, str>,
    /// The body.
    pub body: Map<String, Value>,
    /// The field that carries the most new tokens.
    pub max_tokens_field: Cow<'static, str>,
    /// Whether every stop string is in it; the rest is applied here.
    pub all_stops_sent: bool,
}

impl Question {
    /// No question, for what is not one.
    pub fn nothing() -> Self {
        Self { path: Cow::Borrowed(""), body: Map::new(), max_tokens_field: Cow::Borrowed(""), all_stops_sent: true }
    }
}

/// What an event of a stream leads to.
#[derive(Debug, PartialEq)]
pub(crate) enum Step {
    /// Read on.
    More,
    /// The server says that this is all.
    Done,
    /// The server reports an error instead.
    Failed(Value),
    /// The event cannot be read; says why.
    Unreadable(String),
}

/// Why a whole body is no answer.
#[derive(Debug, PartialEq)]
pub(crate) enum Misread {
    /// It lacks something; says what.
    Lacks(String),
    /// It reports an error of the service.
    Reports(Value),
}

impl From<&str> for Misread {
    fn from(what: &str) -> Self {
        Misread::Lacks(what.to_owned())
    }
}

/// Reads the events of one streamed answer.
pub(crate) trait StreamReader: Send {
    /// Takes in one event.
    fn take(&mut self, event: &ServerEvent, answer: &mut Answer) -> Step;

    /// Whether any part of an answer came.
    fn has_begun(&self) -> bool;
}

/// The JSON of an event; where it holds none, the step that this leads to: blank ones are passed over, and `[DONE]` ends the
/// stream.
pub(crate) fn event_json(event: &ServerEvent) -> Result<Value, Step> {
    match event.data.trim() {
        "" => Err(Step::More),
        "[DONE]" => Err(Step::Done),
        data => read_json(data.as_bytes()).map_err(|error| Step::Unreadable(format!("it is not JSON ({error})"))),
    }
}

/// The messages of a chat with `model`, which continues no raw text.
pub(crate) fn chat_messages<'a>(request: &'a Request, model: &str) -> Result<&'a [Message], ModelError> {
    match &request.prompt {
        Prompt::Chat(messages) => Ok(messages),
        Prompt::Completion(_) => Err(chat_only(model)),
    }
}

/// The error of asking a chat model to continue raw text.
pub(crate) fn chat_only(model: &str) -> ModelError {
    let message = format!("{model} takes chats only, no raw text; leave out --protocol completion");
    ModelError::new(ModelErrorKind::BadRequest, message)
}

/// Standing instructions and turns apart, each in order.
pub(crate) fn instructions_and_turns(messages: &[Message]) -> (Vec<&Message>, Vec<&Message>) {
    messages.iter().partition(|message| message.role == Role::System)
}

/// How a vendor's requests are written and its answers read. Pure: whoever connects is [`super::Remote`].
pub(crate) trait Wire: fmt::Debug + Send + Sync {
    /// What an endpoint of this format is called, article included.
    fn endpoint_kind(&self) -> &'static str;

    /// The word for the format in provenance.
    fn backend(&self) -> &'static str;

    /// What further decides the answers, for provenance.
    fn settings(&self) -> Map<String, Value>;

    /// What can be asked.
    fn capabilities(&self) -> Capabilities;

    /// Whether answers are streamed, where options say so.
    fn stream(&self) -> Option<bool>;

    /// Writes a request.
    fn question(&self, request: &Request, stream: bool) -> Result<Question, ModelError>;

    /// Reads a whole answer.
    fn read(&self, body: &Value) -> Result<Answer, Misread>;

    /// Reads a streamed answer.
    fn reader(&self) -> Box<dyn StreamReader>;

    /// The path below the base address at which the names of models are listed.
    fn models_path(&self) -> Cow<'static, str> {
        Cow::Borrowed("models")
    }
}
