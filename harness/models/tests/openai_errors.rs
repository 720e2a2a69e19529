//! What goes wrong with an endpoint: each is one sentence of a fitting kind, and none shows the key.

#![allow(clippy::print_stdout, reason = "a skipped test says why")]

mod support;

use proctor_core::{ModelError, ModelErrorKind};
use proctor_models::{ModelOptions, Timeouts};
use std::time::{Duration, Instant};
use support::{KEY, Reply, Server, chat, open_as, raw};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The error that `reply` leads to, looked over for what no error may hold.
async fn error_of(reply: Reply) -> ModelError {
    let server = Server::start([reply]).await;
    let model = server.model();
    let started = Instant::now();
    let error = model.complete(&chat("hi")).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(20));
    well_formed(&error, &server.base);
    assert!(server.only().path.starts_with("/v1/chat/completions"));
    error
}

fn well_formed(error: &ModelError, base: &str) {
    let host_and_path = format!("{}/chat/completions", base.trim_start_matches("http://"));
    assert!(error.message.contains(&host_and_path), "{error}");
    assert_eq!(error.message.lines().count(), 1, "{error}");
    assert!(error.message.chars().count() < 600, "{error}");
    assert!(!format!("{error} {error:?}").contains(KEY), "{error}");
}

fn openai_error(message: &str, code: &str, param: Option<&str>) -> String {
    serde_json::json!({"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}).to_string()
}

#[tokio::test]
async fn statuses_and_reports_decide_the_kind() {
    use ModelErrorKind::*;
    let quoted = format!("Incorrect API key provided: {KEY}.");
    let long = "much ".repeat(1000);
    let cases = [
        (401, openai_error(&quoted, "invalid_api_key", None), Auth, "TEST_API_KEY"),
        (403, r#"{"detail":"Forbidden"}"#.to_owned(), Auth, "Forbidden"),
        (402, r#"{"error":{"message":"no credit","code":402}}"#.to_owned(), Auth, "credit"),
        (404, openai_error("The model `tiny` does not exist", "model_not_found", None), NotFound, "does not exist"),
        (400, openai_error("tiny is not a valid model ID", "", None), NotFound, "model's name"),
        (405, r#"{"detail":"Method Not Allowed"}"#.to_owned(), NotFound, "405"),
        (400, openai_error("This model's maximum context length is 8192 tokens.", "context_length_exceeded", None), ContextLength, "8192 tokens; the answer's --max-tokens counts"),
        (
            400,
            r#"{"object":"error","message":"the prompt exceeds the maximum context length","type":"BadRequestError","code":400}"#.to_owned(),
            ContextLength,
            "exceeds",
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}}"#.to_owned(),
            ContextLength,
            "available",
        ),
        (400, openai_error("Invalid value", "invalid_value", None), BadRequest, "Invalid value"),
        (422, r#"{"detail":[{"loc":["body","seed"],"msg":"extra fields not permitted"}]}"#.to_owned(), BadRequest, "-M seed=null"),
        (
            400,
            openai_error("Unsupported parameter: 'max_tokens' is not supported.", "unsupported_parameter", Some("max_tokens")),
            BadRequest,
            "-M max_tokens_field=max_completion_tokens",
        ),
        (400, openai_error("Unrecognized request argument: 'temperature'", "", None), BadRequest, "-M temperature=null"),
        (429, openai_error("Slow down", "rate_limit_exceeded", None), RateLimited, "Slow down"),
        (429, openai_error("You exceeded your current quota", "insufficient_quota", None), Auth, "credit"),
        (408, String::new(), Unavailable, "408"),
        (500, "data: {\"error\": {\"message\": \"no backend\", \"code\": \"500\"}}\n\ndata: [DONE]\n\n".to_owned(), Unavailable, "500: no backend"),
        (500, "Internal Server Error".to_owned(), Unavailable, "Internal Server Error"),
        (529, r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#.to_owned(), Unavailable, "Overloaded"),
        (418, format!("{{\"error\":\"{long}\"}}"), BadRequest, "much"),
        (200, r#"{"error":{"message":"Provider returned error","code":502}}"#.to_owned(), Unavailable, "Provider"),
        (200, r#"{"error":{"message":"Slow down","code":"rate_limit_exceeded"}}"#.to_owned(), RateLimited, "reported"),
        // Without a code, the words must do.
        (200, r#"{"error":{"message":"Invalid API key"}}"#.to_owned(), Auth, "TEST_API_KEY"),
        (200, r#"{"error":"This model's maximum context length is 4096 tokens"}"#.to_owned(), ContextLength, "4096"),
        (200, r#"{"error":{"message":"Unknown model tiny"}}"#.to_owned(), NotFound, "Unknown"),
        (200, r#"{"error":{"message":"Too many requests, slow down"}}"#.to_owned(), RateLimited, "slow"),
        (200, r#"{"choices":[]}"#.to_owned(), Protocol, "not an OpenAI-compatible endpoint"),
        (200, r#"{"hello":"world"}"#.to_owned(), Protocol, "not an OpenAI-compatible endpoint"),
        (200, "[]".to_owned(), Protocol, "not an OpenAI-compatible endpoint"),
        (200, String::new(), Protocol, "not an OpenAI-compatible endpoint"),
        (200, "It works!".to_owned(), Protocol, "It works!"),
        (200, r#"{"choices":[{"message":{"content":"cut"#.to_owned(), Connection, "broke off in the middle"),
    ];
    for (status, body, kind, part) in cases {
        let error = error_of(Reply::json(status, body.clone())).await;
        assert_eq!(error.kind, kind, "{status} {body}: {error}");
        assert!(error.message.contains(part), "{status} {body}: {error}");
    }
}

#[tokio::test]
async fn prompts_that_do_not_fit_are_known_by_the_words_of_every_vendor() {
    let cases = [
        (400, "This model's maximum context length is 128000 tokens. However, your messages resulted in 130031 tokens."),
        (400, "prompt is too long: 214315 tokens > 200000 maximum"),
        (
            400,
            "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length or `max_tokens`",
        ),
        (400, "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."),
        (400, "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length"),
        (422, "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens"),
        (422, "Input validation error: `inputs` must have less than 1024 tokens. Given: 1500"),
        (400, "The prompt is too long: 140000, model maximum context length: 131071"),
        (400, "This model's maximum prompt length is 131072 but the request contains 537812 tokens."),
        (400, "This endpoint's maximum context length is 8192 tokens. However, you requested about 9000 tokens"),
        (400, "The input (5000 tokens) is longer than the model's context length (4096 tokens)."),
        (400, "the request exceeds the available context size. try increasing the context size or enable context shift"),
        (400, "Requested tokens (5000) exceed context window of 2048"),
        (400, "too many tokens: total number of tokens in the prompt cannot exceed 4081"),
        (400, "Invalid request: Your request exceeded model token limit: 8192"),
        (400, "Range of input length should be [1, 30720]"),
        (400, "Prompt exceeds max length"),
        (413, "prompt too long; exceeded max context length by 12 tokens"),
    ];
    for (status, message) in cases {
        let error = error_of(Reply::json(status, openai_error(message, "", None))).await;
        assert_eq!(error.kind, ModelErrorKind::ContextLength, "{message}: {error}");
    }
}

#[tokio::test]
async fn web_pages_are_no_endpoints() {
    let page = error_of(Reply::html(200)).await;
    assert!(page.kind == ModelErrorKind::Protocol && page.message.contains("web page"), "{page}");
    let missing = error_of(Reply::html(404)).await;
    assert!(missing.kind == ModelErrorKind::NotFound && !missing.message.contains('<'), "{missing}");
    let gateway = error_of(Reply::html(502)).await;
    assert!(gateway.is_retryable() && !gateway.message.contains('<'), "{gateway}");
}

#[tokio::test]
async fn waits_are_handed_on() {
    for (header, value, wait) in
        [("retry-after", "3", Duration::from_secs(3)), ("retry-after-ms", "1500", Duration::from_millis(1500))]
    {
        for status in [429, 503] {
            let error = error_of(Reply::json(status, "{}").header(header, value)).await;
            assert_eq!(error.retry_after, Some(wait), "{error}");
            assert!(error.is_retryable());
        }
    }
    assert_eq!(error_of(Reply::json(429, "{}")).await.retry_after, None);
}

#[tokio::test]
async fn redirects_are_told_not_followed() {
    let other = Server::start([]).await;
    for status in [301, 302, 307, 308] {
        let error = error_of(Reply::json(status, "").header("location", &format!("{}/elsewhere?x=1", other.base))).await;
        assert!(error.is_fatal() && error.message.contains("/v1/elsewhere") && !error.message.contains("x=1"), "{error}");
    }
    assert!(other.seen().is_empty(), "the key went to another host");
}

#[tokio::test]
async fn streams_that_fail_on_the_way() {
    use ModelErrorKind::*;
    let begun = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
    let event = |text: &str| Reply::stream([begun.to_owned(), format!("{text}\n\n")]);
    let cases = [
        (event(r#"data: {"error":{"message":"overloaded","code":503}}"#), Unavailable, "overloaded"),
        (event("event: error\ndata: {\"message\":\"out of memory\"}"), Unavailable, "out of memory"),
        (event(r#"data: {"error":{"message":"too fast","code":"rate_limit_exceeded"}}"#), RateLimited, "too fast"),
        (event("data: {\"choices\":[{"), Protocol, "cannot be read"),
        (Reply::stream([format!("{begun}data: {{\"choices\":[{{")]), Connection, "broke off in the middle"),
        (event("data: 5"), Protocol, "cannot be read"),
        (Reply::stream([begun]), Connection, "broke off in the middle"),
        (Reply::stream([begun]).broken(), Connection, "broke"),
        (Reply::stream(["data: [DO"]), Connection, "broke off in the middle"),
        (Reply::stream([""]), Connection, "broke off in the middle"),
        (Reply::stream(["data: [DONE]\n\n"]), Protocol, "holds no answer"),
    ];
    for (reply, kind, part) in cases {
        let error = error_of(reply.clone()).await;
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.message.contains(part), "{error}");
    }
}

#[tokio::test]
async fn answers_too_large_are_cut_off() {
    let piece = "x".repeat(1 << 20);
    let endless = |start: &str| std::iter::once(start.to_owned()).chain(std::iter::repeat_n(piece.clone(), 80));
    let mut whole = Reply::stream(endless("{\"choices\":\""));
    whole.headers[0].1 = "application/json".to_owned();
    let error = error_of(whole).await;
    assert!(error.kind == ModelErrorKind::Protocol && error.message.contains("64 MiB"), "{error}");
    let error = error_of(Reply::stream(endless("data: "))).await;
    assert!(error.kind == ModelErrorKind::Protocol && error.message.contains("16 MiB"), "{error}");
}

fn impatient(server: &Server, idle: u64, total: u64) -> ModelOptions {
    let wait = Duration::from_millis;
    ModelOptions { timeouts: Timeouts { connect: wait(2000), idle: wait(idle), total: wait(total) }, ..server.options() }
}

#[tokio::test]
async fn nothing_is_waited_for_forever() {
    let line = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
    let steady = || Reply::stream(vec![line; 40]).slow(Duration::from_millis(100));
    let stuck = || Reply::stream([line, line]).slow(Duration::from_secs(30));
    for (reply, idle, total, stream, part) in [
        (stuck(), 300, 60_000, true, "idle time-out"),
        (steady(), 1500, 700, true, "total time-out"),
        (stuck(), 60_000, 400, false, "total time-out"),
    ] {
        let server = Server::start([reply]).await;
        let mut options = impatient(&server, idle, total);
        options.stream = Some(stream);
        let started = Instant::now();
        let error = open_as("openai-api/test/tiny", &options).unwrap().complete(&chat("hi")).await.unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(8));
        well_formed(&error, &server.base);
        assert!(error.kind == ModelErrorKind::Timeout && error.message.contains(part), "{error}");
    }
    // A steady stream may take longer than the idle time-out.
    let lines = vec![line; 8].into_iter().chain(["data: [DONE]\n\n"]);
    let server = Server::start([Reply::stream(lines).slow(Duration::from_millis(100))]).await;
    let model = open_as("openai-api/test/tiny", &impatient(&server, 600, 60_000)).unwrap();
    assert_eq!(model.complete(&chat("hi")).await.unwrap().text, "aaaaaaaa");
}

/// Serves one connection with exactly these bytes after the request's first bytes, then closes it.
async fn bytes_server(bytes: &'static [u8]) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut start = [0; 65536];
        let _ = connection.read(&mut start).await;
        let _ = connection.write_all(bytes).await;
        let _ = connection.shutdown().await;
    });
    base
}

#[tokio::test]
async fn connections_that_break_or_are_none() {
    let cases: [&[u8]; 5] = [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-type: app",
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{\"choices\":[",
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ];
    for bytes in cases {
        let base = bytes_server(bytes).await;
        let options = ModelOptions { base_url: Some(base.clone()), ..ModelOptions::default() };
        let error = open_as("openai-api/test/tiny", &options).unwrap().complete(&chat("hi")).await.unwrap_err();
        well_formed(&error, &base);
        assert_eq!(error.kind, ModelErrorKind::Connection, "{error}");
    }
    // A server that accepts and never greets, where TLS is expected.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://{}/v1", silent.local_addr().unwrap());
    let timeouts = Timeouts { connect: Duration::from_millis(300), ..Timeouts::default() };
    let options = ModelOptions { base_url: Some(base.clone()), timeouts, ..ModelOptions::default() };
    match open_as("openai-api/test/tiny", &options) {
        Ok(model) => {
            let error = model.complete(&chat("hi")).await.unwrap_err();
            assert!(error.kind == ModelErrorKind::Timeout && error.message.contains("within 0.3 s"), "{error}");
        }
        Err(error) => println!("skipped without root certificates: {error}"),
    }
    // A port where nobody listens any more.
    let base = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/v1", listener.local_addr().unwrap())
    };
    let options = ModelOptions { base_url: Some(base.clone()), ..ModelOptions::default() };
    let error = open_as("openai-api/test/tiny", &options).unwrap().complete(&chat("hi")).await.unwrap_err();
    well_formed(&error, &base);
    assert!(error.kind == ModelErrorKind::Connection && error.message.contains("no connection"), "{error}");
}

#[tokio::test]
async fn a_forgotten_path_is_guessed() {
    let server = Server::start([Reply::json(404, r#"{"detail":"Not Found"}"#), Reply::json(404, "{}")]).await;
    let root = server.base.trim_end_matches("/v1").to_owned();
    let options = ModelOptions { base_url: Some(root), ..ModelOptions::default() };
    let error = open_as("openai-api/test/tiny", &options).unwrap().complete(&chat("hi")).await.unwrap_err();
    assert!(error.message.contains("is /v1 missing"), "{error}");
    let error = server.model().complete(&raw("x", &[])).await.unwrap_err();
    assert!(error.message.contains("only chat"), "{error}");
}

#[test]
fn nothing_about_a_model_shows_its_key() {
    let options = ModelOptions { base_url: Some("http://localhost:1/v1".to_owned()), ..ModelOptions::default() };
    let model = open_as("openai/gpt-4o", &options).unwrap();
    let shown = format!("{} {} {:?}", model.name(), model.provenance(), model.capabilities());
    assert!(!shown.contains(KEY), "{shown}");
    assert!(shown.contains("localhost:1/v1"));
}
