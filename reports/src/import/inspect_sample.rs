//! One sample of an Inspect log.

use super::foreign::{ForeignError, ForeignRow, ForeignTool, sample, text};
use super::score;
use proctor_core::{
    Answer, AnswerForm, Attempt, Completion, Exchange, Finish, Grade, Message, Outcome, Prompt, Request, Role, Sampling, Usage,
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Reads the sample at `place` of its log.
pub(super) fn row(place: usize, value: &Value, headline: Option<&str>) -> Result<ForeignRow, ForeignError> {
    let id = value.get("id").map(text).filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| ForeignError::at(place + 1, "has no `id`; is this a log of Inspect?"))?;
    // Inspect counts epochs from 1.
    let epoch = value.get("epoch").and_then(Value::as_u64).unwrap_or(1).saturating_sub(1);
    let attachments = Attachments(value.get("attachments").and_then(Value::as_object));
    let mut inputs = Map::new();
    let input = value.get("input");
    let question = match input {
        Some(Value::Array(messages)) => {
            let texts: Vec<String> = messages.iter().map(|m| content(m.get("content"), &attachments).0).collect();
            texts.join("\n\n")
        }
        other => attachments.resolve(&other.map(text).unwrap_or_default()).to_string(),
    };
    inputs.insert("input".into(), Value::String(question));
    if let Some(choices) = value.get("choices").filter(|c| !c.is_null()) {
        inputs.insert("choices".into(), choices.clone());
    }
    let mut sample = sample(id, place, inputs, value.get("target").cloned().unwrap_or(Value::Null));
    sample.metadata = value.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default();
    let attempt = match failure(value) {
        Some(error) => Err(error),
        None => Ok(attempt(value, &attachments)),
    };
    let grade = if attempt.is_ok() { Some(grade(value, headline, &attachments)) } else { None };
    Ok(ForeignRow { sample, epoch: u32::try_from(epoch).unwrap_or(u32::MAX), attempt, grade })
}

/// Why the sample has no answer, in a sentence.
fn failure(value: &Value) -> Option<String> {
    let error = value.get("error").filter(|e| !e.is_null())?;
    let message = error.get("message").map(text).unwrap_or_else(|| text(error));
    let line: String = message.lines().next().unwrap_or_default().chars().take(500).collect();
    Some(format!("Inspect recorded an error: {line}"))
}

