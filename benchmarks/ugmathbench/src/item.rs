//! Rows of upstream's files and the samples made of them (spec section 2).

use crate::subjects::VERSIONS;
use proctor_core::{BenchmarkError, Sample};
use serde_json::{Map, Value, json};

/// The codes of the ten answer types, as upstream writes them.
pub const TYPES: [&str; 10] = ["NV", "EX", "EQ", "INT", "TF", "MCS", "MCM", "OE", "OL", "UOL"];

/// One version of a problem: a statement with a blank `[ANS]` per answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The statement.
    pub problem: String,
    /// One reference per blank; upstream's two corrupt versions have none.
    pub answers: Vec<String>,
    /// A type per answer; upstream has rows with fewer.
    pub types: Vec<String>,
    /// Options per answer, empty lists where there is nothing to choose; upstream has rows with fewer.
    pub options: Vec<Vec<String>>,
}

/// A problem in its three versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Unique.
    pub id: String,
    /// One of the subjects, in upstream's spelling.
    pub subject: String,
    /// Topic within the subject.
    pub topic: String,
    /// Sub-topic within the topic.
    pub subtopic: String,
    /// `1` to `6`, or empty.
    pub level: String,
    /// Keywords, possibly none.
    pub keywords: Vec<String>,
    /// The versions 1, 2 and 3.
    pub versions: [Version; VERSIONS],
}

impl Problem {
    /// Reads a row; `place` says in errors where it stands.
    pub fn parse(place: &str, row: &Value) -> Result<Self, BenchmarkError> {
        let Value::Object(row) = row else {
            return Err(BenchmarkError::Input(format!("{place} is {}, not a JSON object with a problem", kind(row))));
        };
        let id = text(place, row, "id")?;
        if id.is_empty() {
            return Err(BenchmarkError::Input(format!("{place} has an empty `id`")));
        }
        let place = format!("{place} ({})", short(&id));
        let version = |number: usize| -> Result<Version, BenchmarkError> {
            let key = |name: &str| format!("{name}_v{number}");
            let types = texts(&place, row, &key("answer_type"))?;
            if let Some(unknown) = types.iter().find(|code| !TYPES.contains(&code.as_str())) {
                return Err(BenchmarkError::Input(format!(
                    "{place}: `{}` holds the answer type `{}`; known are {}",
                    key("answer_type"),
                    short(unknown),
                    TYPES.join(", ")
                )));
            }
            Ok(Version {
                problem: text(&place, row, &key("problem"))?,
                answers: texts(&place, row, &key("answer"))?,
                types,
                options: lists(&place, row, &key("options"))?,
            })
        };
        Ok(Self {
            subject: text(&place, row, "subject")?,
            topic: text(&place, row, "topic")?,
            subtopic: text(&place, row, "subtopic")?,
            level: text(&place, row, "level")?,
            keywords: texts(&place, row, "keywords")?,
            versions: [version(1)?, version(2)?, version(3)?],
            id,
        })
    }

    /// The row in upstream's schema.
    pub fn row(&self) -> Value {
        let mut row = json!({
            "id": self.id, "subject": self.subject, "topic": self.topic, "subtopic": self.subtopic,
            "level": self.level, "keywords": self.keywords,
        });
        if let Some(row) = row.as_object_mut() {
            for (version, number) in self.versions.iter().zip(1..) {
                row.insert(format!("problem_v{number}"), version.problem.as_str().into());
                row.insert(format!("answer_v{number}"), version.answers.clone().into());
                row.insert(format!("answer_type_v{number}"), version.types.clone().into());
                row.insert(format!("options_v{number}"), version.options.clone().into());
            }
        }
        row
    }

