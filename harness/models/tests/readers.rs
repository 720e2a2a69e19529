//! Readers of answers against anything: valid streams cut anywhere, with events nobody knows between, with values of other
//! types in them, and bytes that are nothing at all. An answer or one sentence comes back, and the same answer wherever the
//! stream was cut.

mod support;

use proctor_core::{Completion, Model, ModelError, Protocol};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use support::{Reply, Server, chat, raw};
use tokio::runtime::Runtime;

/// A wire format, and a stream of it, event by event.
struct Format {
    model: &'static str,
    path: &'static str,
    arguments: &'static [&'static str],
    protocol: Protocol,
    events: Vec<(Option<&'static str>, Value)>,
    done: bool,
}

fn formats() -> Vec<Format> {
    let chunk = |delta: Value, finish: Value| json!({"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": null}]});
    let openai = vec![
        (None, chunk(json!({"role": "assistant", "content": ""}), Value::Null)),
        (None, chunk(json!({"reasoning_content": "Grübeln."}), Value::Null)),
        (None, chunk(json!({"content": "Жауап: "}), Value::Null)),
        (None, chunk(json!({"content": "B 😀\n\nфин"}), Value::Null)),
        (None, chunk(json!({}), json!("stop"))),
        (None, json!({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 16}})),
    ];
    let raw = vec![
        (None, json!({"choices": [{"index": 0, "text": "7, ", "finish_reason": null}]})),
        (
            None,
            json!({"choices": [{"index": 0, "text": "8 ß", "finish_reason": "length"}], "usage": {"prompt_tokens": 9, "completion_tokens": 2}}),
        ),
    ];
    let whole = json!({"id": "r", "status": "completed", "model": "m", "output": [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Erst."}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Жауап: B 😀"}]}],
        "usage": {"input_tokens": 9, "output_tokens": 7, "output_tokens_details": {"reasoning_tokens": 2}}});
    let responses = vec![
        (
            Some("response.created"),
            json!({"type": "response.created", "response": {"id": "r", "status": "in_progress", "output": []}}),
        ),
        (
            Some("response.reasoning_summary_text.delta"),
            json!({"type": "response.reasoning_summary_text.delta", "delta": "Erst."}),
        ),
        (
            Some("response.output_text.delta"),
            json!({"type": "response.output_text.delta", "output_index": 1, "delta": "Жауап: "}),
        ),
        (Some("response.output_text.delta"), json!({"type": "response.output_text.delta", "output_index": 1, "delta": "B 😀"})),
        (Some("response.completed"), json!({"type": "response.completed", "response": whole})),
    ];
    let anthropic = vec![
        (
            Some("message_start"),
            json!({"type": "message_start", "message": {"id": "m", "role": "assistant", "content": [], "model": "c", "usage": {"input_tokens": 9, "output_tokens": 1}}}),
        ),
        (
            Some("content_block_start"),
            json!({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}}),
        ),
        (
            Some("content_block_delta"),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Grübeln."}}),
        ),
        (Some("content_block_stop"), json!({"type": "content_block_stop", "index": 0})),
        (
            Some("content_block_start"),
            json!({"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}}),
        ),
        (
            Some("content_block_delta"),
            json!({"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Жауап: B 😀"}}),
        ),
        (
            Some("message_delta"),
            json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}}),
        ),
        (Some("message_stop"), json!({"type": "message_stop"})),
    ];
    let part = |part: Value, more: Value| {
        let mut candidate = json!({"content": {"role": "model", "parts": [part]}, "index": 0});
        candidate.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"candidates": [candidate], "modelVersion": "g", "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 7}})
    };
    let google = vec![
        (None, part(json!({"text": "Grübeln.", "thought": true}), json!({}))),
        (None, part(json!({"text": "Жауап: "}), json!({}))),
        (None, part(json!({"text": "B 😀"}), json!({"finishReason": "STOP"}))),
    ];
    let format = |model, path, arguments, protocol, events, done| Format { model, path, arguments, protocol, events, done };
    vec![
        format("openai-api/test/m", "/v1", &[], Protocol::Chat, openai, true),
        format("openai-api/test/m", "/v1", &[], Protocol::Completion, raw, true),
        format("openai/gpt-5", "/v1", &["api=responses"], Protocol::Chat, responses, false),
        format("anthropic/claude-sonnet-4-5", "/v1", &[], Protocol::Chat, anthropic, false),
        format("google/gemini-2.5-flash", "", &[], Protocol::Chat, google, false),
    ]
}

fn written(events: &[(Option<&str>, Value)], done: bool, end: &str) -> Vec<u8> {
    let mut text = String::new();
    for (name, data) in events {
        text.extend(name.map(|name| format!("event: {name}{end}")));
        text.push_str(&format!("data: {data}{end}{end}"));
    }
    if done {
        text.push_str(&format!("data: [DONE]{end}{end}"));
    }
    text.into_bytes()
}

