//! One attempt in full, as text for people.

use crate::printer::Printer;
use proctor_core::{Message, Prompt, Role};
use proctor_reports::SampleView;
use proctor_reports::text::visible;
use serde_json::{Map, Value};

/// Most characters of one artifact that are shown; the export and the page hold the rest.
const MOST_CHARACTERS: usize = 20_000;

/// Every message, what was extracted, the evidence, the verdict.
pub fn render(view: &SampleView, printer: &Printer) -> String {
    let mut out = String::new();
    let mut section = |title: &str, body: &str| {
        out.push_str(&printer.paint(&format!("── {title} "), "1"));
        out.push('\n');
        let body = visible(body);
        out.extend(body.chars().take(MOST_CHARACTERS));
        if body.chars().nth(MOST_CHARACTERS).is_some() {
            out.push_str(&format!("\n… {} characters in all", body.chars().count()));
        }
        out.push_str("\n\n");
    };
    let key = &view.attempt.key;
    section("sample", &format!("{}, attempt {}, run {}", key.sample_id, key.epoch, key.run_id));
    if let Some(attempt) = &view.attempt.attempt {
        for exchange in &attempt.exchanges {
            match &exchange.request.prompt {
                Prompt::Chat(messages) => messages.iter().for_each(|m| section(role(m), &m.content)),
                Prompt::Completion(text) => section("prompt", text),
            }
            if let Some(reasoning) = &exchange.completion.reasoning {
                section("reasoning", reasoning);
            }
            section("answer", &exchange.completion.text);
            let usage = &exchange.completion.usage;
            let tokens = |n: Option<u64>| n.map_or("unknown".to_string(), |n| n.to_string());
            section(
                "completion",
                &format!(
                    "finish {:?}; {} prompt tokens, {} completion tokens; {:.2} s",
                    exchange.completion.finish,
                    tokens(usage.prompt_tokens),
                    tokens(usage.completion_tokens),
                    exchange.completion.latency_s
                ),
            );
        }
        if attempt.exchanges.is_empty() {
            let title = if attempt.facts.is_empty() { "imported answer" } else { "answer (nothing was asked)" };
            section(title, &attempt.answer.text);
        }
    }
    if let Some(attempt) = view.attempt.attempt.as_ref().filter(|attempt| !attempt.facts.is_empty()) {
        let facts = serde_json::to_string_pretty(&attempt.facts).unwrap_or_default();
        section("what asking found", &facts);
    }
    if let Some(error) = &view.attempt.error {
        section("infrastructure error", error);
    }
    match &view.grade {
        None => section("grade", "not graded yet"),
        Some(grade) => {
            if let Some(extracted) = &grade.extracted {
                section("extracted", extracted);
            }
            for (name, value) in &grade.artifacts {
                artifact(&mut section, name, value);
            }
            let scores: Vec<String> = grade.scores.iter().map(|(name, value)| format!("{name} {value}")).collect();
            section("grade", &format!("{}: {}\nscores: {}", grade.outcome, grade.explanation, scores.join(", ")));
        }
    }
    out
}

/// Text stands in a section of its own; the small facts of an object share one.
fn artifact(section: &mut impl FnMut(&str, &str), name: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::String(text) if text.is_empty() => {}
        Value::String(text) => section(name, text),
        Value::Object(fields) => {
            let mut facts = Vec::new();
            collect(section, &mut facts, name, "", fields);
            if !facts.is_empty() {
                section(name, &facts.join("\n"));
            }
        }
        other => section(name, &other.to_string()),
    }
}

fn collect(section: &mut impl FnMut(&str, &str), facts: &mut Vec<String>, name: &str, prefix: &str, fields: &Map<String, Value>) {
    for (field, value) in fields {
        match value {
            Value::Null => {}
            Value::String(text) if text.is_empty() => {}
            Value::String(text) if text.contains('\n') => section(&format!("{name}: {prefix}{field}"), text),
            Value::String(text) => facts.push(format!("{prefix}{field}: {text}")),
            Value::Object(inner) => collect(section, facts, name, &format!("{prefix}{field} "), inner),
            other => facts.push(format!("{prefix}{field}: {other}")),
        }
    }
}

fn role(message: &Message) -> &'static str {
    match message.role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}
