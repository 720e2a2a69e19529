//! Services that speak OpenAI's format under names of their own, and Azure: what each takes, and what each adds.

mod support;

use proctor_core::{Finish, Model, ModelErrorKind};
use proctor_models::{ModelOptions, backends, open_with};
use serde_json::{Value, json};
use std::sync::Arc;
use support::{KEY, Reply, Server, chat, open_as, strict};

const WHOLE: &str = r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"4"},"finish_reason":"stop"}],
    "usage":{"prompt_tokens":12,"completion_tokens":9,"total_tokens":21}}"#;

#[tokio::test]
async fn every_service_gets_what_it_takes_and_nothing_else() {
    let cases: [(&str, &str, strict::Check, Value); 7] = [
        ("mistral/mistral-large-latest", "/v1", strict::mistral, json!({"max_tokens": 100, "random_seed": 7, "top_k": 40})),
        ("groq/llama-3.3-70b-versatile", "/openai/v1", strict::groq, json!({"max_completion_tokens": 100, "seed": 7})),
        ("together/meta-llama/Llama-3.3-70B", "/v1", strict::together, json!({"max_tokens": 100, "seed": 7, "top_k": 40})),
        ("deepseek/deepseek-chat", "", strict::deepseek, json!({"max_tokens": 100, "stream_options": {"include_usage": true}})),
        (
            "openrouter/meta-llama/llama-3.3-70b",
            "/api/v1",
            strict::openrouter,
            json!({"max_tokens": 100, "seed": 7, "top_k": 40, "stream_options": {"include_usage": true}}),
        ),
        ("fireworks/accounts/f/models/m", "/inference/v1", strict::fireworks, json!({"max_tokens": 100, "seed": 7, "top_k": 40})),
        (
            "xai/grok-4",
            "/v1",
            strict::xai,
            json!({"max_completion_tokens": 100, "seed": 7, "stream_options": {"include_usage": true}}),
        ),
    ];
    for (name, path, check, expected) in cases {
        let server = Server::strict(check, [Reply::json(200, WHOLE)]).await;
        let mut request = chat("hi");
        request.sampling.top_k = Some(40);
        let answer = server.open(name, path, &[]).complete(&request).await.unwrap();
        assert_eq!(answer.text, "4", "{name}");
        let mut body = server.only().body;
        let fields = body.as_object_mut().unwrap();
        assert_eq!(fields.remove("model").unwrap(), name.split_once('/').unwrap().1);
        for common in ["messages", "temperature", "stream"] {
            assert!(fields.remove(common).is_some(), "{name} {common}");
        }
        assert_eq!(body, expected, "{name}");
    }
}

#[tokio::test]
async fn stop_strings_are_kept_from_models_that_refuse_them() {
    for (name, sent) in [("xai/grok-4", false), ("xai/grok-4-fast-non-reasoning", true), ("xai/grok-3", true), ("vllm/m", true)] {
        let server = Server::start([Reply::json(200, WHOLE)]).await;
        let mut request = chat("hi");
        request.sampling.stop = vec!["4".to_owned()];
        let answer = server.open(name, "/v1", &[]).complete(&request).await.unwrap();
        assert_eq!((answer.text.as_str(), answer.finish), ("", Finish::Stop), "{name}: applied here in any case");
        assert_eq!(server.only().body.get("stop").is_some(), sent, "{name}");
    }
}

