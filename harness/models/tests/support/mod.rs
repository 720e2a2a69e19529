//! A strict local server for tests: it checks every request against the published shape of a vendor's API and plays
//! back hand-written replies in order.
#![allow(dead_code)]

pub mod strict;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::Response;
use futures::StreamExt;
use proctor_core::{Message, Model, ModelError, Prompt, Request, RequestLabel, Role, Sampling};
use proctor_models::{ModelOptions, open_with};
use serde_json::Value;
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

struct Shared {
    replies: Mutex<VecDeque<Reply>>,
    seen: Mutex<Vec<Seen>>,
    check: strict::Check,
}

/// The server; it ends with the test's runtime.
pub struct Server {
    /// Its address with `/v1`.
    pub base: String,
    /// Its address without a path.
    pub root: String,
    shared: Arc<Shared>,
}

impl Server {
    pub async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::strict(strict::openai, replies).await
    }

    /// A server that checks requests with `check`.
    pub async fn strict(check: strict::Check, replies: impl IntoIterator<Item = Reply>) -> Self {
        let shared = Arc::new(Shared { replies: Mutex::new(replies.into_iter().collect()), seen: Mutex::default(), check });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let base = format!("{root}/v1");
        let app = axum::Router::new().fallback(handle).with_state(shared.clone());
        let app = app.layer(axum::extract::DefaultBodyLimit::max(64 << 20));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { base, root, shared }
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

    /// The model `name` at `path` of this server, with `-M` options.
    pub fn open(&self, name: &str, path: &str, arguments: &[&str]) -> Arc<dyn Model> {
        let args = arguments.iter().map(|a| proctor_models::parse_argument(a).unwrap()).collect();
        let base_url = Some(format!("{}{path}", self.root));
        open_as(name, &ModelOptions { base_url, args, ..ModelOptions::default() }).unwrap()
    }
}

/// Opens a model with the test key in every `…_API_KEY` and no other variable set.
pub fn open_as(name: &str, options: &ModelOptions) -> Result<Arc<dyn Model>, ModelError> {
    open_with(name, options, &|variable: &str| variable.ends_with("_API_KEY").then(|| KEY.to_owned()))
}

async fn handle(State(shared): State<Arc<Shared>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let body_value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let violations = (shared.check)(&method, &uri.to_string(), &headers, &body_value);
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
