use super::read::read_message;
use super::stream::Growing;
use crate::remote::{Answer, Arguments, Misread, Question, StreamReader, Wire, apply, chat_messages, instructions_and_turns};
use proctor_core::{Capabilities, ModelError, ModelErrorKind, Request};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// The least budget of reasoning the API takes, in tokens.
const LEAST_THINKING: u64 = 1024;

/// Anthropic's messages API. It knows no seeds; a limit of tokens is required.
#[derive(Debug)]
pub(crate) struct Messages {
    model: String,
    args: Map<String, Value>,
    /// Tokens of reasoning, on top of those of the answer.
    thinking_budget: Option<u64>,
    /// Whether temperature, nucleus and `top_k` may be sent.
    sampling: bool,
    stream: Option<bool>,
    /// What stands before every path.
    root: &'static str,
}

impl Messages {
    /// Takes `stream`, `thinking_budget`, `effort` and `cache_control` out of `args`; the rest goes into requests as it is.
    pub fn new(model: &str, mut args: Arguments, root: &'static str) -> Result<Self, ModelError> {
        let stream = args.take_bool("stream")?;
        let thinking_budget = args.take_number("thinking_budget")?;
        if thinking_budget.is_some_and(|budget| budget < LEAST_THINKING) {
            let message = format!("`-M thinking_budget=...` is at least {LEAST_THINKING} tokens");
            return Err(ModelError::new(ModelErrorKind::BadRequest, message));
        }
        let effort = args.take_word("effort", "a word, such as low, medium or high")?;
        let mut args = args.rest();
        if let Some(effort) = effort {
            let config = args.entry("output_config").or_insert_with(|| json!({}));
            if let Some(config) = config.as_object_mut() {
                config.entry("effort").or_insert_with(|| json!(effort));
            }
        }
        if let Some(control) = args.get_mut("cache_control") {
            match control.as_str() {
                Some("ephemeral" | "5m") => *control = json!({"type": "ephemeral"}),
                Some("1h") => *control = json!({"type": "ephemeral", "ttl": "1h"}),
                _ => {}
            }
        }
        let thinks = thinking_budget.is_some()
            || args.get("thinking").and_then(|t| t.get("type")).and_then(Value::as_str).is_some_and(|kind| kind != "disabled");
        let sampling = takes_sampling(model) && !thinks;
        Ok(Self { model: model.to_owned(), args, thinking_budget, sampling, stream, root })
    }
}

/// Whether a model takes temperature and its like. Claude Opus from 4.7 on and every Claude from 5 on refuse them.
fn takes_sampling(model: &str) -> bool {
    let Some(rest) = model.strip_prefix("claude-") else {
        return true;
    };
    if rest.starts_with("mythos") || rest.starts_with("fable") {
        return false;
    }
    // Numbers of more than two digits are dates.
    let mut numbers = rest.split(['-', '.', '@']).filter_map(|part| part.parse::<u32>().ok()).filter(|n| *n < 100);
    match (numbers.next(), numbers.next().unwrap_or(0)) {
        (Some(major), _) if major >= 5 => false,
        (Some(4), minor) => !rest.starts_with("opus") || minor < 7,
        _ => true,
    }
}

/// The most new tokens asked for where nobody says how many: as much as any model of the generation can.
fn most_tokens(model: &str) -> u64 {
    let any = |names: &[&str]| names.iter().any(|name| model.contains(name));
    if any(&["claude-3-5", "claude-3-7"]) {
        8192
    } else if any(&["claude-3", "claude-2", "claude-instant"]) {
        4096
    } else {
        32_000
    }
}

impl Wire for Messages {
    fn endpoint_kind(&self) -> &'static str {
        "an endpoint of Anthropic's messages API"
    }

    fn backend(&self) -> &'static str {
        "anthropic"
    }

    fn settings(&self) -> Map<String, Value> {
        let mut all = Map::new();
        all.insert("sampling_sent".to_owned(), json!(self.sampling));
        all.insert("thinking_budget".to_owned(), json!(self.thinking_budget));
        all.insert("args".to_owned(), json!(self.args));
        all
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { chat: true, completion: false, seed: false, concurrency: None, context_tokens: None }
    }

    fn stream(&self) -> Option<bool> {
        self.stream
    }

    fn question(&self, request: &Request, stream: bool) -> Result<Question, ModelError> {
        let messages = chat_messages(request, &self.model)?;
        let sampling = &request.sampling;
        let mut body = Map::with_capacity(8);
        body.insert("model".to_owned(), json!(self.model));
        let answer_tokens = sampling.max_tokens.map_or_else(|| most_tokens(&self.model), u64::from);
        body.insert("max_tokens".to_owned(), json!(answer_tokens + self.thinking_budget.unwrap_or(0)));
        let (system, turns) = instructions_and_turns(messages);
        if !system.is_empty() {
            let text = system.iter().map(|m| m.content.as_str()).collect::<Vec<_>>().join("\n\n");
            body.insert("system".to_owned(), Value::String(text));
        }
        body.insert("messages".to_owned(), json!(turns));
        if let Some(budget) = self.thinking_budget {
            body.insert("thinking".to_owned(), json!({"type": "enabled", "budget_tokens": budget}));
        }
        if self.sampling {
            // From generation 4.1 on the API takes one of the two; a nucleus of everything and a temperature of 1, which
            // is its own, need not be said.
            let top_p = sampling.top_p.filter(|mass| *mass < 1.0);
            let temperature = sampling.temperature.map(|t| t.min(1.0)).filter(|t| top_p.is_none() || *t < 1.0);
            for (field, value) in [("temperature", temperature), ("top_p", top_p)] {
                if let Some(value) = value {
                    body.insert(field.to_owned(), json!(value));
                }
            }
            if let Some(top_k) = sampling.top_k {
                body.insert("top_k".to_owned(), json!(top_k));
            }
        }
        // Stop strings of white space alone are refused; they are applied here.
        let wanted = sampling.stop.iter().filter(|s| !s.is_empty());
        let stops: Vec<_> = wanted.clone().filter(|s| !s.trim().is_empty()).collect();
        let all_stops_sent = stops.len() == wanted.count();
        if !stops.is_empty() {
            body.insert("stop_sequences".to_owned(), json!(stops));
        }
        if stream {
            body.insert("stream".to_owned(), json!(true));
        }
        apply(&mut body, &self.args);
        if !sampling.extra.is_empty() {
            let mut extra = Arguments::new(&sampling.extra)?;
            extra.take_bool("stream")?;
            apply(&mut body, &extra.rest());
        }
        let path = Cow::Owned(format!("{}messages", self.root));
        Ok(Question { path, body, max_tokens_field: Cow::Borrowed("max_tokens"), all_stops_sent })
    }

    fn read(&self, body: &Value) -> Result<Answer, Misread> {
        read_message(body)
    }

    fn reader(&self) -> Box<dyn StreamReader> {
        Box::new(Growing::default())
    }

    fn models_path(&self) -> Cow<'static, str> {
        Cow::Owned(format!("{}models?limit=1000", self.root))
    }
}
