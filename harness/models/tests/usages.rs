//! What vendors report of tokens, each in its own way, and what that comes to. Bodies are written by hand from the vendors'
//! references; prices for the same counts are worked out in the tests of the engine.

mod support;

use proctor_core::Usage;
use support::{Reply, Server, chat};

/// Prompt, of these read from the vendor's cache, written into it, kept there for an hour; answer, of these reasoning.
type Counts = [Option<u64>; 6];

const CHOICE: &str = r#""choices":[{"index":0,"message":{"role":"assistant","content":"4"},"finish_reason":"stop"}]"#;

fn counts(usage: Usage) -> Counts {
    [
        usage.prompt_tokens,
        usage.cached_tokens,
        usage.cache_write_tokens,
        usage.cache_write_1h_tokens,
        usage.completion_tokens,
        usage.reasoning_tokens,
    ]
}

fn chat_body(usage: &str) -> String {
    format!(r#"{{"id":"c","object":"chat.completion","model":"m",{CHOICE},"usage":{usage}}}"#)
}

fn message(usage: &str) -> String {
    format!(
        r#"{{"id":"m","type":"message","role":"assistant","model":"m","content":[{{"type":"text","text":"4"}}],"stop_reason":"end_turn","usage":{usage}}}"#
    )
}

fn response(usage: &str) -> String {
    format!(
        r#"{{"id":"r","object":"response","status":"completed","model":"m","output":[{{"type":"message","content":[{{"type":"output_text","text":"4"}}]}}],"usage":{usage}}}"#
    )
}

fn gemini(usage: &str) -> String {
    format!(
        r#"{{"candidates":[{{"content":{{"role":"model","parts":[{{"text":"4"}}]}},"finishReason":"STOP"}}],"usageMetadata":{usage},"modelVersion":"m"}}"#
    )
}

/// Model, options, body, counts.
fn cases() -> Vec<(&'static str, &'static [&'static str], String, Counts)> {
    vec![
        (
            "openai/gpt-5",
            &[],
            chat_body(
                r#"{"prompt_tokens":1000,"completion_tokens":500,"total_tokens":1500,"prompt_tokens_details":{"cached_tokens":200,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":300,"accepted_prediction_tokens":0}}"#,
            ),
            [Some(1000), Some(200), None, None, Some(500), Some(300)],
        ),
        (
            "openai/gpt-6-sol",
            &["api=responses"],
            response(
                r#"{"input_tokens":10000,"input_tokens_details":{"cached_tokens":4000,"cache_write_tokens":2000},"output_tokens":1000,"output_tokens_details":{"reasoning_tokens":900},"total_tokens":11000}"#,
            ),
            [Some(10_000), Some(4000), Some(2000), None, Some(1000), Some(900)],
        ),
        (
            // The prompt is what is fresh, what was read and what was written, together.
            "anthropic/claude-sonnet-4-5",
            &[],
            message(
                r#"{"input_tokens":400,"cache_read_input_tokens":100,"cache_creation_input_tokens":500,"cache_creation":{"ephemeral_5m_input_tokens":300,"ephemeral_1h_input_tokens":200},"output_tokens":100,"service_tier":"standard"}"#,
            ),
            [Some(1000), Some(100), Some(500), Some(200), Some(100), None],
        ),
        (
            "anthropic/claude-sonnet-4-5",
            &[],
            message(
                r#"{"input_tokens":7,"cache_read_input_tokens":0,"cache_creation_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":3}"#,
            ),
            [Some(7), Some(0), Some(0), None, Some(3), None],
        ),
        (
            // Thoughts come beside the candidates and are paid like them; what tools gave is read like the prompt.
            "google/gemini-2.5-pro",
            &[],
            gemini(
                r#"{"promptTokenCount":1900,"toolUsePromptTokenCount":100,"cachedContentTokenCount":1000,"candidatesTokenCount":50,"thoughtsTokenCount":250,"totalTokenCount":2300}"#,
            ),
            [Some(2000), Some(1000), None, None, Some(300), Some(250)],
        ),
        (
            "google/gemini-2.5-flash",
            &[],
            gemini(r#"{"promptTokenCount":9,"thoughtsTokenCount":30,"totalTokenCount":39}"#),
            [Some(9), None, None, None, Some(30), Some(30)],
        ),
        (
            "deepseek/deepseek-flash",
            &[],
            chat_body(
                r#"{"prompt_tokens":100,"completion_tokens":10,"total_tokens":110,"prompt_cache_hit_tokens":64,"prompt_cache_miss_tokens":36,"completion_tokens_details":{"reasoning_tokens":6}}"#,
            ),
            [Some(100), Some(64), None, None, Some(10), Some(6)],
        ),
        (
            // Reasoning beside the answer, as the sum shows.
            "xai/grok-4.3",
            &[],
            chat_body(
                r#"{"prompt_tokens":100,"completion_tokens":20,"total_tokens":150,"prompt_tokens_details":{"cached_tokens":60},"completion_tokens_details":{"reasoning_tokens":30}}"#,
            ),
            [Some(100), Some(60), None, None, Some(50), Some(30)],
        ),
        (
            // The same service, should it ever count like others.
            "xai/grok-4.3",
            &[],
            chat_body(
                r#"{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,"completion_tokens_details":{"reasoning_tokens":30}}"#,
            ),
            [Some(100), None, None, None, Some(50), Some(30)],
        ),
        (
            // A server of anybody's that counts reasoning beside the answer.
            "openai-api/test/m",
            &[],
            chat_body(
                r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":35,"completion_tokens_details":{"reasoning_tokens":20}}"#,
            ),
            [Some(10), None, None, None, Some(25), Some(20)],
        ),
        (
            "fireworks/accounts/fireworks/models/m",
            &[],
            chat_body(
                r#"{"prompt_tokens":1000,"total_tokens":1100,"completion_tokens":100,"prompt_tokens_details":{"cached_tokens":400}}"#,
            ),
            [Some(1000), Some(400), None, None, Some(100), None],
        ),
        (
            "mistral/mistral-large-2512",
            &[],
            chat_body(r#"{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100}"#),
            [Some(1000), None, None, None, Some(100), None],
        ),
        (
            // Nonsense is no number.
            "openai-api/test/m",
            &[],
            chat_body(r#"{"prompt_tokens":-1,"completion_tokens":"7","total_tokens":null,"prompt_tokens_details":[1]}"#),
            [None; 6],
        ),
    ]
}

#[tokio::test]
async fn every_vendors_counts_are_read() {
    for (model, arguments, body, expected) in cases() {
        let server = Server::start([Reply::json(200, body.clone())]).await;
        let arguments: Vec<&str> = arguments.iter().copied().chain(["stream=false"]).collect();
        let usage = server.open(model, "/v1", &arguments).complete(&chat("2+2?")).await.unwrap().usage;
        assert_eq!(counts(usage), expected, "{model}: {body}");
    }
}

/// The totals of a stream add up over its events: the last count of each kind is the one that holds.
#[tokio::test]
async fn the_last_count_of_a_stream_holds() {
    let anthropic = "data: {\"type\":\"message_start\",\"message\":{\"model\":\"m\",\"content\":[],\"usage\":{\"input_tokens\":400,\"cache_read_input_tokens\":100,\"cache_creation_input_tokens\":500,\"cache_creation\":{\"ephemeral_5m_input_tokens\":300,\"ephemeral_1h_input_tokens\":200},\"output_tokens\":1}}}\n\n\
        data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"4\"}}\n\n\
        data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":100}}\n\n\
        data: {\"type\":\"message_stop\"}\n\n";
    let google = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"4\"}]}}],\"usageMetadata\":{\"promptTokenCount\":2000,\"candidatesTokenCount\":1,\"totalTokenCount\":2001}}\n\n\
        data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"2\"}]},\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":2000,\"cachedContentTokenCount\":1000,\"candidatesTokenCount\":50,\"thoughtsTokenCount\":250}}\n\n";
    for (model, stream, expected) in [
        ("anthropic/claude-sonnet-4-5", anthropic, [Some(1000), Some(100), Some(500), Some(200), Some(100), None]),
        ("google/gemini-2.5-pro", google, [Some(2000), Some(1000), None, None, Some(300), Some(250)]),
    ] {
        let server = Server::start([Reply::stream([stream])]).await;
        let usage = server.open(model, "/v1", &[]).complete(&chat("2+2?")).await.unwrap().usage;
        assert_eq!(counts(usage), expected, "{model}");
    }
}

/// OpenRouter says in US dollars what an answer cost; with a key of the user's own for the vendor, that is charged apart.
#[tokio::test]
async fn a_gateways_price_is_read() {
    for (usage, dollars) in [
        (r#"{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7,"cost":0.5}"#, Some(0.5)),
        (
            r#"{"prompt_tokens":3,"completion_tokens":4,"cost":0.5,"is_byok":true,"cost_details":{"upstream_inference_cost":2.0}}"#,
            Some(2.5),
        ),
        (
            r#"{"prompt_tokens":3,"completion_tokens":4,"cost":0.5,"is_byok":false,"cost_details":{"upstream_inference_cost":0.4}}"#,
            Some(0.5),
        ),
        (r#"{"prompt_tokens":3,"completion_tokens":4,"cost":"much"}"#, None),
    ] {
        let chunk = format!("data: {{{CHOICE},\"usage\":{usage}}}\n\ndata: [DONE]\n\n");
        for reply in [Reply::json(200, chat_body(usage)), Reply::stream([chunk.as_str()])] {
            let server = Server::start([reply]).await;
            let answer = server.open("openrouter/m/n", "/api/v1", &[]).complete(&chat("2+2?")).await.unwrap();
            assert_eq!(answer.cost_usd, dollars, "{usage}");
        }
    }
}

/// Model, options, answer, further head: the tiers it was answered at.
#[tokio::test]
async fn tiers_of_service_are_read() {
    let chat_at = |tier: &str| chat_body("{}").replacen("\"id\":\"c\"", &format!("\"id\":\"c\",\"service_tier\":{tier}"), 1);
    let usage = r#"{"input_tokens":7,"output_tokens":3,"service_tier":"standard","speed":"fast","inference_geo":"us"}"#;
    let none = chat_body("{}");
    let flex = ["service_tier=flex"];
    type Case<'a> = (&'a str, &'a [&'a str], String, Option<&'a str>, &'a [&'a str]);
    let cases: [Case; 9] = [
        ("openai/gpt-5", &[], chat_at("\"default\""), None, &[]),
        ("openai/gpt-5", &[], chat_at("\"priority\""), None, &["priority"]),
        ("openai/gpt-5", &[], chat_at("null"), None, &[]),
        // What the answer says counts, not what was asked for; but where it says nothing, that.
        ("openai/gpt-5", &flex, chat_at("\"default\""), None, &[]),
        ("openai/gpt-5", &flex, none, None, &["flex"]),
        ("openai/gpt-5", &["api=responses"], response("{}").replacen('{', "{\"service_tier\":\"flex\",", 1), None, &["flex"]),
        ("anthropic/claude-opus-5-5", &[], message(usage), None, &["fast", "us"]),
        ("google/gemini-2.5-pro", &["serviceTier=priority"], gemini("{}"), None, &["priority"]),
        ("google/gemini-2.5-pro", &["serviceTier=priority"], gemini("{}"), Some("standard"), &[]),
    ];
    for (model, arguments, body, head, expected) in cases {
        let reply = Reply::json(200, body.clone());
        let reply = match head {
            Some(tier) => reply.header("x-gemini-service-tier", tier),
            None => reply,
        };
        let server = Server::start([reply]).await;
        let all: Vec<&str> = arguments.iter().copied().chain(["stream=false"]).collect();
        let model_open = server.open(model, "/v1", &all);
        assert_eq!(model_open.tiers().is_empty(), !arguments.iter().any(|argument| argument.to_lowercase().contains("tier=")));
        let tiers = model_open.complete(&chat("2+2?")).await.unwrap().tiers;
        assert_eq!(tiers, expected, "{model}: {body}");
    }
}

/// xAI says what an answer cost, in ticks of which a dollar has 10,000,000,000.
#[tokio::test]
async fn what_a_service_charged_counts() {
    let body = chat_body(r#"{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120,"cost_in_usd_ticks":37756000}"#);
    let server = Server::start([Reply::json(200, body.clone())]).await;
    let cost = server.open("xai/grok-4.3", "/v1", &["stream=false"]).complete(&chat("2+2?")).await.unwrap().cost_usd;
    assert_eq!(cost, Some(0.0037756));
    let server = Server::start([Reply::json(200, body)]).await;
    let cost = server.open("openai-api/test/m", "/v1", &["stream=false"]).complete(&chat("2+2?")).await.unwrap().cost_usd;
    assert_eq!(cost, None, "whose unit nobody knows");
}
