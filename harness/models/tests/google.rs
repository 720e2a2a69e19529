//! Conversations with Google's Gemini API, written by hand from its reference.

mod support;

use proctor_core::{Finish, Message, ModelErrorKind, Prompt, Request, Role, Sampling, Usage};
use serde_json::{Value, json};
use std::time::Duration;
use support::{KEY, Reply, Server, chat, strict};

const MODEL: &str = "google/gemini-2.5-flash";

const WHOLE: &str = r#"{"candidates":[{"content":{"parts":[{"text":"2+2","thought":true},{"text":"The answer"},
  {"text":" is 4","thoughtSignature":"x"}],"role":"model"},"finishReason":"STOP","index":0,"avgLogprobs":-0.1,
  "logprobsResult":{"chosenCandidates":[{"token":"The","tokenId":1,"logProbability":-0.25}],
  "topCandidates":[{"candidates":[{"token":"The","tokenId":1,"logProbability":-0.25},{"token":"A","tokenId":2,"logProbability":-2}]}]}}],
  "usageMetadata":{"promptTokenCount":12,"candidatesTokenCount":9,"totalTokenCount":51,"thoughtsTokenCount":30,
  "cachedContentTokenCount":4},"modelVersion":"gemini-2.5-flash","responseId":"r"}"#;

const STREAM: &str = r#"data: {"candidates":[{"content":{"parts":[{"text":"2+2","thought":true}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":12,"totalTokenCount":40,"thoughtsTokenCount":28},"modelVersion":"gemini-2.5-flash"}

