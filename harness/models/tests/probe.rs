//! What the probe finds out about endpoints with known strengths and faults.

mod support;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use proctor_core::Model;
use proctor_models::{Finding, ModelOptions, Verdict, probe};
use serde_json::{Value, json};
use std::sync::Arc;
use support::{KEY, open_as};

/// How an endpoint is.
#[derive(Clone, Copy, Default)]
struct Traits {
    wrong_key: bool,
    unknown_model: bool,
    ignores_stop: bool,
    ignores_seed: bool,
    refuses_seed: bool,
    no_stream: bool,
    /// Answers whole where a stream was asked for.
    whole_only: bool,
    /// Says the same whatever it is asked.
    fixed: bool,
    no_list: bool,
    bare: bool,
    reasons: bool,
    nonsense_likelihoods: bool,
    /// Gives every token of every text the same likelihood.
    constant_likelihoods: bool,
    /// Gives logarithms above 0.
    impossible_likelihoods: bool,
    /// Echoes what it would say instead of what it was given.
    no_echo: bool,
    /// Answers with another model than was asked for.
    other_model: bool,
    /// Lists how long its contexts are.
    tells_context: bool,
    /// Probable tokens that have more than 1 together.
    crowded_logprobs: bool,
    /// Probabilities of other tokens than it says.
    strange_logprobs: bool,
    /// JSON between fences.
    fenced: bool,
    /// Reports a wrong key under status 200.
    friendly_refusal: bool,
    forbids: bool,
    zero_usage: bool,
}

async fn start(traits: Traits) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let counter = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let app = axum::Router::new().fallback(handle).with_state((traits, counter));
    tokio::spawn(async move { axum::serve(listener, app).await });
    base
}

type Known = (Traits, Arc<std::sync::atomic::AtomicUsize>);

async fn handle(State((traits, counter)): State<Known>, uri: Uri, headers: HeaderMap, body: String) -> Response {
    let report = |status: u16, message: &str, code: &str| {
        let body = json!({"error": {"message": message, "code": code, "type": "invalid_request_error", "param": null}});
        (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response()
    };
    if traits.wrong_key || headers.get("authorization").is_none_or(|v| v != &format!("Bearer {KEY}")) {
        return report(401, "Incorrect API key provided", "invalid_api_key");
    }
    if traits.friendly_refusal {
        return report(200, "Invalid API key", "");
    }
    if traits.forbids {
        return report(403, "This key may not use this model", "");
    }
    if uri.path() == "/v1/models" {
        if traits.no_list {
            return report(404, "no such path", "");
        }
        let mut list = json!({"data": [{"id": "tiny"}, {"id": "tiny-instruct"}, {"id": "large"}]});
        if traits.tells_context {
            list["data"][0]["max_model_len"] = json!(8192);
        }
        return axum::Json(list).into_response();
    }
    let request: Value = serde_json::from_str(&body).unwrap();
    if traits.unknown_model {
        return report(404, "The model `tinny` does not exist", "model_not_found");
    }
    if traits.refuses_seed && request.get("seed").is_some() {
        return report(400, "Unsupported parameter: 'seed'", "unsupported_parameter");
    }
    if uri.path() == "/v1/completions" {
        return axum::Json(echoed(&request, traits)).into_response();
    }
    let said = request["messages"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap().to_owned();
    let mut text = match () {
        () if request["messages"][0]["role"] == "system"
            && request["messages"][0]["content"].as_str().unwrap().contains("ORANGE") =>
        {
            "ORANGE".to_owned()
        }
        () if said.contains("random") && traits.ignores_seed => {
            format!("{}", counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst))
        }
        () if traits.fixed => "Hello!".to_owned(),
        () if said.contains("random") => format!("qwertyuiop {}", request["seed"]),
        () if said.contains("letters A") => "A B C D E F".to_owned(),
        () if said.contains("JSON") && traits.fenced => "```json\n{\"sum\": 4}\n```".to_owned(),
        () if said.contains("JSON") && !traits.bare => "{\"sum\": 4}".to_owned(),
        () => "4".to_owned(),
    };
    if !traits.ignores_stop && request.get("stop").is_some() {
        text = text.split('D').next().unwrap().to_owned();
    }
    let room = ["max_tokens", "max_completion_tokens"].iter().find_map(|field| request[*field].as_u64()).unwrap();
    let (text, finish) = if traits.reasons && room < 1000 { (String::new(), "length") } else { (text, "stop") };
    let reasoning = if traits.reasons { json!("thinking") } else { Value::Null };
    let logprobs = if request["logprobs"] == true && !traits.bare {
        let token = if traits.strange_logprobs { "9" } else { "4" };
        let second = if traits.crowded_logprobs { -0.1 } else { -4.0 };
        let top = json!([{"token": "4", "logprob": -0.1}, {"token": "5", "logprob": second}]);
        json!({"content": [{"token": token, "logprob": -0.1, "top_logprobs": top}]})
    } else {
        Value::Null
    };
    let usage = if traits.bare {
        Value::Null
    } else if traits.zero_usage {
        json!({"prompt_tokens": 0, "completion_tokens": 0})
    } else {
        json!({"prompt_tokens": 9, "completion_tokens": 3})
    };
    if request["stream"] == true && !traits.whole_only {
        if traits.no_stream {
            return report(400, "Streaming is not supported", "unsupported");
        }
        let chunk = json!({"model": "tiny", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}], "usage": usage});
        return ([("content-type", "text/event-stream")], format!("data: {chunk}\n\ndata: [DONE]\n\n")).into_response();
    }
    let message = json!({"role": "assistant", "content": text, "reasoning_content": reasoning});
    let model = if traits.other_model { "large" } else { "tiny" };
    let whole = json!({"model": model, "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": logprobs}], "usage": usage});
    let mut response = axum::Json(whole).into_response();
    if !traits.bare {
        response.headers_mut().insert("x-ratelimit-limit-requests", "60".parse().unwrap());
        response.headers_mut().insert("x-ratelimit-remaining-requests", "42".parse().unwrap());
    }
    response
}

