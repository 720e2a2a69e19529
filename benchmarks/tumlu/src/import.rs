//! Upstream's stored outputs, matched to samples (spec section 2.1). Each row holds its question as it was asked, its
//! options in the order shown and the right letter in that order, so it is graded by itself; the sample only says which
//! question of which subject it is.

use crate::grading::STORED;
use crate::item::{LETTERS, choices, position};
use crate::language::Language;
use proctor_core::{AnswerForm, AnswerRow, Attempt, BenchmarkError, Imported, Sample, import_by_id};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Matches rows to samples: by id where the first row has one, else as upstream's outputs.
pub fn import(samples: &[Sample], rows: &[AnswerRow]) -> Result<Vec<Imported>, BenchmarkError> {
    let by_id = rows.first().is_some_and(|row| ["sample_id", "id"].iter().any(|name| row.value.get(name).is_some()));
    if by_id {
        return import_by_id(samples, rows);
    }
    let records: Vec<Record> = rows.iter().map(Record::parse).collect::<Result<_, _>>()?;
    let matched = Matcher::of(samples).matches(&records)?;
    let mut epochs: HashMap<usize, u32> = HashMap::new();
    let imported = records.iter().zip(matched).filter_map(|(record, place)| {
        let sample = samples.get(place)?;
        let epoch = epochs.entry(place).or_insert(0);
        let imported = Imported { sample_id: sample.id.clone(), epoch: *epoch, attempt: record.attempt(sample) };
        *epoch += 1;
        Some(imported)
    });
    Ok(imported.collect())
}

/// One stored output.
struct Record<'a> {
    line: usize,
    question: &'a str,
    choices: Vec<String>,
    answer: &'a str,
    output: &'a str,
    input: Option<&'a str>,
}

impl<'a> Record<'a> {
    fn parse(row: &'a AnswerRow) -> Result<Record<'a>, BenchmarkError> {
        let wrong = |what: String| BenchmarkError::Input(format!("Row {} of the answers {what}", row.line));
        let text = |name: &str| {
            row.value.get(name).and_then(Value::as_str).ok_or_else(|| {
                wrong(format!(
                    "has no text in `{name}`; it needs `sample_id` and `answer`, or, as upstream's outputs, `question`, \
                     `choices`, `answer` and `output`"
                ))
            })
        };
        let (question, answer, output) = (text("question")?, text("answer")?, text("output")?);
        let choices = choices(&row.value).ok_or_else(|| wrong("has no list of texts in `choices`".into()))?;
        if choices.is_empty() || choices.len() > LETTERS.len() {
            return Err(wrong(format!("has {} `choices`; there may be 1 to {}", choices.len(), LETTERS.len())));
        }
        if position(answer).is_none_or(|answer| answer >= choices.len()) {
            let answer: String = answer.chars().take(40).collect();
            return Err(wrong(format!("has the right letter `{answer}`, which is none of its {} `choices`", choices.len())));
        }
        let input = row.value.get("input").and_then(Value::as_str);
        Ok(Record { line: row.line, question, choices, answer, output, input })
    }

    fn key(&self) -> Key {
        Key::of(self.question, self.choices.clone())
    }

    /// Whether the prompt, where it is stored, is in the words of a language.
    fn is_in(&self, language: &Language) -> bool {
        let Some(input) = self.input else { return true };
        let ends = [Some(language.answer_word), language.solution_word];
        let ends_so = |word: &str| input.trim_end().strip_suffix(':').is_some_and(|rest| rest.ends_with(word));
        input.strip_prefix(language.question_word).is_some_and(|rest| rest.starts_with(':'))
            && ends.into_iter().flatten().any(ends_so)
    }

    fn attempt(&self, sample: &Sample) -> Attempt {
        let mut attempt = Attempt::imported(self.output, AnswerForm::Chat);
        let mut stored = json!({"choices": self.choices, "answer": self.answer.trim()});
        if sample.text("question").map(str::trim) != Some(self.question.trim()) {
            // The data were revised since; the record is graded as it is.
            stored["question"] = self.question.into();
        }
        attempt.facts.insert(STORED.into(), stored);
        attempt
    }
}

/// What tells questions apart: the text and the options in any order.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    question: String,
    choices: Vec<String>,
}