#[tokio::test]
async fn what_services_add_is_understood() {
    // OpenRouter: comments while it waits, reasoning, and the price in US dollars.
    let stream = ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n\
        data: {\"id\":\"g\",\"provider\":\"X\",\"model\":\"m/n\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"reasoning\":\"2+2\"},\"finish_reason\":null}]}\n\n\
        data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"4\"},\"finish_reason\":\"stop\",\"native_finish_reason\":\"STOP\"}]}\n\n\
        data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,\"cost\":0.00042}}\n\ndata: [DONE]\n\n";
    let server = Server::strict(strict::openrouter, [Reply::stream([stream])]).await;
    let answer = server.open("openrouter/m/n", "/api/v1", &[]).complete(&chat("hi")).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.reasoning.as_deref(), answer.cost_usd), ("4", Some("2+2"), Some(0.00042)));
    // DeepSeek: what its cache held. xAI: reasoning is counted beside the answer. Groq: usage in a corner of its own.
    let usage = |reply: &'static str, name: &'static str, path: &'static str, check: strict::Check| async move {
        let server = Server::strict(check, [Reply::stream([reply])]).await;
        server.open(name, path, &[]).complete(&chat("hi")).await.unwrap().usage
    };
    let deepseek = usage(
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"4\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":4,\"prompt_cache_hit_tokens\":64,\"prompt_cache_miss_tokens\":36}}\n\n: keep-alive\n\ndata: [DONE]\n\n",
        "deepseek/deepseek-chat", "", strict::deepseek,
    )
    .await;
    assert_eq!((deepseek.prompt_tokens, deepseek.cached_tokens), (Some(100), Some(64)));
    let xai = usage(
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"4\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":4,\"total_tokens\":44,\"completion_tokens_details\":{\"reasoning_tokens\":30}}}\n\ndata: [DONE]\n\n",
        "xai/grok-4", "/v1", strict::xai,
    )
    .await;
    assert_eq!((xai.completion_tokens, xai.reasoning_tokens), (Some(34), Some(30)));
    let groq = usage(
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"4\"},\"finish_reason\":\"stop\"}],\"x_groq\":{\"id\":\"r\",\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}}\n\ndata: [DONE]\n\n",
        "groq/x", "/openai/v1", strict::groq,
    )
    .await;
    assert_eq!((groq.prompt_tokens, groq.completion_tokens), (Some(7), Some(2)));
}

#[tokio::test]
async fn together_counts_its_logprobs_and_streams_them_bare() {
    let stream = "data: {\"id\":\"t\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Ye\",\"token_id\":1},\"finish_reason\":null,\"logprobs\":-0.25,\"top_logprobs\":{\"Ye\":-0.25,\"No\":-1.6},\"seed\":null}],\"usage\":null}\n\n\
        data: {\"id\":\"t\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"s\",\"token_id\":2},\"finish_reason\":\"eos\",\"logprobs\":-0.5}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2,\"total_tokens\":5}}\n\ndata: [DONE]\n\n";
    let whole = r#"{"id":"t","object":"chat.completion","created":1,"model":"m","prompt":[],"choices":[{"index":0,"message":{"role":"assistant","content":"Yes"},
        "finish_reason":"eos","seed":7,"logprobs":{"tokens":["Ye","s"],"token_logprobs":[-0.25,-0.5],"token_ids":[1,2]}}],
        "usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}"#;
    for (reply, arguments, sent) in [
        (Reply::stream([stream]), vec!["logprobs=true", "top_logprobs=2"], Some(2)),
        (Reply::json(200, whole), vec!["logprobs=true"], Some(1)),
        (Reply::json(200, whole), vec!["logprobs=5"], Some(5)),
        (Reply::json(200, whole), vec!["logprobs=false", "top_logprobs=2"], None),
    ] {
        let server = Server::strict(strict::together, [reply]).await;
        let answer = server.open("together/m", "/v1", &arguments).complete(&chat("hi")).await.unwrap();
        let tokens: Vec<_> = answer.logprobs.unwrap().into_iter().map(|t| (t.token, t.logprob)).collect();
        assert_eq!((answer.text.as_str(), answer.finish), ("Yes", Finish::Stop));
        assert_eq!(tokens, [("Ye".to_owned(), -0.25), ("s".to_owned(), -0.5)], "{arguments:?}");
        assert_eq!(server.only().body.get("logprobs").and_then(Value::as_u64), sent, "{arguments:?}");
    }
}

#[tokio::test]
async fn a_stream_that_groq_gives_up_is_no_answer() {
    let stream = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"The\"},\"logprobs\":null,\"finish_reason\":null}],\"x_groq\":{\"id\":\"r\"}}\n\n\
        data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[],\"x_groq\":{\"id\":\"r\",\"error\":\"over capacity\"}}\n\ndata: [DONE]\n\n";
    let server = Server::strict(strict::groq, [Reply::stream([stream])]).await;
    let error = server.open("groq/m", "/openai/v1", &[]).complete(&chat("hi")).await.unwrap_err();
    assert!(error.kind == ModelErrorKind::Unavailable && error.message.contains("over capacity"), "{error}");
}

