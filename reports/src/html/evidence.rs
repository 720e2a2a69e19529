use super::document::Fact;
use crate::text::{count, one_line};
use serde_json::{Map, Value};

/// Nesting of evidence up to which it is taken apart; what is deeper is shown as JSON.
const DEPTH: usize = 6;

/// The evidence of an attempt, taken apart into titled texts and short facts.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// Titles and texts.
    pub blocks: Vec<(String, String)>,
    /// Short facts.
    pub facts: Vec<Fact>,
}

impl Evidence {
    /// Adds a short fact.
    pub(super) fn fact(&mut self, name: &str, value: impl AsRef<str>) {
        self.facts.push(Fact { name: one_line(name), value: one_line(value.as_ref()) });
    }

    /// Adds everything in a JSON object: long texts as blocks, the rest as facts, named by their path.
    pub(super) fn object(&mut self, path: &str, map: &Map<String, Value>) {
        self.members(path, map, DEPTH);
    }

    /// Adds a JSON value.
    pub(super) fn value(&mut self, name: &str, value: &Value) {
        self.add(name, value, DEPTH);
    }

    fn members(&mut self, path: &str, map: &Map<String, Value>, depth: usize) {
        for (key, value) in map {
            let name = if path.is_empty() { key.clone() } else { format!("{path} · {key}") };
            self.add(&name.replace('_', " "), value, depth);
        }
    }

    fn add(&mut self, name: &str, value: &Value, depth: usize) {
        match value {
            Value::Null => {}
            Value::Object(map) if depth > 0 => self.members(name, map, depth - 1),
            Value::String(text) if text.len() > 100 || text.contains('\n') => self.block(name, text.clone()),
            Value::String(text) if text.is_empty() => self.fact(name, "(empty)"),
            Value::String(text) => self.fact(name, text),
            Value::Number(n) => self.fact(name, n.as_u64().map_or_else(|| n.to_string(), count)),
            other => {
                let text = other.to_string();
                if text.len() > 100 { self.block(name, pretty(other)) } else { self.fact(name, text) }
            }
        }
    }

    fn block(&mut self, name: &str, text: String) {
        self.blocks.push((one_line(name), text));
    }
}

/// JSON for people.
pub(super) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}