/// An echo whose last word is likely, or unlikely, if it is Paris.
fn echoed(request: &Value, traits: Traits) -> Value {
    let prompt = request["prompt"].as_str().unwrap();
    let tokens: Vec<&str> = prompt.split_inclusive(' ').collect();
    let likely = prompt.ends_with("Paris") != traits.nonsense_likelihoods;
    let mut values: Vec<Value> = tokens.iter().map(|_| json!(-1.0)).collect();
    values[0] = Value::Null;
    if !traits.constant_likelihoods {
        *values.last_mut().unwrap() = json!(if likely { -0.5 } else { -9.0 });
    }
    if traits.impossible_likelihoods {
        *values.last_mut().unwrap() = json!(3.5);
    }
    let tokens = if traits.no_echo { vec![" Certainly", "!", " Here", " it", " is", " now"] } else { tokens };
    let logprobs =
        if traits.bare { Value::Null } else { json!({"tokens": tokens, "token_logprobs": values, "top_logprobs": null}) };
    json!({"choices": [{"index": 0, "text": prompt, "finish_reason": "length", "logprobs": logprobs}]})
}

async fn found(traits: Traits, model: &str) -> Vec<Finding> {
    let base = start(traits).await;
    let open = |stream: bool| -> Arc<dyn Model> {
        let options = ModelOptions { base_url: Some(base.clone()), stream: Some(stream), ..ModelOptions::default() };
        open_as(&format!("openai-api/test/{model}"), &options).unwrap()
    };
    let mut told = Vec::new();
    let findings = probe(open(true).as_ref(), open(false).as_ref(), false, &mut |f: &Finding| told.push(f.clone())).await;
    assert_eq!(findings, told, "each is told as it is made");
    assert!(!format!("{findings:?}").contains(KEY));
    findings
}

fn named<'a>(findings: &'a [Finding], name: &str) -> &'a Finding {
    findings.iter().find(|f| f.name == name).unwrap_or_else(|| panic!("nothing about {name} in {findings:#?}"))
}

#[tokio::test]
async fn an_endpoint_that_can_everything() {
    let findings = found(Traits::default(), "tiny").await;
    let expected = [
        "connection",
        "model list",
        "answer",
        "token counts",
        "streaming",
        "stop strings",
        "seed",
        "system prompt",
        "JSON",
        "logprobs",
        "likelihoods",
        "limits",
    ];
    for name in expected {
        assert_eq!(named(&findings, name).verdict, Verdict::Works, "{name}: {findings:#?}");
    }
    assert!(named(&findings, "limits").found.contains("42 of 60"), "{findings:#?}");
}