#[test]
fn slips_of_the_hand_are_told_and_unknown_fields_pass() {
    let open = |argument: &str| {
        let args = [proctor_models::parse_argument(argument).unwrap()].into_iter().collect();
        ["openai/gpt-4o", "anthropic/claude-x", "google/gemini-x", "mistral/m", "openai-api/test/m", "azure/d"].map(|name| {
            let base_url = Some("http://127.0.0.1:9/v1".to_owned());
            open_as(name, &ModelOptions { args: Clone::clone(&args), base_url, ..ModelOptions::default() }).err()
        })
    };
    let cases = [
        ("temperature=hot", "takes a number, not \"hot\""),
        ("top_p=[0.5]", "takes a number"),
        ("max_tokens=many", "takes a whole number"),
        ("seed=1.5", "takes a whole number"),
        ("stop=7", "takes a text or a list of texts"),
        ("stream=yes", "takes true or false"),
        ("reasoning_efort=low", "did you mean `-M reasoning_effort=...`"),
        ("max_token_field=x", "did you mean `-M max_tokens_field=...`"),
        ("top_logprob=2", "did you mean `-M top_logprobs=...`"),
        ("model=x", "the model's name is part of `-m`"),
    ];
    for (argument, part) in cases {
        for error in open(argument) {
            let error = error.unwrap_or_else(|| panic!("{argument}"));
            assert_eq!((error.kind, error.message.lines().count()), (ModelErrorKind::BadRequest, 1), "{argument}: {error}");
            assert!(error.message.contains(part), "{argument}: {error}");
        }
    }
    for argument in [
        r#"provider={"order":["a","b"],"allow_fallbacks":false}"#,
        "temperature=null",
        "stop=null",
        "seed=-1",
        "min_p=0.1",
        "prompt_logprobs=1",
        "cache_prompt=true",
        "reasoning_format=parsed",
        "thinkingBudget=0",
        r#"chat_template_kwargs={"enable_thinking":false}"#,
    ] {
        assert!(open(argument).iter().all(Option::is_none), "{argument}: {:?}", open(argument));
    }
}

#[test]
fn what_ollama_would_pass_over_is_refused() {
    for argument in ["num_ctx=8192", r#"options={"num_ctx":8192}"#] {
        let args = [proctor_models::parse_argument(argument).unwrap()].into_iter().collect();
        let error = open_as("ollama/m", &ModelOptions { args, ..ModelOptions::default() }).err().unwrap();
        assert!(error.message.contains("OLLAMA_CONTEXT_LENGTH") && error.message.lines().count() == 1, "{error}");
    }
}

