//! A strict local server for tests: it checks every request against the published shape of OpenAI's API and plays
//! back hand-written replies in order.
#![allow(dead_code)]

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::Response;
use futures::StreamExt;
use proctor_core::{Message, Model, ModelError, Prompt, Request, RequestLabel, Role, Sampling};
use proctor_models::{ModelOptions, open_with};
use serde_json::{Map, Value};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const KEY: &str = "sk-test-0123456789abcdef";

/// A reply in pieces; each is sent after its wait.
#[derive(Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub pieces: Vec<(Duration, Vec<u8>)>,
    /// Break the connection after the last piece instead of ending the body.
    pub broken: bool,
}

impl Reply {
    pub fn json(status: u16, body: impl Into<String>) -> Self {
        Self::new(status, "application/json", body.into())
    }

    pub fn html(status: u16) -> Self {
        Self::new(status, "text/html; charset=utf-8", "<!DOCTYPE html><html><body>Welcome</body></html>".to_owned())
    }

    pub fn new(status: u16, content_type: &str, body: String) -> Self {
        let headers = vec![("content-type", content_type.to_owned())];
        Self { status, headers, pieces: vec![(Duration::ZERO, body.into_bytes())], broken: false }
    }

    /// A stream of server-sent events in the given pieces.
    pub fn stream<T: AsRef<[u8]>>(pieces: impl IntoIterator<Item = T>) -> Self {
        let headers = vec![("content-type", "text/event-stream; charset=utf-8".to_owned())];
        let pieces = pieces.into_iter().map(|p| (Duration::ZERO, p.as_ref().to_vec())).collect();
        Self { status: 200, headers, pieces, broken: false }
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Waits before each piece.
    pub fn slow(mut self, wait: Duration) -> Self {
        self.pieces.iter_mut().for_each(|p| p.0 = wait);
        self
    }

    pub fn broken(mut self) -> Self {
        self.broken = true;
        self
    }
}

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Value,
    /// What is wrong with it; empty when nothing is.
    pub violations: Vec<String>,
}

#[derive(Default)]
struct Shared {
    replies: Mutex<VecDeque<Reply>>,
    seen: Mutex<Vec<Seen>>,
}

/// The server; it ends with the test's runtime.
pub struct Server {
    pub base: String,
    shared: Arc<Shared>,
}

