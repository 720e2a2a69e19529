use super::document::TextKind;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Kinds of texts, each in a list of its own.
const KINDS: usize = 5;
/// Texts below this are not looked for elsewhere.
const SHORT: usize = 48;

/// Where a text lies in a chunk: `8 · place + kind`.
pub(super) type Place = u32;

/// A text that stands elsewhere, or is put together from texts that do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum TextReference {
    /// A text of this chunk.
    Here(Place),
    /// A text of another chunk: chunk and place.
    There(u32, Place),
    /// A part of another: the text, where the part begins and ends in UTF-16 units.
    Part { of: Box<TextReference>, from: usize, to: usize },
    /// Several, one after another.
    Joined { all: Vec<TextReference> },
}

/// Texts that lie in chunks that are finished, by their hashes.
#[derive(Debug, Default)]
pub(super) struct KnownTexts(HashMap<[u8; 16], (u32, Place)>);

impl KnownTexts {
    /// Takes over the texts of a chunk.
    pub(super) fn extend(&mut self, chunk: u32, places: HashMap<[u8; 16], Place>) {
        self.0.extend(places.into_iter().map(|(hash, place)| (hash, (chunk, place))));
    }
}

/// The texts of one chunk: each once, those that stand in an earlier chunk not at all.
pub(super) struct Pool<'k> {
    known: &'k KnownTexts,
    here: HashMap<[u8; 16], Place>,
    texts: [Vec<String>; KINDS],
    /// Texts of the document that is being added, to find parts in.
    recent: Vec<(String, TextReference)>,
}

impl<'k> Pool<'k> {
    pub(super) fn new(known: &'k KnownTexts) -> Self {
        Self { known, here: HashMap::new(), texts: Default::default(), recent: Vec::new() }
    }

    /// Begins a document.
    pub(super) fn next_document(&mut self) {
        self.recent.clear();
    }

    /// The lists of texts by kind.
    pub(super) fn texts(&self) -> &[Vec<String>; KINDS] {
        &self.texts
    }

    /// Where each text lies.
    pub(super) fn into_places(self) -> HashMap<[u8; 16], Place> {
        self.here
    }

    /// Adds a text.
    pub(super) fn put(&mut self, text: String, kind: TextKind) -> TextReference {
        let reference = self.find(&text, kind);
        if text.len() >= SHORT {
            self.recent.push((text, reference.clone()));
        }
        reference
    }

    fn find(&mut self, text: &str, kind: TextKind) -> TextReference {
        if text.len() < SHORT {
            return self.literal(text, kind);
        }
        let hash = hash(text);
        if let Some(place) = self.here.get(&hash) {
            return TextReference::Here(*place);
        }
        if let Some((chunk, place)) = self.known.0.get(&hash) {
            return TextReference::There(*chunk, *place);
        }
        // A part of an earlier text, as a program is of the answer it was extracted from.
        for (earlier, reference) in &self.recent {
            if earlier.len() > text.len()
                && let Some(at) = earlier.find(text)
            {
                let from = utf16(&earlier[..at]);
                return TextReference::Part { of: Box::new(reference.clone()), from, to: from + utf16(text) };
            }
        }
        // An earlier text with something around it, as a program with its tests.
        let longest = self.recent.iter().filter(|(earlier, _)| earlier.len() >= 2 * SHORT && text.contains(earlier.as_str()));
        let longest = longest.max_by_key(|(earlier, _)| earlier.len()).cloned();
        if let Some((earlier, reference)) = longest
            && let Some((before, after)) = text.split_once(earlier.as_str())
        {
            let (before, after) = (before.to_string(), after.to_string());
            let mut all = Vec::new();
            if !before.is_empty() {
                all.push(self.literal(&before, kind));
            }
            all.push(reference);
            if !after.is_empty() {
                all.push(self.literal(&after, kind));
            }
            return TextReference::Joined { all };
        }
        self.literal(text, kind)
    }

    /// A text of its own, unless it is here already.
    fn literal(&mut self, text: &str, kind: TextKind) -> TextReference {
        let hash = hash(text);
        if let Some(place) = self.here.get(&hash) {
            return TextReference::Here(*place);
        }
        if text.len() >= SHORT
            && let Some((chunk, place)) = self.known.0.get(&hash)
        {
            return TextReference::There(*chunk, *place);
        }
        let number = kind as usize;
        let Some(list) = self.texts.get_mut(number) else { return TextReference::Joined { all: Vec::new() } };
        let place = (list.len() as Place) * 8 + number as Place;
        list.push(text.to_string());
        self.here.insert(hash, place);
        TextReference::Here(place)
    }
}

fn hash(text: &str) -> [u8; 16] {
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(Sha256::digest(text.as_bytes())) {
        *to = from;
    }
    short
}

fn utf16(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}
