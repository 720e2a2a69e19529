//! Typed reading of a GGUF file's metadata.

use super::failure;
use candle_core::quantized::gguf_file::Value;
use proctor_core::ModelError;
use std::collections::HashMap;

/// The metadata of one file.
pub(super) struct Metadata<'a> {
    entries: &'a HashMap<String, Value>,
}

impl<'a> Metadata<'a> {
    pub fn new(entries: &'a HashMap<String, Value>) -> Self {
        Self { entries }
    }

    fn get(&self, key: &str) -> Option<&'a Value> {
        self.entries.get(key)
    }

    /// A whole number, of any width in the file.
    pub fn integer(&self, key: &str) -> Option<u64> {
        match *self.get(key)? {
            Value::U8(v) => Some(v.into()),
            Value::U16(v) => Some(v.into()),
            Value::U32(v) => Some(v.into()),
            Value::U64(v) => Some(v),
            Value::I8(v) => v.try_into().ok(),
            Value::I16(v) => v.try_into().ok(),
            Value::I32(v) => v.try_into().ok(),
            Value::I64(v) => v.try_into().ok(),
            _ => None,
        }
    }

    /// A size that must be there and be between 1 and 2^24.
    pub fn size(&self, key: &str) -> Result<usize, ModelError> {
        self.optional_size(key)?.ok_or_else(|| failure(format!("the model file's metadata lack `{key}`")))
    }

    /// A size between 1 and 2^24 where the key is present.
    pub fn optional_size(&self, key: &str) -> Result<Option<usize>, ModelError> {
        if self.get(key).is_none() {
            return Ok(None);
        }
        match self.integer(key) {
            Some(value @ 1..=0x0100_0000) => Ok(Some(value as usize)),
            _ => Err(failure(format!("the model file's `{key}` is no number between 1 and 16777216"))),
        }
    }

    /// A token id.
    pub fn token(&self, key: &str) -> Option<u32> {
        self.integer(key)?.try_into().ok()
    }

    /// A number, whole or not.
    pub fn float(&self, key: &str) -> Option<f64> {
        match *self.get(key)? {
            Value::F32(v) => Some(v.into()),
            Value::F64(v) => Some(v),
            _ => self.integer(key).map(|v| v as f64),
        }
    }

    pub fn boolean(&self, key: &str) -> Option<bool> {
        match *self.get(key)? {
            Value::Bool(v) => Some(v),
            _ => None,
        }
    }

    pub fn text(&self, key: &str) -> Option<&'a str> {
        match self.get(key)? {
            Value::String(v) => Some(v),
            _ => None,
        }
    }

    /// A list of texts that must be there.
    pub fn texts(&self, key: &str) -> Result<Vec<&'a str>, ModelError> {
        let wrong = || failure(format!("the model file's `{key}` is missing or no list of texts"));
        let Some(Value::Array(values)) = self.get(key) else { return Err(wrong()) };
        values.iter().map(|v| if let Value::String(s) = v { Ok(s.as_str()) } else { Err(wrong()) }).collect()
    }

    /// A list of numbers; empty where it is missing or holds anything else.
    pub fn floats(&self, key: &str) -> Vec<f64> {
        let Some(Value::Array(values)) = self.get(key) else { return Vec::new() };
        let number = |value: &Value| match *value {
            Value::F32(v) => Some(f64::from(v)),
            Value::F64(v) => Some(v),
            _ => None,
        };
        values.iter().map(number).collect::<Option<_>>().unwrap_or_default()
    }

    /// A list of truth values; `None` where it is missing or holds anything else.
    pub fn booleans(&self, key: &str) -> Option<Vec<bool>> {
        let Some(Value::Array(values)) = self.get(key) else { return None };
        let truth = |value: &Value| match *value {
            Value::Bool(v) => Some(v),
            Value::U32(v) => Some(v != 0),
            Value::I32(v) => Some(v != 0),
            _ => None,
        };
        values.iter().map(truth).collect()
    }

    /// A list of whole numbers; empty where it is missing.
    pub fn integers(&self, key: &str) -> Vec<i64> {
        let Some(Value::Array(values)) = self.get(key) else { return Vec::new() };
        let number = |value: &Value| match *value {
            Value::I32(v) => v.into(),
            Value::U32(v) => v.into(),
            Value::I64(v) => v,
            Value::I8(v) => v.into(),
            Value::U8(v) => v.into(),
            Value::I16(v) => v.into(),
            Value::U16(v) => v.into(),
            _ => 0,
        };
        values.iter().map(number).collect()
    }
}
