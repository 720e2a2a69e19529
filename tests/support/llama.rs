//! llama.cpp's own server, started by a test where it is installed: a Python with the wheel `xllamacpp`
//! (PROCTOR_TEST_PYTHON, or the virtual environment `test-server` in the cache) and the default model.
#![allow(dead_code, clippy::print_stderr)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running server; it ends with this value.
pub struct LlamaServer {
    /// Its address with `/v1`.
    pub base: String,
    child: Child,
}

fn cache() -> Option<PathBuf> {
    let named = std::env::var_os("PROCTOR_CACHE").map(PathBuf::from);
    let home = || {
        std::env::var_os("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))
    };
    named.or_else(|| Some(home()?.join("proctor")))
}

impl LlamaServer {
    /// Starts it, or says why not. `root` is that of the workspace.
    pub fn start(root: &Path) -> Option<Self> {
        let cache = cache()?;
        let python = std::env::var_os("PROCTOR_TEST_PYTHON").map(PathBuf::from);
        let python = python.unwrap_or_else(|| cache.join("test-server/bin/python"));
        let model = cache.join("models/smollm2-135m.gguf");
        if !python.exists() || !model.exists() {
            eprintln!(
                "skipped: {} or {} is missing; `python3 -m venv {}` and `pip install xllamacpp` there, and `proctor setup`",
                python.display(),
                model.display(),
                cache.join("test-server").display()
            );
            return None;
        }
        let mut child = Command::new(python)
            .arg(root.join("tests/fixtures/llama_server.py"))
            .arg(model)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.find_map(|line| line.ok().filter(|l| l.starts_with("http"))).expect("the server's address");
        let server = Self { base: format!("{}/v1", address.trim_end_matches('/')), child };
        server.wait();
        Some(server)
    }

    /// Waits until it has loaded its model.
    fn wait(&self) {
        let address = self.base.trim_start_matches("http://").trim_end_matches("/v1").to_owned();
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(120) {
            if health(&address).is_some_and(|reply| reply.starts_with("HTTP/1.1 200")) {
                return;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        panic!("the server at {address} did not load its model within 120 s");
    }
}

fn health(address: &str) -> Option<String> {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET /health HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").ok()?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply).ok()?;
    Some(reply)
}

impl Drop for LlamaServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
