//! Whatever a server says, the answer is a completion or one sentence; and no sentence shows a key.

mod support;

use proctor_core::{Continuation, ModelError, Prompt};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{KEY, Reply, Server, chat, raw};

/// The models of every wire format, each with the path that its base address ends with.
const FORMATS: [(&str, &str, &[&str]); 5] = [
    ("openai-api/test/tiny", "/v1", &[]),
    ("openai/gpt-5", "/v1", &["api=responses"]),
    ("anthropic/claude-sonnet-4-5", "", &[]),
    ("google/gemini-2.5-flash", "", &[]),
    ("openrouter/a/b", "/v1", &[]),
];

fn anything(_: &axum::http::Method, _: &str, _: &axum::http::HeaderMap, _: &Value) -> Vec<String> {
    Vec::new()
}

fn well_formed(error: &ModelError, what: &str) {
    assert_eq!(error.message.lines().count(), 1, "{what}: {error}");
    assert!(error.message.chars().count() < 1000, "{what}: {error}");
    assert!(!format!("{error} {error:?}").contains(KEY), "{what}: {error}");
}

/// Asks each format for each of `replies` once.
fn ask_all(replies: &[Reply], what: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for (name, path, arguments) in FORMATS {
            let server = Server::strict(anything, replies.to_vec()).await;
            let model = server.open(name, path, arguments);
            for _ in replies {
                match model.complete(&chat("hi")).await {
                    Ok(answer) => assert!(!format!("{answer:?}").contains(KEY), "{what}"),
                    Err(error) => well_formed(&error, what),
                }
            }
        }
    });
}

