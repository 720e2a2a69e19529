use crate::support::{NoFigures, answer, grade, run, sample, store};
use proctor_core::Outcome;
use proctor_view::{Serving, ViewOptions, serve};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a hostile model, data set and server call themselves and say.
const HOSTILE: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>\u{202e}\u{1b}[31m";

struct Answered {
    status: u16,
    head: String,
    body: String,
}

/// Asks the server as a browser would, with these further lines in the head.
async fn ask(port: u16, method: &str, target: &str, host: &str, more: &str) -> Answered {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = Vec::new();
    tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut text)).await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&text).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    Answered { status: head.split(' ').nth(1).unwrap().parse().unwrap(), head: head.to_lowercase(), body: body.to_string() }
}

/// A served store with a hostile run, the port and the cookie that opens it.
async fn served(folder: &Path) -> (u16, String, String) {
    let store = store(folder).await;
    let mut hostile = sample(0, HOSTILE, HOSTILE);
    hostile.id = format!("id/{HOSTILE}");
    let run = run(&store, "bench", HOSTILE, std::slice::from_ref(&hostile)).await;
    answer(&store, &run, &hostile, HOSTILE, 3).await;
    grade(&store, &run, &hostile, Outcome::Incorrect, HOSTILE).await;
    let options = ViewOptions { port: 0, index: folder.join("index") };
    let serving: Serving = serve(store, Arc::new(NoFigures), &options).await.unwrap();
    let address = serving.address().to_string();
    tokio::spawn(serving.run(std::future::pending()));
    let (place, token) = address.strip_prefix("http://127.0.0.1:").unwrap().split_once("/?token=").unwrap();
    let port: u16 = place.parse().unwrap();
    for _ in 0..200 {
        let cookie = format!("Cookie: proctor_{port}={token}\r\n");
        if ask(port, "GET", "/api/runs", &format!("127.0.0.1:{port}"), &cookie).await.body.contains("\"graded\":1") {
            return (port, token.to_string(), cookie);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the run never appears");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_holds_the_token_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let (port, token, cookie) = served(folder.path()).await;
    let host = format!("127.0.0.1:{port}");
    let check = async |method: &str, target: &str, host: &str, more: &str, status: u16| {
        let answered = ask(port, method, target, host, more).await;
        assert_eq!(answered.status, status, "{method} {target} {host} {more}\n{}\n{}", answered.head, answered.body);
        assert!(answered.head.contains("content-security-policy: default-src 'none'"), "{}", answered.head);
        assert!(answered.head.contains("x-content-type-options: nosniff"));
        assert!(!answered.body.contains(&token), "the token stands in an answer");
        answered
    };
    for target in ["/", "/run?id=x", "/samples", "/api/runs", "/style.css", "/nowhere"] {
        check("GET", target, &host, "", 403).await;
        check("GET", &format!("{target}{}token=0123", if target.contains('?') { '&' } else { '?' }), &host, "", 403).await;
        check("GET", target, &host, &format!("Cookie: proctor_{port}=0123456789abcdef0123456789abcdef\r\n"), 403).await;
    }
    let opened = check("GET", &format!("/?token={token}"), &host, "", 303).await;
    assert!(opened.head.contains("location: /\r\n"), "{}", opened.head);
    assert!(opened.head.contains("httponly; samesite=lax"), "{}", opened.head);
    let elsewhere = check("GET", &format!("//evil.example/x?a=1&token={token}"), &host, "", 303).await;
    assert!(elsewhere.head.contains("location: /?a=1\r\n"), "{}", elsewhere.head);
    check("GET", "/", &host, &cookie, 200).await;
    check("HEAD", "/", &host, &cookie, 200).await;
    check("GET", "/", &format!("localhost:{port}"), &cookie, 200).await;
    for name in ["evil.example", "127.0.0.1", "127.0.0.1:1", "evil.example:80", "127.0.0.1.evil.example"] {
        check("GET", "/", name, &cookie, 421).await;
    }
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        check(method, "/", &host, &cookie, 405).await;
    }
    check("GET", "/api/runs", &host, &format!("{cookie}Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n"), 403).await;
    check("GET", "/nowhere", &host, &cookie, 404).await;
    check("GET", "/run", &host, &cookie, 400).await;
    check("GET", "/run?id=nowhere", &host, &cookie, 404).await;
    check("GET", "/sample?run=x&sample=y", &host, &cookie, 404).await;
    check("GET", "/samples?after=1.2.3&outcome=nonsense&sort=x&subset=y", &host, &cookie, 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_model_wrote_never_becomes_markup() {
    let folder = tempfile::tempdir().unwrap();
    let (port, _, cookie) = served(folder.path()).await;
    let host = format!("127.0.0.1:{port}");
    let runs: serde_json::Value = serde_json::from_str(&unchunked(&ask(port, "GET", "/api/runs", &host, &cookie).await)).unwrap();
    let id = runs[0]["id"].as_str().unwrap();
    let encoded: String = format!("id/{HOSTILE}").bytes().map(|byte| format!("%{byte:02X}")).collect();
    let model: String = HOSTILE.bytes().map(|byte| format!("%{byte:02X}")).collect();
    for target in [
        "/".to_string(),
        "/samples".into(),
        format!("/samples?q={model}&subset={model}&run={model}&sample={model}&category={model}"),
        format!("/run?id={id}"),
        format!("/sample?run={id}&sample={encoded}"),
        format!("/sample?run={id}&sample={encoded}&with={model}"),
        format!("/compare?a={model}&b={model}&subset={model}"),
    ] {
        let answered = ask(port, "GET", &target, &host, &cookie).await;
        assert_eq!(answered.status, 200, "{target}: {}", answered.body);
        let body = unchunked(&answered);
        for part in ["<script>alert", "<img src=x"] {
            assert!(!body.contains(part), "{target} holds {part:?}:\n{body}");
        }
        // Hidden characters stand only where nobody reads them: in what a form sends back.
        let read: Vec<&str> =
            body.split(" value=\"").enumerate().map(|(i, t)| if i == 0 { t } else { t.split_once('"').unwrap().1 }).collect();
        for part in ["\u{202e}", "\u{1b}["] {
            assert!(!read.concat().contains(part), "{target} holds {part:?}:\n{body}");
        }
    }
    let board = ask(port, "GET", "/leaderboard", &host, &cookie).await;
    assert_eq!(board.status, 500);
    assert!(board.head.contains("content-type: text/plain"), "{}", board.head);
    // As data it comes whole and exactly as it was.
    let answered = ask(port, "GET", &format!("/api/sample?run={id}&sample={encoded}"), &host, &cookie).await;
    let document: serde_json::Value = serde_json::from_str(&unchunked(&answered)).unwrap();
    assert!(answered.head.contains("content-type: application/json"));
    assert_eq!(document["document"]["turns"][0]["answer"]["t"], HOSTILE);
}

/// The body without the lengths of chunked transfer, where it is so transferred.
fn unchunked(answered: &Answered) -> String {
    if !answered.head.contains("transfer-encoding: chunked") {
        return answered.body.clone();
    }
    let mut rest = answered.body.as_str();
    let mut out = String::new();
    while let Some((length, after)) = rest.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        out.push_str(&after[..length]);
        rest = after[length..].trim_start_matches("\r\n");
    }
    out
}
