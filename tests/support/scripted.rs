//! A strict OpenAI-compatible endpoint that plays the model of `tests/fixtures/answers_chat.json`.

use super::fixture;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The only key the endpoint takes.
pub const KEY: &str = "sk-test-5f2c9a";

/// How the endpoint behaves beside answering.
#[derive(Debug, Clone, Copy, Default)]
pub struct Behaviour {
    /// Before each answer.
    pub delay: Duration,
    /// The first so many requests fail with this status.
    pub fail_first: usize,
    pub fail_status: u16,
    /// Requests whose question has an odd position fail with status 500 as long as this is set.
    pub fail_odd: bool,
}

struct Shared {
    replies: Vec<(String, String)>,
    behaviour: Mutex<Behaviour>,
    requests: AtomicUsize,
    answered: Mutex<HashMap<String, usize>>,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
}

/// A running endpoint; it ends with the test.
pub struct Scripted {
    pub url: String,
    shared: Arc<Shared>,
    _runtime: tokio::runtime::Runtime,
}

impl Scripted {
    pub fn start(behaviour: Behaviour) -> Self {
        let text = std::fs::read_to_string(fixture("answers_chat.json")).expect("the fixture is there");
        let fixture: Value = serde_json::from_str(&text).expect("the fixture is JSON");
        let mut replies = Vec::new();
        for set in fixture["replies"].as_object().expect("sets").values() {
            for entry in set.as_object().expect("items").values() {
                let part = |name: &str| entry[name].as_str().expect("text").to_string();
                replies.push((part("match"), part("reply")));
            }
        }
        let shared = Arc::new(Shared {
            replies,
            behaviour: Mutex::new(behaviour),
            requests: AtomicUsize::new(0),
            answered: Mutex::new(HashMap::new()),
            in_flight: AtomicUsize::new(0),
            most_in_flight: AtomicUsize::new(0),
        });
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let url = format!("http://{}/v1", listener.local_addr().expect("an address"));
        let router = Router::new().route("/v1/chat/completions", post(chat)).with_state(shared.clone());
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { url, shared, _runtime: runtime }
    }

    pub fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::SeqCst)
    }

    pub fn most_in_flight(&self) -> usize {
        self.shared.most_in_flight.load(Ordering::SeqCst)
    }

    /// How often the question that was answered most often was answered.
    pub fn most_answers_to_one(&self) -> usize {
        self.shared.answered.lock().expect("not poisoned").values().copied().max().unwrap_or(0)
    }

    pub fn behave(&self, behaviour: Behaviour) {
        *self.shared.behaviour.lock().expect("not poisoned") = behaviour;
    }
}

async fn chat(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: String) -> Response {
    let number = shared.requests.fetch_add(1, Ordering::SeqCst);
    let now = shared.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
    shared.most_in_flight.fetch_max(now, Ordering::SeqCst);
    let behaviour = *shared.behaviour.lock().expect("not poisoned");
    tokio::time::sleep(behaviour.delay).await;
    let response = answer(&shared, &behaviour, number, &headers, &body);
    shared.in_flight.fetch_sub(1, Ordering::SeqCst);
    response
}

fn failure(status: u16, message: &str) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    (status, axum::Json(json!({"error": {"message": message, "type": "test", "code": null}}))).into_response()
}

fn answer(shared: &Shared, behaviour: &Behaviour, number: usize, headers: &HeaderMap, body: &str) -> Response {
    if headers.get("authorization").and_then(|v| v.to_str().ok()) != Some(&format!("Bearer {KEY}")) {
        return failure(401, "Incorrect API key provided");
    }
    let Ok(request) = serde_json::from_str::<Value>(body) else {
        return failure(400, "not JSON");
    };
    if request["model"] != "scripted" {
        return failure(404, "The model does not exist");
    }
    let Some(messages) = request["messages"].as_array().filter(|m| !m.is_empty()) else {
        return failure(400, "messages are missing");
    };
    if number < behaviour.fail_first {
        return failure(behaviour.fail_status, "try again");
    }
    let question: String = messages.iter().filter_map(|m| m["content"].as_str()).collect::<Vec<_>>().join("\n");
    let Some(position) = shared.replies.iter().position(|(matching, _)| question.contains(matching)) else {
        return failure(400, "no such question in the script");
    };
    if behaviour.fail_odd && position % 2 == 1 {
        return failure(500, "the server is broken for this question");
    }
    let (matching, reply) = &shared.replies[position];
    *shared.answered.lock().expect("not poisoned").entry(matching.clone()).or_default() += 1;
    let usage = json!({"prompt_tokens": question.len() / 4, "completion_tokens": reply.len() / 4, "total_tokens": (question.len() + reply.len()) / 4});
    if request["stream"] == true {
        let mut stream = String::new();
        let middle = reply.char_indices().map(|(i, _)| i).nth(reply.chars().count() / 2).unwrap_or(0);
        for part in [&reply[..middle], &reply[middle..]] {
            let chunk = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "scripted",
                "choices": [{"index": 0, "delta": {"role": "assistant", "content": part}, "finish_reason": null}]});
            stream += &format!("data: {chunk}\n\n");
        }
        let last = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "scripted",
            "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
        let counts = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "scripted", "choices": [], "usage": usage});
        stream += &format!("data: {last}\n\ndata: {counts}\n\ndata: [DONE]\n\n");
        return ([("content-type", "text/event-stream")], stream).into_response();
    }
    axum::Json(json!({"id": "c", "object": "chat.completion", "created": 1, "model": "scripted", "usage": usage,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": reply}, "finish_reason": "stop"}]}))
    .into_response()
}
