use serde::Deserialize;

/// How an answer is asked for, as far as that decides what it costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked<'a> {
    /// In a batch.
    pub batched: bool,
    /// At these tiers of service, where they are not the standard ones.
    pub tiers: &'a [String],
}

/// What prices are multiplied by in a batch or at a tier of service: a number, or another one for what the vendor read from
/// its cache, `{ times = 0.5, cached_input = 1.0 }`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(from = "Written")]
pub struct Factor {
    /// For all but what was read from the cache.
    pub times: f64,
    /// For that.
    pub cached_input: f64,
}

impl Factor {
    /// No other prices.
    pub const ONE: Self = Self { times: 1.0, cached_input: 1.0 };

    /// Both, one upon the other.
    pub(super) fn and(self, other: Self) -> Self {
        Self { times: self.times * other.times, cached_input: self.cached_input * other.cached_input }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Times(f64),
    Apart(Apart),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Apart {
    times: f64,
    cached_input: f64,
}

impl From<Written> for Factor {
    fn from(written: Written) -> Self {
        match written {
            Written::Times(times) => Self { times, cached_input: times },
            Written::Apart(Apart { times, cached_input }) => Self { times, cached_input },
        }
    }
}