    /// The sample of version `number` (from 1).
    pub fn sample(&self, number: usize, version: &Version, index: usize, metadata: Map<String, Value>) -> Sample {
        let inputs = Map::from_iter([
            ("subject".to_owned(), self.subject.as_str().into()),
            ("topic".to_owned(), self.topic.as_str().into()),
            ("subtopic".to_owned(), self.subtopic.as_str().into()),
            ("level".to_owned(), self.level.as_str().into()),
            ("version".to_owned(), number.into()),
            ("problem".to_owned(), version.problem.as_str().into()),
            ("answer_type".to_owned(), version.types.clone().into()),
            ("options".to_owned(), version.options.clone().into()),
        ]);
        let mut metadata = metadata;
        metadata.insert("id".into(), self.id.as_str().into());
        metadata.insert("keywords".into(), self.keywords.clone().into());
        Sample {
            id: sample_id(&self.id, number),
            index,
            group: self.id.clone(),
            inputs,
            target: json!({"answer": version.answers}),
            strata: self.strata(number, version),
            metadata,
        }
    }

    fn strata(&self, number: usize, version: &Version) -> Vec<String> {
        let mut strata = vec![
            format!("version {number}"),
            format!("subject {}", self.subject),
            format!("topic {}: {}", self.subject, self.topic),
            match self.level.as_str() {
                "" => "level none".to_owned(),
                level => format!("level {level}"),
            },
        ];
        strata.push(match version.types.split_first() {
            Some((first, rest)) if rest.iter().all(|code| code == first) => format!("type {first}"),
            Some(_) => "type mixed".to_owned(),
            None => "type none".to_owned(),
        });
        strata.push(if version.answers.len() == 1 { "one answer" } else { "several answers" }.to_owned());
        if version.answers.is_empty() {
            strata.push(CORRUPT.to_owned());
        }
        strata
    }
}

/// The stratum of versions without references (quirk Q3): upstream's converter failed on them.
pub const CORRUPT: &str = "corrupt";

/// The id of a sample.
pub fn sample_id(problem: &str, version: usize) -> String {
    format!("{problem}_v{version}")
}

/// What a prompt and a judge need of a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Subject in upstream's spelling.
    pub subject: String,
    /// Statement, answers, types and options.
    pub version: Version,
}

impl Instance {
    /// Reads a sample made by [`Problem::sample`].
    pub fn of(sample: &Sample) -> Result<Self, BenchmarkError> {
        let place = format!("Sample {}", short(&sample.id));
        let target = sample.target.as_object().cloned().unwrap_or_default();
        Ok(Self {
            subject: text(&place, &sample.inputs, "subject")?,
            version: Version {
                problem: text(&place, &sample.inputs, "problem")?,
                answers: texts(&place, &target, "answer")?,
                types: texts(&place, &sample.inputs, "answer_type")?,
                options: lists(&place, &sample.inputs, "options")?,
            },
        })
    }
}

/// The first 80 characters.
pub fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

/// What a value is, in words.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn field<'a>(place: &str, row: &'a Map<String, Value>, key: &str) -> Result<&'a Value, BenchmarkError> {
    let missing = || BenchmarkError::Input(format!("{place} has no `{key}`; upstream's rows have eighteen keys"));
    row.get(key).ok_or_else(missing)
}

fn text(place: &str, row: &Map<String, Value>, key: &str) -> Result<String, BenchmarkError> {
    match field(place, row, key)? {
        Value::String(text) => Ok(text.clone()),
        other => Err(BenchmarkError::Input(format!("{place}: `{key}` is {}, not a text", kind(other)))),
    }
}

fn texts(place: &str, row: &Map<String, Value>, key: &str) -> Result<Vec<String>, BenchmarkError> {
    let value = field(place, row, key)?;
    as_texts(value).ok_or_else(|| BenchmarkError::Input(format!("{place}: `{key}` is {}, not a list of texts", of_what(value))))
}

fn lists(place: &str, row: &Map<String, Value>, key: &str) -> Result<Vec<Vec<String>>, BenchmarkError> {
    let value = field(place, row, key)?;
    let lists = value.as_array().and_then(|lists| lists.iter().map(as_texts).collect());
    lists.ok_or_else(|| BenchmarkError::Input(format!("{place}: `{key}` is {}, not a list of lists of texts", of_what(value))))
}

fn as_texts(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
}

fn of_what(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let other = items.iter().find(|item| !item.is_string()).map_or("nothing", kind);
            format!("a list with {other} in it")
        }
        other => kind(other).to_owned(),
    }
}
