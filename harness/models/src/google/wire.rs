use super::read::read_response;
use super::stream::Growing;
use crate::remote::{Answer, Arguments, Misread, Question, SEED_BITS, StreamReader, Wire, chat_messages, instructions_and_turns};
use proctor_core::{Capabilities, ModelError, Request, Role};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// Most stop strings in one request.
const MOST_STOPS: usize = 5;

/// Fields of a request that stand beside `generationConfig`; all others the user gives go into it.
const OUTSIDE: [&str; 9] = [
    "safetySettings",
    "tools",
    "toolConfig",
    "cachedContent",
    "systemInstruction",
    "generationConfig",
    "labels",
    "serviceTier",
    "store",
];

/// What users of other formats may write for a field of `generationConfig`.
const ALIASES: [(&str, &str); 3] = [("max_tokens", "maxOutputTokens"), ("stop", "stopSequences"), ("top_logprobs", "logprobs")];

/// Options that belong to `generationConfig.thinkingConfig`.
const THINKING: [(&str, &str); 6] = [
    ("thinking_budget", "thinkingBudget"),
    ("thinkingBudget", "thinkingBudget"),
    ("thinking_level", "thinkingLevel"),
    ("thinkingLevel", "thinkingLevel"),
    ("include_thoughts", "includeThoughts"),
    ("includeThoughts", "includeThoughts"),
];

/// Google's Gemini API.
#[derive(Debug)]
pub(crate) struct Gemini {
    model: String,
    args: Map<String, Value>,
    stream: Option<bool>,
}

impl Gemini {
    /// Takes `stream` out of `args`; the rest goes into requests.
    pub fn new(model: &str, mut args: Arguments) -> Result<Self, ModelError> {
        let stream = args.take_bool("stream")?;
        Ok(Self { model: model.to_owned(), args: args.rest(), stream })
    }
}

/// Puts the user's fields where they belong.
fn place(args: &Map<String, Value>, config: &mut Map<String, Value>, body: &mut Map<String, Value>) {
    for (field, value) in args {
        if field == "generationConfig" {
            if let Value::Object(inner) = value {
                place(inner, config, body);
            }
        } else if let Some(name) = OUTSIDE.iter().find(|name| **name == camel(field)) {
            set(body, name, value);
        } else if let Some((_, name)) = THINKING.iter().find(|(option, _)| option == field) {
            let thinking = config.entry("thinkingConfig").or_insert_with(|| json!({}));
            if let Some(thinking) = thinking.as_object_mut() {
                set(thinking, name, value);
            }
        } else {
            // `logprobs` is a number in Gemini's words and a yes or no in everybody else's.
            let name = match ALIASES.iter().find(|(option, _)| option == field) {
                Some((_, name)) => (*name).to_owned(),
                None if field == "logprobs" && value.is_boolean() => "responseLogprobs".to_owned(),
                None => camel(field),
            };
            if name == "logprobs" && value.is_number() {
                config.entry("responseLogprobs").or_insert(Value::Bool(true));
            }
            set(config, &name, value);
        }
    }
}

/// A field's name as Gemini writes it: `response_mime_type` is `responseMimeType`.
fn camel(field: &str) -> String {
    let mut name = String::with_capacity(field.len());
    let mut parts = field.split('_');
    name.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let mut letters = part.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}

fn set(into: &mut Map<String, Value>, field: &str, value: &Value) {
    if value.is_null() {
        into.shift_remove(field);
    } else {
        into.insert(field.to_owned(), value.clone());
    }
}

impl Wire for Gemini {
    fn endpoint_kind(&self) -> &'static str {
        "an endpoint of Google's Gemini API"
    }

    fn backend(&self) -> &'static str {
        "google"
    }

    fn settings(&self) -> Map<String, Value> {
        let mut all = Map::new();
        all.insert("args".to_owned(), json!(self.args));
        all
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { chat: true, completion: false, seed: true, concurrency: None, context_tokens: None }
    }

    fn stream(&self) -> Option<bool> {
        self.stream
    }

    fn question(&self, request: &Request, stream: bool) -> Result<Question, ModelError> {
        let messages = chat_messages(request, &self.model)?;
        let (system, turns) = instructions_and_turns(messages);
        let contents: Vec<Value> = turns
            .iter()
            .map(|message| {
                let role = if message.role == Role::Assistant { "model" } else { "user" };
                json!({"role": role, "parts": [{"text": message.content}]})
            })
            .collect();
        let mut body = Map::with_capacity(4);
        body.insert("contents".to_owned(), Value::Array(contents));
        if !system.is_empty() {
            let parts: Vec<_> = system.iter().map(|m| json!({"text": m.content})).collect();
            body.insert("systemInstruction".to_owned(), json!({ "parts": parts }));
        }
        let sampling = &request.sampling;
        let wanted = sampling.stop.iter().filter(|s| !s.is_empty());
        let stops: Vec<_> = wanted.clone().take(MOST_STOPS).collect();
        let all_stops_sent = stops.len() == wanted.count();
        let mut config = Map::with_capacity(6);
        let fields = [
            ("maxOutputTokens", sampling.max_tokens.map(Value::from)),
            ("temperature", sampling.temperature.map(Value::from)),
            ("topP", sampling.top_p.map(Value::from)),
            ("topK", sampling.top_k.map(Value::from)),
            ("stopSequences", (!stops.is_empty()).then(|| json!(stops))),
            ("seed", sampling.seed.map(|seed| Value::from(seed & SEED_BITS))),
        ];
        for (field, value) in fields {
            if let Some(value) = value {
                config.insert(field.to_owned(), value);
            }
        }
        place(&self.args, &mut config, &mut body);
        if !sampling.extra.is_empty() {
            let mut extra = Arguments::new(&sampling.extra)?;
            extra.take_bool("stream")?;
            place(&extra.rest(), &mut config, &mut body);
        }
        if !config.is_empty() {
            body.insert("generationConfig".to_owned(), Value::Object(config));
        }
        let method = if stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
        let path = Cow::Owned(format!("models/{}:{method}", self.model));
        Ok(Question { path, body, max_tokens_field: Cow::Borrowed("maxOutputTokens"), all_stops_sent })
    }

    fn read(&self, body: &Value) -> Result<Answer, Misread> {
        read_response(body)
    }

    fn reader(&self) -> Box<dyn StreamReader> {
        Box::new(Growing::default())
    }

    fn models_path(&self) -> Cow<'static, str> {
        Cow::Borrowed("models?pageSize=1000")
    }
}
