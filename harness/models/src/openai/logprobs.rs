use proctor_core::TokenLogprob;
use serde_json::Value;

/// Reads the tokens with their probabilities in either form: a chat's `content` list, or the parallel lists of raw
/// completions. Tokens without a probability, such as the first of an echoed prompt, are left out.
pub(crate) fn read_logprobs(logprobs: &Value, into: &mut Vec<TokenLogprob>) {
    if let Some(content) = logprobs.get("content").and_then(Value::as_array) {
        into.extend(content.iter().filter_map(read_token));
        return;
    }
    let list = |name: &str| logprobs.get(name).and_then(Value::as_array);
    let (Some(tokens), Some(values)) = (list("tokens"), list("token_logprobs")) else { return };
    for (at, (token, value)) in tokens.iter().zip(values).enumerate() {
        if let (Some(token), Some(logprob)) = (token.as_str(), value.as_f64()) {
            let top = list("top_logprobs").and_then(|all| all.get(at)).map(read_top_map).unwrap_or_default();
            into.push(TokenLogprob { token: token.to_owned(), logprob, top });
        }
    }
}

/// Reads the logarithm of a streamed token where it is a bare number beside the piece of text, as Together writes it.
pub(super) fn read_bare_logprob(choice: &Value, part: &Value, into: &mut Vec<TokenLogprob>) {
    let Some(logprob) = choice.get("logprobs").and_then(Value::as_f64) else { return };
    let token = ["content", "text"].into_iter().find_map(|field| part.get(field)?.as_str()).unwrap_or_default();
    let top = choice.get("top_logprobs").map(read_top_map).unwrap_or_default();
    into.push(TokenLogprob { token: token.to_owned(), logprob, top });
}

/// One element of a chat's list; also that of the responses API.
pub(crate) fn read_token(token: &Value) -> Option<TokenLogprob> {
    let pair = |value: &Value| Some((value.get("token")?.as_str()?.to_owned(), value.get("logprob")?.as_f64()?));
    let (text, logprob) = pair(token)?;
    let top = token.get("top_logprobs").and_then(Value::as_array);
    Some(TokenLogprob { token: text, logprob, top: top.into_iter().flatten().filter_map(pair).collect() })
}

/// The most probable tokens of one place, as raw completions write them: a map; best first.
pub(super) fn read_top_map(top: &Value) -> Vec<(String, f64)> {
    let mut all: Vec<(String, f64)> =
        top.as_object().into_iter().flatten().filter_map(|(token, value)| Some((token.clone(), value.as_f64()?))).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all
}
