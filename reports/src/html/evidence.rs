use crate::text::{bounded, count, one_line, visible};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// One text of the evidence: a message, a program, an output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Block {
    /// What it is.
    pub title: String,
    /// The text, cut and made visible; empty where `note` says why.
    pub text: String,
    /// Its length where it was cut, where else it stands, or that it is empty.
    pub note: Option<String>,
}

/// A short fact of the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Fact {
    pub name: String,
    pub value: String,
}

/// How many bytes of evidence a page may still hold.
pub(super) struct Budget {
    text_bytes: usize,
    left: usize,
}

impl Budget {
    pub(super) fn new(text_bytes: usize, evidence_bytes: usize) -> Self {
        Self { text_bytes, left: evidence_bytes }
    }

    /// Whether nothing fits any more.
    pub(super) fn spent(&self) -> bool {
        self.left == 0
    }
}

/// Gathers the evidence of one attempt; a text that was already shown is referred to, not repeated.
pub(super) struct Evidence<'b> {
    budget: &'b mut Budget,
    seen: HashMap<String, String>,
    pub blocks: Vec<Block>,
    pub facts: Vec<Fact>,
}

impl<'b> Evidence<'b> {
    pub(super) fn new(budget: &'b mut Budget) -> Self {
        Self { budget, seen: HashMap::new(), blocks: Vec::new(), facts: Vec::new() }
    }

    /// Adds a short fact.
    pub(super) fn fact(&mut self, name: &str, value: impl Into<String>) {
        self.facts.push(Fact { name: one_line(name), value: visible(&value.into()).into_owned() });
    }

    /// Adds a text.
    pub(super) fn block(&mut self, title: &str, text: &str) {
        let title = one_line(title);
        if text.is_empty() {
            self.blocks.push(Block { title, text: String::new(), note: Some("empty".to_string()) });
            return;
        }
        if text.len() > 120 {
            if let Some(earlier) = self.seen.get(text) {
                let note = Some(format!("the same text as “{earlier}”"));
                self.blocks.push(Block { title, text: String::new(), note });
                return;
            }
            self.seen.insert(text.to_string(), title.clone());
        }
        let part = bounded(text, self.budget.text_bytes);
        let note = part.whole.map(|bytes| format!("cut; the whole text has {} bytes", count(bytes as u64)));
        self.budget.left = self.budget.left.saturating_sub(part.text.len());
        self.blocks.push(Block { title, text: visible(&part.text).into_owned(), note });
    }

    /// Adds everything in a JSON object: long texts as blocks, the rest as facts, named by their path.
    pub(super) fn object(&mut self, path: &str, map: &Map<String, Value>) {
        for (key, value) in map {
            let name = if path.is_empty() { key.clone() } else { format!("{path} · {key}") };
            self.value(&name.replace('_', " "), value);
        }
    }

    /// Adds a JSON value.
    pub(super) fn value(&mut self, name: &str, value: &Value) {
        match value {
            Value::Null => {}
            Value::Object(map) => self.object(name, map),
            Value::String(text) if text.len() > 100 || text.contains('\n') => self.block(name, text),
            Value::String(text) if text.is_empty() => self.fact(name, "(empty)"),
            Value::String(text) => self.fact(name, text.as_str()),
            Value::Number(n) => self.fact(name, n.as_u64().map_or_else(|| n.to_string(), count)),
            other => {
                let text = other.to_string();
                if text.len() > 100 { self.block(name, &pretty(other)) } else { self.fact(name, text) }
            }
        }
    }
}

/// JSON for people.
pub(super) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}
