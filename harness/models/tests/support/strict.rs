//! What the vendors' references say a request looks like: required fields, types, ranges, nothing unknown. Each check
//! gives back what is wrong.

use super::KEY;
use axum::http::{HeaderMap, Method};
use serde_json::{Map, Value};

pub type Check = fn(&Method, &str, &HeaderMap, &Value) -> Vec<String>;

/// Collects what is wrong.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn unless(&mut self, ok: bool, what: &str) {
        if !ok {
            self.0.push(what.to_owned());
        }
    }

    /// What every JSON request shares, and that its key stands in `key`, and nowhere else.
    fn head(&mut self, method: &Method, headers: &HeaderMap, key: (&str, &str)) {
        self.unless(method == Method::POST, "method");
        self.unless(headers.get("content-type").is_some_and(|v| v == "application/json"), "content-type");
        self.unless(headers.get(key.0).is_some_and(|v| v.to_str().unwrap() == key.1), key.0);
        let shown = headers.values().filter(|v| v.to_str().is_ok_and(|v| v.contains(KEY))).count();
        self.unless(shown == 1, "the key stands in one header");
        let agent = headers.get("user-agent").and_then(|v| v.to_str().ok());
        self.unless(agent.is_some_and(|v| v.starts_with("proctor/")), "user-agent");
    }

    /// That every field is known and fits.
    fn fields(&mut self, fields: &Map<String, Value>, fits: impl Fn(&str, &Value) -> Option<bool>) {
        for (name, value) in fields {
            match fits(name, value) {
                Some(true) => {}
                Some(false) => self.0.push(format!("{name}: {value}")),
                None => self.0.push(format!("{name}: unknown")),
            }
        }
    }
}

fn object(body: &Value) -> Map<String, Value> {
    body.as_object().cloned().unwrap_or_default()
}

fn number_in(value: &Value, low: f64, high: f64) -> bool {
    value.as_f64().is_some_and(|v| (low..=high).contains(&v))
}

fn positive(value: &Value) -> bool {
    value.as_u64().is_some_and(|v| v > 0)
}

fn strings(value: &Value, most: usize) -> bool {
    value.as_array().is_some_and(|s| (1..=most).contains(&s.len()) && s.iter().all(|s| s.as_str().is_some_and(|s| !s.is_empty())))
}

fn messages(value: &Value, roles: &[&str]) -> bool {
    let good = |m: &Value| {
        let role = m["role"].as_str().is_some_and(|r| roles.contains(&r));
        m.as_object().is_some_and(|o| o.len() == 2) && role && m["content"].is_string()
    };
    value.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(good))
}

/// A field of OpenAI's chat or completions.
fn openai_field(fields: &Map<String, Value>, name: &str, value: &Value) -> Option<bool> {
    Some(match name {
        "model" => value.as_str().is_some_and(|m| !m.is_empty()),
        "messages" => messages(value, &["system", "user", "assistant"]),
        "prompt" => value.is_string(),
        "temperature" => number_in(value, 0.0, 2.0),
        "top_p" => number_in(value, 0.0, 1.0),
        "max_tokens" | "max_completion_tokens" | "top_k" => positive(value),
        "seed" => value.is_i64(),
        "stop" => strings(value, 4),
        "stream" => value.is_boolean(),
        "stream_options" => fields.get("stream") == Some(&Value::Bool(true)) && value["include_usage"].is_boolean(),
        "reasoning_effort" => value.is_string(),
        "echo" => fields.contains_key("prompt") && value.is_boolean(),
        "logprobs" if fields.contains_key("prompt") => value.as_u64().is_some_and(|n| n <= 5),
        "logprobs" => value.is_boolean(),
        "top_logprobs" => fields.get("logprobs") == Some(&Value::Bool(true)) && number_in(value, 0.0, 20.0),
        _ => return None,
    })
}

/// OpenAI's chat and completions, and what is compatible with them, under `/v1`.
pub fn openai(method: &Method, path: &str, headers: &HeaderMap, body: &Value) -> Vec<String> {
    let mut wrong = Wrong::default();
    wrong.head(method, headers, ("authorization", &format!("Bearer {KEY}")));
    let fields = object(body);
    wrong.unless(fields.contains_key("model"), "model");
    match path.split('?').next().unwrap_or(path) {
        "/v1/chat/completions" => {
            wrong.unless(fields.contains_key("messages") && !fields.contains_key("prompt"), "messages");
        }
        "/v1/completions" => wrong.unless(fields.contains_key("prompt") && !fields.contains_key("messages"), "prompt"),
        _ => wrong.unless(false, "path"),
    }
    wrong.fields(&fields, |name, value| openai_field(&fields, name, value));
    wrong.0
}