#[tokio::test]
async fn each_lack_is_found() {
    let cases: [(Traits, &str, &str, &str); 17] = [
        (Traits { ignores_stop: true, ..Traits::default() }, "stop strings", "left in", "applied here"),
        (Traits { ignores_seed: true, ..Traits::default() }, "seed", "the same seed gave", "differ from run to run"),
        (Traits { constant_likelihoods: true, ..Traits::default() }, "likelihoods", "each token of each text", "do not trust"),
        (Traits { impossible_likelihoods: true, ..Traits::default() }, "likelihoods", "3.5", "cannot be ranked"),
        (Traits { no_echo: true, ..Traits::default() }, "likelihoods", "do not make up the prompt", "cannot be ranked"),
        (Traits { other_model: true, ..Traits::default() }, "model", "answered by large", "name large instead"),
        (Traits { crowded_logprobs: true, ..Traits::default() }, "logprobs", "more than 1", "do not use"),
        (Traits { strange_logprobs: true, ..Traits::default() }, "logprobs", "do not make up the answer", "do not use"),
        (Traits { fenced: true, ..Traits::default() }, "JSON", "not honoured", "no benchmark"),
        (Traits { zero_usage: true, ..Traits::default() }, "token counts", "as 0", "cannot be counted"),
        (Traits { whole_only: true, ..Traits::default() }, "streaming", "came whole", "--no-stream"),
        (Traits { fixed: true, ..Traits::default() }, "seed", "with any seed", "alike"),
        (Traits { fixed: true, ..Traits::default() }, "stop strings", "not to be told", "applied here"),
        (Traits { no_list: true, ..Traits::default() }, "model list", "none", "not checked"),
        (Traits { bare: true, ..Traits::default() }, "likelihoods", "cannot tell", "ranked"),
        (Traits { nonsense_likelihoods: true, ..Traits::default() }, "likelihoods", "is not above", "do not trust"),
        (Traits { bare: true, ..Traits::default() }, "limits", "none", "pace"),
    ];
    for (traits, name, part, then) in cases {
        let findings = found(traits, "tiny").await;
        let finding = named(&findings, name);
        assert_eq!(finding.verdict, Verdict::Lacks, "{finding:?}");
        assert!(finding.found.contains(part) && finding.then.as_ref().is_some_and(|t| t.contains(then)), "{finding:?}");
        assert!(findings.iter().all(|f| f.verdict != Verdict::Fails), "{findings:#?}");
    }
}

#[tokio::test]
async fn what_every_run_sends_must_be_taken() {
    let cases = [
        (Traits { refuses_seed: true, ..Traits::default() }, "seed", "Unsupported", "-M seed=null"),
        (Traits { no_stream: true, ..Traits::default() }, "streaming", "not supported", "--no-stream"),
        (Traits { friendly_refusal: true, ..Traits::default() }, "key", "Invalid API key", "TEST_API_KEY"),
        (Traits { forbids: true, ..Traits::default() }, "key", "may not use", "TEST_API_KEY"),
    ];
    for (traits, name, part, then) in cases {
        let findings = found(traits, "tiny").await;
        let finding = named(&findings, name);
        assert_eq!(finding.verdict, Verdict::Fails, "{finding:?}");
        assert!(finding.found.contains(part) && finding.then.as_ref().is_some_and(|t| t.contains(then)), "{finding:?}");
    }
}

#[tokio::test]
async fn names_and_lists_are_compared() {
    let findings = found(Traits { tells_context: true, ..Traits::default() }, "tiny").await;
    let context = named(&findings, "context");
    assert!(context.verdict == Verdict::Works && context.found.contains("8192 tokens"), "{context:?}");
    // It answers to any name.
    let findings = found(Traits::default(), "tinny").await;
    let model = named(&findings, "model");
    assert!(model.verdict == Verdict::Lacks && model.found.contains("which it does not list, as tiny"), "{model:?}");
}

