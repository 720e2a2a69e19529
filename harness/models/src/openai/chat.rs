use super::dialect::Dialect;
use super::read::{read_body, read_cost, read_usage};
use super::stream::Growing;
use crate::remote::{Answer, Misread, Question, SEED_BITS, StreamReader, Wire, apply, chat_only};
use proctor_core::{Capabilities, ModelError, Prompt, Request};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// OpenAI's chat and completions in the dialect of one service.
#[derive(Debug)]
pub(crate) struct Chat {
    /// The model's name at the service.
    pub model: String,
    /// How it wants its requests.
    pub dialect: Dialect,
    /// The user's own fields.
    pub args: Map<String, Value>,
    /// What is added to every path, query included.
    pub query: Option<String>,
    /// Whether `usage.cost` is in US dollars.
    pub cost_in_usage: bool,
}

impl Chat {
    pub fn new(model: &str, dialect: Dialect, args: Map<String, Value>) -> Self {
        Self { model: model.to_owned(), dialect, args, query: None, cost_in_usage: false }
    }

    fn path(&self, path: &'static str) -> Cow<'static, str> {
        match &self.query {
            None => Cow::Borrowed(path),
            Some(query) => Cow::Owned(format!("{path}?{query}")),
        }
    }

    fn write(
        &self,
        request: &Request,
        dialect: &Dialect,
        extra: &Map<String, Value>,
        stream: bool,
    ) -> Result<Question, ModelError> {
        let sampling = &request.sampling;
        let mut body = Map::with_capacity(10);
        body.insert("model".to_owned(), json!(self.model));
        let path = match &request.prompt {
            Prompt::Chat(messages) => {
                body.insert("messages".to_owned(), json!(messages));
                "chat/completions"
            }
            Prompt::Completion(_) if !dialect.taste.completions => return Err(chat_only(&self.model)),
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
        // Raw completions know the old name only.
        let raw = path == "completions" && dialect.max_tokens_field == "max_completion_tokens";
        let max_tokens_field = if raw { Cow::Borrowed("max_tokens") } else { dialect.max_tokens_field.clone() };
        set(&max_tokens_field, sampling.max_tokens.map(Value::from));
        if dialect.sampling {
            set("temperature", sampling.temperature.map(Value::from));
            set("top_p", sampling.top_p.map(Value::from));
        }
        let wanted = sampling.stop.iter().filter(|s| !s.is_empty());
        if dialect.stops {
            let stops: Vec<_> = wanted.clone().take(dialect.taste.most_stops.unwrap_or(usize::MAX)).collect();
            set("stop", (!stops.is_empty()).then(|| json!(stops)));
        }
        if dialect.taste.top_k {
            set("top_k", sampling.top_k.map(Value::from));
        }
        if let Some(field) = dialect.taste.seed_field {
            set(field, sampling.seed.map(|seed| Value::from(seed & SEED_BITS)));
        }
        if stream {
            set("stream", Some(json!(true)));
            if dialect.taste.stream_options {
                set("stream_options", Some(json!({"include_usage": true})));
            }
        }
        apply(&mut body, &self.args);
        apply(&mut body, extra);
        if dialect.taste.logprobs_counted {
            count_logprobs(&mut body);
        }
        let sent = body.get("stop").and_then(Value::as_array).map_or(0, Vec::len);
        Ok(Question { path: self.path(path), body, max_tokens_field, all_stops_sent: sent >= wanted.count() })
    }
}

/// Writes `logprobs` and `top_logprobs` as one number.
fn count_logprobs(body: &mut Map<String, Value>) {
    let Some(Value::Bool(wanted)) = body.get("logprobs") else { return };
    let wanted = *wanted;
    let most = body.shift_remove("top_logprobs").and_then(|most| most.as_u64()).unwrap_or(1);
    if wanted {
        body.insert("logprobs".to_owned(), json!(most.max(1)));
    } else {
        body.shift_remove("logprobs");
    }
}

impl Wire for Chat {
    fn endpoint_kind(&self) -> &'static str {
        "an OpenAI-compatible endpoint"
    }

    fn backend(&self) -> &'static str {
        "openai"
    }

    fn settings(&self) -> Map<String, Value> {
        let mut all = Map::new();
        all.insert("max_tokens_field".to_owned(), json!(self.dialect.max_tokens_field));
        all.insert("sampling_sent".to_owned(), json!(self.dialect.sampling));
        all.insert("args".to_owned(), json!(self.args));
        all
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            chat: true,
            completion: self.dialect.taste.completions,
            seed: self.dialect.taste.seed_field.is_some(),
            concurrency: None,
            context_tokens: None,
        }
    }

    fn stream(&self) -> Option<bool> {
        self.dialect.stream
    }

    fn question(&self, request: &Request, stream: bool) -> Result<Question, ModelError> {
        if request.sampling.extra.is_empty() {
            return self.write(request, &self.dialect, &request.sampling.extra, stream);
        }
        let (dialect, extra) = self.dialect.clone().with_arguments(&request.sampling.extra)?;
        self.write(request, &dialect, &extra, stream)
    }

    fn read(&self, body: &Value) -> Result<Answer, Misread> {
        let mut answer = read_body(body)?;
        self.settle(&mut answer, body.get("usage"));
        Ok(answer)
    }

    fn reader(&self) -> Box<dyn StreamReader> {
        Box::new(Growing::new(self.cost_in_usage, self.dialect.taste.reasoning_beside))
    }

    fn models_path(&self) -> Cow<'static, str> {
        self.path("models")
    }
}

impl Chat {
    fn settle(&self, answer: &mut Answer, usage: Option<&Value>) {
        let Some(usage) = usage else { return };
        answer.usage = read_usage(usage, self.dialect.taste.reasoning_beside).or(answer.usage);
        if self.cost_in_usage {
            answer.cost_usd = read_cost(usage).or(answer.cost_usd);
        }
    }
}