impl Key {
    fn of(question: &str, mut choices: Vec<String>) -> Key {
        choices.sort();
        Key { question: question.trim().to_owned(), choices }
    }
}

struct Matcher<'a> {
    samples: &'a [Sample],
    by_key: HashMap<Key, Vec<usize>>,
    by_question: HashMap<String, Vec<usize>>,
    used: Vec<usize>,
}

impl<'a> Matcher<'a> {
    fn of(samples: &'a [Sample]) -> Matcher<'a> {
        let mut by_key: HashMap<Key, Vec<usize>> = HashMap::new();
        let mut by_question: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, sample) in samples.iter().enumerate() {
            let question = sample.text("question").unwrap_or_default().trim().to_owned();
            let options = choices(&Value::Object(sample.inputs.clone())).unwrap_or_default();
            by_key.entry(Key::of(&question, options)).or_default().push(place);
            by_question.entry(question).or_default().push(place);
        }
        Matcher { samples, by_key, by_question, used: vec![0; samples.len()] }
    }

    /// The place of each record's sample. A record whose question is not in the data any more takes a sample of the
    /// subject of its neighbours that no other record answers; most of a subject must be there.
    fn matches(mut self, records: &[Record]) -> Result<Vec<usize>, BenchmarkError> {
        let mut places: Vec<Option<usize>> = Vec::with_capacity(records.len());
        for record in records {
            let mut found = self.by_key.get(&record.key()).and_then(|candidates| self.pick(record, candidates));
            if found.is_none() {
                let candidates = self.by_question.get(record.question.trim());
                found = candidates.and_then(|candidates| self.pick(record, candidates));
            }
            if let Some(place) = found {
                self.used[place] += 1;
            }
            places.push(found);
        }
        let unknown = places.iter().filter(|place| place.is_none()).count();
        if unknown * 2 > records.len() {
            let line = records.iter().zip(&places).find(|(_, place)| place.is_none()).map_or(0, |(record, _)| record.line);
            return Err(BenchmarkError::Input(format!(
                "{unknown} of {} answers are to questions that are not in the data (row {line} the first); name the language \
                 they are in (`-b tumlu:LANGUAGE`) and give --data the folder with upstream's questions",
                records.len()
            )));
        }
        let known = places.clone();
        let mut all = Vec::with_capacity(records.len());
        for (index, (place, record)) in places.into_iter().zip(records).enumerate() {
            let place = place.or_else(|| self.stand_in(&known, index)).ok_or_else(|| {
                BenchmarkError::Input(format!(
                    "Row {} of the answers is to a question that is not in the data, and its subject is full",
                    record.line
                ))
            })?;
            all.push(place);
        }
        Ok(all)
    }

    /// The candidate least answered so far, in the language of the record's prompt where that can be told.
    fn pick(&self, record: &Record, candidates: &[usize]) -> Option<usize> {
        let language = |place: &usize| self.samples[*place].text("language").and_then(Language::named);
        let speaks = |place: &&usize| language(place).is_some_and(|language| record.is_in(language));
        let least = |places: &mut dyn Iterator<Item = &usize>| places.min_by_key(|place| self.used[**place]).copied();
        least(&mut candidates.iter().filter(speaks)).or_else(|| least(&mut candidates.iter()))
    }

    /// A sample for the record at `index`, whose question is not in the data: the nearest known record says the subject.
    fn stand_in(&mut self, known: &[Option<usize>], index: usize) -> Option<usize> {
        let before = known[..index].iter().rev().flatten().next();
        let neighbour = before.or_else(|| known[index..].iter().flatten().next())?;
        let subject = subject_of(&self.samples[*neighbour].id);
        let place =
            (0..self.samples.len()).find(|place| self.used[*place] == 0 && subject_of(&self.samples[*place].id) == subject)?;
        self.used[place] += 1;
        Some(place)
    }
}

/// The part of an id that says language and subject.
fn subject_of(id: &str) -> &str {
    id.rsplit_once('/').map_or(id, |(subject, _)| subject)
}