impl Server {
    pub async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let shared = Arc::new(Shared { replies: Mutex::new(replies.into_iter().collect()), seen: Mutex::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/v1", listener.local_addr().unwrap());
        let app = axum::Router::new().fallback(handle).with_state(shared.clone());
        let app = app.layer(axum::extract::DefaultBodyLimit::max(64 << 20));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { base, shared }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// The only request there was, found to be in order.
    pub fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert!(seen[0].violations.is_empty(), "{:?}", seen[0].violations);
        seen[0].clone()
    }

    pub fn options(&self) -> ModelOptions {
        ModelOptions { base_url: Some(self.base.clone()), ..ModelOptions::default() }
    }

    pub fn model(&self) -> Arc<dyn Model> {
        open_as("openai-api/test/tiny", &self.options()).unwrap()
    }
}

/// Opens a model with the test key in every `…_API_KEY` and no other variable set.
pub fn open_as(name: &str, options: &ModelOptions) -> Result<Arc<dyn Model>, ModelError> {
    open_with(name, options, &|variable: &str| variable.ends_with("_API_KEY").then(|| KEY.to_owned()))
}

async fn handle(State(shared): State<Arc<Shared>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let body_value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let violations = violations(&method, uri.path(), &headers, &body_value);
    let seen = Seen { path: uri.to_string(), headers, body: body_value, violations };
    shared.seen.lock().unwrap().push(seen);
    let Some(reply) = shared.replies.lock().unwrap().pop_front() else {
        return Response::builder().status(StatusCode::IM_A_TEAPOT).body(Body::from("no reply is left")).unwrap();
    };
    let broken = reply.broken.then(|| Err(std::io::Error::other("broken on purpose")));
    let pieces = futures::stream::iter(reply.pieces).then(|(wait, piece)| async move {
        tokio::time::sleep(wait).await;
        Ok(piece)
    });
    let mut response = Response::new(Body::from_stream(pieces.chain(futures::stream::iter(broken))));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap();
    for (name, value) in reply.headers {
        response.headers_mut().append(HeaderName::from_static(name), HeaderValue::from_str(&value).unwrap());
    }
    response
}

/// Checks a request against the API reference: required fields, types, ranges, nothing unknown.
fn violations(method: &Method, path: &str, headers: &HeaderMap, body: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut check = |ok: bool, what: &str| {
        if !ok {
            wrong.push(what.to_owned());
        }
    };
    check(method == Method::POST, "method");
    check(headers.get("content-type").is_some_and(|v| v == "application/json"), "content-type");
    check(headers.get("authorization").is_some_and(|v| *v == format!("Bearer {KEY}")), "authorization");
    check(headers.get("user-agent").and_then(|v| v.to_str().ok()).is_some_and(|v| v.starts_with("proctor/")), "user-agent");
    let empty = Map::new();
    let fields = body.as_object().unwrap_or(&empty);
    check(!fields.is_empty(), "body is an object");
    check(fields.get("model").and_then(Value::as_str).is_some_and(|m| !m.is_empty()), "model");
    match path {
        "/v1/chat/completions" => {
            let messages = fields.get("messages").and_then(Value::as_array).cloned().unwrap_or_default();
            let good = |m: &Value| {
                let role = m["role"].as_str().is_some_and(|r| ["system", "user", "assistant"].contains(&r));
                m.as_object().is_some_and(|o| o.len() == 2) && role && m["content"].is_string()
            };
            check(!messages.is_empty() && messages.iter().all(good), "messages");
            check(!fields.contains_key("prompt"), "prompt in a chat");
        }
        "/v1/completions" => {
            check(fields.get("prompt").is_some_and(Value::is_string), "prompt");
            check(!fields.contains_key("messages"), "messages in a completion");
        }
        _ => check(false, "path"),
    }
    for (name, value) in fields {
        let number_in = |low: f64, high: f64| value.as_f64().is_some_and(|v| (low..=high).contains(&v));
        let good = match name.as_str() {
            "model" | "messages" | "prompt" => true,
            "temperature" => number_in(0.0, 2.0),
            "top_p" => number_in(0.0, 1.0),
            "max_tokens" | "max_completion_tokens" | "top_k" => value.as_u64().is_some_and(|v| v > 0),
            "seed" => value.is_i64(),
            "stop" => value.as_array().is_some_and(|s| (1..=4).contains(&s.len()) && s.iter().all(Value::is_string)),
            "stream" => value.is_boolean(),
            "stream_options" => fields.get("stream") == Some(&Value::Bool(true)) && value["include_usage"].is_boolean(),
            "reasoning_effort" => value.is_string(),
            _ => false,
        };
        check(good, name);
    }
    wrong
}

/// A chat request with a system and a user message.
pub fn chat(text: &str) -> Request {
    let messages = vec![Message::new(Role::System, "Be brief."), Message::new(Role::User, text)];
    let sampling = Sampling { temperature: Some(0.0), max_tokens: Some(100), seed: Some(7), ..Sampling::default() };
    Request::new(Prompt::Chat(messages), sampling)
}

/// A raw completion request.
pub fn raw(text: &str, stop: &[&str]) -> Request {
    let stop = stop.iter().map(|s| (*s).to_owned()).collect();
    Request::new(Prompt::Completion(text.to_owned()), Sampling { max_tokens: Some(100), stop, ..Sampling::default() })
}

/// `request` as the `epoch`-th attempt at a sample.
pub fn labelled(mut request: Request, sample_id: &str, epoch: u32) -> Request {
    request.label = Some(RequestLabel { sample_id: sample_id.to_owned(), epoch, call: 0 });
    request
}
