//! What asking an endpoint costs proctor itself: time on the clock, CPU seconds and memory, durable rows included.
//!
//! `cargo bench -p proctor-cli --bench endpoint_weight` runs the program against an endpoint of its own in another
//! process: 2,000 requests that take 50 ms with 100 in flight, 512 in flight, and 6,500 and 52,000 that take no time.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Questions of the benchmark that is run.
const QUESTIONS: usize = 13;

/// An answer with its usage, as events.
const ANSWER: &str = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Answer: A\"},\
    \"finish_reason\":null}]}\n\ndata: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
    data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":3}}\n\ndata: [DONE]\n\n";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, verb, delay] = arguments.as_slice()
        && verb == "serve"
    {
        return serve(Duration::from_millis(delay.parse().expect("milliseconds")));
    }
    println!(
        "{:>9} {:>6} {:>9} {:>8} {:>10} {:>8} {:>14} {:>8}",
        "requests", "ms", "in flight", "s", "requests/s", "CPU s", "CPU ms each", "MiB"
    );
    for (requests, delay_ms, in_flight) in [(2_000, 50, 100), (10_000, 50, 512), (6_500, 0, 100), (52_000, 0, 100)] {
        measure(requests, delay_ms, in_flight);
    }
}

fn measure(requests: usize, delay_ms: u64, in_flight: usize) {
    let (mut server, port) = start(delay_ms);
    let folder = tempfile::tempdir().expect("a folder");
    let epochs = requests.div_ceil(QUESTIONS);
    let before = children();
    let began = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_proctor"))
        .current_dir(folder.path())
        .args(["run", "tumlu:kazakh", "-m", "openai-api/local/m", "--quiet", "--format", "json", "--no-cache"])
        .args(["--base-url", &format!("http://127.0.0.1:{port}/v1"), "--epochs", &epochs.to_string()])
        .args(["--concurrency", &in_flight.to_string()])
        .env("LOCAL_API_KEY", "none")
        .env_remove("PROCTOR_STORE")
        .output()
        .expect("the program starts");
    let wall_s = began.elapsed().as_secs_f64();
    let after = children();
    server.kill().expect("the server can be ended");
    server.wait().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (made, cpu_s) = ((epochs * QUESTIONS) as f64, after.0 - before.0);
    println!(
        "{:>9} {delay_ms:>6} {in_flight:>9} {wall_s:>8.2} {:>10.0} {cpu_s:>8.2} {:>14.3} {:>8.0}",
        made,
        made / wall_s,
        1000.0 * cpu_s / made,
        after.1
    );
}

/// CPU seconds of all ended children, and the most MiB one of them had in memory.
fn children() -> (f64, f64) {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: `usage` is a valid place for one `rusage`, which all-zero bits are as well.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr());
        usage.assume_init()
    };
    let seconds = |t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 / 1e6;
    (seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss as f64 / 1024.0)
}

/// The endpoint in a process of its own, and its port. It is not waited for before its measurement ends, so its CPU
/// seconds count nowhere.
fn start(delay_ms: u64) -> (Child, u16) {
    let mut server = Command::new(std::env::current_exe().expect("this program"))
        .args(["serve", &delay_ms.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let mut line = String::new();
    BufReader::new(server.stdout.as_mut().expect("its output")).read_line(&mut line).expect("a line");
    (server, line.trim().parse().expect("a port"))
}

fn serve(delay: Duration) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    println!("{}", listener.local_addr().expect("an address").port());
    for stream in listener.incoming().flatten() {
        // Small stacks: there may be hundreds.
        let _ = std::thread::Builder::new().stack_size(128 << 10).spawn(move || converse(stream, delay));
    }
}

fn converse(mut stream: TcpStream, delay: Duration) {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\n\r\n", ANSWER.len());
    let answer = head + ANSWER;
    let _ = stream.set_nodelay(true);
    let (mut buffer, mut piece) = (Vec::new(), [0; 8192]);
    loop {
        if let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|l| l.strip_prefix("content-length:")?.trim().parse().ok());
            let whole = end + 4 + length.unwrap_or(0);
            if buffer.len() >= whole {
                buffer.drain(..whole);
                std::thread::sleep(delay);
                if stream.write_all(answer.as_bytes()).is_err() {
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