#[tokio::test]
async fn failures_of_services_are_told_apart() {
    use ModelErrorKind::*;
    let choice =
        |fields: &str| format!(r#"{{"choices":[{{"index":0,"message":{{"role":"assistant","content":"x"}},{fields}}}]}}"#);
    let cases = [
        ("openrouter/m/n", 200, r#"{"error":{"code":502,"message":"Provider returned error","metadata":{"raw":"busy","provider_name":"X"}},"user_id":"u"}"#.to_owned(), Unavailable, "X: busy"),
        ("openrouter/m/n", 200, choice(r#""error":{"code":429,"message":"slow"},"finish_reason":"error""#), RateLimited, "slow"),
        ("openrouter/m/n", 402, r#"{"error":{"code":402,"message":"Insufficient credits"}}"#.to_owned(), Auth, "credit"),
        ("deepseek/m", 200, choice(r#""finish_reason":"insufficient_system_resource""#), Unavailable, "insufficient_system_resource"),
        ("deepseek/m", 402, r#"{"error":{"message":"Insufficient Balance","type":"unknown_error","code":"invalid_request_error"}}"#.to_owned(), Auth, "no credit left"),
        ("mistral/m", 200, choice(r#""finish_reason":"error""#), Unavailable, "`error`"),
        ("mistral/m", 422, r#"{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","top_k"],"msg":"Extra inputs are not permitted","input":1}]},"type":"invalid_request_error"}"#.to_owned(), BadRequest, "body.top_k"),
        ("mistral/m", 400, r#"{"object":"error","message":"Invalid model: m","type":"invalid_model","code":"1500"}"#.to_owned(), NotFound, "Invalid model"),
        ("xai/m", 400, r#"{"code":"Client specified an invalid argument","error":"This model's maximum prompt length is 131072 but the request contains 200000 tokens."}"#.to_owned(), ContextLength, "131072"),
        ("xai/m", 400, r#"{"code":"Client specified an invalid argument","error":"Incorrect API key provided"}"#.to_owned(), Auth, "XAI_API_KEY"),
        ("groq/m", 429, r#"{"error":{"message":"Rate limit reached","type":"tokens","code":"rate_limit_exceeded"}}"#.to_owned(), RateLimited, "reached"),
        ("groq/m", 498, r#"{"error":{"message":"capacity_exceeded"}}"#.to_owned(), Unavailable, "capacity"),
        ("ollama/m", 404, r#"{"error":{"message":"model 'm' not found","type":"api_error","param":null,"code":null}}"#.to_owned(), NotFound, "not found"),
    ];
    for (name, status, body, kind, part) in cases {
        let server = Server::start([Reply::json(status, body.clone())]).await;
        let error = server.open(name, "/v1", &[]).complete(&chat("hi")).await.unwrap_err();
        assert_eq!(error.kind, kind, "{name} {body}: {error}");
        assert!(error.message.contains(part), "{name} {body}: {error}");
    }
    let flagged = r#"{"error":{"code":403,"message":"x requires moderation on Y. Your input was flagged","metadata":{"reasons":["violence"],"flagged_input":"…"}}}"#;
    let server = Server::start([Reply::json(403, flagged)]).await;
    let answer = server.open("openrouter/m/n", "/v1", &[]).complete(&chat("hi")).await.unwrap();
    assert_eq!(answer.finish, Finish::ContentFilter);
}

#[tokio::test]
async fn azure_has_deployments_versions_and_filters() {
    let filtered = r#"{"error":{"message":"The response was filtered","type":null,"param":"prompt","code":"content_filter","status":400,
        "innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"hate":{"filtered":true,"severity":"high"}}}}}"#;
    let stream = "data: {\"choices\":[],\"created\":0,\"id\":\"\",\"model\":\"\",\"object\":\"\",\"prompt_filter_results\":[{\"prompt_index\":0,\"content_filter_results\":{\"hate\":{\"filtered\":false,\"severity\":\"safe\"}}}]}\n\n\
        data: {\"choices\":[{\"content_filter_results\":{},\"delta\":{\"content\":\"4\",\"role\":\"assistant\"},\"finish_reason\":null,\"index\":0}],\"model\":\"gpt-4o-2024-08-06\"}\n\n\
        data: {\"choices\":[{\"content_filter_results\":{},\"delta\":{},\"finish_reason\":\"content_filter\",\"index\":0}]}\n\ndata: [DONE]\n\n";
    let server = Server::strict(strict::azure, [Reply::stream([stream]), Reply::json(400, filtered)]).await;
    let model = server.open("azure/my-gpt-4o", "", &["api_version=2024-10-21"]);
    let answer = model.complete(&chat("hi")).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.finish, answer.model.as_str()), ("4", Finish::ContentFilter, "gpt-4o-2024-08-06"));
    assert_eq!(model.complete(&chat("hi")).await.unwrap().finish, Finish::ContentFilter);
    for seen in server.seen() {
        assert!(seen.violations.is_empty(), "{:?}", seen.violations);
        assert_eq!(seen.path, "/openai/deployments/my-gpt-4o/chat/completions?api-version=2024-10-21");
    }
    let server = Server::start([Reply::json(200, WHOLE), Reply::json(200, WHOLE)]).await;
    for (name, arguments) in [("azure/o4-mini", vec![]), ("azure/mine", vec!["model_family=gpt-5"])] {
        server.open(name, "", &arguments).complete(&chat("hi")).await.unwrap();
    }
    for seen in server.seen() {
        assert!(seen.path.ends_with("api-version=2025-04-01-preview"), "{}", seen.path);
        assert!(seen.body.get("max_completion_tokens").is_some() && seen.body.get("temperature").is_none(), "{}", seen.body);
    }
    let nameless = open_as("azure/x y", &server.options()).err().unwrap();
    assert_eq!(nameless.kind, ModelErrorKind::NotFound);
}

fn opened(name: &str, variables: &[(&str, &str)]) -> Result<Arc<dyn Model>, proctor_core::ModelError> {
    let look_up = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
    open_with(name, &ModelOptions::default(), &look_up)
}

#[test]
fn addresses_and_keys_come_from_the_vendors_variables() {
    let cases = [
        ("openai/gpt-4o", vec![("OPENAI_API_KEY", KEY)], "api.openai.com/v1"),
        ("anthropic/claude-x", vec![("ANTHROPIC_AUTH_TOKEN", KEY)], "api.anthropic.com"),
        (
            "anthropic/claude-x",
            vec![("ANTHROPIC_API_KEY", KEY), ("ANTHROPIC_BASE_URL", "https://proxy.example/a")],
            "proxy.example/a",
        ),
        ("google/gemini-x", vec![("GEMINI_API_KEY", KEY)], "generativelanguage.googleapis.com/v1beta"),
        (
            "google/gemini-x",
            vec![("GOOGLE_API_KEY", KEY), ("GOOGLE_GEMINI_BASE_URL", "https://p.example/v1alpha/")],
            "p.example/v1alpha",
        ),
        (
            "azure/d",
            vec![("AZURE_OPENAI_API_KEY", KEY), ("AZURE_OPENAI_ENDPOINT", "https://r.openai.azure.com/")],
            "r.openai.azure.com/openai/deployments/d",
        ),
        (
            "azure/d",
            vec![("AZURE_OPENAI_AD_TOKEN", KEY), ("AZURE_OPENAI_ENDPOINT", "https://r.openai.azure.com/openai/v1/")],
            "r.openai.azure.com/openai/v1",
        ),
        ("mistral/m", vec![("MISTRAL_API_KEY", KEY)], "api.mistral.ai/v1"),
        ("groq/m", vec![("GROQ_API_KEY", KEY)], "api.groq.com/openai/v1"),
        ("together/m", vec![("TOGETHER_API_KEY", KEY)], "api.together.xyz/v1"),
        ("deepseek/m", vec![("DEEPSEEK_API_KEY", KEY)], "api.deepseek.com"),
        ("openrouter/a/m", vec![("OPENROUTER_API_KEY", KEY)], "openrouter.ai/api/v1"),
        ("fireworks/m", vec![("FIREWORKS_API_KEY", KEY)], "api.fireworks.ai/inference/v1"),
        ("xai/m", vec![("XAI_API_KEY", KEY)], "api.x.ai/v1"),
        ("ollama/m", vec![], "127.0.0.1:11434/v1"),
        ("ollama/m", vec![("OLLAMA_HOST", "0.0.0.0")], "127.0.0.1:11434/v1"),
        ("ollama/m", vec![("OLLAMA_HOST", "box.example:9000")], "box.example:9000/v1"),
        ("ollama/m", vec![("OLLAMA_HOST", "https://box.example/")], "box.example/v1"),
        ("vllm/org/m", vec![], "localhost:8000/v1"),
        ("vllm/org/m", vec![("VLLM_BASE_URL", "http://gpu.example:8000/v1")], "gpu.example:8000/v1"),
        ("sglang/m", vec![], "localhost:30000/v1"),
        ("llama-cpp/m", vec![], "localhost:8080/v1"),
    ];
    for (name, variables, endpoint) in cases {
        match opened(name, &variables) {
            Ok(model) => {
                assert_eq!(model.provenance()["endpoint"], endpoint, "{name} {variables:?}");
                assert!(!model.provenance().to_string().contains(KEY));
            }
            // Where no root certificate is installed, nothing encrypted can be set up.
            Err(error) => assert!(error.message.contains("root certificates"), "{name}: {error}"),
        }
    }
    for (name, variable) in [
        ("openai/m", "OPENAI_API_KEY"),
        ("anthropic/m", "ANTHROPIC_API_KEY"),
        ("google/m", "GEMINI_API_KEY"),
        ("groq/m", "GROQ_API_KEY"),
        ("azure/m", "AZURE_OPENAI_ENDPOINT"),
    ] {
        let error = opened(name, &[]).err().unwrap();
        assert!(error.message.contains(variable) && error.message.lines().count() == 1, "{error}");
    }
}

#[test]
fn every_backend_is_listed_with_its_variables() {
    let prefixes: Vec<_> = backends().iter().map(|b| b.prefix).collect();
    for expected in [
        "openai",
        "azure",
        "anthropic",
        "google",
        "mistral",
        "groq",
        "together",
        "deepseek",
        "openrouter",
        "fireworks",
        "xai",
        "ollama",
        "vllm",
        "sglang",
        "llama-cpp",
        "openai-api",
        "replay",
        "mock",
    ] {
        assert!(prefixes.contains(&expected), "{expected}");
    }
    let mut unique = prefixes.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), prefixes.len());
    for backend in backends() {
        assert!(backend.form.starts_with(backend.prefix), "{}", backend.form);
    }
}
