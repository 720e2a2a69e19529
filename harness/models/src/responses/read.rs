use crate::openai::read_logprobs;
use crate::remote::{Answer, Misread, read_finish};
use proctor_core::{Finish, Usage};
use serde_json::{Value, json};

/// Reads a whole response: its messages are the answer, its reasoning items what could be seen of the reasoning.
pub(super) fn read_response(body: &Value) -> Result<Answer, Misread> {
    let output = body.get("output").and_then(Value::as_array).ok_or("it has no `output`")?;
    let mut answer = Answer::default();
    for item in output {
        match item.get("type").and_then(Value::as_str) {
            Some("message") => take_message(&mut answer, item),
            Some("reasoning") => take_reasoning(&mut answer, item),
            _ => {}
        }
    }
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
    answer.model = text("/model").filter(|m| !m.is_empty()).map(str::to_owned);
    answer.take_tiers(body);
    answer.usage = body.get("usage").and_then(read_usage);
    answer.finish = match text("/status") {
        Some("completed") | None => Some(Finish::Stop),
        Some("incomplete") => Some(read_finish(text("/incomplete_details/reason").unwrap_or("incomplete"))),
        Some("failed") => {
            return Err(Misread::Reports(json!({"error": {"message": "the response failed without a reason", "code": 500}})));
        }
        Some(other @ ("cancelled" | "queued" | "in_progress")) => {
            let message = format!("the response was given back while `{other}`");
            return Err(Misread::Reports(json!({"error": {"message": message, "code": 503}})));
        }
        Some(other) => Some(Finish::Other(other.chars().take(100).collect())),
    };
    Ok(answer)
}

fn take_message(answer: &mut Answer, item: &Value) {
    for part in item.get("content").and_then(Value::as_array).into_iter().flatten() {
        let text = |field: &str| part.get(field).and_then(Value::as_str).unwrap_or_default();
        match text("type") {
            "refusal" => answer.refusal.push_str(text("refusal")),
            _ => answer.text.push_str(text("text")),
        }
        if let Some(logprobs) = part.get("logprobs").filter(|l| l.is_array()) {
            read_logprobs(&json!({ "content": logprobs }), &mut answer.logprobs);
        }
    }
}

/// The summaries, or where a server shows it, the reasoning itself; parts are set apart by an empty line.
fn take_reasoning(answer: &mut Answer, item: &Value) {
    let parts = |field: &str| item.get(field).and_then(Value::as_array).into_iter().flatten();
    let raw: Vec<&str> = parts("content").filter_map(|p| p.get("text")?.as_str()).collect();
    let summaries = parts("summary").filter_map(|p| p.get("text")?.as_str());
    for text in if raw.is_empty() { summaries.collect() } else { raw } {
        if !answer.reasoning.is_empty() {
            answer.reasoning.push_str("\n\n");
        }
        answer.reasoning.push_str(text);
    }
}

fn read_usage(usage: &Value) -> Option<Usage> {
    let count = |pointer: &str| usage.pointer(pointer).and_then(Value::as_u64);
    usage.is_object().then(|| Usage {
        prompt_tokens: count("/input_tokens"),
        completion_tokens: count("/output_tokens"),
        reasoning_tokens: count("/output_tokens_details/reasoning_tokens"),
        cached_tokens: count("/input_tokens_details/cached_tokens"),
        cache_write_tokens: count("/input_tokens_details/cache_write_tokens"),
        ..Usage::default()
    })
}
