use super::set::Set;
use proctor_core::{BenchmarkError, Sample};
use serde_json::{Map, Value};

/// One row of a data file, in upstream's schema (spec section 2).
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Upstream's identifier; a number is written in decimal.
    pub id: String,
    /// Base problem: imports, signature, docstring or comment.
    pub raw_problem: String,
    /// Body that solves it.
    pub raw_solution: String,
    /// Second problem: a comment and usually a signature.
    pub new_problem: String,
    /// Body that solves it by calling the first function.
    pub new_solution: String,
    /// Asserts over the second function.
    pub test_code: String,
    /// Whatever else the row holds: provenance and wrong solutions of the built-in questions.
    pub extra: Map<String, Value>,
}

const TEXTS: [&str; 5] = ["raw_problem", "raw_solution", "new_problem", "new_solution", "test_code"];

impl Item {
    /// Reads the row at `index` (from 0) of `file`.
    pub fn parse(file: &str, index: usize, value: Value) -> Result<Item, BenchmarkError> {
        let wrong = |what: String| BenchmarkError::Input(format!("{file}: item {index} (counted from 0) {what}"));
        let Value::Object(mut row) = value else {
            return Err(wrong(format!("is {}, not an object with {}", kind(&value), TEXTS.join(", "))));
        };
        let id = match row.shift_remove("id") {
            Some(Value::Number(number)) if number.is_u64() => number.to_string(),
            Some(Value::String(text)) if !text.trim().is_empty() => text,
            Some(other) => return Err(wrong(format!("has the id {}; it must be a whole number or a text", brief(&other)))),
            None => return Err(wrong("has no field `id`".into())),
        };
        let [raw_problem, raw_solution, new_problem, new_solution, test_code] =
            TEXTS.map(|field| match row.shift_remove(field) {
                Some(Value::String(text)) => Ok(text),
                Some(other) => Err(wrong(format!("(id {id}) has {} in the field `{field}`, not a text", kind(&other)))),
                None => Err(wrong(format!("(id {id}) has no field `{field}`"))),
            });
        Ok(Item {
            id,
            raw_problem: raw_problem?,
            raw_solution: raw_solution?,
            new_problem: new_problem?,
            new_solution: new_solution?,
            test_code: test_code?,
            extra: row,
        })
    }

    /// The item of a sample made by [`Item::into_sample`].
    pub fn of(sample: &Sample) -> Result<Item, BenchmarkError> {
        let field = |map: Option<&Map<String, Value>>, name: &str| {
            let text = map.and_then(|map| map.get(name)).and_then(Value::as_str).map(str::to_owned);
            text.ok_or_else(|| BenchmarkError::Input(format!("Sample {} has no text `{name}`; load it again", sample.id)))
        };
        let (inputs, target) = (Some(&sample.inputs), sample.target.as_object());
        Ok(Item {
            id: sample.id.clone(),
            raw_problem: field(inputs, "raw_problem")?,
            new_problem: field(inputs, "new_problem")?,
            raw_solution: field(target, "raw_solution")?,
            new_solution: field(target, "new_solution")?,
            test_code: field(target, "test_code")?,
            extra: Map::new(),
        })
    }

    /// The item as a sample at position `index`.
    pub fn into_sample(self, index: usize, strata: Vec<String>) -> Sample {
        let pairs = |pairs: [(&str, String); 2]| pairs.map(|(name, text)| (name.to_owned(), Value::String(text)));
        let mut target = Map::from_iter(pairs([("raw_solution", self.raw_solution), ("new_solution", self.new_solution)]));
        target.insert("test_code".into(), Value::String(self.test_code));
        Sample {
            group: self.id.clone(),
            id: self.id,
            index,
            inputs: Map::from_iter(pairs([("raw_problem", self.raw_problem), ("new_problem", self.new_problem)])),
            target: Value::Object(target),
            strata,
            metadata: self.extra,
        }
    }

    /// The reference program (spec section 5): plain concatenation, nothing repaired.
    pub fn canonical(&self) -> String {
        [&*self.raw_problem, &self.raw_solution, &self.new_problem, &self.new_solution].concat()
    }

    /// The assert that the `1shot` variant shows.
    pub fn example(&self, set: &Set) -> Result<&str, BenchmarkError> {
        let Some(line) = set.example_line else {
            return Err(BenchmarkError::Input(format!("{} has no `1shot` variant", set.title)));
        };
        self.test_code.split('\n').nth(line).filter(|text| !text.trim().is_empty()).ok_or_else(|| {
            BenchmarkError::Input(format!(
                "Sample {} of {} has no line {line} (counted from 0) in `test_code`, which the `1shot` variant would show",
                self.id, set.title
            ))
        })
    }
}

/// What a JSON value is, in words.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A JSON value for a message, cut to 60 characters.
pub(super) fn brief(value: &Value) -> String {
    let text = value.to_string();
    let cut: String = text.chars().take(60).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}
