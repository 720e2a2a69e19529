//! A local server with the batch APIs of OpenAI and of Anthropic: it checks every request as strictly as the vendors do,
//! keeps files and batches in memory, and counts what would be paid for.
#![allow(dead_code)]

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

/// What becomes of a request of a batch.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// It is answered with its last message.
    Answered,
    /// The provider reports this kind of error (`invalid_request_error`, `api_error` …) for it.
    Errored(&'static str),
    /// The batch ends before it.
    Expired,
    /// Somebody cancelled the batch before it.
    Cancelled,
}

/// How the server behaves.
pub struct Behaviour {
    /// Looks at a batch that find it unfinished.
    pub looks: usize,
    /// What becomes of the n-th request that is ever handed in.
    pub fate: fn(usize) -> Fate,
    /// Whether the reply to the first batch that is handed in gets lost.
    pub lose_first_reply: bool,
    /// Whether batches are refused after they were handed in (OpenAI's `failed`).
    pub reject: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self { looks: 2, fate: |_| Fate::Answered, lose_first_reply: false, reject: false }
    }
}

#[derive(Default)]
pub struct Kept {
    files: BTreeMap<String, Vec<u8>>,
    pub batches: BTreeMap<String, Batch>,
    /// Requests handed in, by name: how often.
    pub handed_in: HashMap<String, usize>,
    pub violations: Vec<String>,
    accepted: usize,
    lost: bool,
}

#[derive(Clone, Debug)]
pub struct Batch {
    pub requests: Vec<(String, Value, Fate)>,
    pub looks: usize,
    pub cancelled: bool,
    metadata: Value,
}

struct Shared {
    kept: Mutex<Kept>,
    behaviour: Behaviour,
}

/// The server; it ends with the test's runtime.
pub struct BatchServer {
    /// Its address without a path.
    pub root: String,
    shared: Arc<Shared>,
}

impl BatchServer {
    pub async fn start(behaviour: Behaviour) -> Self {
        let shared = Arc::new(Shared { kept: Mutex::default(), behaviour });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let app = axum::Router::new().fallback(handle).with_state(shared.clone());
        let app = app.layer(axum::extract::DefaultBodyLimit::max(256 << 20));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { root, shared }
    }

    pub fn kept(&self) -> MutexGuard<'_, Kept> {
        self.shared.kept.lock().unwrap()
    }

    /// How many requests would be paid for, and how many of them more than once.
    pub fn paid(&self) -> (usize, usize) {
        let kept = self.kept();
        assert!(kept.violations.is_empty(), "{:?}", kept.violations);
        (kept.handed_in.values().sum(), kept.handed_in.values().filter(|n| **n > 1).count())
    }
}

async fn handle(State(shared): State<Arc<Shared>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let mut kept = shared.kept.lock().unwrap();
    let path = uri.path().trim_start_matches("/v1/").to_owned();
    let parts: Vec<&str> = path.split('/').collect();
    let anthropic = headers.contains_key("anthropic-version");
    let reply = match (method.as_str(), parts.as_slice()) {
        ("POST", ["files"]) => upload(&mut kept, &headers, &body),
        ("GET", ["files", id, "content"]) => {
            kept.files.get(*id).map(|f| (200, Value::String(String::from_utf8(f.clone()).unwrap())))
        }
        ("POST", ["batches"]) => create_openai(&mut kept, &shared.behaviour, &body),
        ("GET", ["batches"]) => Some(list(&kept, |kept, id| openai(kept, &shared.behaviour, id))),
        ("GET", ["batches", id]) => look(&mut kept, &shared.behaviour, id).map(|()| (200, openai(&kept, &shared.behaviour, id))),
        ("POST", ["batches", id, "cancel"]) => cancel(&mut kept, id).map(|()| (200, openai(&kept, &shared.behaviour, id))),
        ("POST", ["messages", "batches"]) if anthropic => create_anthropic(&mut kept, &shared.behaviour, &body),
        ("GET", ["messages", "batches"]) if anthropic => Some(list(&kept, |kept, id| message_batch(kept, &shared.behaviour, id))),
        ("GET", ["messages", "batches", id]) if anthropic => {
            look(&mut kept, &shared.behaviour, id).map(|()| (200, message_batch(&kept, &shared.behaviour, id)))
        }
        ("GET", ["messages", "batches", id, "results"]) if anthropic => {
            kept.batches.get(*id).map(|b| (200, Value::String(results(b))))
        }
        ("POST", ["messages", "batches", id, "cancel"]) if anthropic => {
            cancel(&mut kept, id).map(|()| (200, message_batch(&kept, &shared.behaviour, id)))
        }
        _ => None,
    };
    let created = method == Method::POST && path.ends_with("batches");
    if created && shared.behaviour.lose_first_reply && !std::mem::replace(&mut kept.lost, true) {
        // As when a connection breaks after the work is done.
        return StatusCode::BAD_GATEWAY.into_response();
    }
    match reply {
        Some((status, Value::String(text))) => (StatusCode::from_u16(status).unwrap(), text).into_response(),
        Some((status, value)) => (StatusCode::from_u16(status).unwrap(), axum::Json(value)).into_response(),
        None => (StatusCode::NOT_FOUND, axum::Json(json!({"error": {"message": format!("no {method} {path}")}}))).into_response(),
    }
}