#[tokio::test]
async fn ollama_tells_the_context_of_a_loaded_model() {
    let answer = json!({"model": "tiny", "choices": [{"index": 0, "message": {"role": "assistant", "content": "4"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 3}});
    let app = axum::Router::new()
        .route(
            "/v1/models",
            axum::routing::get(|| async { axum::Json(json!({"data": [{"id": "tiny:latest", "object": "model"}]})) }),
        )
        .route(
            "/api/ps",
            axum::routing::get(|| async {
                axum::Json(json!({"models": [{"name": "tiny:latest", "model": "tiny:latest", "context_length": 4096}]}))
            }),
        )
        .fallback(move || async move { axum::Json(answer) });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let model = open_as("ollama/tiny", &ModelOptions { base_url: Some(base), ..ModelOptions::default() }).unwrap();
    let findings = probe(model.as_ref(), model.as_ref(), false, &mut |_: &Finding| {}).await;
    let context = named(&findings, "context");
    assert!(context.found.contains("4096 tokens") && context.then.as_ref().unwrap().contains("in silence"), "{context:?}");
    assert_eq!(named(&findings, "model list").verdict, Verdict::Works, "{findings:#?}");
}

#[tokio::test]
async fn what_a_models_name_tells_is_told() {
    let base = start(Traits::default()).await;
    for (name, stops_refused) in [("openai/gpt-5", true), ("openai/gpt-4o", false)] {
        let model = open_as(name, &ModelOptions { base_url: Some(base.clone()), ..ModelOptions::default() }).unwrap();
        let findings = probe(model.as_ref(), model.as_ref(), false, &mut |_: &Finding| {}).await;
        assert_eq!(findings.iter().any(|f| f.name == "temperature"), stops_refused, "{findings:#?}");
        let stops = named(&findings, "stop strings");
        assert_eq!(stops.found.contains("refuses them"), stops_refused, "{stops:?}");
    }
}

#[tokio::test]
async fn reasoning_gets_room() {
    let findings = found(Traits { reasons: true, ..Traits::default() }, "tiny").await;
    assert!(named(&findings, "reasoning").found.contains("it reasons"), "{findings:#?}");
    assert_eq!(named(&findings, "system prompt").verdict, Verdict::Works, "{findings:#?}");
}

#[tokio::test]
async fn what_runs_would_fail_on_ends_it() {
    let findings = found(Traits { wrong_key: true, ..Traits::default() }, "tiny").await;
    let last = findings.last().unwrap();
    assert_eq!((last.name, last.verdict), ("key", Verdict::Fails));
    assert!(last.then.as_ref().unwrap().contains("TEST_API_KEY"), "{last:?}");
    let findings = found(Traits { unknown_model: true, ..Traits::default() }, "tinny").await;
    assert!(named(&findings, "model list").then.as_ref().unwrap().contains("did you mean tiny"), "{findings:#?}");
    assert_eq!(findings.last().map(|f| (f.name, f.verdict)), Some(("model", Verdict::Fails)), "{findings:#?}");
    // A port where nobody listens, and one where nobody speaks HTTP.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let options = ModelOptions { base_url: Some(format!("http://{closed}/v1")), ..ModelOptions::default() };
    let model = open_as("openai-api/test/tiny", &options).unwrap();
    let findings = probe(model.as_ref(), model.as_ref(), false, &mut |_: &Finding| {}).await;
    assert_eq!(findings.last().map(|f| (f.name, f.verdict)), Some(("connection", Verdict::Fails)), "{findings:#?}");
    let talker = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = talker.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = talker.accept().await {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"SSH-2.0-OpenSSH_9.2\r\n").await;
        }
    });
    let options = ModelOptions { base_url: Some(format!("http://{address}/v1")), ..ModelOptions::default() };
    let model = open_as("openai-api/test/tiny", &options).unwrap();
    let findings = probe(model.as_ref(), model.as_ref(), false, &mut |_: &Finding| {}).await;
    assert_eq!(findings.last().map(|f| (f.name, f.verdict)), Some(("HTTP", Verdict::Fails)), "{findings:#?}");
}

#[tokio::test]
async fn models_in_this_process_are_probed_too() {
    let model = open_as("mock/echo", &ModelOptions::default()).unwrap();
    let findings = probe(model.as_ref(), model.as_ref(), false, &mut |_: &Finding| {}).await;
    assert_eq!(named(&findings, "answer").verdict, Verdict::Works, "{findings:#?}");
    assert!(findings.iter().all(|f| f.name != "connection" && f.name != "streaming"), "{findings:#?}");
}
