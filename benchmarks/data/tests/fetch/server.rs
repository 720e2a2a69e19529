//! A local server that speaks the layout of the Hub and of raw repository files, and misbehaves on demand.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::routing::get;
use futures::StreamExt;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

/// What the server does to one path.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Breaks the body off after so many bytes, this many times.
    Cut(usize, u32),
    /// Answers with a status this many times.
    Status(u16, u32),
    /// Asks to be left alone for so many seconds, this many times.
    Busy(u64, u32),
    /// Announces the hash of something else.
    WrongHash,
    /// Ignores ranges.
    NoRanges,
}

/// What it serves and what it saw.
#[derive(Default)]
pub struct Served {
    pub commit: String,
    pub files: BTreeMap<String, Vec<u8>>,
    pub faults: BTreeMap<String, Fault>,
    pub token: Option<String>,
    pub missing: bool,
    /// Content is answered by a redirect to the other server.
    pub elsewhere: Option<SocketAddr>,
    /// Path, `Range` and whether a token came, of every request for content.
    pub seen: Vec<(String, Option<String>, bool)>,
}

pub type Shared = Arc<Mutex<Served>>;

pub struct Server {
    pub address: SocketAddr,
    pub served: Shared,
}

pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

impl Server {
    pub async fn start(files: &[(&str, &[u8])]) -> Self {
        let served = Served {
            commit: COMMIT.into(),
            files: files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())).collect(),
            ..Served::default()
        };
        let served: Shared = Arc::new(Mutex::new(served));
        let app = Router::new()
            .route("/api/datasets/{owner}/{name}/revision/{revision}", get(listing))
            .route("/datasets/{owner}/{name}/resolve/{revision}/{*path}", get(resolve))
            .route("/api/models/{owner}/{name}/revision/{revision}", get(listing))
            .route("/{owner}/{name}/resolve/{revision}/{*path}", get(resolve))
            .route("/content/{*path}", get(content))
            .route("/{owner}/{name}/{revision}/{*path}", get(raw))
            .with_state(served.clone());
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, served }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn with(&self, change: impl FnOnce(&mut Served)) {
        change(&mut self.served.lock().unwrap());
    }
}

fn plain(status: u16, text: &str) -> Response<Body> {
    Response::builder().status(status).body(Body::from(text.to_owned())).unwrap()
}

fn allowed(served: &Served, headers: &HeaderMap) -> bool {
    let given = headers.get("authorization").and_then(|v| v.to_str().ok());
    served.token.as_ref().is_none_or(|token| given == Some(&format!("Bearer {token}")))
}

async fn listing(
    State(shared): State<Shared>,
    Path((_, _, revision)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response<Body> {
    let served = shared.lock().unwrap();
    if !allowed(&served, &headers) {
        return plain(401, "no");
    }
    if served.missing {
        return Response::builder().status(404).header("x-error-code", "RepoNotFound").body(Body::empty()).unwrap();
    }
    if revision != "main" && revision != "refs/pr/1" && revision != served.commit {
        return Response::builder().status(404).header("x-error-code", "RevisionNotFound").body(Body::empty()).unwrap();
    }
    let siblings: Vec<_> = served.files.iter().map(|(path, bytes)| json!({"rfilename": path, "size": bytes.len()})).collect();
    plain(200, &json!({"sha": served.commit, "siblings": siblings}).to_string())
}

async fn resolve(
    State(shared): State<Shared>,
    Path((_, _, revision, path)): Path<(String, String, String, String)>,
    headers: HeaderMap,
) -> Response<Body> {
    let elsewhere = {
        let served = shared.lock().unwrap();
        if !allowed(&served, &headers) {
            return plain(403, "gated");
        }
        assert_eq!(revision, served.commit, "content is asked for by commit");
        served.elsewhere.map(|address| (address, etag(&served, &path), served.files[&path].len()))
    };
    match elsewhere {
        Some((address, etag, size)) => Response::builder()
            .status(302)
            .header("location", format!("http://{address}/content/{path}"))
            .header("x-repo-commit", revision)
            .header("x-linked-etag", etag)
            .header("x-linked-size", size)
            .body(Body::empty())
            .unwrap(),
        None => file(&shared, &path, &headers, true),
    }
}

async fn content(State(shared): State<Shared>, Path(path): Path<String>, headers: HeaderMap) -> Response<Body> {
    file(&shared, &path, &headers, false)
}

async fn raw(
    State(shared): State<Shared>,
    Path((_, _, _, path)): Path<(String, String, String, String)>,
    headers: HeaderMap,
) -> Response<Body> {
    file(&shared, &path, &headers, false)
}

fn etag(served: &Served, path: &str) -> String {
    let mut bytes = served.files[path].clone();
    if served.faults.get(path) == Some(&Fault::WrongHash) {
        bytes.push(b'!');
    }
    format!("\"{}\"", hex::encode(Sha256::digest(&bytes)))
}

fn file(shared: &Shared, path: &str, headers: &HeaderMap, hub: bool) -> Response<Body> {
    let mut served = shared.lock().unwrap();
    let range = headers.get("range").and_then(|v| v.to_str().ok()).map(str::to_owned);
    served.seen.push((path.to_owned(), range.clone(), headers.contains_key("authorization")));
    let Some(bytes) = served.files.get(path).cloned() else {
        return Response::builder().status(404).header("x-error-code", "EntryNotFound").body(Body::empty()).unwrap();
    };
    let probe = range.as_deref() == Some("bytes=0-0");
    let mut cut = None;
    match served.faults.get_mut(path) {
        Some(Fault::Status(status, left)) if *left > 0 => {
            *left -= 1;
            return plain(*status, "trouble");
        }
        Some(Fault::Busy(seconds, left)) if *left > 0 => {
            *left -= 1;
            return Response::builder().status(429).header("retry-after", *seconds).body(Body::empty()).unwrap();
        }
        Some(Fault::Cut(after, left)) if *left > 0 && !probe => {
            *left -= 1;
            cut = Some(*after);
        }
        _ => {}
    }
    let ranges = served.faults.get(path) != Some(&Fault::NoRanges);
    let start =
        range.as_deref().filter(|_| ranges).and_then(|r| r.strip_prefix("bytes=")?.split('-').next()?.parse::<usize>().ok());
    let mut response = Response::builder().header("etag", etag(&served, path));
    if hub {
        response = response.header("x-repo-commit", &served.commit);
    }
    let body = match start {
        Some(start) if start >= bytes.len() => {
            let response = response.status(StatusCode::RANGE_NOT_SATISFIABLE);
            return response.header("content-range", format!("bytes */{}", bytes.len())).body(Body::empty()).unwrap();
        }
        Some(start) => {
            let end = if probe { 1 } else { bytes.len() };
            response = response.status(206).header("content-range", format!("bytes {start}-{}/{}", end - 1, bytes.len()));
            bytes[start..end].to_vec()
        }
        None => bytes,
    };
    match cut {
        None => response.header("content-length", body.len()).body(Body::from(body)).unwrap(),
        Some(after) => {
            let announced = body.len();
            let part = Bytes::from(body[..after.min(body.len())].to_vec());
            let broken = std::io::Error::other("the line is cut");
            let later = async move {
                tokio::time::sleep(std::time::Duration::from_millis(30)).await;
                Err(broken)
            };
            let stream = futures::stream::iter([Ok(part)]).chain(futures::stream::once(later));
            response.header("content-length", announced).body(Body::from_stream(stream)).unwrap()
        }
    }
}
