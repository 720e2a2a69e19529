use std::collections::HashSet;
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

    /// `text` with the key, and what is recognisably a part of it, replaced, since servers like to quote it back, be it
    /// cut off or with its middle left out.
    pub fn redact(&self, text: &str) -> String {
        self.hidden(text, PART_IN_MESSAGE)
    }

    /// `text` without the key and without any `shortest` letters of it in a row.
    fn hidden(&self, text: &str, shortest: usize) -> String {
        let key = self.0.as_bytes();
        if key.len() <= shortest || !key.is_ascii() {
            return if key.is_empty() { text.to_owned() } else { text.replace(&self.0, "***") };
        }
        let parts: HashSet<&[u8]> = key.windows(shortest).collect();
        let mut shown = String::with_capacity(text.len());
        // What is shown from, and where the part ends that is being left out. Both are boundaries, since the key is ASCII.
        let (mut from, mut end) = (0, 0);
        for (at, window) in text.as_bytes().windows(shortest).enumerate() {
            if !parts.contains(window) {
                continue;
            }
            if at >= end {
                shown.push_str(text.get(from..at).unwrap_or_default());
                shown.push_str("***");
            }
            end = at + shortest;
            from = end;
        }
        shown.push_str(text.get(from..).unwrap_or_default());
        shown
    }

    /// Takes the key out of what a model wrote, should it be quoted there: answers are stored and shown. A word that stands
    /// for a key where none is needed is left alone, for answers may hold it by rights.
    pub(crate) fn mask(&self, text: &mut String) {
        if self.0.len() >= SHORTEST_MASKED && self.0.contains(|c: char| !c.is_alphabetic()) && self.may_be_in(text) {
            *text = self.hidden(text, PART_IN_ANSWER);
        }
    }

    /// Whether the key or a part of it may stand in `text`: every part that counts holds one of these blocks as a whole.
    fn may_be_in(&self, text: &str) -> bool {
        let blocks = self.0.as_bytes().chunks_exact(PART_IN_ANSWER / 2).filter_map(|block| std::str::from_utf8(block).ok());
        text.contains(&self.0) || self.0.len() > PART_IN_ANSWER && blocks.into_iter().any(|block| text.contains(block))
    }
}

/// No service gives out keys that are shorter.
const SHORTEST_MASKED: usize = 8;

/// Letters of a key in a row that are left out of messages; beginnings that many keys share are shorter, or no loss.
const PART_IN_MESSAGE: usize = 12;

/// The same for answers, where less may stand by rights.
const PART_IN_ANSWER: usize = 16;

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
