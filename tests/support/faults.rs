//! An OpenAI-compatible endpoint that speaks plain TCP, so that it can break every rule of HTTP.

use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The key that must never be seen anywhere; the server repeats it in its complaints.
pub const KEY: &str = "sk-fault-9c41e7d2b6";

/// What a request meets.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// An answer, as it should be.
    None,
    /// This status, with these further header lines, and a body that repeats the key.
    Status(u16, &'static str),
    /// The connection is closed (reset, where possible) without a word.
    Silence,
    /// The connection breaks off in the middle of the body.
    Broken,
    /// The head comes byte by byte and never ends.
    SlowHead,
    /// A stream that begins and then says nothing more.
    Stalled,
    /// This body under this content type; its length is told as it is.
    Body(&'static str, String),
    /// The same under this status.
    Told(u16, &'static str, String),
    /// A body without end.
    Endless,
    /// Not HTTP at all.
    Garbage,
    /// The provider declines the question.
    Filtered,
    /// These bytes as they are, then the connection is closed.
    Raw(Vec<u8>),
    /// These bytes as they are, one every so often, as long as there are any.
    Drip(Vec<u8>, Duration),
    /// These bytes as they are, then these again and again without end.
    Forever(Vec<u8>, Vec<u8>),
}

type Rule = dyn Fn(usize) -> Fault + Send + Sync;

struct Shared {
    /// What the request of this number (from 0) meets.
    fault: Mutex<Arc<Rule>>,
    delay: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    requests: usize,
    /// By question: how often it was answered rightly.
    answered: HashMap<String, usize>,
    /// Where requests were sent, as the first line says.
    targets: Vec<String>,
}

/// A running endpoint; it ends with the test.
pub struct Faulty {
    pub port: u16,
    shared: Arc<Shared>,
    _runtime: tokio::runtime::Runtime,
}

impl Faulty {
    pub fn start(delay: Duration, fault: impl Fn(usize) -> Fault + Send + Sync + 'static) -> Self {
        let shared = Arc::new(Shared { fault: Mutex::new(Arc::new(fault)), delay, state: Mutex::default() });
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let serving = shared.clone();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = serving.clone();
                tokio::spawn(async move { converse(stream, &shared).await });
            }
        });
        Self { port, shared, _runtime: runtime }
    }

    /// From now on, what the request of this number (counted from the start) meets.
    pub fn change(&self, fault: impl Fn(usize) -> Fault + Send + Sync + 'static) {
        *self.shared.fault.lock().expect("not poisoned") = Arc::new(fault);
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().expect("not poisoned")
    }

    pub fn requests(&self) -> usize {
        self.state().requests
    }

    /// How often questions were answered: in all, and the one that was answered most often.
    pub fn answers(&self) -> (usize, usize) {
        let state = self.state();
        (state.answered.values().sum(), state.answered.values().copied().max().unwrap_or(0))
    }

    pub fn targets(&self) -> Vec<String> {
        self.state().targets.clone()
    }
}

/// Requests and replies on one connection, until one of them breaks it.
async fn converse(mut stream: TcpStream, shared: &Shared) {
    let mut buffer = Vec::new();
    while let Some((target, body)) = request(&mut stream, &mut buffer).await {
        let number = {
            let mut state = shared.state.lock().expect("not poisoned");
            state.targets.push(target);
            state.requests += 1;
            state.requests - 1
        };
        tokio::time::sleep(shared.delay).await;
        let rule = shared.fault.lock().expect("not poisoned").clone();
        let fault = rule(number);
        let Ok(question) = serde_json::from_slice::<Value>(&body) else { return };
        if reply(&mut stream, shared, &fault, &question).await.is_err() || fault != Fault::None && breaks(&fault) {
            return;
        }
    }
}

fn breaks(fault: &Fault) -> bool {
    !matches!(fault, Fault::Status(..) | Fault::Body(..) | Fault::Told(..) | Fault::Filtered)
}

/// The next request: its first line and its body.
async fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<(String, Vec<u8>)> {
    loop {
        if let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
            let length = head.lines().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
            let whole = end + 4 + length.unwrap_or(0);
            if buffer.len() >= whole {
                let body = buffer[end + 4..whole].to_vec();
                buffer.drain(..whole);
                return Some((head.lines().next().unwrap_or_default().to_string(), body));
            }
        }
        let mut piece = [0; 16384];
        match stream.read(&mut piece).await {
            // A TLS handshake: nobody here speaks that.
            Ok(n) if n > 0 && buffer.is_empty() && piece[0] == 0x16 => return None,
            Ok(n) if n > 0 => buffer.extend_from_slice(&piece[..n]),
            _ => return None,
        }
    }
}

