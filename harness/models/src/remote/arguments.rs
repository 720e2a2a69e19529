use proctor_core::{ModelError, ModelErrorKind};
use serde_json::{Map, Value};

/// Some services take seeds of 31 bits only; no service needs more to tell attempts apart.
pub(crate) const SEED_BITS: u64 = (1 << 31) - 1;

/// Fields that `-M` may not set, and what to use instead.
const RESERVED: [(&str, &str); 7] = [
    ("model", "the model's name is part of `-m`"),
    ("messages", "the benchmark writes the prompt"),
    ("prompt", "the benchmark writes the prompt"),
    ("input", "the benchmark writes the prompt"),
    ("contents", "the benchmark writes the prompt"),
    ("n", "several answers to one question are asked one by one, as epochs"),
    ("candidateCount", "several answers to one question are asked one by one, as epochs"),
];

/// The options given with `-M`, from which a wire format takes its own; what is left goes into every request.
#[derive(Debug, Clone)]
pub(crate) struct Arguments {
    left: Map<String, Value>,
}

impl Arguments {
    /// Refuses what no format lets a user set.
    pub fn new(args: &Map<String, Value>) -> Result<Self, ModelError> {
        for (field, instead) in RESERVED {
            if args.contains_key(field) {
                return Err(wrong(format!("`-M {field}=...` is not possible: {instead}")));
            }
        }
        Ok(Self { left: args.clone() })
    }

    /// Whether an option is there.
    pub fn has(&self, key: &str) -> bool {
        self.left.contains_key(key)
    }

    /// Takes an option whatever it holds.
    pub fn take(&mut self, key: &str) -> Option<Value> {
        self.left.shift_remove(key)
    }

    /// Takes an option that is true or false.
    pub fn take_bool(&mut self, key: &str) -> Result<Option<bool>, ModelError> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(value)),
            Some(_) => Err(wrong(format!("`-M {key}=...` takes true or false"))),
        }
    }

    /// Takes an option that is a word, such as the name of a field; `what` says so in the error.
    pub fn take_word(&mut self, key: &str, what: &str) -> Result<Option<String>, ModelError> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(value)) if !value.is_empty() => Ok(Some(value)),
            Some(_) => Err(wrong(format!("`-M {key}=...` takes {what}"))),
        }
    }

    /// Takes an option that is a whole number.
    pub fn take_number(&mut self, key: &str) -> Result<Option<u64>, ModelError> {
        match self.take(key) {
            None => Ok(None),
            Some(value) => match value.as_u64() {
                Some(number) => Ok(Some(number)),
                None => Err(wrong(format!("`-M {key}=...` takes a whole number"))),
            },
        }
    }

    /// What nobody took.
    pub fn rest(self) -> Map<String, Value> {
        self.left
    }
}

/// An unfit option.
pub(super) fn wrong(message: String) -> ModelError {
    ModelError::new(ModelErrorKind::BadRequest, message)
}

/// Puts `args` into `body`, replacing what is there; a `null` takes a field out.
pub(crate) fn apply(body: &mut Map<String, Value>, args: &Map<String, Value>) {
    for (field, value) in args {
        if value.is_null() {
            body.shift_remove(field);
        } else {
            body.insert(field.clone(), value.clone());
        }
    }
}