fn upload(kept: &mut Kept, headers: &HeaderMap, body: &[u8]) -> Option<(u16, Value)> {
    let content_type = headers.get("content-type")?.to_str().ok()?;
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=")?;
    let text = String::from_utf8(body.to_vec()).ok()?;
    let parts: Vec<&str> = text.split(&format!("--{boundary}")).collect();
    let part = |name: &str| {
        let marker = format!("name=\"{name}\"");
        let part = parts.iter().find(|p| p.contains(&marker))?;
        part.split_once("\r\n\r\n").map(|(_, content)| content.trim_end_matches("\r\n").to_owned())
    };
    if part("purpose").as_deref() != Some("batch") || !text.ends_with(&format!("--{boundary}--\r\n")) {
        kept.violations.push("the form of the upload".to_owned());
    }
    let id = format!("file-{}", kept.files.len());
    kept.files.insert(id.clone(), part("file")?.into_bytes());
    Some((200, json!({"id": id, "object": "file", "purpose": "batch"})))
}

fn accept(kept: &mut Kept, behaviour: &Behaviour, requests: Vec<(String, Value)>, metadata: Value) -> String {
    let mut all = Vec::new();
    for (id, body) in requests {
        let fits = !id.is_empty() && id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        if !fits {
            kept.violations.push(format!("custom_id {id}"));
        }
        *kept.handed_in.entry(id.clone()).or_default() += 1;
        all.push((id, body, (behaviour.fate)(kept.accepted)));
        kept.accepted += 1;
    }
    let id = format!("batch_{}", kept.batches.len());
    kept.batches.insert(id.clone(), Batch { requests: all, looks: 0, cancelled: false, metadata });
    id
}

fn create_openai(kept: &mut Kept, behaviour: &Behaviour, body: &[u8]) -> Option<(u16, Value)> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let file = kept.files.get(body["input_file_id"].as_str()?)?.clone();
    let known = ["input_file_id", "endpoint", "completion_window", "metadata"];
    if !body.as_object()?.keys().all(|k| known.contains(&k.as_str())) || body["completion_window"] != "24h" {
        kept.violations.push(format!("batch {body}"));
    }
    let mut requests = Vec::new();
    for line in String::from_utf8(file).ok()?.lines() {
        let line: Value = serde_json::from_str(line).ok()?;
        let good = line["method"] == "POST" && line["url"] == body["endpoint"] && line["body"]["messages"].is_array();
        if !good || line["body"].get("stream").is_some() {
            kept.violations.push(format!("line {line}"));
        }
        requests.push((line["custom_id"].as_str()?.to_owned(), line["body"].clone()));
    }
    let id = accept(kept, behaviour, requests, body["metadata"].clone());
    Some((200, openai(kept, behaviour, &id)))
}

fn create_anthropic(kept: &mut Kept, behaviour: &Behaviour, body: &[u8]) -> Option<(u16, Value)> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let mut requests = Vec::new();
    for request in body["requests"].as_array()? {
        let params = &request["params"];
        let good = params["max_tokens"].is_u64() && params["messages"].is_array() && params.get("stream").is_none();
        if !good || params.get("seed").is_some() || request.as_object()?.len() != 2 {
            kept.violations.push(format!("request {request}"));
        }
        requests.push((request["custom_id"].as_str()?.to_owned(), params.clone()));
    }
    let id = accept(kept, behaviour, requests, Value::Null);
    Some((200, message_batch(kept, behaviour, &id)))
}

fn look(kept: &mut Kept, behaviour: &Behaviour, id: &str) -> Option<()> {
    let batch = kept.batches.get_mut(id)?;
    batch.looks += 1;
    let ended = batch.looks > behaviour.looks || batch.cancelled;
    if ended && !behaviour.reject {
        let batch = batch.clone();
        let (good, bad): (Vec<_>, Vec<_>) =
            batch.requests.iter().partition(|(.., fate)| !matches!(fate, Fate::Expired | Fate::Cancelled));
        let line = |(id, body, fate): &&(String, Value, Fate)| {
            let response = match fate {
                Fate::Answered => json!({"status_code": 200, "request_id": "r", "body": completion(body)}),
                Fate::Errored(kind) => {
                    let status = if *kind == "api_error" { 500 } else { 400 };
                    json!({"status_code": status, "request_id": "r", "body": {"error": {"type": kind, "message": "It failed."}}})
                }
                Fate::Expired | Fate::Cancelled => Value::Null,
            };
            let error = match fate {
                Fate::Expired => {
                    let message = "This request could not be executed before the completion window expired.";
                    json!({"code": "batch_expired", "message": message})
                }
                Fate::Cancelled => json!({"code": "batch_cancelled", "message": "This batch was cancelled."}),
                _ => Value::Null,
            };
            json!({"id": "x", "custom_id": id, "response": response, "error": error}).to_string()
        };
        let text = |lines: &[&(String, Value, Fate)]| lines.iter().map(|l| line(l) + "\n").collect::<String>().into_bytes();
        kept.files.insert(format!("out-{id}"), text(&good));
        kept.files.insert(format!("err-{id}"), text(&bad));
    }
    Some(())
}

