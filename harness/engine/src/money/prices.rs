use super::factor::{Asked, Factor};
use super::names::{names_of, stands_for};
use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use proctor_core::Usage;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Tokens a price is for.
const PER_MILLION: f64 = 1e6;

/// The prices this program brings along, a table for each vendor.
const BUILT_IN: [(&str, &str); 9] = [
    ("openai", include_str!("prices/openai.toml")),
    ("anthropic", include_str!("prices/anthropic.toml")),
    ("google", include_str!("prices/google.toml")),
    ("mistral", include_str!("prices/mistral.toml")),
    ("groq", include_str!("prices/groq.toml")),
    ("together", include_str!("prices/together.toml")),
    ("deepseek", include_str!("prices/deepseek.toml")),
    ("fireworks", include_str!("prices/fireworks.toml")),
    ("xai", include_str!("prices/xai.toml")),
];

/// Why a table of prices cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{file} is not a table of prices: {reason}")]
pub struct PriceError {
    /// Where it came from.
    pub file: String,
    /// What is wrong, with the line.
    pub reason: String,
}

/// US dollars per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// Tokens of the prompt.
    pub input: f64,
    /// Tokens of the answer, reasoning included.
    pub output: f64,
    /// Prompt tokens that the vendor read from its cache; as others where `None`.
    pub cached_input: Option<f64>,
    /// Prompt tokens that the vendor wrote into its cache; as others where `None`.
    pub cache_write: Option<f64>,
    /// Prompt tokens that the vendor keeps in its cache for an hour; as `cache_write` where `None`.
    pub cache_write_1h: Option<f64>,
}

/// The tokens of an answer, or of several, each at its own price.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tokens {
    /// Of the prompt: neither read from the vendor's cache nor written into it.
    pub fresh: f64,
    /// Read from it.
    pub cached: f64,
    /// Written into it.
    pub written: f64,
    /// Written into it for an hour.
    pub written_1h: f64,
    /// Of the answer.
    pub answer: f64,
}

impl Tokens {
    /// Those of one answer. What a provider says of its cache is never more than the prompt.
    fn of(prompt: u64, answer: u64, usage: &Usage) -> Self {
        let cached = usage.cached_tokens.unwrap_or(0).min(prompt);
        let written = usage.cache_write_tokens.unwrap_or(0).min(prompt - cached);
        let written_1h = usage.cache_write_1h_tokens.unwrap_or(0).min(written);
        Self {
            fresh: (prompt - cached - written) as f64,
            cached: cached as f64,
            written: (written - written_1h) as f64,
            written_1h: written_1h as f64,
            answer: answer as f64,
        }
    }
}

impl Rates {
    /// These prices times `factor`.
    pub(super) fn times(&self, factor: Factor) -> Self {
        let Factor { times, cached_input } = factor;
        Self {
            input: self.input * times,
            output: self.output * times,
            cached_input: Some(self.cached_input.map_or(self.input * times, |price| price * cached_input)),
            cache_write: self.cache_write.map(|price| price * times),
            cache_write_1h: self.cache_write_1h.map(|price| price * times),
        }
    }

    /// What `tokens` cost, in US dollars.
    pub(super) fn cost(&self, tokens: &Tokens) -> f64 {
        let write = self.cache_write.unwrap_or(self.input);
        let dollars = tokens.fresh * self.input
            + tokens.cached * self.cached_input.unwrap_or(self.input)
            + tokens.written * write
            + tokens.written_1h * self.cache_write_1h.unwrap_or(write)
            + tokens.answer * self.output;
        dollars / PER_MILLION
    }
}

/// Other prices for long prompts.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Long {
    /// More than so many tokens.
    over: u64,
    input: f64,
    output: f64,
    cached_input: Option<f64>,
    cache_write: Option<f64>,
    cache_write_1h: Option<f64>,
}

/// Hours at which everything costs more, Monday to Friday.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Peak {
    /// Hours of UTC, 0 to 23.
    hours: Vec<i8>,
    /// What the whole is multiplied by.
    times: f64,
}