/// Cut at these places, given in thousandths of the whole.
fn cut(bytes: &[u8], places: &[usize]) -> Vec<Vec<u8>> {
    let mut places: Vec<usize> = places.iter().map(|place| place * bytes.len() / 1000).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places.windows(2).filter(|pair| pair[0] < pair[1]).map(|pair| bytes[pair[0]..pair[1]].to_vec()).collect()
}

async fn ask(format: &Format, reply: Reply) -> Result<Completion, ModelError> {
    let server = Server::strict(|_, _, _, _| Vec::new(), [reply]).await;
    let model: Arc<dyn Model> = server.open(format.model, format.path, format.arguments);
    let request = if format.protocol == Protocol::Chat { chat("hi") } else { raw("1,", &[]) };
    let answer = tokio::time::timeout(Duration::from_secs(60), model.complete(&request)).await;
    let mut answer = answer.expect("an answer or an error comes back");
    if let Ok(answer) = &mut answer {
        answer.latency_s = 0.0;
        answer.limits = None;
    }
    if let Err(error) = &answer {
        assert!(error.message.lines().count() == 1 && error.message.chars().count() < 900, "{error}");
    }
    answer
}

/// Runs `test` on made-up cases for each format.
fn each<S: Strategy>(cases: u32, strategy: &S, test: impl Fn(&Runtime, &Format, S::Value) -> Result<(), TestCaseError>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for format in formats() {
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(cases) });
        runner.run(strategy, |value| test(&runtime, &format, value)).unwrap();
    }
}

#[test]
fn a_stream_is_the_same_wherever_it_is_cut() {
    let line_ends = prop_oneof![Just("\n"), Just("\r\n"), Just("\r")];
    let strategy = (proptest::collection::vec(0_usize..1000, 0..12), line_ends);
    each(60, &strategy, |runtime, format, (places, end)| {
        let expected = runtime.block_on(ask(format, Reply::stream([written(&format.events, format.done, "\n")])));
        let bytes = written(&format.events, format.done, end);
        let found = runtime.block_on(ask(format, Reply::stream(cut(&bytes, &places))));
        prop_assert_eq!(found.unwrap(), expected.unwrap());
        Ok(())
    });
}

/// Any JSON.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec(("[a-z_]{1,12}", inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

#[test]
fn events_that_nobody_knows_change_nothing() {
    let strategy = (0_usize..9, "x_[a-z_]{1,12}", any_json());
    each(40, &strategy, |runtime, format, (place, name, value)| {
        let expected = runtime.block_on(ask(format, Reply::stream([written(&format.events, format.done, "\n")])));
        let mut events = format.events.clone();
        // Before the end, which some formats say themselves.
        let place = place.min(events.len() - 1);
        let novelty = json!({"type": name, "later_invention": value});
        let bytes: Vec<u8> = [
            written(&events.drain(..place).collect::<Vec<_>>(), false, "\n"),
            format!(": a comment\n\nevent: {name}\ndata: {novelty}\n\nid: 7\nretry: 10\n\n").into_bytes(),
            written(&events, format.done, "\n"),
        ]
        .concat();
        let found = runtime.block_on(ask(format, Reply::stream([bytes])));
        prop_assert_eq!(found.unwrap(), expected.unwrap());
        Ok(())
    });
}

/// Where the values of a JSON document stand.
fn pointers(value: &Value, here: &str, all: &mut Vec<String>) {
    all.push(here.to_owned());
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| pointers(value, &format!("{here}/{name}"), all)),
        Value::Array(list) => list.iter().enumerate().for_each(|(at, value)| pointers(value, &format!("{here}/{at}"), all)),
        _ => {}
    }
}

#[test]
fn values_of_other_types_lead_to_an_answer_or_a_sentence() {
    let strategy = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), any_json(), any::<bool>());
    each(120, &strategy, |runtime, format, (event, place, value, whole)| {
        let mut events = format.events.clone();
        let data = &mut event.get_mut(&mut events[..]).1;
        let mut all = Vec::new();
        pointers(data, "", &mut all);
        *data.pointer_mut(&all[place.index(all.len())]).unwrap() = value;
        let reply = match whole {
            true => Reply::json(200, events.last().unwrap().1.to_string()),
            false => Reply::stream([written(&events, format.done, "\n")]),
        };
        let _ = runtime.block_on(ask(format, reply));
        Ok(())
    });
}

#[test]
fn bytes_of_any_kind_lead_to_an_answer_or_a_sentence() {
    let noise = (proptest::collection::vec(any::<u8>(), 0..300), any::<bool>(), any::<prop::sample::Index>(), 200_u16..600);
    each(120, &noise, |runtime, format, (noise, spliced, place, status)| {
        let mut bytes = written(&format.events, format.done, "\n");
        if spliced {
            let at = place.index(bytes.len());
            bytes.splice(at..at, noise);
        } else {
            bytes = noise;
        }
        let mut reply = Reply::stream([bytes]);
        // No body belongs to some of them; these and redirects are others' matters.
        reply.status = if matches!(status, 204 | 205 | 300..400) { 200 } else { status };
        let _ = runtime.block_on(ask(format, reply));
        Ok(())
    });
}