/// A deployment of Azure OpenAI, whose key has a header of its own and whose version is in the query.
pub fn azure(method: &Method, path: &str, headers: &HeaderMap, body: &Value) -> Vec<String> {
    let mut wrong = Wrong::default();
    wrong.head(method, headers, ("api-key", KEY));
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let version = query.strip_prefix("api-version=").is_some_and(|v| v.starts_with("20") && v.len() >= 10);
    wrong.unless(version, "api-version");
    wrong.unless(path == "/openai/deployments/my-gpt-4o/chat/completions", "path");
    let fields = object(body);
    wrong.fields(&fields, |name, value| openai_field(&fields, name, value));
    wrong.0
}

/// OpenAI's responses API.
pub fn responses(method: &Method, path: &str, headers: &HeaderMap, body: &Value) -> Vec<String> {
    let mut wrong = Wrong::default();
    wrong.head(method, headers, ("authorization", &format!("Bearer {KEY}")));
    wrong.unless(path == "/v1/responses", "path");
    let fields = object(body);
    wrong.unless(fields.contains_key("model") && fields.contains_key("input"), "model and input");
    wrong.fields(&fields, |name, value| {
        Some(match name {
            "model" => value.as_str().is_some_and(|m| !m.is_empty()),
            "input" => messages(value, &["system", "developer", "user", "assistant"]),
            "temperature" => number_in(value, 0.0, 2.0),
            "top_p" => number_in(value, 0.0, 1.0),
            "max_output_tokens" => value.as_u64().is_some_and(|v| v >= 16),
            "stream" | "store" => value.is_boolean(),
            "reasoning" => value.as_object().is_some_and(|r| r.keys().all(|k| ["effort", "summary"].contains(&k.as_str()))),
            "include" => value.is_array(),
            "top_logprobs" => number_in(value, 0.0, 20.0),
            "text" => value.is_object(),
            _ => return None,
        })
    });
    wrong.0
}

/// Anthropic's messages API.
pub fn anthropic(method: &Method, path: &str, headers: &HeaderMap, body: &Value) -> Vec<String> {
    let mut wrong = Wrong::default();
    wrong.head(method, headers, ("x-api-key", KEY));
    wrong.unless(headers.get("anthropic-version").is_some_and(|v| v == "2023-06-01"), "anthropic-version");
    wrong.unless(path == "/v1/messages", "path");
    anthropic_body(&mut wrong, body);
    wrong.0
}

/// The fields of one message; also those of each request of a batch.
pub fn anthropic_params(body: &Value) -> Vec<String> {
    let mut wrong = Wrong::default();
    anthropic_body(&mut wrong, body);
    wrong.0
}

fn anthropic_body(wrong: &mut Wrong, body: &Value) {
    let fields = object(body);
    for field in ["model", "max_tokens", "messages"] {
        wrong.unless(fields.contains_key(field), field);
    }
    let thinks = fields.get("thinking").is_some_and(|t| t["type"] == "enabled");
    let new = ["claude-opus-4-7", "claude-opus-5", "claude-sonnet-5"]
        .iter()
        .any(|m| body["model"].as_str().is_some_and(|x| x.starts_with(m)));
    let sampling = !thinks && !new;
    wrong.fields(&fields, |name, value| {
        Some(match name {
            "model" => value.as_str().is_some_and(|m| !m.is_empty()),
            "max_tokens" => positive(value),
            "messages" => messages(value, &["user", "assistant"]) && value[0]["role"] == "user",
            "system" => value.as_str().is_some_and(|s| !s.is_empty()) || value.is_array(),
            "temperature" => sampling && number_in(value, 0.0, 1.0),
            "top_p" => sampling && number_in(value, 0.0, 1.0),
            "top_k" => sampling && positive(value),
            "stop_sequences" => {
                strings(value, usize::MAX)
                    && value.as_array().is_some_and(|all| all.iter().all(|s| s.as_str().is_some_and(|s| !s.trim().is_empty())))
            }
            "stream" => value.is_boolean(),
            "thinking" => {
                let budget = value["budget_tokens"].as_u64();
                value["type"] == "adaptive"
                    || budget.is_some_and(|b| b >= 1024 && fields["max_tokens"].as_u64().is_some_and(|m| b < m))
            }
            "cache_control" => {
                value["type"] == "ephemeral" && value.as_object().is_some_and(|o| o.keys().all(|k| k == "type" || k == "ttl"))
            }
            "metadata" | "output_config" => value.is_object(),
            "service_tier" => value.is_string(),
            _ => return None,
        })
    });
}

