//! A run as an Inspect log in the JSON format (version 2), which Inspect's own reader, viewer and data frames open. The
//! format: <https://inspect.aisi.org.uk/eval-logs.html>, checked against `inspect_ai.log.read_eval_log` 0.3.285.

use crate::text::score as figure;
use crate::{ReportError, SampleView, Summary};
use proctor_core::{Attempt, Exchange, Finish, Grade, Outcome, Prompt, RunState, Usage};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::io::Write;

/// The name of the score that holds the outcome; the named scores of the judge stand beside it.
const OUTCOME: &str = "outcome";

/// Writes a run as one document; samples are written one by one.
pub fn write(summary: &Summary, samples: &[SampleView], out: &mut dyn Write) -> Result<(), ReportError> {
    let header = header(summary, samples);
    let mut text = serde_json::to_string(&header)?;
    text.pop(); // The closing brace: the samples come inside.
    out.write_all(text.as_bytes())?;
    out.write_all(b",\"samples\":[")?;
    for (place, view) in samples.iter().enumerate() {
        if place > 0 {
            out.write_all(b",")?;
        }
        serde_json::to_writer(&mut *out, &sample(view))?;
    }
    out.write_all(b"]}\n")?;
    Ok(out.flush()?)
}

fn header(summary: &Summary, samples: &[SampleView]) -> Value {
    let run = &summary.run;
    let plan = &run.plan;
    let names: BTreeSet<&String> = samples.iter().filter_map(|v| v.grade.as_ref()).flat_map(|g| g.scores.keys()).collect();
    let scorers: Vec<Value> =
        [OUTCOME].into_iter().chain(names.iter().map(|n| n.as_str())).map(|name| json!({"name": name})).collect();
    let finished = run.state == RunState::Finished && summary.missing() == 0;
    let mut sampling = json!({
        "temperature": plan.sampling.temperature,
        "top_p": plan.sampling.top_p,
        "top_k": plan.sampling.top_k,
        "max_tokens": plan.sampling.max_tokens,
        "seed": i64::try_from(plan.seed).ok(),
    });
    if let Some(fields) = sampling.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    json!({
        "version": 2,
        "status": if finished { "success" } else { "started" },
        "eval": {
            "eval_id": run.id,
            "run_id": run.id,
            "created": run.created_at,
            "task": plan.benchmark,
            "task_id": run.fingerprint,
            "task_version": plan.judge_version,
            "task_args": plan.options,
            "dataset": {
                "name": plan.data_source,
                "samples": plan.sample_ids.len(),
                "sample_ids": plan.sample_ids,
                "shuffled": false,
            },
            "model": plan.model,
            "model_generate_config": sampling,
            "model_args": {},
            "config": {"epochs": plan.epochs, "log_samples": true},
            "packages": {"proctor": run.proctor_version},
            "scorers": scorers,
            "metadata": {
                "fingerprint": run.fingerprint,
                "data_sha256": plan.data_sha256,
                "prompt_sha256": plan.prompt_sha256,
                "judge": plan.judge_provenance,
                "model_provenance": plan.model_provenance,
                "withheld": summary.withheld,
            },
        },
        "plan": {"name": "proctor", "steps": [], "config": {}},
        "results": results(summary, samples),
        "stats": {
            "started_at": run.created_at,
            "model_usage": model_usage(plan.model.as_str(), summary),
        },
    })
}

fn model_usage(model: &str, summary: &Summary) -> Value {
    let usage = &summary.usage;
    let input = usage.prompt_tokens.unwrap_or(0);
    let output = usage.completion_tokens.unwrap_or(0);
    if usage.prompt_tokens.is_none() && usage.completion_tokens.is_none() {
        return json!({});
    }
    json!({model: {"input_tokens": input, "output_tokens": output, "total_tokens": input.saturating_add(output),
        "reasoning_tokens": usage.reasoning_tokens, "input_tokens_cache_read": usage.cached_tokens}})
}

/// The figures as Inspect's metrics of the score `outcome`, with their intervals.
fn results(summary: &Summary, samples: &[SampleView]) -> Value {
    let mut metrics = Map::new();
    for metric in &summary.metrics {
        let Some(value) = metric.value else { continue };
        let name = match &metric.stratum {
            Some(stratum) => format!("{} ({stratum})", metric.name),
            None => metric.name.clone(),
        };
        let interval = metric
            .interval
            .map(|i| json!({"low": i.low, "high": i.high, "confidence": i.confidence, "method": i.method.to_string()}));
        let metadata = json!({"interval": interval, "n": metric.n, "groups": metric.groups, "note": metric.note,
            "shown": figure(metric, summary)});
        metrics.insert(name.clone(), json!({"name": name, "value": value, "params": {}, "metadata": metadata}));
    }
    json!({
        "total_samples": summary.planned,
        "completed_samples": summary.graded,
        "scores": [{"name": OUTCOME, "scorer": OUTCOME, "params": {}, "metrics": metrics,
            "scored_samples": samples.iter().filter(|v| v.outcome().is_some_and(Outcome::is_scored)).count()}],
    })
}

