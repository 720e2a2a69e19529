//! Conversations with Anthropic's messages API, written by hand from its reference.

mod support;

use proctor_core::{Finish, Message, ModelErrorKind, Prompt, Request, Role, Sampling, Usage};
use serde_json::{Value, json};
use std::time::Duration;
use support::{KEY, Reply, Server, chat, strict};

const MODEL: &str = "anthropic/claude-sonnet-4-5";

const WHOLE: &str = r#"{"id":"msg_01","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929",
  "content":[{"type":"thinking","thinking":"2+2","signature":"EqQB"},{"type":"redacted_thinking","data":"x"},
  {"type":"text","text":"The answer"},{"type":"text","text":" is 4"}],
  "stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":5,
  "cache_read_input_tokens":85,"output_tokens":40,"output_tokens_details":{"thinking_tokens":30},"service_tier":"standard"}}"#;

/// A stream as the reference shows it, pings included.
const STREAM: &str = r#"event: message_start
data: {"type":"message_start","message":{"id":"msg_01","type":"message","role":"assistant","content":[],"model":"claude-sonnet-4-5-20250929","stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":5,"cache_read_input_tokens":85,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

event: ping
data: {"type":"ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"2+2"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQB"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"The answer"}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":" is 4"}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: some_later_invention
data: {"type":"some_later_invention","x":[1]}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":40,"output_tokens_details":{"thinking_tokens":30}}}

event: message_stop
data: {"type":"message_stop"}

"#;

fn usage() -> Usage {
    Usage {
        prompt_tokens: Some(100),
        completion_tokens: Some(40),
        reasoning_tokens: Some(30),
        cached_tokens: Some(85),
        cache_write_tokens: Some(5),
        cache_write_1h_tokens: None,
    }
}

async fn one(reply: Reply, model: &str, arguments: &[&str], request: &Request) -> (proctor_core::Completion, Value) {
    let server = Server::strict(strict::anthropic, [reply]).await;
    let answer = server.open(model, "", arguments).complete(request).await.unwrap();
    (answer, server.only().body)
}

#[tokio::test]
async fn an_answer_is_read_whole_and_from_a_stream() {
    let streams = [Reply::stream([STREAM]), Reply::stream(STREAM.as_bytes().chunks(7)), Reply::json(200, WHOLE)];
    for (at, reply) in streams.into_iter().enumerate() {
        let (answer, body) = one(reply, MODEL, &[], &chat("2+2?")).await;
        assert_eq!((answer.text.as_str(), answer.reasoning.as_deref()), ("The answer is 4", Some("2+2")), "{at}");
        assert_eq!((answer.finish, answer.usage), (Finish::Stop, usage()));
        assert_eq!(answer.model, "claude-sonnet-4-5-20250929");
        let expected = json!({"model": "claude-sonnet-4-5", "max_tokens": 100, "system": "Be brief.", "temperature": 0.0,
            "messages": [{"role": "user", "content": "2+2?"}], "stream": true});
        assert_eq!(body, expected);
    }
}

#[tokio::test]
async fn what_a_model_takes_decides_what_is_sent() {
    let mut request = chat("hi");
    request.sampling = Sampling {
        temperature: Some(1.5),
        top_p: Some(0.9),
        top_k: Some(40),
        stop: vec!["END".into(), "\n\n".into()],
        ..Sampling::default()
    };
    // One of temperature and nucleus is all that newer models take, and a temperature of 1 is the API's own.
    let sampled = json!({"top_p": 0.9, "top_k": 40});
    let none = json!({});
    let cases = [
        ("anthropic/claude-3-haiku-20240307", vec![], &sampled, 4096),
        ("anthropic/claude-3-5-sonnet-20241022", vec![], &sampled, 8192),
        ("anthropic/claude-opus-4-5", vec![], &sampled, 32_000),
        ("anthropic/claude-sonnet-4-5-20250929", vec![], &sampled, 32_000),
        ("anthropic/claude-opus-4-7", vec![], &none, 32_000),
        ("anthropic/claude-sonnet-5", vec![], &none, 32_000),
        ("anthropic/claude-opus-4-5", vec!["thinking_budget=2048"], &none, 34_048),
        ("anthropic/claude-opus-4-5", vec![r#"thinking={"type":"adaptive"}"#], &none, 32_000),
    ];
    for (model, arguments, sampling, tokens) in cases {
        let (_, body) = one(Reply::json(200, WHOLE), model, &arguments, &request).await;
        let sent: serde_json::Map<_, _> =
            ["temperature", "top_p", "top_k"].iter().filter_map(|f| Some(((*f).to_owned(), body.get(*f)?.clone()))).collect();
        assert_eq!((&Value::Object(sent), &body["max_tokens"]), (sampling, &json!(tokens)), "{model} {arguments:?}");
        assert_eq!(body["stop_sequences"], json!(["END"]), "white space alone is refused, and applied here");
    }
}

#[tokio::test]
async fn temperature_and_nucleus_go_together_only_where_both_say_something() {
    let cases = [
        (Some(0.3), Some(1.0), json!({"temperature": 0.3})),
        (Some(0.0), None, json!({"temperature": 0.0})),
        (Some(1.0), Some(1.0), json!({"temperature": 1.0})),
        (Some(1.4), None, json!({"temperature": 1.0})),
        (Some(1.0), Some(0.5), json!({"top_p": 0.5})),
        (Some(0.3), Some(0.5), json!({"temperature": 0.3, "top_p": 0.5})),
        (None, Some(1.0), json!({})),
    ];
    for (temperature, top_p, expected) in cases {
        let mut request = chat("hi");
        (request.sampling.temperature, request.sampling.top_p) = (temperature, top_p);
        let (_, body) = one(Reply::json(200, WHOLE), MODEL, &[], &request).await;
        let sent: Value =
            ["temperature", "top_p"].iter().filter_map(|f| Some(((*f).to_owned(), body.get(*f)?.clone()))).collect();
        assert_eq!(sent, expected, "{temperature:?} {top_p:?}");
    }
    let (_, body) = one(Reply::json(200, WHOLE), MODEL, &["effort=low"], &chat("hi")).await;
    assert_eq!(body["output_config"], json!({"effort": "low"}));
}

#[tokio::test]
async fn options_go_where_they_belong() {
    let server = Server::strict(strict::anthropic, [Reply::json(200, WHOLE)]).await;
    let arguments = [
        "cache_control=1h",
        r#"metadata={"user_id":"u"}"#,
        "anthropic_beta=a-1,b-2",
        "stream=false",
        r#"output_config={"effort":"low"}"#,
    ];
    server.open(MODEL, "/v1", &arguments).complete(&chat("hi")).await.unwrap();
    let seen = server.only();
    assert_eq!(seen.headers["anthropic-beta"], "a-1,b-2");
    assert_eq!(seen.body["cache_control"], json!({"type": "ephemeral", "ttl": "1h"}));
    assert_eq!(seen.body["metadata"], json!({"user_id": "u"}));
    assert_eq!((seen.body.get("stream"), &seen.body["output_config"]["effort"]), (None, &json!("low")));
}

#[tokio::test]
async fn conversations_keep_their_turns_and_instructions_stand_apart() {
    let say = |role, text: &str| Message::new(role, text);
    let messages = vec![
        say(Role::System, "A"),
        say(Role::User, "q1"),
        say(Role::Assistant, "a1"),
        say(Role::System, "B"),
        say(Role::User, "q2"),
    ];
    let request = Request::new(Prompt::Chat(messages), Sampling { max_tokens: Some(9), ..Sampling::default() });
    let (_, body) = one(Reply::json(200, WHOLE), MODEL, &[], &request).await;
    assert_eq!(body["system"], "A\n\nB");
    let turns =
        json!([{"role": "user", "content": "q1"}, {"role": "assistant", "content": "a1"}, {"role": "user", "content": "q2"}]);
    assert_eq!(body["messages"], turns);
}

#[tokio::test]
async fn stop_reasons_are_told_apart() {
    let cases = [
        (r#""end_turn""#, Finish::Stop),
        (r#""stop_sequence""#, Finish::Stop),
        (r#""max_tokens""#, Finish::Length),
        (r#""model_context_window_exceeded""#, Finish::Length),
        (r#""refusal""#, Finish::Refused),
        (r#""pause_turn""#, Finish::Other("pause_turn".into())),
        (r#""tool_use""#, Finish::Other("tool_use".into())),
    ];
    for (reason, finish) in cases {
        let whole = WHOLE.replace(r#""end_turn""#, reason);
        let stream = STREAM.replace(r#""end_turn""#, reason);
        for reply in [Reply::json(200, whole), Reply::stream([stream])] {
            let (answer, _) = one(reply, MODEL, &[], &chat("hi")).await;
            assert_eq!((answer.finish, answer.text.as_str()), (finish.clone(), "The answer is 4"), "{reason}");
        }
    }
    let refused = r#"{"type":"message","role":"assistant","model":"m","content":[],"stop_reason":"refusal",
        "stop_details":{"type":"refusal","category":"bio","explanation":"Not that."},"usage":{"input_tokens":1,"output_tokens":0}}"#;
    let (answer, _) = one(Reply::json(200, refused), MODEL, &[], &chat("hi")).await;
    assert_eq!((answer.finish, answer.text.as_str()), (Finish::Refused, "Not that."));
    let blocked =
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"Output blocked by content filtering policy"}}"#;
    let (answer, _) = one(Reply::json(400, blocked), MODEL, &[], &chat("hi")).await;
    assert_eq!(answer.finish, Finish::ContentFilter);
}

#[tokio::test]
async fn errors_are_told_apart() {
    use ModelErrorKind::*;
    let report = |kind: &str, message: &str| {
        json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "r"}).to_string()
    };
    let quoted = format!("invalid x-api-key: {KEY}");
    let cases = [
        (401, report("authentication_error", &quoted), Auth, "check ANTHROPIC_API_KEY"),
        (403, report("permission_error", "no"), Auth, "no"),
        (404, report("not_found_error", "model: claude-x"), NotFound, "claude-x"),
        (400, report("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"), ContextLength, "210000"),
        (400, report("invalid_request_error", "seed: Extra inputs are not permitted"), BadRequest, "not permitted"),
        (
            400,
            report("invalid_request_error", "temperature: may only be set to 1 when thinking is enabled"),
            BadRequest,
            "-M temperature=null",
        ),
        (
            400,
            report("invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
            Auth,
            "no credit left",
        ),
        (413, report("request_too_large", "Request exceeds the maximum size"), BadRequest, "maximum size"),
        (429, report("rate_limit_error", "slow down"), RateLimited, "slow down"),
        (500, report("api_error", "Internal server error"), Unavailable, "Internal"),
        (529, report("overloaded_error", "Overloaded"), Unavailable, "Overloaded"),
        (200, report("overloaded_error", "Overloaded"), Unavailable, "reported an error: Overloaded"),
        (200, r#"{"hello":1}"#.to_owned(), Protocol, "not an endpoint of Anthropic's messages API"),
    ];
    for (status, body, kind, part) in cases {
        let server = Server::strict(strict::anthropic, [Reply::json(status, body.clone()).header("retry-after", "7")]).await;
        let error = server.open(MODEL, "", &[]).complete(&chat("hi")).await.unwrap_err();
        assert_eq!(error.kind, kind, "{status} {body}: {error}");
        assert!(error.message.contains(part) && !format!("{error:?}").contains(KEY), "{status} {body}: {error}");
        assert_eq!(error.retry_after.is_some(), status != 200, "{error:?}");
    }
    // In mid-stream, and an end that never comes.
    let overloaded = r#"event: error
data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}

"#;
    let begin = STREAM.split("event: content_block_stop").next().unwrap();
    for (stream, kind) in [(format!("{begin}{overloaded}"), Unavailable), (begin.to_owned(), Connection)] {
        let server = Server::strict(strict::anthropic, [Reply::stream([stream])]).await;
        let error = server.open(MODEL, "", &[]).complete(&chat("hi")).await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.is_retryable());
    }
}

#[tokio::test]
async fn raw_text_is_refused_in_one_sentence_and_limits_are_read() {
    let server = Server::strict(
        strict::anthropic,
        [Reply::json(200, WHOLE)
            .header("anthropic-ratelimit-requests-limit", "50")
            .header("anthropic-ratelimit-requests-remaining", "49")
            .header("anthropic-ratelimit-requests-reset", "2000-01-01T00:00:00Z")
            .header("anthropic-ratelimit-tokens-limit", "40000")
            .header("anthropic-ratelimit-tokens-remaining", "39000")],
    )
    .await;
    let model = server.open(MODEL, "", &[]);
    let error = model.complete(&support::raw("x", &[])).await.unwrap_err();
    assert!(error.kind == ModelErrorKind::BadRequest && error.message.contains("--protocol"), "{error}");
    assert!(!model.capabilities().seed && !model.capabilities().completion);
    let limits = model.complete(&chat("hi")).await.unwrap().limits.unwrap();
    let requests = limits.requests.unwrap();
    assert_eq!((requests.limit, requests.remaining, requests.resets_in), (Some(50), Some(49), Some(Duration::ZERO)));
    assert_eq!(limits.tokens.unwrap().remaining, Some(39_000));
}
