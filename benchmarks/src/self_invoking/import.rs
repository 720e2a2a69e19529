//! Answers that somebody else generated, matched to samples: upstream's `results.jsonl` and evalplus' `samples.jsonl`.

use super::item::{Item, brief, kind};
use super::set::Set;
use proctor_core::{AnswerForm, AnswerRow, Attempt, BenchmarkError, Imported, Sample};
use serde_json::Value;
use std::collections::HashMap;

const COMPLETION: &str = "completion";
const SOLUTION: &str = "solution";
/// Ids are looked for under these names.
const ID_FIELDS: [&str; 2] = ["task_id", "id"];

/// Matches rows to samples by id, or, when no row has one, by position as upstream does. The first row decides
/// whether all rows are read as continuations (`completion`) or as programs (`solution`). Further rows of one id, and
/// the elements of a list, are further epochs in file order.
pub fn import(set: &Set, samples: &[Sample], rows: &[AnswerRow]) -> Result<Vec<Imported>, BenchmarkError> {
    let field = answer_field(rows)?;
    let positions = match_rows(set, samples, rows)?;
    let mut epochs = HashMap::new();
    let mut imported = Vec::with_capacity(rows.len());
    for (row, position) in rows.iter().zip(positions) {
        let sample = &samples[position];
        for text in texts(row, field)? {
            let epoch = epochs.entry(position).or_insert(0);
            imported.push(Imported { sample_id: sample.id.clone(), epoch: *epoch, attempt: attempt(sample, field, text)? });
            *epoch += 1;
        }
    }
    Ok(imported)
}

/// The id that `wanted` means in this set: an exact id, or a usual spelling such as `HumanEval/3` or `3`.
pub fn resolve<'a>(set: &Set, samples: &'a [Sample], wanted: &str) -> Option<&'a Sample> {
    Index::of(set, samples).find(wanted).map(|position| &samples[position])
}

fn answer_field(rows: &[AnswerRow]) -> Result<&'static str, BenchmarkError> {
    let Some(first) = rows.first() else {
        return Err(BenchmarkError::Input("There are no answers to import".into()));
    };
    [COMPLETION, SOLUTION].into_iter().find(|field| first.value.get(field).is_some()).ok_or_else(|| {
        BenchmarkError::Input(format!(
            "Line {}: the first row has neither `completion` (what follows the base problem) nor `solution` (a whole program)",
            first.line
        ))
    })
}

fn texts<'a>(row: &'a AnswerRow, field: &str) -> Result<Vec<&'a str>, BenchmarkError> {
    let wrong = |what: String| BenchmarkError::Input(format!("Line {}: {what}", row.line));
    match row.value.get(field) {
        Some(Value::String(text)) => Ok(vec![text]),
        Some(Value::Array(values)) if !values.is_empty() => values
            .iter()
            .map(|value| value.as_str().ok_or_else(|| wrong(format!("`{field}` is a list with {}, not only texts", kind(value)))))
            .collect(),
        Some(other) => Err(wrong(format!("`{field}` is {}; it must be a text or a list of texts", brief(other)))),
        None => Err(wrong(format!("the row has no `{field}`, which the first row has; all rows must be of one kind"))),
    }
}

/// A continuation was cut when it was stored and is not cut again when it is graded; so one that still holds a fence
/// is imported as the whole program.
fn attempt(sample: &Sample, field: &str, text: &str) -> Result<Attempt, BenchmarkError> {
    Ok(match field {
        COMPLETION if text.contains("```") => Attempt::imported(Item::of(sample)?.raw_problem + text, AnswerForm::Final),
        COMPLETION => Attempt::imported(text, AnswerForm::Continuation),
        _ => Attempt::imported(text, AnswerForm::Final),
    })
}

fn id_of(row: &AnswerRow) -> Option<&Value> {
    ID_FIELDS.into_iter().find_map(|field| row.value.get(field)).filter(|id| !id.is_null())
}

fn match_rows(set: &Set, samples: &[Sample], rows: &[AnswerRow]) -> Result<Vec<usize>, BenchmarkError> {
    if rows.iter().all(|row| id_of(row).is_none()) {
        if rows.len() != samples.len() {
            return Err(BenchmarkError::Input(format!(
                "The rows have no `task_id`, so row k would answer sample k; but there are {} rows and {} samples of {}: \
                 add task ids, or give one row per sample in file order",
                rows.len(),
                samples.len(),
                set.title
            )));
        }
        return Ok((0..rows.len()).collect());
    }
    let index = Index::of(set, samples);
    let mut positions = Vec::with_capacity(rows.len());
    let mut unknown = Vec::new();
    for row in rows {
        let Some(id) = id_of(row) else {
            return Err(BenchmarkError::Input(format!(
                "Line {}: the row has no `task_id`, though other rows have one",
                row.line
            )));
        };
        match id_text(id).and_then(|text| index.find(&text)) {
            Some(position) => positions.push(position),
            None => unknown.push(format!("{} (line {})", brief(id), row.line)),
        }
    }
    if unknown.is_empty() {
        return Ok(positions);
    }
    let more = if unknown.len() > 3 { ", …" } else { "" };
    let first = &unknown[..unknown.len().min(3)];
    Err(BenchmarkError::Input(format!(
        "{} of {} rows answer samples that are not among the {} of {}: {}{more}; check the benchmark and the data folder",
        unknown.len(),
        rows.len(),
        samples.len(),
        set.title,
        first.join(", ")
    )))
}

/// A task id as text; whole numbers only.
fn id_text(id: &Value) -> Option<String> {
    match id {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => match number.as_u64() {
            Some(whole) => Some(whole.to_string()),
            None => number.as_f64().filter(|x| x.fract() == 0.0 && (0.0..1e15).contains(x)).map(|x| format!("{x:.0}")),
        },
        _ => None,
    }
}

/// Samples by the part of their id after the slash.
struct Index<'a> {
    set: &'a Set,
    by_tail: HashMap<&'a str, Vec<(Option<String>, usize)>>,
}

impl<'a> Index<'a> {
    fn of(set: &'a Set, samples: &'a [Sample]) -> Self {
        let mut by_tail: HashMap<&str, Vec<_>> = HashMap::new();
        for (position, sample) in samples.iter().enumerate() {
            let (head, tail) = parts(&sample.id);
            by_tail.entry(tail).or_default().push((head, position));
        }
        Self { set, by_tail }
    }

    fn find(&self, wanted: &str) -> Option<usize> {
        let (head, tail) = parts(wanted);
        let usual = |head: &str| self.set.task_prefixes.contains(&head);
        let candidates = self.by_tail.get(tail)?;
        let fits = |own: &Option<String>| match (&head, own) {
            (None, _) => true,
            (Some(head), Some(own)) => head == own || usual(head) && usual(own),
            (Some(head), None) => usual(head),
        };
        candidates.iter().find(|(own, _)| fits(own)).map(|(_, position)| *position)
    }
}

/// An id before and after its last slash; the part before in lower-case letters and digits only.
fn parts(id: &str) -> (Option<String>, &str) {
    match id.rsplit_once('/') {
        None => (None, id),
        Some((head, tail)) => (Some(head.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()), tail),
    }
}
