use super::logprobs::read_top_map;
use crate::remote::Remote;
use futures::future::try_join_all;
use proctor_core::{Continuation, Likelihood, ModelError, ModelErrorKind, Prompt, Request, Sampling};
use serde_json::{Map, Value, json};
use std::ops::Range;

/// Most bytes that may stand before the prompt in an echo, such as the text of a beginning-of-text token.
const MOST_PREFIX_BYTES: usize = 64;

/// The logarithm of a probability is at most 0; so much may come from rounding.
const MOST_LOGPROB: f64 = 1e-3;

impl Remote {
    /// How probable each continuation is, from echoed raw completions: one request each, all at once.
    pub(crate) async fn echoed(&self, continuations: &[Continuation]) -> Result<Vec<Likelihood>, ModelError> {
        try_join_all(continuations.iter().map(|continuation| self.echo(continuation))).await
    }

    async fn echo(&self, continuation: &Continuation) -> Result<Likelihood, ModelError> {
        let Prompt::Completion(before) = &continuation.prompt else {
            let message = format!(
                "{} tells probabilities of given texts after raw text only, not after a chat; use --protocol completion",
                self.identity.name
            );
            return Err(ModelError::new(ModelErrorKind::BadRequest, message));
        };
        let text = format!("{before}{}", continuation.text);
        let wanted = before.len()..text.len();
        let extra: Map<String, Value> =
            [("echo", json!(true)), ("logprobs", json!(1)), ("temperature", json!(0)), ("seed", Value::Null)]
                .map(|(field, value)| (field.to_owned(), value))
                .into_iter()
                .collect();
        // One token more than is wanted, because some servers take 0 for no limit.
        let sampling = Sampling { max_tokens: Some(1), extra, ..Sampling::default() };
        let question = self.wire.question(&Request::new(Prompt::Completion(text.clone()), sampling), false)?;
        let (shown, body) = self.post_whole(&question).await?;
        let choice = body.pointer("/choices/0").unwrap_or(&Value::Null);
        likelihood(choice, &text, wanted).map_err(|why| {
            self.error(ModelErrorKind::Protocol, &format!("{shown} cannot tell how probable a given text is: {why}"))
        })
    }
}

/// Sums the logarithms over the tokens that reach into `wanted`, a range of bytes of `text`, as the echo tells them. A
/// token across the boundary counts as a part of the continuation.
pub(super) fn likelihood(choice: &Value, text: &str, wanted: Range<usize>) -> Result<Likelihood, String> {
    let list = |name: &str| {
        let found = choice.pointer(&format!("/logprobs/{name}")).and_then(Value::as_array);
        found.ok_or_else(|| format!("its answer has no `logprobs.{name}`"))
    };
    let (tokens, values) = (list("tokens")?, list("token_logprobs")?);
    let tops = list("top_logprobs").ok();
    let tokens: Vec<&str> = tokens.iter().map(|t| t.as_str().unwrap_or_default()).collect();
    let places = places(&tokens, text).or_else(|| by_offset(choice, &tokens, text));
    let places = places.ok_or_else(|| "the tokens it echoes do not make up the prompt; does it honour `echo`?".to_owned())?;
    let mut sum = Likelihood { logprob: 0.0, tokens: 0, greedy: true };
    for (at, place) in places.iter().enumerate() {
        if place.end <= wanted.start || place.start >= wanted.end || place.is_empty() {
            continue;
        }
        let value = values.get(at).and_then(Value::as_f64);
        let Some(value) = value.filter(|v| v.is_finite()) else {
            return Err("a token of the text has no probability; give a prompt of at least one token before it".to_owned());
        };
        if value > MOST_LOGPROB {
            return Err(format!("it gives a token a logarithm of {value}, which is that of no probability"));
        }
        sum.logprob += value.min(0.0);
        sum.tokens += 1;
        let best = tops.and_then(|all| all.get(at)).map(read_top_map).and_then(|top| top.into_iter().next());
        sum.greedy &= best.is_none_or(|(_, best)| value >= best - 1e-6);
    }
    if sum.tokens == 0 {
        return Err("no token of the text is among those it echoes; does it honour `echo`?".to_owned());
    }
    Ok(sum)
}

/// Where each token stands in `text`, in bytes, when the tokens joined hold it, be it after a token for the beginning.
fn places(tokens: &[&str], text: &str) -> Option<Vec<Range<usize>>> {
    let joined = tokens.concat();
    let shift = joined.find(text).filter(|at| *at <= MOST_PREFIX_BYTES)?;
    let mut end = 0;
    Some(
        tokens
            .iter()
            .map(|token| {
                let start = end;
                end += token.len();
                start.saturating_sub(shift)..end.saturating_sub(shift)
            })
            .collect(),
    )
}

/// The same from `text_offset`, in characters, for servers that cannot write every token as text.
fn by_offset(choice: &Value, tokens: &[&str], text: &str) -> Option<Vec<Range<usize>>> {
    let offsets = choice.pointer("/logprobs/text_offset")?.as_array()?;
    if offsets.len() != tokens.len() {
        return None;
    }
    let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let place = |offset: &Value| Some(bytes.get(offset.as_u64()? as usize).copied().unwrap_or(text.len()));
    let starts: Vec<usize> = offsets.iter().map(place).collect::<Option<_>>()?;
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let ranges: Vec<_> = starts.iter().zip(ends).map(|(start, end)| *start..end.max(*start)).collect();
    // Only an echo begins at the beginning and covers the whole.
    (ranges.first().is_some_and(|r| r.start == 0) && offsets.last()?.as_u64()? as usize >= bytes.len().saturating_sub(1))
        .then_some(ranges)
}