/// Google's Gemini API.
pub fn google(method: &Method, path: &str, headers: &HeaderMap, body: &Value) -> Vec<String> {
    let mut wrong = Wrong::default();
    wrong.head(method, headers, ("x-goog-api-key", KEY));
    let paths =
        ["/v1beta/models/gemini-2.5-flash:generateContent", "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"];
    wrong.unless(paths.contains(&path), "path");
    let fields = object(body);
    wrong.unless(fields.contains_key("contents"), "contents");
    let part = |p: &Value| p.as_object().is_some_and(|o| o.len() == 1) && p["text"].is_string();
    let parts = |v: &Value| v["parts"].as_array().is_some_and(|list| !list.is_empty() && list.iter().all(part));
    wrong.fields(&fields, |name, value| {
        Some(match name {
            "contents" => value.as_array().is_some_and(|all| {
                !all.is_empty() && all.iter().all(|c| (c["role"] == "user" || c["role"] == "model") && parts(c))
            }),
            "systemInstruction" => parts(value),
            "generationConfig" => value.is_object(),
            "safetySettings" => value.is_array(),
            _ => return None,
        })
    });
    wrong.fields(&object(&body["generationConfig"]), |name, value| {
        Some(match name {
            "maxOutputTokens" | "topK" => positive(value),
            "temperature" => number_in(value, 0.0, 2.0),
            "topP" => number_in(value, 0.0, 1.0),
            "stopSequences" => strings(value, 5),
            "seed" => value.as_i64().is_some_and(|s| i32::try_from(s).is_ok()),
            "responseLogprobs" => value.is_boolean(),
            "logprobs" => number_in(value, 0.0, 20.0),
            "thinkingConfig" => value
                .as_object()
                .is_some_and(|o| o.keys().all(|k| ["thinkingBudget", "includeThoughts", "thinkingLevel"].contains(&k.as_str()))),
            _ => return None,
        })
    });
    wrong.0
}

/// Chat of a service that refuses whatever its reference does not name.
fn service(method: &Method, path: &str, headers: &HeaderMap, body: &Value, at: &str, known: &[&str]) -> Vec<String> {
    let mut wrong = Wrong::default();
    wrong.head(method, headers, ("authorization", &format!("Bearer {KEY}")));
    wrong.unless(path == at, "path");
    let fields = object(body);
    wrong.fields(&fields, |name, value| match name {
        "random_seed" if known.contains(&name) => Some(value.as_u64().is_some()),
        "stop" => Some(strings(value, 16)),
        // Together's is how many of the likeliest tokens are wanted.
        "logprobs" if at == "/v1/chat/completions" && known.contains(&name) && !known.contains(&"top_logprobs") => {
            Some(number_in(value, 0.0, 20.0))
        }
        _ if known.contains(&name) => openai_field(&fields, name, value),
        _ => None,
    });
    wrong.0
}

const COMMON: [&str; 7] = ["model", "messages", "temperature", "top_p", "stop", "stream", "reasoning_effort"];

pub fn mistral(method: &Method, path: &str, headers: &HeaderMap, body: &Value) -> Vec<String> {
    let known = [&COMMON[..], &["max_tokens", "random_seed", "top_k"]].concat();
    service(method, path, headers, body, "/v1/chat/completions", &known)
}

pub fn groq(method: &Method, path: &str, headers: &HeaderMap, body: &Value) -> Vec<String> {
    let known = [&COMMON[..], &["max_completion_tokens", "seed"]].concat();
    service(method, path, headers, body, "/openai/v1/chat/completions", &known)
}

pub fn deepseek(method: &Method, path: &str, headers: &HeaderMap, body: &Value) -> Vec<String> {
    let known = [&COMMON[..], &["max_tokens", "stream_options", "logprobs", "top_logprobs"]].concat();
    service(method, path, headers, body, "/chat/completions", &known)
}

pub fn xai(method: &Method, path: &str, headers: &HeaderMap, body: &Value) -> Vec<String> {
    let known = [&COMMON[..], &["max_completion_tokens", "seed", "stream_options", "logprobs", "top_logprobs"]].concat();
    service(method, path, headers, body, "/v1/chat/completions", &known)
}

pub fn together(method: &Method, path: &str, headers: &HeaderMap, body: &Value) -> Vec<String> {
    let known = [&COMMON[..], &["max_tokens", "seed", "top_k", "logprobs"]].concat();
    service(method, path, headers, body, "/v1/chat/completions", &known)
}

pub fn fireworks(method: &Method, path: &str, headers: &HeaderMap, body: &Value) -> Vec<String> {
    let known = [&COMMON[..], &["max_tokens", "seed", "top_k", "logprobs", "top_logprobs"]].concat();
    service(method, path, headers, body, "/inference/v1/chat/completions", &known)
}

pub fn openrouter(method: &Method, path: &str, headers: &HeaderMap, body: &Value) -> Vec<String> {
    let known = [&COMMON[..], &["max_tokens", "seed", "top_k", "logprobs", "top_logprobs", "stream_options"]].concat();
    service(method, path, headers, body, "/api/v1/chat/completions", &known)
}
