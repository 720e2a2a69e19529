use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// The ids of a run's samples, in order. There may be very many, so they lie one after another in one text, and clones
/// share it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SampleIds(Arc<Packed>);

#[derive(Clone, Default, PartialEq, Eq)]
struct Packed {
    text: String,
    /// Where each ends in `text`.
    ends: Vec<usize>,
}

impl SampleIds {
    /// How many.
    pub fn len(&self) -> usize {
        self.0.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.ends.is_empty()
    }

    /// The id at `position`, from 0.
    pub fn get(&self, position: usize) -> Option<&str> {
        let end = *self.0.ends.get(position)?;
        let start = position.checked_sub(1).map_or(Some(0), |before| self.0.ends.get(before).copied())?;
        self.0.text.get(start..end)
    }

    /// Each in turn.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.len()).map(|position| self.get(position).unwrap_or_default())
    }
}

impl<T: AsRef<str>> FromIterator<T> for SampleIds {
    fn from_iter<I: IntoIterator<Item = T>>(ids: I) -> Self {
        let mut packed = Packed::default();
        for id in ids {
            packed.push(id.as_ref());
        }
        packed.done()
    }
}

impl Packed {
    fn push(&mut self, id: &str) {
        self.text.push_str(id);
        self.ends.push(self.text.len());
    }

    fn done(mut self) -> SampleIds {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
        SampleIds(Arc::new(self))
    }
}

impl fmt::Debug for SampleIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for SampleIds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for SampleIds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Ids)
    }
}

struct Ids;

impl<'de> Visitor<'de> for Ids {
    type Value = SampleIds;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of sample ids")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut ids: A) -> Result<SampleIds, A::Error> {
        let mut packed = Packed::default();
        while let Some(id) = ids.next_element::<Cow<'de, str>>()? {
            packed.push(&id);
        }
        Ok(packed.done())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_in_order_and_as_a_plain_list() {
        let ids: SampleIds = ["a", "", "қ/1", "b\"c"].into_iter().collect();
        assert_eq!(ids.iter().collect::<Vec<_>>(), ["a", "", "қ/1", "b\"c"]);
        assert_eq!((ids.len(), ids.get(2), ids.get(4)), (4, Some("қ/1"), None));
        let text = serde_json::to_string(&ids).unwrap_or_default();
        assert_eq!(text, r#"["a","","қ/1","b\"c"]"#);
        assert_eq!(serde_json::from_str::<SampleIds>(&text).ok(), Some(ids));
        assert!(SampleIds::default().is_empty() && SampleIds::default().get(0).is_none());
    }
}