/// What a model costs.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    models: Vec<String>,
    input: f64,
    output: f64,
    cached_input: Option<f64>,
    cache_write: Option<f64>,
    cache_write_1h: Option<f64>,
    batch: Option<Factor>,
    #[serde(default)]
    tiers: BTreeMap<String, Factor>,
    long: Option<Long>,
    peak: Option<Peak>,
    /// The first day on which it counts.
    from: Option<String>,
    /// The day on which it was so, e.g. `2026-10-24`.
    #[serde(default)]
    pub as_of: String,
    /// Who says so.
    #[serde(default)]
    pub source: String,
}

impl Price {
    /// The prices of one request whose prompt has `prompt_tokens`.
    pub fn rates(&self, prompt_tokens: u64) -> Rates {
        match self.long {
            Some(Long { over, input, output, cached_input, cache_write, cache_write_1h }) if prompt_tokens > over => {
                Rates { input, output, cached_input, cache_write, cache_write_1h }
            }
            _ => Rates {
                input: self.input,
                output: self.output,
                cached_input: self.cached_input,
                cache_write: self.cache_write,
                cache_write_1h: self.cache_write_1h,
            },
        }
    }

    /// What the whole is multiplied by in a batch; 1 where the vendor gives no discount.
    pub fn batch(&self) -> f64 {
        self.batch.unwrap_or(Factor::ONE).times
    }

    /// Tiers of service with other prices, and what the standard ones are multiplied by there.
    pub fn tiers(&self) -> &BTreeMap<String, Factor> {
        &self.tiers
    }

    /// What the whole is multiplied by for an answer that is `asked` for so. A tier that is not in the table costs what the
    /// standard one does.
    pub(super) fn factor(&self, asked: Asked<'_>) -> Factor {
        let batch = if asked.batched { self.batch.unwrap_or(Factor::ONE) } else { Factor::ONE };
        asked.tiers.iter().filter_map(|tier| self.tiers.get(tier)).fold(batch, |all, tier| all.and(*tier))
    }

    /// What the whole is multiplied by at some time of the day at most; 1 where all hours cost the same.
    pub fn most_at_peak(&self) -> f64 {
        self.peak.as_ref().map_or(1.0, |peak| peak.times.max(1.0))
    }

    /// What the whole is multiplied by at `moment`.
    pub fn at(&self, moment: Timestamp) -> f64 {
        let Some(peak) = &self.peak else { return 1.0 };
        let moment = TimeZone::UTC.to_datetime(moment);
        let working = !matches!(moment.weekday(), Weekday::Saturday | Weekday::Sunday);
        if working && peak.hours.contains(&moment.hour()) { peak.times } else { 1.0 }
    }

    /// What an answer that comes now costs, in US dollars; `None` where its tokens were not reported. Prompt tokens include
    /// those of the vendor's cache, and tokens of the answer include reasoning.
    pub fn cost(&self, usage: &Usage, asked: Asked<'_>) -> Option<f64> {
        self.cost_at(usage, asked, Timestamp::now())
    }

    /// [`Price::cost`] of an answer that came at `moment`.
    pub fn cost_at(&self, usage: &Usage, asked: Asked<'_>, moment: Timestamp) -> Option<f64> {
        let (prompt, answer) = (usage.prompt_tokens?, usage.completion_tokens?);
        let dollars = self.rates(prompt).times(self.factor(asked)).cost(&Tokens::of(prompt, answer, usage));
        Some(dollars * self.at(moment))
    }

    /// The models it is the price of.
    pub fn models(&self) -> &[String] {
        &self.models
    }

    /// The first day on which it counts, where it does not always.
    pub fn from(&self) -> Option<&str> {
        self.from.as_deref()
    }

    /// Tokens of a prompt beyond which other prices hold.
    pub fn long_over(&self) -> Option<u64> {
        self.long.map(|long| long.over)
    }