/// Text that is no text, and answers of nothing at all, are no empty answers: they would count as wrong.
#[tokio::test]
async fn what_has_the_wrong_type_is_no_answer() {
    let event = |data: &str| format!("data: {data}\n\n");
    for (format, wrong) in [
        (0, vec![r#"{"choices":[{"index":0,"message":{"content":7},"finish_reason":"stop"}]}"#]),
        (0, vec![r#"{"choices":[{"index":0,"message":{"content":{"text":"A"}},"finish_reason":"stop"}]}"#]),
        (0, vec![r#"{"choices":[{"index":0,"message":{"content":[{"type":"text","text":[1]}]},"finish_reason":"stop"}]}"#]),
        (0, vec![r#"{"choices":[{"index":0,"text":true,"finish_reason":"stop"}]}"#]),
        (0, vec![r#"{"choices":[{"index":0,"message":{"content":null},"finish_reason":null}]}"#]),
        (0, vec![r#"{"choices":[{"index":0,"delta":{"content":7}}]}"#, r#"{"choices":[{"index":0,"finish_reason":"stop"}]}"#]),
        (1, vec![r#"{"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":7}]}]}"#]),
        (1, vec![r#"{"output":[]}"#]),
        (
            1,
            vec![
                r#"{"type":"response.output_text.delta","delta":7}"#,
                r#"{"type":"response.completed","response":{"status":"completed","output":[]}}"#,
            ],
        ),
        (2, vec![r#"{"type":"message","content":[{"type":"text","text":{}}],"stop_reason":"end_turn"}"#]),
        (2, vec![r#"{"type":"message","content":[],"stop_reason":null}"#]),
        (3, vec![r#"{"candidates":[{"content":{"parts":[{"text":7}]},"finishReason":"STOP"}]}"#]),
        (3, vec![r#"{"candidates":[{"content":{}}]}"#]),
    ] {
        let (name, path, arguments) = FORMATS[format];
        let reply = match wrong[..] {
            [body] => Reply::json(200, body),
            _ => Reply::stream(wrong.iter().map(|data| event(data))),
        };
        let server = Server::strict(anything, [reply]).await;
        let error = server.open(name, path, arguments).complete(&chat("hi")).await.unwrap_err();
        assert_eq!(error.kind, proctor_core::ModelErrorKind::Protocol, "{wrong:?}: {error}");
        assert!(error.message.contains("cannot be read: it"), "{wrong:?}: {error}");
        well_formed(&error, name);
    }
}

/// JSON built of the words that the formats know, put together at random.
fn json_like() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "choices",
        "message",
        "delta",
        "content",
        "text",
        "error",
        "type",
        "usage",
        "output",
        "candidates",
        "parts",
        "role",
        "finish_reason",
        "finishReason",
        "stop_reason",
        "index",
        "logprobs",
        "reasoning",
        "status",
        "code",
        "details",
        "response",
        "content_block",
        "promptFeedback",
        "blockReason",
        "incomplete_details",
        "reason",
        "metadata",
        "retryDelay",
        "message_start",
        "content_block_delta",
        "response.completed",
        "response.output_text.delta",
        "STOP",
        "stop",
        "message_stop",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|n| json!(n)),
        word.clone().prop_map(|w| json!(w)),
        Just(json!(KEY)),
        ".{0,12}".prop_map(|s| json!(s)),
    ];
    leaf.prop_recursive(5, 40, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((word.clone(), inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_of_any_shape_is_survived(values in prop::collection::vec(json_like(), 1..6), status in prop::sample::select(vec![200_u16, 200, 400, 429, 500])) {
        let whole = values.iter().map(|v| Reply::json(status, v.to_string()));
        let stream = Reply::stream(values.iter().map(|v| {
            let event = v.get("type").and_then(Value::as_str).unwrap_or("message").replace(['\n', '\r'], " ");
            format!("event: {event}\ndata: {v}\n\n")
        }));
        let replies: Vec<Reply> = whole.chain([stream]).collect();
        ask_all(&replies, &format!("{values:?}"));
    }

    #[test]
    fn bytes_of_any_kind_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400), cut in 0_usize..400) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (a, b) = bytes.split_at(cut.min(bytes.len()));
        let replies = [
            Reply::stream([a, b]),
            Reply::stream([b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\ndata: ".as_slice(), a, b"\n\n", b]),
            Reply::json(200, text.clone()),
            Reply::json(400, text),
        ];
        ask_all(&replies, "bytes");
    }
}

/// Real replies, damaged at every place.
#[test]
fn replies_cut_off_anywhere_are_survived() {
    let whole =
        json!({"choices": [{"index": 0, "message": {"role": "assistant", "content": "x"}, "finish_reason": "stop"}]}).to_string();
    let stream =
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let cut = |text: &str, at: usize| text.as_bytes()[..at].to_vec();
    let replies: Vec<Reply> = (0..whole.len())
        .step_by(3)
        .map(|at| Reply::json(200, String::from_utf8(cut(&whole, at)).unwrap()))
        .chain((0..stream.len()).step_by(3).map(|at| Reply::stream([cut(stream, at)])))
        .collect();
    ask_all(&replies, "cut off");
}

/// The key is quoted back wherever a server can put it.
#[test]
fn no_message_ever_shows_the_key() {
    let quoting = [
        Reply::json(401, json!({"error": {"message": format!("bad key {KEY}"), "code": KEY}}).to_string()),
        Reply::json(400, format!("plain {KEY}")),
        Reply::json(500, json!({"detail": [{"loc": ["header", KEY], "msg": KEY}]}).to_string()),
        Reply::json(429, json!({"error": {"message": "slow", "metadata": {"provider_name": KEY, "raw": KEY}}}).to_string()),
        Reply::json(302, String::new()).header("location", &format!("https://elsewhere.example/{KEY}?key={KEY}")),
        Reply::json(200, format!("{{\"{KEY}\":1}}")),
        Reply::json(200, format!("It works, {KEY}!")),
        Reply::stream([format!("data: {KEY}\n\n")]),
        Reply::stream([format!("data: {{\"error\":{{\"message\":\"{KEY}\",\"type\":\"error\"}},\"type\":\"error\"}}\n\n")]),
        Reply::json(400, json!({"error": {"message": format!("declined {KEY}"), "code": "content_filter"}}).to_string()),
    ];
    ask_all(&quoting, "quoted key");
}

/// A key in the middle of an answer, in pieces, in reasoning, in names; and one that the end of an excerpt would cut in two.
#[tokio::test]
async fn no_answer_and_no_excerpt_shows_the_key() {
    let chunk = |text: &str| format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": {"content": text}}]}));
    let (first, last) = KEY.split_at(KEY.len() / 2);
    let message =
        json!({"role": "assistant", "content": format!("it is {KEY}!"), "reasoning_content": format!("their key: {KEY}")});
    let logprobs = json!({"content": [{"token": KEY, "logprob": -1.0, "top_logprobs": [{"token": KEY, "logprob": -1.0}]}]});
    let choice = json!({"index": 0, "message": message, "logprobs": logprobs, "finish_reason": KEY});
    let stream = format!("{}{}data: [DONE]\n\n", chunk(&format!("it is {first}")), chunk(&format!("{last}!")));
    for reply in [Reply::json(200, json!({"model": KEY, "choices": [choice]}).to_string()), Reply::stream([stream])] {
        let server = Server::start([reply]).await;
        let answer = server.model().complete(&chat("hi")).await.unwrap();
        assert_eq!(answer.text, "it is ***!");
        assert!(!format!("{answer:?}").contains(KEY), "{answer:?}");
    }
    for padding in 270..300 {
        let long = format!("{}{KEY}", "x".repeat(padding));
        let error = json!({"error": {"message": long, "type": "error"}}).to_string();
        for reply in [
            Reply::json(500, error.clone()),
            Reply::json(500, long.clone()),
            Reply::json(200, error.clone()),
            Reply::json(200, format!("no JSON {long}")),
            Reply::stream([format!("data: {error}\n\n")]),
            Reply::stream([format!("data: {{{long}\n\ndata: [DONE]\n\n")]),
        ] {
            let server = Server::start([reply]).await;
            let error = server.model().complete(&chat("hi")).await.unwrap_err();
            assert!(!error.message.contains(&KEY[..6]), "{error}");
        }
    }
}

/// What servers often get wrong does not cost the answer.
#[tokio::test]
async fn answers_with_small_faults_are_read() {
    let whole = r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}"#;
    let events =
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    for (reply, text) in [
        (Reply::json(200, format!("\u{feff}{whole}")), "x"),
        (Reply::json(200, whole.replace(":1", ":NaN")), "x"),
        (Reply::json(200, whole.replace(":1", ":1e999")), "x"),
        (Reply::json(200, whole.replace("\"x\"", "\"x\\ud83d\"")), "x\u{fffd}"),
        (Reply::json(200, whole.replace("\"x\"", "\"x\ny\"")), "x\ny"),
        (Reply::json(200, events), "x"),
        (Reply::json(200, events.replace("\n\ndata: [DONE]\n\n", "")), "x"),
        (Reply::stream([events.replace('x', "NaN").replace("\"index\":0", "\"index\":0,\"score\":NaN")]), "NaN"),
        (Reply::stream([format!("\u{feff}{events}").replace('\n', "\r")]), "x"),
    ] {
        let server = Server::start([reply]).await;
        assert_eq!(server.model().complete(&chat("hi")).await.unwrap().text, text);
    }
}

#[tokio::test]
async fn likelihoods_are_read_from_echoes() {
    // As vLLM and llama-cpp-python write them: a token for the beginning first, one more token than asked for last.
    let echo = |tokens: Value, values: Value, top: Value| {
        json!({"choices": [{"index": 0, "text": "x", "finish_reason": "length",
            "logprobs": {"tokens": tokens, "token_logprobs": values, "top_logprobs": top, "text_offset": []}}]})
        .to_string()
    };
    let plain = echo(
        json!(["The", " sky", " is", " blue", "."]),
        json!([null, -2.0, -0.5, -0.25, -0.1]),
        json!([null, {" sky": -2.0}, {" is": -0.5}, {" blue": -0.25}, {".": -0.1}]),
    );
    let with_beginning = echo(
        json!(["<s>", "The", " sky", " is", " bl", "ue", "."]),
        json!([null, -3.0, -2.0, -0.5, -1.25, -0.5, -0.1]),
        json!([null, {}, {}, {}, {" green": -0.75, " bl": -1.25}, {"ue": -0.5}, {}]),
    );
    let straddling = echo(json!(["The sky", " is bl", "ue", "!"]), json!([null, -1.0, -0.5, -9.0]), json!(null));
    let cases = [(plain, -0.25, 1, true), (with_beginning, -1.75, 2, false), (straddling, -1.5, 2, true)];
    for (body, logprob, tokens, greedy) in cases {
        let server = Server::start([Reply::json(200, body.clone())]).await;
        let after = Continuation { prompt: Prompt::Completion("The sky is".into()), text: " blue".into() };
        let told = server.model().loglikelihood(&[after]).await.unwrap()[0];
        assert_eq!((told.logprob, told.tokens, told.greedy), (logprob, tokens, greedy), "{body}");
        let seen = server.only().body;
        let expected =
            json!({"model": "tiny", "prompt": "The sky is blue", "max_tokens": 1, "echo": true, "logprobs": 1, "temperature": 0});
        assert_eq!(seen, expected);
    }
    // Servers that do not echo, or not all of it.
    let silent = r#"{"choices":[{"index":0,"text":"!","finish_reason":"length"}]}"#.to_owned();
    let only_new = echo(json!(["!"]), json!([-0.1]), json!(null));
    let no_value = echo(json!([" blue", "."]), json!([null, -0.1]), json!(null));
    for (body, before) in [(silent, "The sky is"), (only_new, "The sky is"), (no_value, "")] {
        let server = Server::start([Reply::json(200, body.clone())]).await;
        let after = Continuation { prompt: Prompt::Completion(before.into()), text: " blue".into() };
        let error = server.model().loglikelihood(&[after]).await.unwrap_err();
        assert!(error.message.contains("cannot tell how probable"), "{body}: {error}");
    }
    let server = Server::start([]).await;
    let chat_prompt = Continuation { prompt: chat("hi").prompt, text: "x".into() };
    assert!(server.model().loglikelihood(&[chat_prompt]).await.unwrap_err().message.contains("raw text only"));
}

#[tokio::test]
async fn probabilities_are_read_where_asked_for() {
    let whole = json!({"choices": [{"index": 0, "message": {"role": "assistant", "content": "Yes."}, "finish_reason": "stop",
        "logprobs": {"content": [{"token": "Yes", "logprob": -0.5, "bytes": [89], "top_logprobs": [
            {"token": "Yes", "logprob": -0.5, "bytes": null}, {"token": "No", "logprob": -1.5, "bytes": null}]},
            {"token": ".", "logprob": -0.1, "bytes": [46], "top_logprobs": []}], "refusal": null}}]});
    let chunk = |token: &str, logprob: f64| {
        let content = json!([{"token": token, "logprob": logprob, "top_logprobs": []}]);
        json!({"choices": [{"index": 0, "delta": {"content": token}, "logprobs": {"content": content}}]})
    };
    let stream = format!("data: {}\n\ndata: {}\n\ndata: [DONE]\n\n", chunk("Yes", -0.5), chunk(".", -0.1));
    for reply in [Reply::json(200, whole.to_string()), Reply::stream([stream])] {
        let server = Server::start([reply]).await;
        let model = server.open("openai-api/test/tiny", "/v1", &["logprobs=true", "top_logprobs=2"]);
        let tokens = model.complete(&chat("hi")).await.unwrap().logprobs.unwrap();
        let read: Vec<_> = tokens.iter().map(|t| (t.token.as_str(), t.logprob)).collect();
        assert_eq!(read, [("Yes", -0.5), (".", -0.1)]);
        assert_eq!(server.only().body["top_logprobs"], 2);
    }
    let raw_answer = r#"{"choices":[{"index":0,"text":" 7","finish_reason":"stop","logprobs":{"tokens":[" 7"],"token_logprobs":[-0.25],
        "top_logprobs":[{" 8":-2.0," 7":-0.25}],"text_offset":[3]}}]}"#;
    let server = Server::start([Reply::json(200, raw_answer)]).await;
    let model = server.open("openai-api/test/tiny", "/v1", &["logprobs=2"]);
    let tokens = model.complete(&raw("5, 6,", &[])).await.unwrap().logprobs.unwrap();
    assert_eq!(tokens[0].top, [(" 7".to_owned(), -0.25), (" 8".to_owned(), -2.0)]);
}

#[test]
fn tokens_are_counted_where_the_vocabulary_is_known() {
    let options = proctor_models::ModelOptions { base_url: Some("http://localhost:1/v1".into()), ..Default::default() };
    let count = |name: &str, text: &str| support::open_as(name, &options).unwrap().count_tokens(&raw(text, &[]));
    // The README of the published library counts these.
    assert_eq!(count("openai/gpt-4o", "hello world"), Some(2));
    assert_eq!(count("openai/gpt-4", "tiktoken is great!"), Some(6));
    assert_eq!(count("openrouter/openai/gpt-4o-mini", "hello world"), Some(2));
    assert_eq!(count("openai-api/test/tiny", "hello world"), None);
    let model = support::open_as("openai/gpt-4o", &options).unwrap();
    assert!(model.count_tokens(&chat("hello world")).unwrap() > 10);
}
