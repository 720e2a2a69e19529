//! An OpenAI-compatible endpoint that answers by a rule: for tests whose right answers are known.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// What the endpoint answers: from the model's name and the last message; an error is a refusal with status 400.
type Rule = Box<dyn Fn(&str, &str) -> Result<String, String> + Send + Sync>;

struct Shared {
    rule: Rule,
    asked: Mutex<HashMap<String, usize>>,
}

/// A running endpoint; it ends with the test.
pub struct Dialogue {
    pub url: String,
    shared: Arc<Shared>,
    _runtime: tokio::runtime::Runtime,
}

impl Dialogue {
    pub fn start(rule: impl Fn(&str, &str) -> Result<String, String> + Send + Sync + 'static) -> Self {
        let shared = Arc::new(Shared { rule: Box::new(rule), asked: Mutex::default() });
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let url = format!("http://{}/v1", listener.local_addr().expect("an address"));
        // Filings are long: axum's own limit for bodies is 2 MB.
        let limit = axum::extract::DefaultBodyLimit::max(64 << 20);
        let router = Router::new().route("/v1/chat/completions", post(chat)).layer(limit).with_state(shared.clone());
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { url, shared, _runtime: runtime }
    }

    /// How often a model was asked.
    pub fn asked(&self, model: &str) -> usize {
        self.shared.asked.lock().expect("not poisoned").get(model).copied().unwrap_or(0)
    }
}

async fn chat(State(shared): State<Arc<Shared>>, body: String) -> Response {
    let Ok(request) = serde_json::from_str::<Value>(&body) else {
        return refuse("not JSON");
    };
    let model = request["model"].as_str().unwrap_or_default();
    let last = request["messages"].as_array().and_then(|messages| messages.last());
    let question = last.and_then(|message| message["content"].as_str()).unwrap_or_default();
    *shared.asked.lock().expect("not poisoned").entry(model.to_owned()).or_default() += 1;
    let reply = match (shared.rule)(model, question) {
        Ok(reply) => reply,
        Err(message) => return refuse(&message),
    };
    let usage = json!({"prompt_tokens": question.len() / 4, "completion_tokens": reply.len() / 4});
    let head = json!({"id": "c", "created": 1, "model": model});
    let with = |more: Value| {
        let mut value = head.clone();
        value.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        value
    };
    if request["stream"] != true {
        let message = json!({"index": 0, "message": {"role": "assistant", "content": reply}, "finish_reason": "stop"});
        return axum::Json(with(json!({"object": "chat.completion", "usage": usage, "choices": [message]}))).into_response();
    }
    let delta = json!({"index": 0, "delta": {"role": "assistant", "content": reply}, "finish_reason": null});
    let end = json!({"index": 0, "delta": {}, "finish_reason": "stop"});
    let chunks = [json!({"choices": [delta]}), json!({"choices": [end]}), json!({"choices": [], "usage": usage})];
    let mut stream = String::new();
    for chunk in chunks {
        let mut chunk = with(chunk);
        chunk["object"] = json!("chat.completion.chunk");
        stream += &format!("data: {chunk}\n\n");
    }
    ([("content-type", "text/event-stream")], stream + "data: [DONE]\n\n").into_response()
}

fn refuse(message: &str) -> Response {
    (StatusCode::BAD_REQUEST, axum::Json(json!({"error": {"message": message, "type": "test", "code": null}}))).into_response()
}
