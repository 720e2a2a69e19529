use crate::openai::read_logprobs;
use crate::remote::{Answer, Misread, read_finish};
use proctor_core::{Finish, Usage};
use serde_json::{Value, json};

/// Reads a whole response: its messages are the answer, its reasoning items what could be seen of the reasoning.
pub(super) fn read_response(body: &Value) -> Result<Answer, Misread> {
    let output = body.get("output").and_then(Value::as_array).ok_or("it has no `output`")?;
    let mut answer = Answer::default();
    let mut calls = false;
    for item in output {
        match item.get("type").and_then(Value::as_str) {
            Some("message") if is_commentary(item) => take_commentary(&mut answer, item),
            Some("message") => take_message(&mut answer, item),
            Some("reasoning") => take_reasoning(&mut answer, item),
            Some(other) => calls |= other.ends_with("_call"),
            None => {}
        }
    }
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
    answer.model = text("/model").filter(|m| !m.is_empty()).map(str::to_owned);
    answer.take_tiers(body);
    answer.usage = body.get("usage").and_then(read_usage);
    answer.finish = match text("/status") {
        // It waits for what a tool says, which a user offered with `-M tools=…`.
        Some("completed") | None if calls && answer.text.is_empty() && answer.refusal.is_empty() => {
            Some(Finish::Other("tool_calls".to_owned()))
        }
        Some("completed") => Some(Finish::Stop),
        // A server that tells no state ended it, if there is anything.
        None => (!output.is_empty()).then_some(Finish::Stop),
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

/// Whether a message is what a model says on its way to the answer (`phase`).
pub(super) fn is_commentary(item: &Value) -> bool {
    item.get("phase").and_then(Value::as_str) == Some("commentary")
}

/// What is said on the way is kept with the reasoning.
fn take_commentary(answer: &mut Answer, item: &Value) {
    let parts = item.get("content").and_then(Value::as_array).into_iter().flatten();
    parts.filter_map(|part| part.get("text")?.as_str()).for_each(|text| part_reasoning(answer, text));
}

/// Adds to the reasoning, set apart by an empty line.
fn part_reasoning(answer: &mut Answer, text: &str) {
    if !answer.reasoning.is_empty() {
        answer.reasoning.push_str("\n\n");
    }
    answer.reasoning.push_str(text);
}

fn take_message(answer: &mut Answer, item: &Value) {
    for part in item.get("content").and_then(Value::as_array).into_iter().flatten() {
        let text = |field: &str| part.get(field).and_then(Value::as_str).unwrap_or_default();
        match text("type") {
            "refusal" => answer.refusal.push_str(text("refusal")),
            _ => answer.take_text(part, "text"),
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
        part_reasoning(answer, text);
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
