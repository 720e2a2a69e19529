use super::logprobs::read_logprobs;
use crate::remote::{Answer, Misread, read_finish};
use proctor_core::Usage;
use serde_json::{Value, json};

/// Finish reasons that say that the service failed in mid-answer, not that the model ended.
const FAILURES: [&str; 2] = ["error", "insufficient_system_resource"];

/// Takes in one choice's `message`, `delta` or, for raw completions, the choice itself.
pub(super) fn take(answer: &mut Answer, part: &Value) {
    for field in ["content", "text"] {
        match part.get(field) {
            Some(Value::Array(parts)) => parts.iter().for_each(|p| take_part(answer, p)),
            _ => answer.take_text(part, field),
        }
    }
    // Servers that send both fields send the same text in both.
    let reasoning = ["reasoning_content", "reasoning"].into_iter().find_map(|f| part.get(f)?.as_str().filter(|t| !t.is_empty()));
    answer.reasoning.push_str(reasoning.unwrap_or_default());
    answer.refusal.push_str(part.get("refusal").and_then(Value::as_str).unwrap_or_default());
}

/// Takes in one element of a `content` that is a list.
fn take_part(answer: &mut Answer, part: &Value) {
    match part.get("type").and_then(Value::as_str) {
        Some("thinking") => match part.get("thinking") {
            Some(Value::Array(inner)) => {
                for text in inner.iter().filter_map(|p| p.get("text")?.as_str()) {
                    answer.reasoning.push_str(text);
                }
            }
            other => answer.reasoning.push_str(other.and_then(Value::as_str).unwrap_or_default()),
        },
        Some("refusal") => answer.refusal.push_str(part.get("refusal").and_then(Value::as_str).unwrap_or_default()),
        _ => answer.take_text(part, "text"),
    }
}

/// Takes in what a choice says besides its text. The report of a failure, where it is one.
pub(super) fn take_choice(answer: &mut Answer, choice: &Value) -> Option<Value> {
    if let Some(error) = choice.get("error").filter(|e| !e.is_null()) {
        return Some(json!({ "error": error }));
    }
    if let Some(logprobs) = choice.get("logprobs").filter(|l| l.is_object()) {
        read_logprobs(logprobs, &mut answer.logprobs);
    }
    let word = choice.get("finish_reason").and_then(Value::as_str).filter(|r| !r.is_empty())?;
    if FAILURES.contains(&word) {
        return Some(json!({"error": {"message": format!("the answer ended with `{word}`"), "code": 503}}));
    }
    answer.finish = Some(read_finish(word));
    None
}

/// Takes in what stands beside the choices.
pub(super) fn take_envelope(answer: &mut Answer, envelope: &Value, reasoning_beside: bool) {
    answer.take_tiers(envelope);
    let usage = envelope.get("usage").or_else(|| envelope.pointer("/x_groq/usage"));
    if let Some(usage) = usage.and_then(|usage| read_usage(usage, reasoning_beside)) {
        answer.usage = Some(usage);
    }
    if let Some(model) = envelope.get("model").and_then(Value::as_str).filter(|m| !m.is_empty()) {
        // The same in every event of a stream.
        if answer.model.as_deref() != Some(model) {
            answer.model = Some(model.to_owned());
        }
    }
}

/// Token counts; `None` when the field is absent or null.
pub(crate) fn read_usage(usage: &Value, reasoning_beside: bool) -> Option<Usage> {
    let usage = usage.as_object()?;
    let count = |name: &str| usage.get(name).and_then(Value::as_u64);
    let detail = |group: &str, name: &str| usage.get(group).and_then(|g| g.get(name)).and_then(Value::as_u64);
    let reasoning_tokens = detail("completion_tokens_details", "reasoning_tokens").or_else(|| count("reasoning_tokens"));
    let completion_tokens = count("completion_tokens");
    let prompt_tokens = count("prompt_tokens");
    let reasoning = reasoning_tokens.unwrap_or(0);
    // The sum tells, where it is there, whether reasoning is counted in the answer or beside it.
    let sum = prompt_tokens.zip(completion_tokens).map(|(prompt, answer)| prompt.saturating_add(answer));
    let beside = match (count("total_tokens"), sum) {
        (Some(total), Some(sum)) if total == sum => 0,
        (Some(total), Some(sum)) if total == sum.saturating_add(reasoning) => reasoning,
        _ if reasoning_beside => reasoning,
        _ => 0,
    };
    Some(Usage {
        prompt_tokens,
        completion_tokens: completion_tokens.map(|tokens| tokens.saturating_add(beside)),
        reasoning_tokens,
        cached_tokens: detail("prompt_tokens_details", "cached_tokens")
            .or_else(|| count("prompt_cache_hit_tokens"))
            .or_else(|| count("cached_tokens"))
            .or_else(|| count("num_cached_tokens")),
        cache_write_tokens: detail("prompt_tokens_details", "cache_write_tokens"),
        ..Usage::default()
    })
}

/// What a gateway says an answer cost, in US dollars: its own part, and with a user's own key for the vendor behind it the
/// vendor's, too.
pub(super) fn read_cost(usage: &Value) -> Option<f64> {
    let number = |pointer: &str| usage.pointer(pointer).and_then(Value::as_f64);
    let own_key = usage.get("is_byok").and_then(Value::as_bool).unwrap_or(false);
    let upstream = number("/cost_details/upstream_inference_cost").filter(|_| own_key).unwrap_or(0.0);
    // xAI counts in ticks of which a dollar has 10,000,000,000 (docs.x.ai/developers/cost-tracking).
    let ticks = || number("/cost_in_usd_ticks").map(|ticks| ticks / 1e10);
    number("/cost").or_else(ticks).map(|cost| cost + upstream)
}

/// Reads a whole, unstreamed body, all but its usage.
pub(super) fn read_body(body: &Value) -> Result<Answer, Misread> {
    let choice = body.get("choices").and_then(Value::as_array).ok_or("it has no `choices`")?;
    let choice = choice.first().ok_or("its `choices` are empty")?;
    let mut answer = Answer::default();
    if let Some(report) = take_choice(&mut answer, choice) {
        return Err(Misread::Reports(report));
    }
    let part = match choice.get("message") {
        Some(message) => message,
        None if choice.get("text").is_some() => choice,
        None => return Err("its first choice has neither `message` nor `text`".into()),
    };
    take(&mut answer, part);
    take_envelope(&mut answer, body, false);
    Ok(answer)
}
