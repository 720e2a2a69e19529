use crate::remote::{Answer, Misread, read_finish};
use proctor_core::{Finish, Usage};
use serde_json::Value;

/// Reads a whole message.
pub(super) fn read_message(body: &Value) -> Result<Answer, Misread> {
    let content = body.get("content").and_then(Value::as_array).ok_or("it has no `content`")?;
    let mut answer = Answer::default();
    for block in content {
        take_block(&mut answer, block);
    }
    take_envelope(&mut answer, body);
    take_stop(&mut answer, body);
    Ok(answer)
}

/// Takes in a block of content, whole or as it begins.
pub(super) fn take_block(answer: &mut Answer, block: &Value) {
    let text = |field: &str| block.get(field).and_then(Value::as_str).unwrap_or_default();
    match text("type") {
        "text" => answer.take_text(block, "text"),
        "thinking" => {
            part_reasoning(answer);
            answer.reasoning.push_str(text("thinking"));
        }
        // Redacted thinking is encrypted; tools are not offered unless a user does with `-M`.
        _ => {}
    }
}

/// Sets a further block of reasoning apart.
fn part_reasoning(answer: &mut Answer) {
    if !answer.reasoning.is_empty() {
        answer.reasoning.push_str("\n\n");
    }
}

/// Takes in the model's name and the token counts of a message.
pub(super) fn take_envelope(answer: &mut Answer, message: &Value) {
    if let Some(model) = message.get("model").and_then(Value::as_str).filter(|m| !m.is_empty()) {
        answer.model = Some(model.to_owned());
    }
    if let Some(usage) = message.get("usage") {
        take_usage(answer, usage);
    }
}

/// Takes in token counts; those of later events replace earlier ones, since they add up over the stream. `input_tokens`
/// leaves out what was read from or written into the cache, here all of the prompt counts.
pub(super) fn take_usage(answer: &mut Answer, usage: &Value) {
    let count = |name: &str| usage.get(name).and_then(Value::as_u64);
    let before = answer.usage.unwrap_or_default();
    let (read, written) = (count("cache_read_input_tokens"), count("cache_creation_input_tokens"));
    let cached = |now: Option<u64>, before: Option<u64>| now.or(before);
    let long = usage.pointer("/cache_creation/ephemeral_1h_input_tokens").and_then(Value::as_u64);
    let (cached_tokens, cache_write_tokens) = (cached(read, before.cached_tokens), cached(written, before.cache_write_tokens));
    let fresh = count("input_tokens").or_else(|| {
        let cached = before.cached_tokens.unwrap_or(0).saturating_add(before.cache_write_tokens.unwrap_or(0));
        before.prompt_tokens.map(|tokens| tokens.saturating_sub(cached))
    });
    let all = |tokens: u64| tokens.saturating_add(cached_tokens.unwrap_or(0)).saturating_add(cache_write_tokens.unwrap_or(0));
    let thought = usage.pointer("/output_tokens_details/thinking_tokens").and_then(Value::as_u64);
    answer.take_tiers(usage);
    answer.usage = Some(Usage {
        prompt_tokens: fresh.map(all),
        completion_tokens: count("output_tokens").or(before.completion_tokens),
        reasoning_tokens: thought.or(before.reasoning_tokens),
        cached_tokens,
        cache_write_tokens,
        cache_write_1h_tokens: long.filter(|tokens| *tokens > 0).or(before.cache_write_1h_tokens),
    });
}

/// Takes in why a message ended; of a refusal also why, where that is told.
pub(super) fn take_stop(answer: &mut Answer, from: &Value) {
    if let Some(word) = from.get("stop_reason").and_then(Value::as_str) {
        answer.finish = Some(read_finish(word));
    }
    if answer.finish == Some(Finish::Refused)
        && let Some(why) = from.pointer("/stop_details/explanation").and_then(Value::as_str)
    {
        answer.refusal.push_str(why);
    }
}
