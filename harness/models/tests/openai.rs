//! Conversations with an OpenAI-compatible server: what is sent, and how answers are read.

mod support;

use proctor_core::{Finish, ModelErrorKind, Usage};
use serde_json::{Value, json};
use support::{Reply, Server, chat, open_as, raw};

const WHOLE: &str = r#"{"id":"c1","object":"chat.completion","created":1,"model":"tiny-0125","choices":[{"index":0,
  "message":{"role":"assistant","content":"4","refusal":null},"logprobs":null,"finish_reason":"stop"}],
  "usage":{"prompt_tokens":12,"completion_tokens":9,"total_tokens":21,"prompt_tokens_details":{"cached_tokens":4},
  "completion_tokens_details":{"reasoning_tokens":8}}}"#;

/// The stream of `texts` as a server writes it, one chunk each.
fn chunks(texts: &[&str]) -> Vec<String> {
    let chunk = |delta: Value, reason: Value| {
        json!({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "tiny-0125",
               "choices": [{"index": 0, "delta": delta, "finish_reason": reason}], "usage": null})
    };
    let mut all = vec![chunk(json!({"role": "assistant", "content": ""}), Value::Null)];
    all.extend(texts.iter().map(|t| chunk(json!({"content": t}), Value::Null)));
    all.push(chunk(json!({}), json!("stop")));
    all.push(json!({"id": "c1", "choices": [], "usage": {"prompt_tokens": 12, "completion_tokens": 3}}));
    let mut lines: Vec<_> = all.iter().map(|c| format!("data: {c}\n\n")).collect();
    lines.push("data: [DONE]\n\n".to_owned());
    lines
}

