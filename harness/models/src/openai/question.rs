use super::dialect::Dialect;
use proctor_core::{Prompt, Request};
use serde_json::{Map, Value, json};

/// Some services take seeds of 31 bits only; no service needs more to tell attempts apart.
const SEED_BITS: u64 = (1 << 31) - 1;

/// What is posted, and where.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    /// Path below the base address.
    pub path: &'static str,
    /// The body.
    pub body: Value,
    /// Whether every stop string is in it; the rest is applied here.
    pub all_stops_sent: bool,
}

/// Writes a request in the endpoint's dialect. `args` come after the sampling and replace its fields; a `null` takes
/// a field out.
pub(super) fn question(model: &str, request: &Request, dialect: &Dialect, args: &Map<String, Value>, stream: bool) -> Question {
    let sampling = &request.sampling;
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(model));
    let path = match &request.prompt {
        Prompt::Chat(messages) => {
            body.insert("messages".to_owned(), json!(messages));
            "chat/completions"
        }
        Prompt::Completion(text) => {
            body.insert("prompt".to_owned(), json!(text));
            "completions"
        }
    };
    let mut set = |field: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(field.to_owned(), value);
        }
    };
    set(&dialect.max_tokens_field, sampling.max_tokens.map(Value::from));
    if dialect.sampling {
        set("temperature", sampling.temperature.map(Value::from));
        set("top_p", sampling.top_p.map(Value::from));
        let stops: Vec<_> =
            sampling.stop.iter().filter(|s| !s.is_empty()).take(dialect.most_stops.unwrap_or(usize::MAX)).collect();
        set("stop", (!stops.is_empty()).then(|| json!(stops)));
    }
    if dialect.top_k {
        set("top_k", sampling.top_k.map(Value::from));
    }
    set("seed", sampling.seed.map(|seed| Value::from(seed & SEED_BITS)));
    if stream {
        set("stream", Some(json!(true)));
        set("stream_options", Some(json!({"include_usage": true})));
    }
    for (field, value) in args.iter().chain(&sampling.extra) {
        if value.is_null() {
            body.shift_remove(field);
        } else {
            body.insert(field.clone(), value.clone());
        }
    }
    let sent = body.get("stop").and_then(Value::as_array).map_or(0, Vec::len);
    let all_stops_sent = sent >= sampling.stop.iter().filter(|s| !s.is_empty()).count();
    Question { path, body: Value::Object(body), all_stops_sent }
}
