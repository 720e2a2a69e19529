use std::fmt;

/// A key. It cannot be printed: `Debug` and `Display` show `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a key.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// The key itself, for the one place that sends it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// `text` with every occurrence of the key replaced, since servers like to quote it back.
    pub fn redact(&self, text: &str) -> String {
        if self.0.is_empty() { text.to_owned() } else { text.replace(&self.0, "***") }
    }

    /// Takes the key out of what a model wrote, should it be quoted there: answers are stored and shown. A word that stands
    /// for a key where none is needed is left alone, for answers may hold it by rights.
    pub(crate) fn mask(&self, text: &mut String) {
        if self.0.len() >= SHORTEST_MASKED && self.0.contains(|c: char| !c.is_alphabetic()) && text.contains(&self.0) {
            *text = self.redact(text);
        }
    }
}

/// No service gives out keys that are shorter.
const SHORTEST_MASKED: usize = 8;

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
