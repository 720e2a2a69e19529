use crate::spelling::distance;
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

/// The longer names among the options that are taken here, to tell slips of the hand; whatever is none of them and like none
/// of them goes to the service.
const KNOWN: [&str; 14] = [
    "anthropic_beta",
    "api_version",
    "cache_control",
    "include_thoughts",
    "logprobs",
    "max_tokens_field",
    "model_family",
    "reasoning_effort",
    "reasoning_summary",
    "response_format",
    "thinking_budget",
    "thinking_level",
    "top_logprobs",
    "verbosity",
];

/// Whether a value is of the type of its field.
type Fits = fn(&Value) -> bool;

/// Fields of every format whose type is known, what it is in words, and how it is told.
const TYPED: [(&str, &str, Fits); 8] = [
    ("temperature", "a number", Value::is_number),
    ("top_p", "a number", Value::is_number),
    ("top_k", "a whole number", Value::is_u64),
    ("max_tokens", "a whole number", Value::is_u64),
    ("max_completion_tokens", "a whole number", Value::is_u64),
    ("seed", "a whole number", |value| value.is_u64() || value.is_i64()),
    ("top_logprobs", "a whole number", Value::is_u64),
    ("stop", "a text or a list of texts", |value| {
        value.is_string() || value.as_array().is_some_and(|list| list.iter().all(Value::is_string))
    }),
];

/// Why an option cannot be meant as it stands, if so.
fn slip(field: &str, value: &Value) -> Option<String> {
    let typed = TYPED.iter().find(|(name, ..)| *name == field);
    if let Some((_, what, fits)) = typed {
        return (!value.is_null() && !fits(value)).then(|| format!("`-M {field}=...` takes {what}, not {value}"));
    }
    let plain = field.len() >= 7 && field.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let meant = KNOWN.iter().find(|known| plain && !KNOWN.contains(&field) && distance(field, known) <= 1 + known.len() / 12)?;
    Some(format!("`-M {field}=...` is no option; did you mean `-M {meant}=...`?"))
}

/// The options given with `-M`, from which a wire format takes its own; what is left goes into every request.
#[derive(Debug, Clone)]
pub(crate) struct Arguments {
    left: Map<String, Value>,
}

impl Arguments {
    /// Refuses what no format lets a user set, and slips of the hand.
    pub fn new(args: &Map<String, Value>) -> Result<Self, ModelError> {
        for (field, instead) in RESERVED {
            if args.contains_key(field) {
                return Err(wrong(format!("`-M {field}=...` is not possible: {instead}")));
            }
        }
        match args.iter().find_map(|(field, value)| slip(field, value)) {
            Some(message) => Err(wrong(message)),
            None => Ok(Self { left: args.clone() }),
        }
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