fn cancel(kept: &mut Kept, id: &str) -> Option<()> {
    let batch = kept.batches.get_mut(id)?;
    if batch.cancelled {
        return Some(());
    }
    // Half of them were answered by then; the others are not charged.
    batch.cancelled = true;
    let half = batch.requests.len() / 2;
    for (name, _, fate) in batch.requests.iter_mut().skip(half) {
        *fate = Fate::Cancelled;
        *kept.handed_in.entry(name.clone()).or_default() -= 1;
    }
    Some(())
}

fn list(kept: &Kept, show: impl Fn(&Kept, &str) -> Value) -> (u16, Value) {
    let data: Vec<_> = kept.batches.keys().rev().map(|id| show(kept, id)).collect();
    (200, json!({"object": "list", "data": data, "has_more": false}))
}

fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

fn openai(kept: &Kept, behaviour: &Behaviour, id: &str) -> Value {
    let Some(batch) = kept.batches.get(id) else { return Value::Null };
    let ended = batch.looks > behaviour.looks || batch.cancelled;
    let status = match (ended, behaviour.reject, batch.cancelled) {
        (false, ..) => "in_progress",
        (_, true, _) => "failed",
        (_, _, true) => "cancelled",
        _ if batch.requests.iter().any(|(.., fate)| *fate == Fate::Expired) => "expired",
        _ => "completed",
    };
    let files = |kind: &str| if ended && !behaviour.reject { json!(format!("{kind}-{id}")) } else { Value::Null };
    let errors = if behaviour.reject {
        json!({"data": [{"code": "x", "message": "The model is not supported by the Batch API."}]})
    } else {
        Value::Null
    };
    json!({"id": id, "object": "batch", "status": status, "created_at": now(), "metadata": batch.metadata, "errors": errors,
        "output_file_id": files("out"), "error_file_id": files("err"),
        "request_counts": {"total": batch.requests.len(), "completed": 0, "failed": 0}})
}

fn message_batch(kept: &Kept, behaviour: &Behaviour, id: &str) -> Value {
    let Some(batch) = kept.batches.get(id) else { return Value::Null };
    let ended = batch.looks > behaviour.looks || batch.cancelled;
    let total = batch.requests.len();
    let (processing, succeeded) = if ended { (0, total) } else { (total, 0) };
    let cancelled = if batch.cancelled { json!("2999-01-01T00:00:01Z") } else { Value::Null };
    json!({"id": id, "type": "message_batch", "processing_status": if ended { "ended" } else { "in_progress" },
        "created_at": "2999-01-01T00:00:00Z", "cancel_initiated_at": cancelled, "results_url": if ended { json!("https://elsewhere.example/results") } else { Value::Null },
        "request_counts": {"processing": processing, "succeeded": succeeded, "errored": 0, "canceled": 0, "expired": 0}})
}

/// The lines of results of a message batch, in another order than that of the requests.
fn results(batch: &Batch) -> String {
    let line = |(id, body, fate): &(String, Value, Fate)| {
        let result = match fate {
            Fate::Answered => json!({"type": "succeeded", "message": {"id": "m", "type": "message", "role": "assistant",
                "model": body["model"], "content": [{"type": "text", "text": said(body)}], "stop_reason": "end_turn",
                "usage": {"input_tokens": 5, "output_tokens": 7}}}),
            Fate::Errored(kind) => {
                json!({"type": "errored", "error": {"type": "error", "error": {"type": kind, "message": "It failed."}}})
            }
            Fate::Expired => json!({"type": "expired"}),
            Fate::Cancelled => json!({"type": "canceled"}),
        };
        json!({"custom_id": id, "result": result}).to_string() + "\n"
    };
    batch.requests.iter().rev().map(line).collect()
}

fn completion(body: &Value) -> Value {
    json!({"id": "c", "object": "chat.completion", "model": body["model"], "choices": [{"index": 0,
        "message": {"role": "assistant", "content": said(body)}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}})
}

/// What a request said last.
fn said(body: &Value) -> Value {
    body["messages"].as_array().and_then(|m| m.last()).map_or(Value::Null, |m| m["content"].clone())
}