data: {"candidates":[{"content":{"parts":[{"text":"The answer"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":12,"candidatesTokenCount":4,"thoughtsTokenCount":30},"modelVersion":"gemini-2.5-flash"}

data: {"candidates":[{"content":{"parts":[{"text":" is 4"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":12,"candidatesTokenCount":9,"thoughtsTokenCount":30,"cachedContentTokenCount":4},"modelVersion":"gemini-2.5-flash"}

"#;

async fn one(reply: Reply, path: &str, arguments: &[&str], request: &Request) -> (proctor_core::Completion, Value) {
    let server = Server::strict(strict::google, [reply]).await;
    let answer = server.open(MODEL, path, arguments).complete(request).await.unwrap();
    (answer, server.only().body)
}

#[tokio::test]
async fn an_answer_is_read_whole_and_from_a_stream() {
    let usage = Usage {
        prompt_tokens: Some(12),
        completion_tokens: Some(39),
        reasoning_tokens: Some(30),
        cached_tokens: Some(4),
        ..Usage::default()
    };
    let crlf = STREAM.replace('\n', "\r\n");
    let replies =
        [Reply::stream([STREAM]), Reply::stream([crlf]), Reply::stream(STREAM.as_bytes().chunks(5)), Reply::json(200, WHOLE)];
    for reply in replies {
        let (answer, body) = one(reply, "", &[], &chat("2+2?")).await;
        assert_eq!((answer.text.as_str(), answer.reasoning.as_deref()), ("The answer is 4", Some("2+2")));
        assert_eq!((answer.finish, answer.usage, answer.model.as_str()), (Finish::Stop, usage, "gemini-2.5-flash"));
        let expected = json!({"contents": [{"role": "user", "parts": [{"text": "2+2?"}]}],
            "systemInstruction": {"parts": [{"text": "Be brief."}]},
            "generationConfig": {"maxOutputTokens": 100, "temperature": 0.0, "seed": 7}});
        assert_eq!(body, expected);
    }
}

#[tokio::test]
async fn options_go_where_they_belong() {
    let arguments = [
        "thinking_budget=512",
        "include_thoughts=true",
        "logprobs=true",
        "top_p=0.5",
        "stream=false",
        r#"safetySettings=[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_NONE"}]"#,
        "seed=null",
    ];
    let mut request = chat("hi");
    request.sampling.stop = ["a", "b", "c", "d", "e", "f"].map(str::to_owned).to_vec();
    let (answer, body) = one(Reply::json(200, WHOLE), "/v1beta", &arguments, &request).await;
    let config = json!({"maxOutputTokens": 100, "temperature": 0.0, "stopSequences": ["a", "b", "c", "d", "e"], "topP": 0.5,
        "responseLogprobs": true, "thinkingConfig": {"thinkingBudget": 512, "includeThoughts": true}});
    assert_eq!(body["generationConfig"], config);
    assert_eq!(body["safetySettings"][0]["threshold"], "BLOCK_NONE");
    let token = &answer.logprobs.unwrap()[0];
    assert_eq!((token.token.as_str(), token.logprob, token.top.len()), ("The", -0.25, 2));
}

#[tokio::test]
async fn the_assistant_is_called_model() {
    let messages = vec![Message::new(Role::User, "q1"), Message::new(Role::Assistant, "a1"), Message::new(Role::User, "q2")];
    let (_, body) = one(Reply::json(200, WHOLE), "", &[], &Request::new(Prompt::Chat(messages), Sampling::default())).await;
    let roles: Vec<_> = body["contents"].as_array().unwrap().iter().map(|c| c["role"].as_str().unwrap()).collect();
    assert_eq!((roles, body.get("systemInstruction"), body.get("generationConfig")), (vec!["user", "model", "user"], None, None));
}

#[tokio::test]
async fn reasons_for_the_end_are_told_apart() {
    let cases = [
        ("STOP", Finish::Stop),
        ("MAX_TOKENS", Finish::Length),
        ("SAFETY", Finish::ContentFilter),
        ("RECITATION", Finish::ContentFilter),
        ("PROHIBITED_CONTENT", Finish::ContentFilter),
        ("BLOCKLIST", Finish::ContentFilter),
        ("SPII", Finish::ContentFilter),
        ("IMAGE_PROHIBITED_CONTENT", Finish::ContentFilter),
        ("LANGUAGE", Finish::Other("LANGUAGE".into())),
        ("MALFORMED_FUNCTION_CALL", Finish::Other("MALFORMED_FUNCTION_CALL".into())),
    ];
    for (reason, finish) in cases {
        let with = |text: &str| text.replace(r#""finishReason":"STOP""#, &format!(r#""finishReason":"{reason}""#));
        for reply in [Reply::json(200, with(WHOLE)), Reply::stream([with(STREAM)])] {
            let (answer, _) = one(reply, "", &[], &chat("hi")).await;
            assert_eq!(answer.finish, finish, "{reason}");
        }
        // Without any content, as filters leave it.
        let bare =
            format!(r#"{{"candidates":[{{"finishReason":"{reason}","index":0}}],"usageMetadata":{{"promptTokenCount":3}}}}"#);
        for reply in [Reply::json(200, bare.clone()), Reply::stream([format!("data: {bare}\n\n")])] {
            let (answer, _) = one(reply, "", &[], &chat("hi")).await;
            assert_eq!((answer.finish, answer.usage.completion_tokens), (finish.clone(), None), "{reason}");
        }
    }
    let blocked =
        r#"{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":5,"totalTokenCount":5}}"#;
    for reply in [Reply::json(200, blocked), Reply::stream([format!("data: {blocked}\n\n")])] {
        let (answer, _) = one(reply, "", &[], &chat("hi")).await;
        assert_eq!(answer.finish, Finish::ContentFilter);
        assert!(answer.text.contains("PROHIBITED_CONTENT"), "{answer:?}");
    }
}

#[tokio::test]
async fn errors_are_told_apart() {
    use ModelErrorKind::*;
    let report = |code: u16, status: &str, message: &str, details: Value| {
        json!({"error": {"code": code, "message": message, "status": status, "details": details}}).to_string()
    };
    let info = |reason: &str| json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}]);
    let retry = json!([{"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaMetric": "m"}]},
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "36.5s"}]);
    let quoted = format!("API key not valid: {KEY}. Please pass a valid API key.");
    let cases = [
        (400, report(400, "INVALID_ARGUMENT", &quoted, info("API_KEY_INVALID")), Auth, "check "),
        (403, report(403, "PERMISSION_DENIED", "no", json!([])), Auth, "no"),
        (404, report(404, "NOT_FOUND", "models/x is not found for API version v1beta", json!([])), NotFound, "models/x"),
        (
            400,
            report(
                400,
                "INVALID_ARGUMENT",
                "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
                json!([]),
            ),
            ContextLength,
            "1200000",
        ),
        (400, report(400, "INVALID_ARGUMENT", "Unable to submit", json!([])), BadRequest, "Unable"),
        (429, report(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota", retry.clone()), RateLimited, "quota"),
        (429, format!("[{}]", report(429, "RESOURCE_EXHAUSTED", "quota", retry.clone())), RateLimited, "quota"),
        (500, report(500, "INTERNAL", "oops", json!([])), Unavailable, "oops"),
        (503, report(503, "UNAVAILABLE", "The model is overloaded.", json!([])), Unavailable, "overloaded"),
        (504, report(504, "DEADLINE_EXCEEDED", "late", json!([])), Unavailable, "late"),
        (200, r#"{"hello":1}"#.to_owned(), Protocol, "not an endpoint of Google's Gemini API"),
    ];
    for (status, body, kind, part) in cases {
        let server = Server::strict(strict::google, [Reply::json(status, body.clone())]).await;
        let error = server.open(MODEL, "", &[]).complete(&chat("hi")).await.unwrap_err();
        assert_eq!(error.kind, kind, "{status} {body}: {error}");
        assert!(error.message.contains(part) && !format!("{error:?}").contains(KEY), "{status} {body}: {error}");
        let wait = (status == 429).then(|| Duration::from_secs_f64(36.5));
        assert_eq!(error.retry_after, wait, "{error:?}");
    }
    let half = STREAM.split("\n\n").next().unwrap();
    let report = report(503, "UNAVAILABLE", "overloaded", json!([])).replace('\n', "");
    for (stream, kind) in [(format!("{half}\n\ndata: {report}\n\n"), Unavailable), (format!("{half}\n\n"), Connection)] {
        let server = Server::strict(strict::google, [Reply::stream([stream])]).await;
        let error = server.open(MODEL, "", &[]).complete(&chat("hi")).await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
    }
}

#[tokio::test]
async fn options_may_be_written_as_other_formats_have_them() {
    let server = Server::strict(strict::google, [Reply::json(200, WHOLE)]).await;
    let arguments = [
        "top_logprobs=2",
        "max_tokens=77",
        "thinking_level=low",
        r#"safety_settings=[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_NONE"}]"#,
    ];
    server.open(MODEL, "", &arguments).complete(&chat("hi")).await.unwrap();
    let body = server.only().body;
    let config = &body["generationConfig"];
    assert_eq!((&config["logprobs"], &config["responseLogprobs"]), (&json!(2), &json!(true)));
    assert_eq!((&config["maxOutputTokens"], &config["thinkingConfig"]), (&json!(77), &json!({"thinkingLevel": "low"})));
    assert_eq!(body["safetySettings"][0]["threshold"], "BLOCK_NONE");
    let server = Server::strict(strict::google, [Reply::json(200, WHOLE)]).await;
    server.open(MODEL, "", &["response_mime_type=application/json"]).complete(&chat("hi")).await.unwrap();
    assert_eq!(server.seen()[0].body["generationConfig"]["responseMimeType"], "application/json");
}
