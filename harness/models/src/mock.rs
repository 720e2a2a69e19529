//! `mock/BEHAVIOUR?key=value&…`: a made-up model. What it answers depends on the request alone.
//!
//! | behaviour | answer |
//! |---|---|
//! | `echo` | the last message, or the raw prompt |
//! | `constant?text=…` | that text, percent-decoded |
//! | `hash` | 16 hexadecimal digits that depend on prompt, sampling and seed |
//! | `flaky` | as `echo`, with `rate=0.2` |
//!
//! Every behaviour also takes `latency_ms`, `finish` (`stop`, `length`, `content_filter`), and for failures `rate` (share of
//! requests that fail), `fails` (how often such a request fails before it succeeds, 1), `kind` (`unavailable`,
//! `rate_limited`, `timeout`, `connection`, `auth`, `bad_request`), `retry_after_ms` and `seed` (which requests are hit).

use crate::request_sha256;
use async_trait::async_trait;
use proctor_core::{
    Capabilities, Completion, Finish, Model, ModelError, ModelErrorKind, Prompt, Request, Usage, canonical_json, sha256_hex,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const PARAMETERS: [&str; 8] = ["text", "latency_ms", "finish", "rate", "fails", "kind", "retry_after_ms", "seed"];
const LONGEST_LATENCY_MS: u64 = 3_600_000;

enum Behaviour {
    Echo,
    Constant(String),
    Hash,
}

struct Mock {
    name: String,
    behaviour: Behaviour,
    latency: Duration,
    finish: Finish,
    rate: f64,
    fails: u32,
    kind: ModelErrorKind,
    retry_after: Option<Duration>,
    seed: u64,
    tries: Mutex<HashMap<String, u32>>,
}

/// Opens `mock/…`.
pub(crate) fn open(name: &str, rest: &str) -> Result<Arc<dyn Model>, ModelError> {
    let wrong = |what: String| ModelError::new(ModelErrorKind::BadRequest, format!("`{name}`: {what}"));
    let (behaviour, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut given = BTreeMap::new();
    for pair in query.split('&').filter(|p| !p.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !PARAMETERS.contains(&key) {
            return Err(wrong(format!("there is no parameter `{key}`; there are {}", PARAMETERS.join(", "))));
        }
        given.insert(key, percent_decode(value).map_err(wrong)?);
    }
    let flaky = behaviour == "flaky";
    let behaviour = match behaviour {
        "echo" | "flaky" => Behaviour::Echo,
        "hash" => Behaviour::Hash,
        "constant" => match given.get("text") {
            Some(text) => Behaviour::Constant(text.clone()),
            None => return Err(wrong("write what it shall answer: mock/constant?text=...".to_owned())),
        },
        other => return Err(wrong(format!("there is no behaviour `{other}`; there are echo, constant, hash, flaky"))),
    };
    let number = |key: &str, default: u64| match given.get(key) {
        None => Ok(default),
        Some(v) => v.parse::<u64>().map_err(|_| wrong(format!("`{key}={v}` is not a whole number"))),
    };
    let word = |key: &str, default: &str| given.get(key).cloned().unwrap_or_else(|| default.to_owned());
    let rate_text = word("rate", if flaky { "0.2" } else { "0" });
    let rate = rate_text.parse::<f64>().ok().filter(|r| (0.0..=1.0).contains(r));
    let finish_text = word("finish", "stop");
    let kind_text = word("kind", "unavailable");
    let retry_after = given.contains_key("retry_after_ms").then(|| number("retry_after_ms", 0)).transpose()?;
    Ok(Arc::new(Mock {
        name: name.to_owned(),
        behaviour,
        latency: Duration::from_millis(number("latency_ms", 0)?.min(LONGEST_LATENCY_MS)),
        finish: from_word(&finish_text).ok_or_else(|| wrong(format!("there is no finish `{finish_text}`")))?,
        rate: rate.ok_or_else(|| wrong(format!("`rate={rate_text}` is not a number from 0 to 1")))?,
        fails: number("fails", 1)?.min(u64::from(u32::MAX)) as u32,
        kind: from_word(&kind_text).ok_or_else(|| wrong(format!("there is no error kind `{kind_text}`")))?,
        retry_after: retry_after.map(|ms| Duration::from_millis(ms.min(LONGEST_LATENCY_MS))),
        seed: number("seed", 0)?,
        tries: Mutex::default(),
    }))
}

fn from_word<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(Value::String(word.to_owned())).ok()
}

fn percent_decode(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        if first == b'%' {
            let Some((digits, tail)) = rest.split_at_checked(2) else {
                return Err(format!("`{text}` ends within a percent escape"));
            };
            bytes.extend(hex::decode(digits).map_err(|_| format!("`{text}` has a percent escape that is not hexadecimal"))?);
            rest = tail;
        } else {
            bytes.push(first);
        }
    }
    String::from_utf8(bytes).map_err(|_| format!("`{text}` is not UTF-8 when decoded"))
}

impl Mock {
    /// Identifies the attempt's question, whether or not it carries a label or a seed.
    fn identity(&self, request: &Request) -> String {
        let label = request.label.as_ref().map(|l| format!("{}/{}/{}", l.sample_id, l.epoch, l.call)).unwrap_or_default();
        format!("{}/{:?}/{label}", request_sha256(request), request.sampling.seed)
    }

    /// Whether this try fails: a fixed share of requests fails, each a fixed number of times.
    fn fails_now(&self, request: &Request) -> bool {
        if self.rate == 0.0 {
            return false;
        }
        let identity = self.identity(request);
        let draw = sha256_hex(format!("{}/{identity}", self.seed).as_bytes());
        let draw = u64::from_str_radix(&draw[..13], 16).unwrap_or(0) as f64 / (1u64 << 52) as f64;
        if draw >= self.rate {
            return false;
        }
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        let tried = tries.entry(identity).or_insert(0);
        *tried = tried.saturating_add(1);
        *tried <= self.fails
    }
}

#[async_trait]
impl Model for Mock {
    fn name(&self) -> &str {
        &self.name
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { chat: true, completion: true, seed: true, concurrency: None, context_tokens: None }
    }

    fn keepable(&self) -> bool {
        false
    }

    fn provenance(&self) -> Value {
        json!({"backend": "mock"})
    }

    async fn complete(&self, request: &Request) -> Result<Completion, ModelError> {
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        if self.fails_now(request) {
            let mut error = ModelError::new(self.kind, format!("{} failed on purpose", self.name));
            error.retry_after = self.retry_after;
            return Err(error);
        }
        let asked = match &request.prompt {
            Prompt::Chat(messages) => messages.last().map(|m| m.content.as_str()).unwrap_or_default(),
            Prompt::Completion(text) => text,
        };
        let text = match &self.behaviour {
            Behaviour::Echo => asked.to_owned(),
            Behaviour::Constant(text) => text.clone(),
            Behaviour::Hash => {
                let value = serde_json::to_value(request).unwrap_or(Value::Null);
                sha256_hex(canonical_json(&value).as_bytes())[..16].to_owned()
            }
        };
        let words = |text: &str| Some(text.split_whitespace().count() as u64);
        Ok(Completion {
            usage: Usage { prompt_tokens: words(asked), completion_tokens: words(&text), ..Usage::default() },
            text,
            reasoning: None,
            finish: self.finish.clone(),
            model: self.name.clone(),
            latency_s: self.latency.as_secs_f64(),
            cost_usd: None,
            ..Completion::default()
        })
    }
}
