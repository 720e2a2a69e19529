//! The endpoint that is asked, in a process of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// An answer with its usage, as events.
const EVENTS: &str = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Answer: A\"},\
    \"finish_reason\":null}]}\n\ndata: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
    data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":3}}\n\ndata: [DONE]\n\n";

/// The same in one piece, for those who do not ask for events.
const WHOLE: &str = "{\"id\":\"c\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\
    \"message\":{\"role\":\"assistant\",\"content\":\"Answer: A\"},\"finish_reason\":\"stop\"}],\
    \"usage\":{\"prompt_tokens\":20,\"completion_tokens\":3,\"total_tokens\":23}}";

/// Requests being answered, and the most there ever were.
static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

/// A running endpoint. It is not waited for before its measurement ends, so its CPU seconds count nowhere.
pub struct Endpoint {
    process: Child,
    port: u16,
}

impl Endpoint {
    /// One whose answers take so long.
    pub fn start(delay_ms: u64) -> Self {
        let mut process = Command::new(std::env::current_exe().expect("this program"))
            .args(["serve", &delay_ms.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().expect("its output")).read_line(&mut line).expect("a line");
        Self { process, port: line.trim().parse().expect("a port") }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// The most requests it ever answered at once.
    pub fn most_at_once(&self) -> usize {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        stream.write_all(b"GET /most HTTP/1.1\r\nconnection: close\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer.rsplit("\r\n\r\n").next().and_then(|body| body.parse().ok()).expect("a number")
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Answers until it is ended.
pub fn serve(delay: Duration) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    println!("{}", listener.local_addr().expect("an address").port());
    for stream in listener.incoming().flatten() {
        // Small stacks: there may be hundreds.
        let _ = std::thread::Builder::new().stack_size(128 << 10).spawn(move || converse(stream, delay));
    }
}

fn converse(mut stream: TcpStream, delay: Duration) {
    let answer = |kind: &str, body: &str| {
        format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    };
    let (events, whole) = (answer("text/event-stream", EVENTS), answer("application/json", WHOLE));
    let _ = stream.set_nodelay(true);
    let (mut buffer, mut piece) = (Vec::new(), [0; 8192]);
    loop {
        if let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            if head.starts_with("get /most ") {
                let _ = stream.write_all(answer("text/plain", &MOST.load(Ordering::SeqCst).to_string()).as_bytes());
                return;
            }
            let length = head.lines().find_map(|l| l.strip_prefix("content-length:")?.trim().parse().ok());
            let total = end + 4 + length.unwrap_or(0);
            if buffer.len() >= total {
                let body: Vec<u8> = buffer.drain(..total).skip(end).filter(|byte| !byte.is_ascii_whitespace()).collect();
                let streams = body.windows(13).any(|w| w == b"\"stream\":true");
                MOST.fetch_max(NOW.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(delay);
                NOW.fetch_sub(1, Ordering::SeqCst);
                if stream.write_all(if streams { &events } else { &whole }.as_bytes()).is_err() {
                    return;
                }
                continue;
            }
        }
        match stream.read(&mut piece) {
            Ok(n) if n > 0 => buffer.extend_from_slice(&piece[..n]),
            _ => return,
        }
    }
}