pub fn head(status: u16, content_type: &str, more: &str, length: usize) -> String {
    format!("HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\n{more}content-length: {length}\r\n\r\n")
}

async fn reply(stream: &mut TcpStream, shared: &Shared, fault: &Fault, question: &Value) -> std::io::Result<()> {
    let streaming = question["stream"] == true;
    match fault {
        Fault::None => {
            let text = question["messages"].to_string();
            *shared.state.lock().expect("not poisoned").answered.entry(text).or_default() += 1;
            let (content_type, body) = answer(streaming);
            stream.write_all((head(200, content_type, "", body.len()) + &body).as_bytes()).await
        }
        Fault::Status(status, more) => {
            let body = json!({"error": {"message": format!("refused for key {KEY}"), "type": "test", "code": null}}).to_string();
            stream.write_all((head(*status, "application/json", more, body.len()) + &body).as_bytes()).await
        }
        Fault::Silence => {
            let _ = stream.set_zero_linger();
            Ok(())
        }
        Fault::Broken => {
            let (content_type, body) = answer(streaming);
            let half = &body[..body.len() / 2];
            stream.write_all((head(200, content_type, "", body.len()) + half).as_bytes()).await
        }
        Fault::SlowHead => {
            for byte in head(200, "text/event-stream", "", 10).bytes().take(12).cycle() {
                stream.write_all(&[byte.max(b'a')]).await?;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            Ok(())
        }
        Fault::Stalled => {
            let (content_type, body) = answer(true);
            let first = body.split_inclusive("\n\n").next().unwrap_or_default();
            stream.write_all((head(200, content_type, "", body.len()) + first).as_bytes()).await?;
            tokio::time::sleep(Duration::from_secs(3600)).await;
            Ok(())
        }
        Fault::Told(status, content_type, body) => {
            stream.write_all((head(*status, content_type, "", body.len()) + body).as_bytes()).await
        }
        Fault::Body(content_type, body) => stream.write_all((head(200, content_type, "", body.len()) + body).as_bytes()).await,
        Fault::Endless => {
            stream.write_all(b"HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n").await?;
            let piece = vec![b'x'; 1 << 20];
            loop {
                stream.write_all(&piece).await?;
            }
        }
        Fault::Filtered => {
            let error = json!({"message": "declined by the content management policy", "code": "content_filter"});
            let body = json!({"error": error}).to_string();
            stream.write_all((head(400, "application/json", "", body.len()) + &body).as_bytes()).await
        }
        Fault::Raw(bytes) => stream.write_all(bytes).await,
        Fault::Drip(bytes, pause) => {
            for byte in bytes {
                stream.write_all(&[*byte]).await?;
                tokio::time::sleep(*pause).await;
            }
            Ok(())
        }
        Fault::Forever(first, piece) => {
            stream.write_all(first).await?;
            loop {
                stream.write_all(piece).await?;
            }
        }
        Fault::Garbage => stream.write_all(b"\x00\x16SSH-2.0 no HTTP here\r\n\r\n").await,
    }
}

/// A right answer: content type and body.
pub fn answer(streaming: bool) -> (&'static str, String) {
    let usage = json!({"prompt_tokens": 20, "completion_tokens": 3});
    if !streaming {
        let message = json!({"index": 0, "message": {"role": "assistant", "content": "Answer: A"}, "finish_reason": "stop"});
        let body = json!({"id": "c", "object": "chat.completion", "model": "m", "usage": usage, "choices": [message]});
        return ("application/json", body.to_string());
    }
    let delta = json!({"index": 0, "delta": {"role": "assistant", "content": "Answer: A"}, "finish_reason": null});
    let end = json!({"index": 0, "delta": {}, "finish_reason": "stop"});
    let chunks = [json!({"choices": [delta]}), json!({"choices": [end]}), json!({"choices": [], "usage": usage})];
    let events: String = chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    ("text/event-stream", events + "data: [DONE]\n\n")
}
