use super::foreign::{ForeignError, ForeignRow, ForeignRun, ForeignTool, sample, text};
use super::score;
use proctor_core::{AnswerForm, Attempt, Grade};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};

/// Most failing tests that are kept as evidence.
const MOST_TESTS: usize = 20;

/// Whether a row of JSON is one of evalplus's `samples.jsonl`.
pub fn is_sample(row: &Value) -> bool {
    row.get("task_id").is_some() && (row.get("solution").is_some() || row.get("completion").is_some())
}

/// Whether a document is what `evalplus.evaluate` writes: `{"date", "hash", "eval": {task: [...]}}`.
pub fn is_results(document: &Value) -> bool {
    document.get("eval").and_then(Value::as_object).is_some_and(|tasks| tasks.values().all(|t| t.is_array() || t.is_object()))
        && document.get("version").is_none()
}

/// Reads the answers of `samples.jsonl` (with the number of their line) and the verdicts of `eval_results.json`; either
/// may be missing, not both. Answers without a verdict are kept and marked `skipped`.
pub fn run(model: Option<String>, rows: &[(usize, Value)], results: Option<&Value>) -> Result<ForeignRun, ForeignError> {
    let mut verdicts = results.map(verdicts).unwrap_or_default();
    let mut epochs: HashMap<String, u32> = HashMap::new();
    let mut found = Vec::new();
    for (line, row) in rows {
        let id = row.get("task_id").map(text).filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| ForeignError::at(*line, "has no `task_id`; is this a samples.jsonl of evalplus?"))?;
        let solution = row.get("solution").or(row.get("completion")).and_then(Value::as_str);
        let solution = solution.ok_or_else(|| ForeignError::at(*line, "has no text in `solution` (or `completion`)"))?;
        let epoch = epochs.entry(id.clone()).or_insert(0);
        let verdict = verdicts.remove(&(id.clone(), *epoch));
        found.push(answer(id, found.len(), *epoch, solution, verdict));
        *epoch = epoch.saturating_add(1);
    }
    if rows.is_empty() {
        // The results repeat the solutions; in the order of the file.
        let mut left: Vec<_> = verdicts.into_iter().collect();
        left.sort_by_key(|(key, verdict)| (verdict.place, key.1));
        for ((id, epoch), verdict) in left {
            let solution = verdict.solution.clone().unwrap_or_default();
            found.push(answer(id, found.len(), epoch, &solution, Some(verdict)));
        }
    }
    if found.is_empty() {
        return Err(ForeignError("the files hold no answer; give evalplus's samples.jsonl or eval_results.json".into()));
    }
    let headline = found.iter().find_map(|row: &ForeignRow| {
        let scores = &row.grade.as_ref()?.scores;
        ["plus", "base"].into_iter().find(|name| scores.contains_key(*name))
    });
    let facts = ["date", "hash"].into_iter().filter_map(|name| Some((name.to_string(), results?.get(name)?.clone())));
    Ok(ForeignRun {
        tool: ForeignTool::Evalplus,
        task: task(found.first().map(|row| row.sample.id.as_str()).unwrap_or_default()),
        model,
        facts: facts.collect(),
        headline: headline.map(str::to_string),
        rows: found,
    })
}

/// What evalplus says of one answer.
struct Verdict {
    place: usize,
    solution: Option<String>,
    base: Option<bool>,
    plus: Option<bool>,
    failing: Map<String, Value>,
}

/// Verdicts by task and attempt. Today's results list objects; those before version 0.3 have lists `base` and `plus` of
/// `[status, details]` per task.
fn verdicts(results: &Value) -> HashMap<(String, u32), Verdict> {
    let passed = |status: Option<&Value>| status.and_then(Value::as_str).map(|word| matches!(word, "pass" | "success"));
    let mut found = HashMap::new();
    let tasks = results.get("eval").and_then(Value::as_object).into_iter().flatten();
    for (place, (task, entry)) in tasks.enumerate() {
        if let Some(answers) = entry.as_array() {
            for (epoch, one) in (0..).zip(answers) {
                let mut failing = Map::new();
                for name in ["base_fail_tests", "plus_fail_tests"] {
                    if let Some(tests) = one.get(name).and_then(Value::as_array).filter(|tests| !tests.is_empty()) {
                        let shown: Vec<Value> = tests.iter().take(MOST_TESTS).cloned().collect();
                        failing.insert(format!("{name} ({})", tests.len()), Value::String(Value::Array(shown).to_string()));
                    }
                }
                let verdict = Verdict {
                    place,
                    solution: one.get("solution").and_then(Value::as_str).map(str::to_string),
                    base: passed(one.get("base_status")),
                    plus: passed(one.get("plus_status")),
                    failing,
                };
                found.insert((task.clone(), epoch), verdict);
            }
        } else {
            let list = |name: &str| entry.get(name).and_then(Value::as_array);
            for (epoch, base) in (0..).zip(list("base").into_iter().flatten()) {
                let plus = list("plus").and_then(|all| all.get(epoch as usize));
                let verdict = Verdict {
                    place,
                    solution: None,
                    base: passed(base.get(0)),
                    plus: passed(plus.and_then(|p| p.get(0))),
                    failing: Map::new(),
                };
                found.insert((task.clone(), epoch), verdict);
            }
        }
    }
    found
}

fn answer(id: String, index: usize, epoch: u32, solution: &str, verdict: Option<Verdict>) -> ForeignRow {
    let number = id.rsplit('/').next().and_then(|number| number.parse().ok());
    let grade = verdict.as_ref().and_then(|verdict| {
        let base = verdict.base?;
        let mut scores = BTreeMap::from([("base".to_string(), f64::from(u8::from(base)))]);
        // evalplus counts an answer for HumanEval+ only if it passes the original tests too.
        if let Some(plus) = verdict.plus {
            scores.insert("plus".into(), f64::from(u8::from(base && plus)));
        }
        let headline = if verdict.plus.is_some() { "plus" } else { "base" };
        score::grade(ForeignTool::Evalplus.as_str(), scores, headline)
    });
    let mut grade: Grade = grade.unwrap_or_else(|| score::ungraded(ForeignTool::Evalplus.as_str()));
    grade.extracted = Some(solution.to_string());
    grade.artifacts = verdict.map(|v| v.failing).unwrap_or_default();
    ForeignRow {
        sample: sample(id, number.unwrap_or(index), Map::new(), Value::Null),
        epoch,
        attempt: Ok(Attempt::imported(solution, AnswerForm::Final)),
        grade: Some(grade),
    }
}

/// The task that ids such as `HumanEval/0` and `Mbpp/2` belong to.
fn task(id: &str) -> String {
    let base: String = id.split('/').next().unwrap_or_default().to_lowercase();
    if base.is_empty() { "samples".to_string() } else { base }
}
