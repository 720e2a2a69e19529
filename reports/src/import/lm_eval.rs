use super::foreign::{ForeignError, ForeignRow, ForeignRun, ForeignTool, sample, text};
use super::score;
use proctor_core::{Answer, AnswerForm, Attempt, Completion, Exchange, Message, Prompt, Request, Role, Sampling};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};

/// Fields of a row that are no scores.
const KNOWN: [&str; 11] = [
    "doc_id",
    "doc",
    "target",
    "arguments",
    "resps",
    "filtered_resps",
    "filter",
    "metrics",
    "doc_hash",
    "prompt_hash",
    "target_hash",
];

/// The order in which a task's scores are taken for its headline where the rows name several.
const HEADLINES: [&str; 8] = ["exact_match", "acc", "pass@1", "pass_at_1", "prompt_level_strict_acc", "f1", "em", "score"];

/// Rows in which the headline is looked for.
const MOST_LOOKED_AT: usize = 1000;

/// Whether a row of JSON is one of lm-evaluation-harness's `--log_samples`.
pub fn is_row(row: &Value) -> bool {
    row.get("doc_id").is_some() && (row.get("resps").is_some() || row.get("filtered_resps").is_some())
}

/// Reads rows as `--log_samples` writes them (with the number of their line). Rows of one document that differ in
/// `filter` are one answer with the scores of each filter, named `metric,filter` as the harness itself does; where there
/// is only one filter the names stay plain. `results` is the `results_*.json` beside them, where at hand.
pub fn run(task: String, rows: &[(usize, Value)], results: Option<&Value>) -> Result<ForeignRun, ForeignError> {
    let filters: Vec<&str> = rows.iter().filter_map(|(_, row)| row.get("filter").and_then(Value::as_str)).collect();
    let several = filters.iter().any(|f| Some(f) != filters.first());
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut found: Vec<(usize, &Value, BTreeMap<String, f64>)> = Vec::new();
    for (line, row) in rows {
        let id = row.get("doc_id").map(text).filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| ForeignError::at(*line, "has no `doc_id`; is this a samples_*.jsonl of lm-eval?"))?;
        let filter = row.get("filter").and_then(Value::as_str).filter(|_| several);
        let scores = scores(row, filter);
        match places.get(&id) {
            Some(place) if several => {
                if let Some((_, _, known)) = found.get_mut(*place) {
                    known.extend(scores);
                }
            }
            Some(_) => return Err(ForeignError::at(*line, format!("answers doc_id {id} again under the same filter"))),
            None => {
                places.insert(id, found.len());
                found.push((*line, row, scores));
            }
        }
    }
    // In the order of the file: the filter that comes first is the task's own.
    let first = rows.iter().take(MOST_LOOKED_AT);
    let names: Vec<String> = first
        .flat_map(|(_, row)| scores(row, row.get("filter").and_then(Value::as_str).filter(|_| several)).into_keys())
        .collect();
    let headline = headline(&names, rows);
    let rows = found.into_iter().map(|(line, row, scores)| one(line, row, scores, headline.as_deref()));
    Ok(ForeignRun {
        tool: ForeignTool::LmEval,
        model: results.and_then(model),
        facts: results.map(|r| facts(r, &task)).unwrap_or_default(),
        rows: rows.collect::<Result<_, _>>()?,
        task,
        headline,
    })
}

/// The scores of a row: those it names under `metrics`, else every field that is a number and nothing else.
fn scores(row: &Value, filter: Option<&str>) -> BTreeMap<String, f64> {
    let fields = row.as_object().into_iter().flatten();
    let named: Option<Vec<&str>> =
        row.get("metrics").and_then(Value::as_array).map(|names| names.iter().filter_map(Value::as_str).collect());
    let wanted = |name: &str| match &named {
        Some(names) if !names.is_empty() => names.contains(&name),
        _ => !KNOWN.contains(&name),
    };
    let title = |name: &str| filter.map_or(name.to_string(), |filter| format!("{name},{filter}"));
    fields.filter(|(name, _)| wanted(name)).filter_map(|(name, value)| Some((title(name), score::number(value)?))).collect()
}

/// The score that decides: the first known one, else the first the rows name.
fn headline(names: &[String], rows: &[(usize, Value)]) -> Option<String> {
    let base = |name: &str| name.split(',').next().unwrap_or_default().to_string();
    let first = rows.iter().find_map(|(_, row)| row.get("metrics")?.as_array()?.first()?.as_str());
    let preferred = HEADLINES.iter().find_map(|wanted| names.iter().find(|name| base(name) == *wanted));
    let named = first.and_then(|first| names.iter().find(|name| base(name) == first));
    preferred.or(named).or(names.first()).cloned()
}

fn one(line: usize, row: &Value, scores: BTreeMap<String, f64>, headline: Option<&str>) -> Result<ForeignRow, ForeignError> {
    let id = row.get("doc_id").map(text).unwrap_or_default();
    let inputs = match row.get("doc") {
        Some(Value::Object(fields)) => fields.clone(),
        Some(other) if !other.is_null() => Map::from_iter([("doc".to_string(), other.clone())]),
        _ => Map::new(),
    };
    let index = id.parse().unwrap_or(line.saturating_sub(1));
    let sample = sample(id, index, inputs, row.get("target").cloned().unwrap_or(Value::Null));
    let requests = requests(row.get("arguments"));
    let (answer, extracted, choices) = answer(row, &requests);
    let prompt = requests.first().map(|(prompt, _)| prompt_of(prompt));
    let attempt = match prompt {
        None => Attempt::imported(answer, AnswerForm::Chat),
        Some(prompt) => Attempt {
            exchanges: vec![Exchange {
                request: Request::new(prompt, Sampling::default()),
                completion: Completion { text: answer.clone(), ..Completion::default() },
            }],
            answer: Answer { text: answer, form: AnswerForm::Continuation },
            facts: Map::new(),
        },
    };
    let by = ForeignTool::LmEval.as_str();
    let mut grade = headline.and_then(|h| score::grade(by, scores, h)).unwrap_or_else(|| score::ungraded(by));
    grade.extracted = extracted;
    if !choices.is_empty() {
        grade.artifacts.insert("choices".into(), Value::Array(choices));
    }
    Ok(ForeignRow { sample, epoch: 0, attempt: Ok(attempt), grade: Some(grade) })
}

