//! Where a rating stands among people's.

use flate2::read::GzDecoder;
use serde_json::Value;
use std::io::Read;

/// Most bytes of an unpacked list.
const MOST_UNPACKED: u64 = 256 << 20;

/// People's ratings, as counts by rating.
#[derive(Debug, Clone, PartialEq)]
pub struct People {
    /// Rating and how many people have a lower one.
    below: Vec<(i64, u64)>,
    total: u64,
}

impl People {
    /// Of ratings and how many have each, in any order; `None` where nobody has one.
    pub fn of(counts: impl IntoIterator<Item = (i64, u64)>) -> Option<People> {
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_unstable();
        let mut total = 0u64;
        let mut below = Vec::with_capacity(counts.len());
        for (rating, count) in counts {
            below.push((rating, total));
            total = total.saturating_add(count);
        }
        (total > 0).then_some(People { below, total })
    }

    /// Reads a file's bytes: JSON as for [`People::parse`], packed by gzip or not.
    pub fn read(bytes: &[u8]) -> Option<People> {
        let value = match bytes.starts_with(&[0x1f, 0x8b]) {
            true => serde_json::from_reader(GzDecoder::new(bytes).take(MOST_UNPACKED)),
            false => serde_json::from_slice(bytes),
        };
        value.ok().and_then(|value| People::parse(&value))
    }

    /// Reads upstream's sorted list, `{"histogram": [[rating, count], …]}`, or `{"rating": count, …}`.
    pub fn parse(value: &Value) -> Option<People> {
        match value {
            Value::Array(ratings) => {
                People::of(ratings.iter().map(|rating| Some((rating.as_i64()?, 1))).collect::<Option<Vec<_>>>()?)
            }
            Value::Object(map) => match map.get("histogram") {
                Some(histogram) => {
                    let pair = |pair: &Value| Some((pair.get(0)?.as_i64()?, pair.get(1)?.as_u64()?));
                    People::of(histogram.as_array()?.iter().map(pair).collect::<Option<Vec<_>>>()?)
                }
                None => {
                    let pair = |(rating, count): (&String, &Value)| Some((rating.parse().ok()?, count.as_u64()?));
                    People::of(map.iter().map(pair).collect::<Option<Vec<_>>>()?)
                }
            },
            _ => None,
        }
    }

    /// The lower ends of bins `width` wide that touch, with the share of people in each.
    pub fn bins(&self, width: i64) -> Vec<(i64, f64)> {
        let width = width.max(1);
        let (Some((first, _)), Some((last, _))) = (self.below.first(), self.below.last()) else { return Vec::new() };
        let count = |end: i64| {
            let place = self.below.partition_point(|(rating, _)| *rating < end);
            self.below.get(place).map_or(self.total, |(_, below)| *below)
        };
        // Ratings far from any person's are a mistake of the file's, and no reason for a million bins.
        let (first, last) = (first.div_euclid(width), last.div_euclid(width).min(first.div_euclid(width).saturating_add(1000)));
        let bin = |bin: i64| {
            let low = bin.saturating_mul(width);
            (low, (count(low.saturating_add(width)) - count(low)) as f64 / self.total as f64)
        };
        (first..=last).map(bin).collect()
    }

    /// How many people.
    pub fn count(&self) -> u64 {
        self.total
    }

    /// The share of people below `rating` in percent, to one decimal as Python rounds (spec section 5, `get_percentile`).
    pub fn percentile(&self, rating: f64) -> f64 {
        let place = self.below.partition_point(|(other, _)| (*other as f64) < rating);
        let below = self.below.get(place).map_or(self.total, |(_, below)| *below);
        let exact = 100.0 * below as f64 / self.total as f64;
        format!("{exact:.1}").parse().unwrap_or(exact)
    }
}
