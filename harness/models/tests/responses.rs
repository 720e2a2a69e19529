//! Conversations with OpenAI's responses API, written by hand from its reference.

mod support;

use proctor_core::{Finish, ModelErrorKind, Request, Usage};
use serde_json::{Value, json};
use support::{Reply, Server, chat, strict};

/// A whole response with the given status and the rest of its fields.
fn whole(status: &str, more: Value) -> Value {
    let mut response = json!({"id": "resp_1", "object": "response", "created_at": 1, "status": status, "error": null,
        "incomplete_details": null, "model": "gpt-5-mini-2025-08-07", "output": [
        {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "First."}, {"type": "summary_text", "text": "Then."}]},
        {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [
            {"type": "output_text", "text": "The answer is 4", "annotations": [], "logprobs": [
                {"token": "The", "logprob": -0.5, "bytes": [84], "top_logprobs": [{"token": "The", "logprob": -0.5, "bytes": [84]}]}]}]}],
        "usage": {"input_tokens": 12, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 40,
            "output_tokens_details": {"reasoning_tokens": 30}, "total_tokens": 52}});
    response.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    response
}

fn stream(end: &str, response: &Value) -> String {
    let events = [
        json!({"type": "response.created", "sequence_number": 0, "response": {"id": "resp_1", "status": "in_progress", "output": []}}),
        json!({"type": "response.output_item.added", "output_index": 0, "item": {"type": "reasoning", "summary": []}}),
        json!({"type": "response.reasoning_summary_text.delta", "delta": "First.", "summary_index": 0}),
        json!({"type": "response.output_text.delta", "delta": "The ans", "content_index": 0, "logprobs": []}),
        json!({"type": "response.output_text.delta", "delta": "wer is 4", "content_index": 0, "logprobs": []}),
        json!({"type": "response.output_text.done", "text": "The answer is 4"}),
        json!({"type": end, "response": response}),
    ];
    events.iter().map(|e| format!("event: {}\ndata: {e}\n\n", e["type"].as_str().unwrap())).collect()
}

async fn one(
    reply: Reply,
    arguments: &[&str],
    request: &Request,
) -> Result<(proctor_core::Completion, Value), proctor_core::ModelError> {
    let server = Server::strict(strict::responses, [reply]).await;
    let arguments = [&["api=responses"], arguments].concat();
    let answer = server.open("openai/gpt-5-mini", "/v1", &arguments).complete(request).await;
    let body = server.only().body;
    Ok((answer?, body))
}

#[tokio::test]
async fn an_answer_is_read_whole_and_from_a_stream() {
    let response = whole("completed", json!({}));
    let usage = Usage {
        prompt_tokens: Some(12),
        completion_tokens: Some(40),
        reasoning_tokens: Some(30),
        cached_tokens: Some(4),
        ..Usage::default()
    };
    for reply in [Reply::json(200, response.to_string()), Reply::stream([stream("response.completed", &response)])] {
        let (answer, body) = one(reply, &["reasoning_effort=low", "reasoning_summary=auto"], &chat("2+2?")).await.unwrap();
        assert_eq!((answer.text.as_str(), answer.reasoning.as_deref()), ("The answer is 4", Some("First.\n\nThen.")));
        assert_eq!((answer.finish, answer.usage, answer.model.as_str()), (Finish::Stop, usage, "gpt-5-mini-2025-08-07"));
        assert_eq!(answer.logprobs.unwrap()[0].top, [("The".to_owned(), -0.5)]);
        let expected = json!({"model": "gpt-5-mini", "input": [{"role": "system", "content": "Be brief."},
            {"role": "user", "content": "2+2?"}], "max_output_tokens": 100, "store": false, "stream": true,
            "reasoning": {"effort": "low", "summary": "auto"}});
        assert_eq!(body, expected);
    }
}

#[tokio::test]
async fn reasons_for_the_end_are_told_apart() {
    let incomplete = |reason: &str| whole("incomplete", json!({"incomplete_details": {"reason": reason}}));
    let refused = whole(
        "completed",
        json!({"output": [{"type": "message", "role": "assistant",
        "content": [{"type": "refusal", "refusal": "I can't."}]}]}),
    );
    let cases = [
        (incomplete("max_output_tokens"), Finish::Length, "The answer is 4"),
        (incomplete("content_filter"), Finish::ContentFilter, "The answer is 4"),
        (refused, Finish::Refused, "I can't."),
    ];
    for (response, finish, text) in cases {
        let (answer, _) = one(Reply::json(200, response.to_string()), &[], &chat("hi")).await.unwrap();
        assert_eq!((answer.finish, answer.text.as_str()), (finish, text));
    }
    let cut = incomplete("max_output_tokens");
    let (answer, _) = one(Reply::stream([stream("response.incomplete", &cut)]), &[], &chat("hi")).await.unwrap();
    assert_eq!(answer.finish, Finish::Length);
}

