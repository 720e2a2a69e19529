use crate::remote::{Answer, Misread, read_finish};
use proctor_core::{Finish, TokenLogprob, Usage};
use serde_json::Value;

/// Reads a whole response.
pub(super) fn read_response(body: &Value) -> Result<Answer, Misread> {
    let mut answer = Answer::default();
    // With `alt=sse` left out, a stream is a list of responses.
    let parts = body.as_array().map_or(std::slice::from_ref(body), Vec::as_slice);
    let mut begun = false;
    for part in parts {
        begun |= take_response(&mut answer, part);
    }
    if begun { Ok(answer) } else { Err("it has neither `candidates` nor `promptFeedback.blockReason`".into()) }
}

/// Takes in a response or a piece of one; whether it held anything of an answer.
pub(super) fn take_response(answer: &mut Answer, body: &Value) -> bool {
    if let Some(model) = body.get("modelVersion").and_then(Value::as_str).filter(|m| !m.is_empty()) {
        answer.model = Some(model.to_owned());
    }
    if let Some(usage) = body.get("usageMetadata") {
        answer.take_tiers(usage);
        take_usage(answer, usage);
    }
    if let Some(reason) = body.pointer("/promptFeedback/blockReason").and_then(Value::as_str) {
        let words = body.pointer("/promptFeedback/blockReasonMessage").and_then(Value::as_str);
        let words = words.map_or_else(|| format!("the prompt was blocked: {reason}"), str::to_owned);
        answer.refusal.push_str(&words);
        answer.finish = Some(Finish::ContentFilter);
        return true;
    }
    let Some(candidate) = body.get("candidates").and_then(Value::as_array).and_then(|list| list.first()) else {
        return false;
    };
    for part in candidate.pointer("/content/parts").and_then(Value::as_array).into_iter().flatten() {
        let thought = part.get("thought").and_then(Value::as_bool).unwrap_or(false);
        match part.get("text").and_then(Value::as_str) {
            Some(text) if thought => answer.reasoning.push_str(text),
            _ => answer.take_text(part, "text"),
        }
    }
    if let Some(result) = candidate.get("logprobsResult") {
        take_logprobs(answer, result);
    }
    if let Some(reason) = candidate.get("finishReason").and_then(Value::as_str).filter(|r| *r != "FINISH_REASON_UNSPECIFIED") {
        let finish = read_finish(reason);
        if finish == Finish::ContentFilter && answer.text.is_empty() {
            let words = candidate.get("finishMessage").and_then(Value::as_str);
            answer.refusal = words.map_or_else(|| format!("the answer was withheld: {reason}"), str::to_owned);
        }
        answer.finish = Some(finish);
    }
    true
}

/// Takes in token counts, which add up over a stream. Thoughts are counted beside the answer and paid like it.
fn take_usage(answer: &mut Answer, usage: &Value) {
    let count = |name: &str| usage.get(name).and_then(Value::as_u64);
    let thoughts = count("thoughtsTokenCount");
    let answered = count("candidatesTokenCount");
    let before = answer.usage.unwrap_or_default();
    answer.usage = Some(Usage {
        // What tools gave back is read and paid like the prompt.
        prompt_tokens: count("promptTokenCount")
            .map(|tokens| tokens.saturating_add(count("toolUsePromptTokenCount").unwrap_or(0)))
            .or(before.prompt_tokens),
        completion_tokens: match (answered, thoughts) {
            (None, None) => before.completion_tokens,
            (answered, thoughts) => Some(answered.unwrap_or(0).saturating_add(thoughts.unwrap_or(0))),
        },
        reasoning_tokens: thoughts.or(before.reasoning_tokens),
        cached_tokens: count("cachedContentTokenCount").or(before.cached_tokens),
        ..Usage::default()
    });
}

fn take_logprobs(answer: &mut Answer, result: &Value) {
    let list = |name: &str| result.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let pair = |value: &Value| Some((value.get("token")?.as_str()?.to_owned(), value.get("logProbability")?.as_f64()?));
    for (at, chosen) in list("chosenCandidates").iter().enumerate() {
        let Some((token, logprob)) = pair(chosen) else { continue };
        let top = list("topCandidates").get(at).and_then(|top| top.get("candidates")).and_then(Value::as_array);
        let top = top.into_iter().flatten().filter_map(pair).collect();
        answer.logprobs.push(TokenLogprob { token, logprob, top });
    }
}
