//! A service that keeps its limits.

use super::limits::Used;
use super::services::{Back, Service, Told};
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// What a service saw.
#[derive(Clone, Copy, Default)]
pub struct Figures {
    pub requests: usize,
    /// Answered with 429, and with 503 while it was down.
    pub refused: usize,
    pub failed: usize,
    pub tokens: f64,
    /// Seconds that answers took, without waiting for each other, summed.
    pub latency_s: f64,
    /// From the first request to the last answer.
    pub seconds: f64,
}

struct State {
    began: Option<Instant>,
    per_request: Option<Used>,
    per_token: Option<Used>,
    busy: usize,
    figures: Figures,
    draws: u64,
}

struct Shared {
    service: &'static Service,
    cores: Semaphore,
    state: Mutex<State>,
}

/// A running service.
pub struct Server {
    port: u16,
    shared: Arc<Shared>,
    _runtime: tokio::runtime::Runtime,
}

/// What became of a request, and the header lines that tell of limits.
enum Verdict {
    Answer { after: Duration, prompt: u64, completion: u64 },
    Refuse(u16),
}

impl Server {
    pub fn start(service: &'static Service) -> Self {
        let state = State {
            began: None,
            per_request: service.per_request.map(Used::new),
            per_token: service.per_token.map(Used::new),
            busy: 0,
            figures: Figures::default(),
            draws: 1,
        };
        let cores = Semaphore::new(service.cores.unwrap_or(Semaphore::MAX_PERMITS));
        let shared = Arc::new(Shared { service, cores, state: Mutex::new(state) });
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

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    pub fn figures(&self) -> Figures {
        self.shared.state().figures
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody failed")
    }

    /// Decides on a request of so many bytes; tells with it the header lines.
    fn decide(&self, bytes: usize) -> (Verdict, String) {
        let mut guard = self.state();
        let state = &mut *guard;
        let now = state.began.get_or_insert_with(Instant::now).elapsed().as_secs_f64();
        let prompt = (bytes as f64 / 3.6).ceil();
        let completion = 40.0 + (160.0 * state.draw()).floor();
        state.figures.requests += 1;
        if self.service.outage.is_some_and(|(from, seconds)| (from..from + seconds).contains(&now)) {
            state.figures.failed += 1;
            return (Verdict::Refuse(503), String::new());
        }
        let cost = prompt + completion;
        let wait = state.per_request.as_mut().map_or(0.0, |used| used.wait(now, 1.0));
        let wait = state.per_token.as_mut().map_or(0.0, |used| used.wait(now, cost)).max(wait);
        let full = self.service.places.is_some_and(|places| state.busy >= places);
        if wait > 0.0 || full {
            state.figures.refused += 1;
            let lines = back(self.service.back, wait.max(0.001)) + &self.told(state, now);
            return (Verdict::Refuse(429), lines);
        }
        state.per_request.iter_mut().for_each(|used| used.take(1.0));
        state.per_token.iter_mut().for_each(|used| used.take(cost));
        let (least, more) = self.service.latency_ms;
        let seconds = (least - more * (1.0 - state.draw()).ln()) / 1000.0;
        state.busy += 1;
        state.figures.tokens += cost;
        state.figures.latency_s += seconds;
        let lines = self.told(state, now);
        (Verdict::Answer { after: Duration::from_secs_f64(seconds), prompt: prompt as u64, completion: completion as u64 }, lines)
    }

    fn told(&self, state: &State, now: f64) -> String {
        let mut lines = String::new();
        for (what, used) in [("requests", &state.per_request), ("tokens", &state.per_token)] {
            let Some(used) = used else { continue };
            let (whole, left, reset) = (used.limit().whole(), used.left().floor(), used.reset(now));
            let _ = match self.service.told {
                Told::Not => Ok(()),
                Told::OpenAi => write!(
                    lines,
                    "x-ratelimit-limit-{what}: {whole}\r\nx-ratelimit-remaining-{what}: {left}\r\n\
                     x-ratelimit-reset-{what}: {}\r\n",
                    span(reset)
                ),
                Told::Anthropic => {
                    let at = jiff::Timestamp::now() + Duration::from_secs_f64(reset);
                    write!(
                        lines,
                        "anthropic-ratelimit-{what}-limit: {whole}\r\nanthropic-ratelimit-{what}-remaining: {left}\r\n\
                         anthropic-ratelimit-{what}-reset: {}\r\n",
                        at.strftime("%Y-%m-%dT%H:%M:%SZ")
                    )
                }
                Told::Plain => write!(
                    lines,
                    "ratelimit-limit: {whole}\r\nratelimit-remaining: {left}\r\nratelimit-reset: {}\r\n",
                    reset.ceil()
                ),
            };
        }
        lines
    }

    fn answered(&self) {
        let mut state = self.state();
        state.busy -= 1;
        state.figures.seconds = state.began.map_or(0.0, |began| began.elapsed().as_secs_f64());
    }
}

impl State {
    /// A number in [0, 1), the same ones in every run.
    fn draw(&mut self) -> f64 {
        self.draws = self.draws.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.draws >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A span as Go prints it: `1m2.5s`, `17ms`.
fn span(seconds: f64) -> String {
    match seconds {
        s if s >= 60.0 => format!("{}m{:.3}s", (s / 60.0).floor(), s % 60.0),
        s if s >= 1.0 => format!("{s:.3}s"),
        s => format!("{:.0}ms", (s * 1000.0).ceil()),
    }
}

fn back(form: Back, wait: f64) -> String {
    match form {
        Back::Not => String::new(),
        Back::Seconds => format!("retry-after: {}\r\n", wait.ceil()),
        Back::Milliseconds => format!("retry-after-ms: {}\r\n", (wait * 1000.0).ceil()),
        Back::Date => {
            let at = jiff::Timestamp::try_from(SystemTime::now() + Duration::from_secs_f64(wait + 0.999)).expect("a date");
            format!("retry-after: {}\r\n", at.strftime("%a, %d %b %Y %H:%M:%S GMT"))
        }
    }
}

async fn converse(mut stream: TcpStream, shared: &Shared) {
    let (mut buffer, mut piece) = (Vec::new(), [0; 16_384]);
    let _ = stream.set_nodelay(true);
    loop {
        if let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            let length: Option<usize> = head.lines().find_map(|l| l.strip_prefix("content-length:")?.trim().parse().ok());
            let whole = end + 4 + length.unwrap_or(0);
            if buffer.len() >= whole {
                buffer.drain(..whole);
                if reply(&mut stream, shared, length.unwrap_or(0)).await.is_err() {
                    return;
                }
                continue;
            }
        }
        match stream.read(&mut piece).await {
            Ok(n) if n > 0 => buffer.extend_from_slice(&piece[..n]),
            _ => return,
        }
    }
}

async fn reply(stream: &mut TcpStream, shared: &Shared, bytes: usize) -> std::io::Result<()> {
    match shared.decide(bytes) {
        (Verdict::Refuse(status), lines) => {
            let body = r#"{"error":{"message":"not now","type":"requests","code":"rate_limit_exceeded"}}"#;
            let head = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{lines}content-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(head.as_bytes()).await
        }
        (Verdict::Answer { after, prompt, completion }, lines) => {
            {
                let _core = shared.cores.acquire().await;
                tokio::time::sleep(after).await;
            }
            let events = format!(
                "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"role\":\"assistant\",\"content\":\"Answer: A. Rating: [[5]]\"}},\
                 \"finish_reason\":null}}]}}\n\ndata: {{\"choices\":[{{\"index\":0,\"delta\":{{}},\"finish_reason\":\"stop\"}}]}}\n\n\
                 data: {{\"choices\":[],\"usage\":{{\"prompt_tokens\":{prompt},\"completion_tokens\":{completion}}}}}\n\n\
                 data: [DONE]\n\n"
            );
            shared.answered();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n{lines}content-length: {}\r\n\r\n{events}",
                events.len()
            );
            stream.write_all(head.as_bytes()).await
        }
    }
}