#[tokio::test]
async fn failures_are_told_apart() {
    use ModelErrorKind::*;
    let failed = |code: &str| whole("failed", json!({"error": {"code": code, "message": "It failed."}, "output": []}));
    let error_event =
        "event: error\ndata: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"slow\",\"param\":null}\n\n";
    let cases = [
        (Reply::json(200, failed("server_error").to_string()), Unavailable),
        (Reply::stream([stream("response.failed", &failed("server_error"))]), Unavailable),
        (Reply::stream([stream("response.failed", &failed("rate_limit_exceeded"))]), RateLimited),
        (Reply::stream([error_event]), RateLimited),
        (Reply::stream(["data: {\"type\":\"response.created\"}\n\n"]), Connection),
        (Reply::json(200, r#"{"choices":[]}"#), Protocol),
    ];
    for (reply, kind) in cases {
        let error = one(reply, &[], &chat("hi")).await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
    }
    let limited = whole(
        "failed",
        json!({"error": {"code": "invalid_prompt",
        "message": "Invalid prompt: we've limited access to this content for safety reasons."}, "output": []}),
    );
    let (answer, _) = one(Reply::stream([stream("response.failed", &limited)]), &[], &chat("hi")).await.unwrap();
    assert_eq!(answer.finish, Finish::ContentFilter);
    let odd = one(Reply::json(200, failed("invalid_prompt").to_string()), &[], &chat("hi")).await.unwrap_err();
    assert_eq!(odd.kind, BadRequest, "{odd}");
    let flagged = failed("bio_policy");
    let (answer, _) = one(Reply::json(200, flagged.to_string()), &[], &chat("hi")).await.unwrap();
    assert_eq!((answer.finish, answer.text.as_str()), (Finish::ContentFilter, "It failed."));
}

#[tokio::test]
async fn what_is_said_on_the_way_is_no_part_of_the_answer() {
    let message = |phase: &str, text: &str| {
        json!({"id": "m", "type": "message", "role": "assistant", "status": "completed", "phase": phase,
            "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]})
    };
    let response =
        whole("completed", json!({"output": [message("commentary", "B? Let me see."), message("final_answer", "It is B.")]}));
    let events = [
        json!({"type": "response.output_item.added", "output_index": 0, "item": message("commentary", "")}),
        json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "B? Let me see."}),
        json!({"type": "response.output_item.added", "output_index": 1, "item": message("final_answer", "")}),
        json!({"type": "response.output_text.delta", "output_index": 1, "content_index": 0, "delta": "It is B."}),
        json!({"type": "response.completed", "response": response}),
    ];
    let stream: String = events.iter().map(|e| format!("event: {}\ndata: {e}\n\n", e["type"].as_str().unwrap())).collect();
    for reply in [Reply::json(200, response.to_string()), Reply::stream([stream.clone()])] {
        let (answer, _) = one(reply, &[], &chat("hi")).await.unwrap();
        assert_eq!((answer.text.as_str(), answer.reasoning.as_deref()), ("It is B.", Some("B? Let me see.")));
    }
    // A stop string in it ends nothing.
    let mut request = chat("hi");
    request.sampling.stop = vec!["?".to_owned(), ".".to_owned()];
    let (answer, _) = one(Reply::stream([stream]), &[], &request).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.finish), ("It is B", Finish::Stop));
}

#[tokio::test]
async fn options_of_chats_are_written_as_this_api_has_them() {
    let response = whole("completed", json!({}));
    let arguments = [
        "verbosity=low",
        r#"response_format={"type":"json_schema","json_schema":{"name":"a","strict":true,"schema":{"type":"object"}}}"#,
    ];
    let (_, body) = one(Reply::json(200, response.to_string()), &arguments, &chat("hi")).await.unwrap();
    let format = json!({"type": "json_schema", "name": "a", "strict": true, "schema": {"type": "object"}});
    assert_eq!(body["text"], json!({"verbosity": "low", "format": format}));
    let calls = whole(
        "completed",
        json!({"output": [{"id": "f", "type": "function_call", "call_id": "c", "name": "f",
        "arguments": "{}", "status": "completed"}]}),
    );
    let (answer, _) = one(Reply::json(200, calls.to_string()), &[], &chat("hi")).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.finish), ("", Finish::Other("tool_calls".into())));
}

#[tokio::test]
async fn stop_strings_end_the_stream_here() {
    let response = whole("completed", json!({}));
    let mut request = chat("hi");
    request.sampling.stop = vec!["wer".to_owned()];
    request.sampling.max_tokens = Some(4);
    let (answer, body) = one(Reply::stream([stream("response.completed", &response)]), &[], &request).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.finish), ("The ans", Finish::Stop));
    assert_eq!((body.get("stop"), &body["max_output_tokens"]), (None, &json!(16)));
}