#[tokio::test]
async fn a_chat_is_asked_and_answered_whole() {
    let server = Server::start([Reply::json(200, WHOLE)]).await;
    let mut options = server.options();
    options.stream = Some(false);
    let answer = open_as("openai-api/test/org/tiny", &options).unwrap().complete(&chat("2+2?")).await.unwrap();
    assert_eq!((answer.text.as_str(), &answer.finish, answer.reasoning), ("4", &Finish::Stop, None));
    let usage = Usage {
        prompt_tokens: Some(12),
        completion_tokens: Some(9),
        reasoning_tokens: Some(8),
        cached_tokens: Some(4),
        ..Usage::default()
    };
    assert_eq!((answer.usage, answer.model.as_str()), (usage, "tiny-0125"));
    assert!(answer.latency_s > 0.0 && answer.latency_s < 60.0);
    let seen = server.only();
    let messages = json!([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2+2?"}]);
    let expected = json!({"model": "org/tiny", "messages": messages, "max_tokens": 100, "temperature": 0.0, "seed": 7});
    assert_eq!((seen.path.as_str(), seen.body), ("/v1/chat/completions", expected));
}

#[tokio::test]
async fn a_stream_is_asked_for_and_read_however_it_is_cut() {
    let lines = chunks(&["He", "llo \u{1f600}", "\nworld"]);
    let bytes = lines.concat().into_bytes();
    let crlf = lines.concat().replace('\n', "\r\n");
    let by_three: Vec<_> = bytes.chunks(3).map(<[u8]>::to_vec).collect();
    let commented = format!(": keep alive\n\n{}", lines.concat().replace("data: {", ": x\nevent: message\ndata: {"));
    for reply in [
        Reply::stream(&lines),
        Reply::stream([&bytes]),
        Reply::stream(by_three),
        Reply::stream([crlf]),
        Reply::stream([commented]),
    ] {
        let server = Server::start([reply]).await;
        let answer = server.model().complete(&chat("hi")).await.unwrap();
        assert_eq!((answer.text.as_str(), answer.finish), ("Hello \u{1f600}\nworld", Finish::Stop));
        assert_eq!((answer.usage.prompt_tokens, answer.usage.completion_tokens), (Some(12), Some(3)));
        let body = server.only().body;
        assert_eq!((&body["stream"], &body["stream_options"]), (&json!(true), &json!({"include_usage": true})));
    }
}

#[tokio::test]
async fn streams_may_lack_their_usual_end() {
    let lines = chunks(&["Hello"]);
    let without_done = lines[..lines.len() - 1].concat();
    let without_last_line_break = without_done.trim_end().to_owned();
    let without_reason: String = lines.iter().filter(|l| !l.contains("\"stop\"")).cloned().collect();
    for stream in [without_done, without_last_line_break, without_reason] {
        let server = Server::start([Reply::stream([stream])]).await;
        let answer = server.model().complete(&chat("hi")).await.unwrap();
        assert_eq!((answer.text.as_str(), answer.finish), ("Hello", Finish::Stop));
    }
    // Neither a finish reason nor [DONE]: the rest got lost.
    let server = Server::start([Reply::stream([lines[..2].concat()])]).await;
    let error = server.model().complete(&chat("hi")).await.unwrap_err();
    assert_eq!(error.kind, ModelErrorKind::Connection, "{error}");
    // No finish reason, but as many tokens as allowed.
    let used_up = r#"data: {"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"completion_tokens":100}}"#;
    let server = Server::start([Reply::stream([format!("{used_up}\n\ndata: [DONE]\n\n")])]).await;
    assert_eq!(server.model().complete(&chat("hi")).await.unwrap().finish, Finish::Length);
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_understood() {
    let server = Server::start([Reply::json(200, WHOLE)]).await;
    assert_eq!(server.model().complete(&chat("hi")).await.unwrap().text, "4");
    let server = Server::start([Reply::new(200, "text/plain", WHOLE.to_owned())]).await;
    assert_eq!(server.model().complete(&chat("hi")).await.unwrap().text, "4");
}

#[tokio::test]
async fn raw_text_is_continued() {
    let whole =
        r#"{"object":"text_completion","choices":[{"text":"    return 1\n\nprint(2)","index":0,"finish_reason":"length"}]}"#;
    let stream = [
        "data: {\"choices\":[{\"index\":0,\"text\":\"    return\"}]}\n\n",
        "data: {\"choices\":[{\"index\":0,\"text\":\" 1\\n\\npri\"}]}\n\ndata: {\"choices\":[{\"index\":1,\"text\":\"another\"}]}\n\n",
        "data: {\"choices\":[{\"index\":0,\"text\":\"nt(2)\",\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
    ];
    for reply in [Reply::json(200, whole), Reply::stream(stream)] {
        let server = Server::start([reply]).await;
        let answer = server.model().complete(&raw("def f():\n", &["\nclass", "\nprint"])).await.unwrap();
        assert_eq!((answer.text.as_str(), answer.finish), ("    return 1\n", Finish::Stop));
        let seen = server.only();
        assert_eq!((seen.path.as_str(), &seen.body["prompt"]), ("/v1/completions", &json!("def f():\n")));
        assert_eq!(seen.body["stop"], json!(["\nclass", "\nprint"]));
        assert_eq!(seen.body.get("temperature"), None);
    }
}

#[tokio::test]
async fn stop_strings_beyond_the_fourth_end_the_stream_here() {
    let chunk = |text: &str| format!("data: {}\n\n", json!({"choices": [{"index": 0, "text": text}]}));
    // The third piece comes too late: waiting for it would end in a time-out.
    let mut reply = Reply::stream([chunk("a\nEN"), chunk("D b"), chunk("c")]);
    reply.pieces[2].0 = std::time::Duration::from_secs(600);
    let server = Server::start([reply]).await;
    let mut options = server.options();
    options.timeouts.idle = std::time::Duration::from_secs(20);
    let model = open_as("openai-api/test/tiny", &options).unwrap();
    let answer = model.complete(&raw("x", &["1", "2", "3", "4", "\nEND"])).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.finish), ("a", Finish::Stop));
    assert_eq!(server.only().body["stop"], json!(["1", "2", "3", "4"]));
}

#[tokio::test]
async fn reasoning_is_kept_apart() {
    let message = |fields: &str| {
        format!(r#"{{"choices":[{{"index":0,"message":{{"role":"assistant",{fields}}},"finish_reason":"stop"}}]}}"#)
    };
    let cases = [
        (r#""content":"4","reasoning_content":"2+2""#, Some("2+2"), "4"),
        (r#""content":"4","reasoning":"2+2""#, Some("2+2"), "4"),
        (r#""content":"4","reasoning":"2+2","reasoning_content":"2+2""#, Some("2+2"), "4"),
        (r#""content":"<think>2+2</think>\n4""#, Some("2+2"), "4"),
        (r#""content":"<think>cut off""#, Some("cut off"), ""),
        (r#""content":null,"reasoning_content":"2+2""#, Some("2+2"), ""),
        (
            r#""content":[{"type":"thinking","thinking":[{"type":"text","text":"2+2"}]},{"type":"text","text":"4"}]"#,
            Some("2+2"),
            "4",
        ),
        (r#""content":"4""#, None, "4"),
    ];
    for (fields, reasoning, text) in cases {
        let server = Server::start([Reply::json(200, message(fields))]).await;
        let answer = server.model().complete(&chat("2+2?")).await.unwrap();
        assert_eq!((answer.reasoning.as_deref(), answer.text.as_str()), (reasoning, text), "{fields}");
    }
    let delta = |fields: &str| format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{{fields}}}}}]}}\n\n");
    let stream = [
        delta(r#""reasoning_content":"2""#),
        delta(r#""reasoning_content":"+2""#),
        delta(r#""content":"4""#),
        "data: [DONE]\n\n".into(),
    ];
    let server = Server::start([Reply::stream(stream)]).await;
    let answer = server.model().complete(&chat("2+2?")).await.unwrap();
    assert_eq!((answer.reasoning.as_deref(), answer.text.as_str()), (Some("2+2"), "4"));
}

#[tokio::test]
async fn finish_reasons_are_read() {
    let cases = [
        (r#""finish_reason":"stop""#, "x", Finish::Stop),
        (r#""finish_reason":"length""#, "x", Finish::Length),
        (r#""finish_reason":"content_filter""#, "x", Finish::ContentFilter),
        (r#""finish_reason":"tool_calls""#, "x", Finish::Other("tool_calls".to_owned())),
        (r#""finish_reason":null"#, "x", Finish::Stop),
    ];
    for (reason, text, finish) in cases {
        let body = format!(r#"{{"choices":[{{"index":0,"message":{{"role":"assistant","content":"{text}"}},{reason}}}]}}"#);
        let server = Server::start([Reply::json(200, body)]).await;
        let answer = server.model().complete(&chat("hi")).await.unwrap();
        assert_eq!((answer.finish, answer.model.as_str()), (finish, "tiny"));
    }
    let declined = r#"{"error":{"message":"The prompt was filtered","param":"prompt","code":"content_filter","status":400}}"#;
    let server = Server::start([Reply::json(400, declined)]).await;
    let answer = server.model().complete(&chat("hi")).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.finish), ("The prompt was filtered", Finish::ContentFilter));
    let refused =
        r#"{"choices":[{"index":0,"message":{"role":"assistant","content":null,"refusal":"I can't."},"finish_reason":"stop"}]}"#;
    let server = Server::start([Reply::json(200, refused)]).await;
    let answer = server.model().complete(&chat("hi")).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.finish), ("I can't.", Finish::Refused));
}

#[tokio::test]
async fn raw_completions_know_the_old_limit_only() {
    for (name, arguments) in [("openai/gpt-5", vec![]), ("openai-api/test/m", vec!["max_tokens_field=max_completion_tokens"])] {
        let server = Server::start([Reply::json(200, r#"{"choices":[{"index":0,"text":"7","finish_reason":"stop"}]}"#)]).await;
        server.open(name, "/v1", &arguments).complete(&support::raw("6,", &[])).await.unwrap();
        let body = server.only().body;
        assert_eq!((&body["max_tokens"], body.get("max_completion_tokens")), (&json!(100), None), "{name}");
    }
}

#[tokio::test]
async fn dialects_differ_in_what_is_sent() {
    let stops = ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec();
    let cases = [
        ("openai/gpt-5-mini", json!({"max_completion_tokens": 100, "seed": 7})),
        ("openai/o3", json!({"max_completion_tokens": 100, "seed": 7})),
        ("openai/gpt-5-chat-latest", json!({"max_tokens": 100, "temperature": 0.0, "stop": ["a", "b", "c", "d"], "seed": 7})),
        ("openai/gpt-4o", json!({"max_tokens": 100, "temperature": 0.0, "stop": ["a", "b", "c", "d"], "seed": 7})),
        (
            "openai-api/test/gpt-5",
            json!({"max_tokens": 100, "temperature": 0.0, "stop": ["a", "b", "c", "d"], "top_k": 40, "seed": 7}),
        ),
    ];
    for (name, expected) in cases {
        let server = Server::start([Reply::json(200, WHOLE)]).await;
        let mut request = chat("hi");
        request.sampling.top_k = Some(40);
        request.sampling.seed = Some((1 << 52) + 7);
        request.sampling.stop = stops.clone();
        let mut options = server.options();
        options.stream = Some(false);
        open_as(name, &options).unwrap().complete(&request).await.unwrap();
        let mut body = server.only().body;
        let fields = body.as_object_mut().unwrap();
        fields.remove("model");
        fields.remove("messages");
        assert_eq!(body, expected, "{name}");
    }
}

#[tokio::test]
async fn arguments_add_replace_and_remove_fields() {
    let server = Server::start([Reply::json(200, WHOLE), Reply::json(200, WHOLE)]).await;
    let mut options = server.options();
    let arguments = ["reasoning_effort=low", "seed=null", "max_tokens_field=max_completion_tokens", "stream=false", "top_p=0.5"];
    options.args = arguments.iter().map(|a| proctor_models::parse_argument(a).unwrap()).collect();
    let model = open_as("openai-api/test/tiny", &options).unwrap();
    model.complete(&chat("hi")).await.unwrap();
    let mut request = chat("hi");
    request.sampling.extra.insert("top_p".to_owned(), json!(0.25));
    model.complete(&request).await.unwrap();
    for (seen, top_p) in server.seen().iter().zip([0.5, 0.25]) {
        assert!(seen.violations.is_empty(), "{seen:?}");
        let mut fields = seen.body.as_object().unwrap().clone();
        fields.remove("messages");
        let expected =
            json!({"model": "tiny", "max_completion_tokens": 100, "temperature": 0.0, "reasoning_effort": "low", "top_p": top_p});
        assert_eq!(Value::Object(fields), expected);
    }
    for (argument, part) in
        [("model=x", "model"), ("n=4", "epochs"), ("stream=maybe", "true or false"), ("max_tokens_field=5", "name")]
    {
        let mut options = server.options();
        options.args = [proctor_models::parse_argument(argument).unwrap()].into_iter().collect();
        let error = open_as("openai-api/test/tiny", &options).err().unwrap();
        assert!(error.kind == ModelErrorKind::BadRequest && error.message.contains(part), "{error}");
    }
}

#[tokio::test]
async fn a_large_answer_passes() {
    let text = "\"\n\u{1f600}x".repeat(1_500_000);
    let body = json!({"choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]});
    let pieces = json!({"choices": [{"index": 0, "delta": {"content": &text[..text.len() / 2 / 7 * 7]}}]}).to_string();
    let stream = [format!("data: {pieces}\n\ndata: {pieces}\n\n"), "data: [DONE]\n\n".to_owned()];
    let server = Server::start([Reply::json(200, body.to_string()), Reply::stream(stream)]).await;
    let model = server.model();
    assert!(model.complete(&chat("hi")).await.unwrap().text == text);
    assert!(model.complete(&chat("hi")).await.unwrap().text == text);
}
