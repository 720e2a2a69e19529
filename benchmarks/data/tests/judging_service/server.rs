//! A local server that behaves as the judging service: a token, a queue, verdicts, and every way of failing.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

pub const TOKEN: &str = "secret-token-0815";

/// How the next calls of a path fail.
#[derive(Clone)]
pub enum Fault {
    /// A status, what `Retry-After` says, and a body.
    Status(u16, Option<&'static str>, String),
    /// A body that is not what the protocol says.
    Says(&'static str),
    /// The call is acted on, and the answer never comes.
    Hangs,
    /// A redirect to this address.
    Moved(String),
}

#[derive(Default)]
pub struct Served {
    /// What `/check_status` says of a submission one after the other, the last for ever, by the program's text.
    pub verdicts: BTreeMap<String, Vec<Value>>,
    /// Faults of a path, each used once.
    pub faults: BTreeMap<&'static str, VecDeque<Fault>>,
    /// Bodies of what was submitted.
    pub submitted: Vec<Value>,
    /// How often each submission was asked about.
    pub asked: Vec<usize>,
    /// Path, query and token of every call.
    pub calls: Vec<(String, String, Option<String>)>,
    /// Whether submissions are numbered by texts.
    pub texts: bool,
}

pub type Shared = Arc<Mutex<Served>>;

pub struct Server {
    pub address: SocketAddr,
    pub served: Shared,
}

impl Server {
    pub async fn start() -> Self {
        let served = Shared::default();
        let app = Router::new()
            .route("/", get(hello))
            .route("/check_auth", get(check_auth))
            .route("/get_all_problems", get(problems))
            .route("/submit_code", post(submit))
            .route("/check_status", get(status))
            .with_state(served.clone());
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, served }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn with<T>(&self, change: impl FnOnce(&mut Served) -> T) -> T {
        change(&mut self.served.lock().unwrap())
    }

    pub fn fault(&self, path: &'static str, faults: &[Fault]) {
        self.with(|served| served.faults.entry(path).or_default().extend(faults.iter().cloned()));
    }

    pub fn calls(&self, path: &str) -> usize {
        self.with(|served| served.calls.iter().filter(|(called, ..)| called == path).count())
    }
}

fn plain(status: u16, body: impl Into<Body>) -> Response<Body> {
    Response::builder().status(status).body(body.into()).unwrap()
}

/// Writes the call down; the answer where it fails or its token is wrong.
async fn door(shared: &Shared, path: &'static str, query: &str, headers: &HeaderMap) -> Option<Response<Body>> {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let fault = {
        let mut served = shared.lock().unwrap();
        served.calls.push((path.to_owned(), query.to_owned(), token.clone()));
        served.faults.get_mut(path).and_then(VecDeque::pop_front)
    };
    match fault {
        Some(Fault::Status(status, after, body)) => {
            let response = Response::builder().status(status);
            let response = after.into_iter().fold(response, |response, after| response.header("retry-after", after));
            Some(response.body(body.into()).unwrap())
        }
        Some(Fault::Says(body)) => Some(plain(200, body)),
        Some(Fault::Moved(to)) => Some(Response::builder().status(302).header("location", to).body(Body::empty()).unwrap()),
        Some(Fault::Hangs) => {
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
            Some(plain(200, "{}"))
        }
        None if path != "/" && token.as_deref() != Some(TOKEN) => {
            Some(plain(401, format!("no user has the token {}", token.unwrap_or_default())))
        }
        None => None,
    }
}

async fn hello(State(shared): State<Shared>, headers: HeaderMap) -> Response<Body> {
    let failed = door(&shared, "/", "", &headers).await;
    failed.unwrap_or_else(|| plain(200, "good morning\n"))
}

async fn check_auth(State(shared): State<Shared>, headers: HeaderMap) -> Response<Body> {
    let failed = door(&shared, "/check_auth", "", &headers).await;
    failed.unwrap_or_else(|| plain(200, "ok"))
}

type Arguments = Query<BTreeMap<String, String>>;

async fn problems(State(shared): State<Shared>, Query(query): Arguments, headers: HeaderMap) -> Response<Body> {
    let asked = format!("cid={} update={}", query["cid"], query["update"]);
    if let Some(failed) = door(&shared, "/get_all_problems", &asked, &headers).await {
        return failed;
    }
    let sections = json!([
        {"title": "", "value": {"content": "<p>Add two numbers.</p>"}},
        {"title": "Input", "value": {"content": "<p>Two numbers.</p>"}},
    ]);
    let statement = json!({"meta": {"title": "Sum"}, "statement": {"content": {"sections": sections}}});
    let list = if query["cid"] == "2000" { json!([{"prob": "2000A", "json_str": statement.to_string()}]) } else { json!([]) };
    plain(200, json!({"problems": list}).to_string())
}

async fn submit(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    if let Some(failed) = door(&shared, "/submit_code", "", &headers).await {
        return failed;
    }
    assert_eq!(headers["content-type"], "application/json");
    let mut served = shared.lock().unwrap();
    served.submitted.push(serde_json::from_slice(&body).unwrap());
    served.asked.push(0);
    let number = served.submitted.len() - 1;
    let number = if served.texts { json!(format!("s/{number}&x")) } else { json!(number) };
    plain(200, json!({"submission_id": number}).to_string())
}

async fn status(State(shared): State<Shared>, Query(query): Arguments, headers: HeaderMap) -> Response<Body> {
    let number = query["submission_id"].clone();
    if let Some(failed) = door(&shared, "/check_status", &number, &headers).await {
        return failed;
    }
    let mut served = shared.lock().unwrap();
    let at: usize = number.trim_start_matches("s/").trim_end_matches("&x").parse().unwrap();
    let code = served.submitted[at]["code"].as_str().unwrap().to_owned();
    let all = &served.verdicts[&code];
    let verdict = all[served.asked[at].min(all.len() - 1)].clone();
    served.asked[at] += 1;
    plain(200, json!({"status_canonical": verdict}).to_string())
}