    /// What is wrong with it, if anything.
    fn fault(&self) -> Option<String> {
        let rates = [self.rates(0), self.rates(u64::MAX)];
        let of = |r: &Rates| [Some(r.input), Some(r.output), r.cached_input, r.cache_write, r.cache_write_1h];
        let factors = self.batch.iter().chain(self.tiers.values()).flat_map(|factor| [factor.times, factor.cached_input]);
        let numbers = rates.iter().flat_map(of).flatten().chain(factors).chain(self.peak.as_ref().map(|peak| peak.times));
        let day = |text: &str| text.parse::<Date>().is_ok();
        let name = self.models.first().map_or("an entry without models", String::as_str);
        let what = match () {
            () if self.models.is_empty() => "needs a model",
            () if numbers.into_iter().any(|price: f64| !price.is_finite() || price < 0.0) => "has a negative number",
            () if !day(&self.as_of) => "needs as_of, the day on which it was so, e.g. as_of = \"2026-11-01\"",
            () if self.from.as_deref().is_some_and(|from| !day(from)) => "begins on a day that is none; from = \"2026-12-01\"",
            () if self.peak.iter().flat_map(|peak| &peak.hours).any(|hour| !(0..24).contains(hour)) => {
                "has peak hours outside 0 to 23"
            }
            () => return None,
        };
        Some(format!("the price of {name} {what}"))
    }
}

/// Tables of prices, the one that counts first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prices(Vec<Vec<Price>>);

/// A table as it is written. What stands above its entries holds for all that do not say otherwise.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    as_of: Option<String>,
    source: Option<String>,
    batch: Option<Factor>,
    #[serde(default)]
    price: Vec<Price>,
}

impl Prices {
    /// The tables this program brings along.
    pub fn built_in() -> Result<Self, PriceError> {
        BUILT_IN
            .iter()
            .try_fold(Self::default(), |prices, (vendor, text)| prices.before(text, &format!("the built-in table of {vendor}")))
    }

    /// These prices after those of `text`, a table in TOML that came from `file`.
    pub fn before(mut self, text: &str, file: &str) -> Result<Self, PriceError> {
        let wrong = |reason: String| PriceError { file: file.to_owned(), reason };
        let File { as_of, source, batch, mut price } =
            toml::from_str(text).map_err(|e| wrong(e.to_string().split_whitespace().collect::<Vec<_>>().join(" ")))?;
        for entry in &mut price {
            if let Some(as_of) = as_of.as_ref().filter(|_| entry.as_of.is_empty()) {
                entry.as_of.clone_from(as_of);
            }
            if let Some(source) = source.as_ref().filter(|_| entry.source.is_empty()) {
                entry.source.clone_from(source);
            }
            entry.batch = entry.batch.or(batch);
            if let Some(fault) = entry.fault() {
                return Err(wrong(fault));
            }
        }
        self.0.insert(0, price);
        Ok(self)
    }

    /// Every price, the one that counts first.
    pub fn all(&self) -> impl Iterator<Item = &Price> {
        self.0.iter().flatten()
    }

    /// What a model, by the name proctor takes, costs today.
    pub fn of(&self, model: &str) -> Option<&Price> {
        self.of_on(model, TimeZone::UTC.to_datetime(Timestamp::now()).date())
    }

    /// [`Prices::of`] on another day. Within a table, its very name counts before one it is a dated version of. A gateway
    /// that passes on its vendors' prices has those.
    pub fn of_on(&self, model: &str, day: Date) -> Option<&Price> {
        names_of(model).iter().find_map(|name| self.named(name, day))
    }

    fn named(&self, model: &str, day: Date) -> Option<&Price> {
        let begun =
            |price: &&Price| price.from.as_ref().and_then(|from| from.parse::<Date>().ok()).is_none_or(|from| from <= day);
        self.0.iter().find_map(|table| {
            let mut now = table.iter().filter(begun);
            let exactly = now.clone().find(|price| price.models.iter().any(|name| name == model));
            exactly.or_else(|| now.find(|price| price.models.iter().any(|name| stands_for(name, model))))
        })
    }
}
