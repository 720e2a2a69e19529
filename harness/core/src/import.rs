use crate::{AnswerForm, AnswerRow, Attempt, BenchmarkError, Imported, Sample};
use serde_json::Value;
use std::collections::HashMap;

/// Names of the field that says which sample a row answers.
const ID: [&str; 2] = ["sample_id", "id"];
/// Names of the field with the answer.
const ANSWER: [&str; 5] = ["answer", "completion", "output", "response", "text"];

/// Matches rows to samples by id. A row holds `sample_id` (or `id`), `answer` (or `completion`, `output`, `response`,
/// `text`): a text, or a list of texts for several attempts, and, where rows are to be numbered apart, `epoch`. Rows for
/// the same sample without `epoch` are further attempts at it, in the order of the file. Answers are read as chat replies.
pub fn import_by_id(samples: &[Sample], rows: &[AnswerRow]) -> Result<Vec<Imported>, BenchmarkError> {
    let known: HashMap<&str, &Sample> = samples.iter().map(|sample| (sample.id.as_str(), sample)).collect();
    let mut next: HashMap<&str, u32> = HashMap::new();
    let mut imported = Vec::with_capacity(rows.len());
    for row in rows {
        let wrong = |why: String| BenchmarkError::Input(format!("Row {} of the answers {why}", row.line));
        let field = |names: &[&str]| names.iter().find_map(|name| row.value.get(*name));
        let id = match field(&ID) {
            Some(Value::String(id)) => id.clone(),
            Some(Value::Number(id)) => id.to_string(),
            _ => return Err(wrong(format!("has no `{}` that says which sample it answers", ID[0]))),
        };
        let Some(sample) = known.get(id.as_str()) else {
            let id: String = id.chars().take(80).collect();
            return Err(wrong(format!(
                "answers sample `{id}`, which is not in the data; is this the right benchmark and --data?"
            )));
        };
        let texts: Vec<&str> = match field(&ANSWER) {
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(texts)) if !texts.is_empty() && texts.iter().all(Value::is_string) => {
                texts.iter().filter_map(Value::as_str).collect()
            }
            Some(Value::Null) => vec![""],
            _ => return Err(wrong(format!("has no text in `{}` (or {})", ANSWER[0], ANSWER[1..].join(", ")))),
        };
        let epoch = next.entry(sample.id.as_str()).or_insert(0);
        match row.value.get("epoch").map(|epoch| epoch.as_u64().and_then(|epoch| u32::try_from(epoch).ok())) {
            None => {}
            Some(Some(given)) => *epoch = given,
            Some(None) => return Err(wrong("has an `epoch` that is not a whole number from 0".into())),
        }
        for text in texts {
            let attempt = Attempt::imported(text, AnswerForm::Chat);
            imported.push(Imported { sample_id: sample.id.clone(), epoch: *epoch, attempt });
            *epoch = epoch.saturating_add(1);
        }
    }
    Ok(imported)
}