fn attempt(value: &Value, attachments: &Attachments<'_>) -> Attempt {
    let output = value.get("output").unwrap_or(&Value::Null);
    let choice = output.pointer("/choices/0");
    let (mut answer, reasoning) = content(choice.and_then(|c| c.pointer("/message/content")), attachments);
    if answer.is_empty() {
        answer = output.get("completion").map(|c| attachments.resolve(&text(c)).to_string()).unwrap_or_default();
    }
    let listed = value.get("messages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut messages: Vec<Message> = listed.iter().map(|m| message(m, attachments)).collect();
    // The last message is the answer itself, which stands in the completion.
    if messages.last().is_some_and(|m| m.role == Role::Assistant) {
        messages.pop();
    }
    if messages.is_empty() {
        let input = value.get("input").map(text).unwrap_or_default();
        messages.push(Message::new(Role::User, attachments.resolve(&input)));
    }
    let completion = Completion {
        text: answer.clone(),
        reasoning,
        finish: finish(choice.and_then(|c| c.get("stop_reason")).and_then(Value::as_str)),
        usage: usage(value, output),
        model: output.get("model").map(text).unwrap_or_default(),
        latency_s: output
            .get("time")
            .and_then(Value::as_f64)
            .or_else(|| value.get("working_time").and_then(Value::as_f64))
            .filter(|t| t.is_finite() && *t >= 0.0)
            .unwrap_or(0.0),
        cost_usd: output.pointer("/usage/total_cost").and_then(Value::as_f64),
        ..Completion::default()
    };
    Attempt {
        exchanges: vec![Exchange { request: Request::new(Prompt::Chat(messages), Sampling::default()), completion }],
        answer: Answer { text: answer, form: AnswerForm::Chat },
        facts: Map::new(),
    }
}

/// A message; what a tool answered is the questioner's turn, and says which tool.
fn message(value: &Value, attachments: &Attachments<'_>) -> Message {
    let (body, _) = content(value.get("content"), attachments);
    match value.get("role").and_then(Value::as_str) {
        Some("system") => Message::new(Role::System, body),
        Some("assistant") => {
            let calls = value.get("tool_calls").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let calls: Vec<String> = calls
                .iter()
                .map(|call| {
                    let function = call.get("function").map(text).unwrap_or_default();
                    format!("[calls {function} with {}]", call.get("arguments").map(text).unwrap_or_default())
                })
                .collect();
            let parts = [vec![body], calls].concat();
            Message::new(Role::Assistant, parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join("\n"))
        }
        Some("tool") => {
            let tool = value.get("function").map(text).unwrap_or_default();
            Message::new(Role::User, format!("[{tool} answers]\n{body}"))
        }
        _ => Message::new(Role::User, body),
    }
}

/// The text of a message's content and the reasoning in it. What is neither is named.
fn content(value: Option<&Value>, attachments: &Attachments<'_>) -> (String, Option<String>) {
    let Some(Value::Array(blocks)) = value else {
        return (attachments.resolve(&value.map(text).unwrap_or_default()).to_string(), None);
    };
    let (mut said, mut thought) = (Vec::new(), Vec::new());
    for block in blocks {
        let part = |name: &str| block.get(name).map(|part| attachments.resolve(&text(part)).to_string());
        match block.get("type").and_then(Value::as_str) {
            Some("text") => said.extend(part("text")),
            Some("reasoning") => thought.extend(part("reasoning")),
            Some(other) => said.push(format!("[{other}]")),
            None => said.push(text(block)),
        }
    }
    (said.join("\n"), (!thought.is_empty()).then(|| thought.join("\n")))
}

fn finish(reason: Option<&str>) -> Finish {
    match reason {
        None | Some("stop") => Finish::Stop,
        Some("max_tokens" | "model_length") => Finish::Length,
        Some("content_filter") => Finish::ContentFilter,
        Some(other) => Finish::Other(other.chars().take(80).collect()),
    }
}

/// Token counts: of the answer where the log has them, else of the sample over all models.
fn usage(value: &Value, output: &Value) -> Usage {
    let models = value.get("model_usage").and_then(Value::as_object).into_iter().flatten().map(|(_, usage)| usage);
    let all: Vec<&Value> = models.collect();
    let all = if all.is_empty() { output.get("usage").into_iter().filter(|u| !u.is_null()).collect() } else { all };
    let sum = |name: &str| {
        let counts = all.iter().filter_map(|usage| usage.get(name)?.as_u64());
        counts.reduce(u64::saturating_add)
    };
    Usage {
        prompt_tokens: sum("input_tokens"),
        completion_tokens: sum("output_tokens"),
        reasoning_tokens: sum("reasoning_tokens"),
        cached_tokens: sum("input_tokens_cache_read"),
        cache_write_tokens: sum("input_tokens_cache_write"),
        ..Usage::default()
    }
}

fn grade(value: &Value, headline: Option<&str>, attachments: &Attachments<'_>) -> Grade {
    let by = ForeignTool::Inspect.as_str();
    let mut named: Vec<(String, &Value)> = Vec::new();
    match (value.get("scores"), value.get("score")) {
        (Some(Value::Object(scores)), _) => named.extend(scores.iter().map(|(name, score)| (name.clone(), score))),
        (_, Some(score)) if score.is_object() => named.push(("score".into(), score)),
        _ => {}
    }
    let mut numbers = BTreeMap::new();
    for (name, score) in &named {
        match score.get("value") {
            Some(Value::Object(parts)) => {
                numbers.extend(parts.iter().filter_map(|(part, v)| Some((format!("{name}/{part}"), score::number(v)?))));
            }
            Some(value) => numbers.extend(score::number(value).map(|number| (name.clone(), number))),
            None => {}
        }
    }
    let deciding = named.iter().find(|(name, _)| headline == Some(name)).or(named.first());
    let part = deciding.map(|(name, _)| format!("{name}/")).unwrap_or_default();
    let key = deciding.and_then(|(name, _)| {
        numbers.contains_key(name).then(|| name.clone()).or_else(|| numbers.keys().find(|k| k.starts_with(&part)).cloned())
    });
    let mut grade = key.and_then(|key| score::grade(by, numbers, &key)).unwrap_or_else(|| score::ungraded(by));
    if let Some((_, score)) = deciding {
        // `N` is Inspect's letter for "no answer".
        if score.get("value").and_then(Value::as_str) == Some("N") {
            grade.outcome = Outcome::Unparsed;
        }
        grade.extracted = score.get("answer").filter(|a| !a.is_null()).map(|a| attachments.resolve(&text(a)).to_string());
        if let Some(why) = score.get("explanation").and_then(Value::as_str).filter(|why| !why.trim().is_empty()) {
            grade.artifacts.insert("explanation".into(), Value::String(attachments.resolve(why).to_string()));
        }
    }
    if grade.outcome == Outcome::Incorrect
        && finish(value.pointer("/output/choices/0/stop_reason").and_then(Value::as_str)) == Finish::Length
    {
        grade.outcome = Outcome::Truncated;
    }
    grade
}

/// Long texts that stand once per sample and are referred to by `attachment://HASH`.
struct Attachments<'a>(Option<&'a Map<String, Value>>);

impl Attachments<'_> {
    fn resolve<'t>(&'t self, text: &'t str) -> &'t str {
        let hash = text.strip_prefix("attachment://");
        let found = hash.and_then(|hash| self.0?.get(hash)?.as_str());
        found.unwrap_or(text)
    }
}
