use proctor_core::{ModelError, ModelErrorKind};
use serde_json::{Map, Value};

/// Fields that `-M` may not set, and what to use instead.
const RESERVED: [(&str, &str); 4] = [
    ("model", "the model's name is part of `-m`"),
    ("messages", "the benchmark writes the prompt"),
    ("prompt", "the benchmark writes the prompt"),
    ("n", "several answers to one question are asked one by one, as epochs"),
];

/// How one endpoint wants its requests.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Dialect {
    /// The name of the field for the most new tokens.
    pub max_tokens_field: String,
    /// Whether temperature, nucleus and stop strings may be sent.
    pub sampling: bool,
    /// Whether `top_k` may be sent.
    pub top_k: bool,
    /// Most stop strings in one request; `None` is no limit.
    pub most_stops: Option<usize>,
    /// Whether answers are streamed, where `-M stream=…` says so.
    pub stream: Option<bool>,
}

impl Dialect {
    /// What most servers take.
    pub fn generic() -> Self {
        Self { max_tokens_field: "max_tokens".to_owned(), sampling: true, top_k: true, most_stops: Some(4), stream: None }
    }

    /// What OpenAI's own models take. Its reasoning models know only `max_completion_tokens` and refuse temperature,
    /// nucleus and stop strings.
    pub fn of_openai(model: &str) -> Self {
        let reasoning = is_reasoning_model(model);
        let max_tokens_field = if reasoning { "max_completion_tokens" } else { "max_tokens" };
        Self { max_tokens_field: max_tokens_field.to_owned(), sampling: !reasoning, top_k: false, ..Self::generic() }
    }

    /// Takes what concerns the dialect out of `args`; the rest goes into requests as it is.
    pub fn with_arguments(mut self, args: &Map<String, Value>) -> Result<(Self, Map<String, Value>), ModelError> {
        let wrong = |message: String| Err(ModelError::new(ModelErrorKind::BadRequest, message));
        let mut rest = Map::new();
        for (key, value) in args {
            if let Some((_, instead)) = RESERVED.iter().find(|(k, _)| k == key) {
                return wrong(format!("`-M {key}=...` is not possible: {instead}"));
            }
            match (key.as_str(), value) {
                ("max_tokens_field", Value::String(field)) if !field.is_empty() => self.max_tokens_field.clone_from(field),
                ("max_tokens_field", _) => return wrong("`-M max_tokens_field=...` takes the name of a field".to_owned()),
                ("stream", Value::Bool(stream)) => self.stream = Some(*stream),
                ("stream", _) => return wrong("`-M stream=...` takes true or false".to_owned()),
                _ => {
                    rest.insert(key.clone(), value.clone());
                }
            }
        }
        Ok((self, rest))
    }
}

/// Whether a model of OpenAI reasons, by its name: `o1`, `o3-mini`, `gpt-5.1`, but not `gpt-5-chat-latest`.
fn is_reasoning_model(model: &str) -> bool {
    let model = model.strip_prefix("ft:").unwrap_or(model);
    let o_series = model.strip_prefix('o').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    o_series || (model.starts_with("gpt-5") && !model.contains("-chat"))
}