/// The requests of a row: prompt, and the continuation where one was given. Newer logs hold objects
/// (`gen_args_0: {arg_0, arg_1}`), older ones lists.
fn requests(arguments: Option<&Value>) -> Vec<(Value, Option<String>)> {
    let pair = |first: Option<&Value>, second: Option<&Value>| {
        (first.cloned().unwrap_or(Value::Null), second.and_then(Value::as_str).map(str::to_string))
    };
    match arguments {
        Some(Value::Object(all)) => all.values().map(|one| pair(one.get("arg_0"), one.get("arg_1"))).collect(),
        Some(Value::Array(all)) => all.iter().map(|one| pair(one.get(0), one.get(1))).collect(),
        _ => Vec::new(),
    }
}

/// A prompt as it was sent: a chat where it is a list of messages (written as JSON text by the harness), else raw text.
fn prompt_of(prompt: &Value) -> Prompt {
    let parsed = match prompt {
        Value::String(text) if text.trim_start().starts_with("[{") => serde_json::from_str(text).ok(),
        Value::Array(_) => Some(prompt.clone()),
        _ => None,
    };
    let message = |value: &Value| {
        let role = match value.get("role")?.as_str()? {
            "system" => Role::System,
            "assistant" => Role::Assistant,
            _ => Role::User,
        };
        Some(Message::new(role, text(value.get("content")?)))
    };
    let messages = parsed.and_then(|p: Value| p.as_array()?.iter().map(message).collect::<Option<Vec<_>>>());
    messages.filter(|m| !m.is_empty()).map_or_else(|| Prompt::Completion(text(prompt)), Prompt::Chat)
}

/// The answer, what the filter made of it, and for a question with choices each one's log-likelihood.
fn answer(row: &Value, requests: &[(Value, Option<String>)]) -> (String, Option<String>, Vec<Value>) {
    let responses: Vec<&Value> = row.get("resps").and_then(Value::as_array).into_iter().flatten().collect();
    let likelihoods: Option<Vec<f64>> = responses.iter().map(|one| likelihood(one)).collect();
    if let Some(likelihoods) = likelihoods.filter(|l| !l.is_empty()) {
        let name = |i: usize| match requests.get(i) {
            Some((_, Some(continuation))) => continuation.clone(),
            _ => format!("choice {i}"),
        };
        let choices = likelihoods.iter().enumerate();
        let best = choices.clone().max_by(|a, b| a.1.total_cmp(b.1)).map(|(i, _)| i).unwrap_or(0);
        let listed = choices.map(|(i, l)| serde_json::json!({"choice": name(i), "loglikelihood": l})).collect();
        return (name(best), Some(name(best).trim().to_string()), listed);
    }
    let first = |value: Option<&Value>| {
        let mut value = value?;
        // Lists of lists of texts: of the first request, the first answer.
        for _ in 0..3 {
            match value {
                Value::Array(parts) => value = parts.first()?,
                _ => break,
            }
        }
        Some(text(value))
    };
    let filtered = first(row.get("filtered_resps"));
    let answer = first(row.get("resps")).or_else(|| filtered.clone()).unwrap_or_default();
    (answer, filtered, Vec::new())
}

/// The log-likelihood in `[[l, greedy]]` or `[l, greedy]`; numbers may be written as texts.
fn likelihood(response: &Value) -> Option<f64> {
    let pair = match response.get(0)? {
        inner @ Value::Array(_) => inner,
        _ => response,
    };
    let greedy = pair.get(1)?;
    let is_flag = greedy.is_boolean() || matches!(greedy.as_str(), Some("True" | "False"));
    let value = pair.get(0)?;
    let number = value.as_f64().or_else(|| value.as_str()?.parse().ok());
    number.filter(|_| is_flag && pair.as_array().is_some_and(|p| p.len() == 2))
}

/// The model's name in a results file.
fn model(results: &Value) -> Option<String> {
    let name = results.get("model_name").and_then(Value::as_str).filter(|name| !name.is_empty());
    let arguments = results.pointer("/config/model_args");
    let of_arguments = match arguments {
        Some(Value::String(list)) => {
            list.split(',').find_map(|part| part.strip_prefix("pretrained=").or(part.strip_prefix("model=")))
        }
        Some(map) => map.get("pretrained").or(map.get("model")).and_then(Value::as_str),
        None => None,
    };
    name.or(of_arguments).map(str::to_string)
}

fn facts(results: &Value, task: &str) -> Map<String, Value> {
    let mut facts = Map::new();
    for (name, pointer) in [
        ("lm_eval_version", "/lm_eval_version".to_string()),
        ("commit", "/git_hash".to_string()),
        ("date", "/date".to_string()),
        ("task_version", format!("/versions/{task}")),
        ("few_shot", format!("/n-shot/{task}")),
        ("task_hash", format!("/task_hashes/{task}")),
        ("model_args", "/config/model_args".to_string()),
    ] {
        if let Some(value) = results.pointer(&pointer).filter(|v| !v.is_null()) {
            facts.insert(name.to_string(), value.clone());
        }
    }
    facts
}