fn sample(view: &SampleView) -> Value {
    let attempt = view.attempt.attempt.as_ref();
    let exchanges = attempt.map(|a| a.exchanges.as_slice()).unwrap_or_default();
    let mut document = json!({
        "id": view.sample.id,
        "epoch": u64::from(view.attempt.key.epoch) + 1,
        "input": input(view, exchanges.first()),
        "target": target(&view.sample.target),
        "messages": messages(exchanges),
        "output": attempt.map_or_else(|| json!({"model": "", "choices": []}), output),
        "scores": view.grade.as_ref().map(scores),
        "metadata": {
            "group": view.sample.group,
            "strata": view.sample.strata,
            "sample": view.sample.metadata,
        },
        "store": {},
        "events": [],
        "model_usage": {},
        "attachments": {},
    });
    if let (Some(fields), Some(attempt)) = (document.as_object_mut(), attempt)
        && !attempt.exchanges.is_empty()
    {
        fields.insert("total_time".into(), json!(attempt.latency_s()));
        let model = exchanges.last().map(|e| e.completion.model.clone()).unwrap_or_default();
        if let Some(usage) = usage(&attempt.usage()) {
            fields.insert("model_usage".into(), json!({model: usage}));
        }
    }
    if let (Some(fields), Some(error)) = (document.as_object_mut(), &view.attempt.error) {
        fields.insert("error".into(), json!({"message": error, "traceback": "", "traceback_ansi": ""}));
    }
    document
}

/// What was asked first; where nobody was asked, the sample's own question.
fn input(view: &SampleView, first: Option<&Exchange>) -> Value {
    match first.map(|e| &e.request.prompt) {
        Some(Prompt::Completion(text)) => json!(text),
        Some(Prompt::Chat(_)) => json!(first.map(asked).unwrap_or_default()),
        None => json!(Value::Object(view.sample.inputs.clone()).to_string()),
    }
}

/// Inspect's targets are texts or lists of texts.
fn target(target: &Value) -> Value {
    match target {
        Value::String(text) => json!(text),
        Value::Array(parts) if parts.iter().all(Value::is_string) => target.clone(),
        other => json!(other.to_string()),
    }
}

fn asked(exchange: &Exchange) -> Vec<Value> {
    match &exchange.request.prompt {
        Prompt::Completion(text) => vec![json!({"role": "user", "content": text})],
        Prompt::Chat(messages) => messages.iter().map(|m| json!({"role": m.role, "content": m.content})).collect(),
    }
}

/// The conversation: the messages of the last question, which repeats what came before it where the protocol is a
/// dialogue, and otherwise each question in turn; every answer follows its question.
fn messages(exchanges: &[Exchange]) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    for exchange in exchanges {
        let asked = asked(exchange);
        let repeats = !all.is_empty() && asked.len() >= all.len() && asked.iter().zip(&all).all(|(a, b)| same(a, b));
        if repeats {
            all.extend(asked.into_iter().skip(all.len()));
        } else {
            all.extend(asked);
        }
        all.push(answered(exchange));
    }
    all
}

/// Whether two messages say the same; an answer that is sent back has no reasoning and no model's name any more.
fn same(sent: &Value, known: &Value) -> bool {
    let said = |message: &Value| match message.get("content") {
        Some(Value::Array(blocks)) => {
            blocks.iter().find_map(|b| b.get("text").and_then(Value::as_str)).unwrap_or_default().to_string()
        }
        other => other.and_then(Value::as_str).unwrap_or_default().to_string(),
    };
    sent.get("role") == known.get("role") && said(sent) == said(known)
}

fn answered(exchange: &Exchange) -> Value {
    let completion = &exchange.completion;
    let content = match &completion.reasoning {
        Some(reasoning) => {
            json!([{"type": "reasoning", "reasoning": reasoning}, {"type": "text", "text": completion.text}])
        }
        None => json!(completion.text),
    };
    json!({"role": "assistant", "content": content, "source": "generate", "model": completion.model})
}

fn output(attempt: &Attempt) -> Value {
    let Some(last) = attempt.exchanges.last() else {
        let message = json!({"role": "assistant", "content": attempt.answer.text});
        return json!({"model": "", "choices": [{"message": message, "stop_reason": "stop"}], "completion": attempt.answer.text});
    };
    let stop = match last.completion.finish {
        Finish::Stop => "stop",
        Finish::Length => "max_tokens",
        Finish::ContentFilter | Finish::Refused => "content_filter",
        Finish::Other(_) => "unknown",
    };
    json!({
        "model": last.completion.model,
        "choices": [{"message": answered(last), "stop_reason": stop}],
        "completion": attempt.answer.text,
        "usage": usage(&last.completion.usage),
        "time": last.completion.latency_s,
    })
}

fn usage(usage: &Usage) -> Option<Value> {
    if usage.prompt_tokens.is_none() && usage.completion_tokens.is_none() {
        return None;
    }
    let (input, output) = (usage.prompt_tokens.unwrap_or(0), usage.completion_tokens.unwrap_or(0));
    Some(json!({"input_tokens": input, "output_tokens": output, "total_tokens": input.saturating_add(output),
        "reasoning_tokens": usage.reasoning_tokens, "input_tokens_cache_read": usage.cached_tokens}))
}

/// The outcome in Inspect's letters where it has one (`C`, `P`, `I`, `N`), else as the word it is; then each named score.
fn scores(grade: &Grade) -> Value {
    let value = match grade.outcome {
        Outcome::Correct => "C",
        Outcome::Partial => "P",
        Outcome::Incorrect | Outcome::Truncated => "I",
        Outcome::Unparsed | Outcome::Empty | Outcome::Refused | Outcome::Filtered => "N",
        Outcome::InfraError | Outcome::Skipped => grade.outcome.as_str(),
    };
    let mut scores = Map::new();
    let metadata = json!({"outcome": grade.outcome, "category": grade.category, "evidence": grade.artifacts});
    scores.insert(
        OUTCOME.into(),
        json!({"value": value, "answer": grade.extracted, "explanation": grade.explanation, "metadata": metadata}),
    );
    for (name, value) in grade.scores.iter().filter(|(name, value)| value.is_finite() && *name != OUTCOME) {
        scores.insert(name.clone(), json!({"value": value}));
    }
    Value::Object(scores)
}
