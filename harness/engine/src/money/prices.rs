use proctor_core::Usage;
use serde::Deserialize;

/// Tokens a price is for.
const PER_MILLION: f64 = 1e6;

/// The prices this program brings along.
const BUILT_IN: &str = include_str!("prices.toml");

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
    batch: Option<f64>,
    long: Option<Long>,
    /// The day on which it was so, e.g. `2026-10-24`.
    pub as_of: String,
    /// Who says so.
    #[serde(default)]
    pub source: String,
}

impl Price {
    /// The prices of one request whose prompt has `prompt_tokens`.
    pub fn rates(&self, prompt_tokens: u64) -> Rates {
        match &self.long {
            Some(Long { over, input, output, cached_input, cache_write }) if prompt_tokens > *over => {
                Rates { input: *input, output: *output, cached_input: *cached_input, cache_write: *cache_write }
            }
            _ => Rates { input: self.input, output: self.output, cached_input: self.cached_input, cache_write: self.cache_write },
        }
    }

    /// What the whole is multiplied by in a batch; 1 where the vendor gives no discount.
    pub fn batch(&self) -> f64 {
        self.batch.unwrap_or(1.0)
    }

    /// What an answer costs, in US dollars; `None` where its tokens were not reported. Prompt tokens include those of the
    /// vendor's cache, and tokens of the answer include reasoning.
    pub fn cost(&self, usage: &Usage, batched: bool) -> Option<f64> {
        let (prompt, answer) = (usage.prompt_tokens?, usage.completion_tokens?);
        let rates = self.rates(prompt);
        let cached = usage.cached_tokens.unwrap_or(0).min(prompt);
        let written = usage.cache_write_tokens.unwrap_or(0).min(prompt - cached);
        let fresh = prompt - cached - written;
        let dollars = fresh as f64 * rates.input
            + cached as f64 * rates.cached_input.unwrap_or(rates.input)
            + written as f64 * rates.cache_write.unwrap_or(rates.input)
            + answer as f64 * rates.output;
        Some(dollars / PER_MILLION * if batched { self.batch() } else { 1.0 })
    }
}

/// A table of prices.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prices(Vec<Price>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    price: Vec<Price>,
}

impl Prices {
    /// The table this program brings along.
    pub fn built_in() -> Result<Self, PriceError> {
        Self::default().before(BUILT_IN, "the built-in table")
    }

    /// These prices after those of `text`, a table in TOML that came from `file`.
    pub fn before(self, text: &str, file: &str) -> Result<Self, PriceError> {
        let wrong = |reason: String| PriceError { file: file.to_owned(), reason };
        let File { price } =
            toml::from_str(text).map_err(|e| wrong(e.to_string().split_whitespace().collect::<Vec<_>>().join(" ")))?;
        for entry in &price {
            let long = entry.long.map(|l| [Some(l.input), Some(l.output), l.cached_input, l.cache_write]);
            let own = [Some(entry.input), Some(entry.output), entry.cached_input, entry.cache_write, entry.batch];
            let bad = own.into_iter().chain(long.into_iter().flatten()).flatten().any(|p| !p.is_finite() || p < 0.0);
            if bad || entry.models.is_empty() {
                let name = entry.models.first().map_or("an entry without models", String::as_str);
                return Err(wrong(format!("the price of {name} needs a model, and no number may be negative")));
            }
        }
        Ok(Self(price.into_iter().chain(self.0).collect()))
    }

    /// The price of a model by the name proctor takes.
    pub fn of(&self, model: &str) -> Option<&Price> {
        self.0.iter().find(|price| price.models.iter().any(|name| stands_for(name, model)))
    }
}

/// Whether `name` is `model` or an undated name of it.
fn stands_for(name: &str, model: &str) -> bool {
    match model.strip_prefix(name) {
        Some("") | Some("-latest") => true,
        Some(rest) => {
            let digits = rest.chars().filter(char::is_ascii_digit).count();
            rest.starts_with('-') && digits == 8 && rest.chars().all(|c| c == '-' || c.is_ascii_digit())
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(prompt: u64, answer: u64, cached: u64, written: u64) -> Usage {
        Usage {
            prompt_tokens: Some(prompt),
            completion_tokens: Some(answer),
            cached_tokens: Some(cached),
            cache_write_tokens: Some(written),
            ..Usage::default()
        }
    }

    #[test]
    fn every_kind_of_token_has_its_price() -> Result<(), PriceError> {
        let prices = Prices::built_in()?;
        let check = |model: &str, usage: Usage, batched: bool, dollars: f64| {
            let cost = prices.of(model).and_then(|p| p.cost(&usage, batched)).unwrap_or(f64::NAN);
            assert!((cost - dollars).abs() < 1e-12, "{model} {usage:?}: {cost} is not {dollars}");
        };
        const M: u64 = 1_000_000;
        check("openai/gpt-5", usage(M, 0, 0, 0), false, 1.25);
        check("openai/gpt-5-2025-08-07", usage(M, M, 0, 0), false, 11.25);
        check("openai/gpt-5", usage(M, 0, M, 0), false, 0.125);
        check("openai/gpt-5", usage(M, M, M / 2, 0), true, (0.625 + 0.0625 + 10.0) / 2.0);
        check("anthropic/claude-sonnet-4-5-20250929", usage(M, 0, M / 4, M / 4), false, 1.5 + 0.075 + 0.9375);
        check("anthropic/claude-haiku-5-5", usage(100_000, 1000, 0, 0), false, 0.01 + 0.0005);
        check("anthropic/claude-haiku-5-5", usage(100_001, 1000, 0, 0), false, 0.050_000_5 + 0.0025);
        check("google/gemini-2.5-pro", usage(300_000, 0, 0, 0), false, 0.75);
        // Nonsense of a provider is never paid twice.
        check("openai/gpt-5", usage(10, 0, 4_000, 4_000), false, 10.0 * 0.125 / 1e6);
        assert_eq!(prices.of("openai/gpt-5").and_then(|p| p.cost(&Usage::default(), false)), None);
        Ok(())
    }

    #[test]
    fn a_name_stands_for_its_dated_versions_only() -> Result<(), PriceError> {
        let prices = Prices::built_in()?;
        let check = |model: &str, input: Option<f64>| assert_eq!(prices.of(model).map(|p| p.input), input, "{model}");
        check("openai/gpt-4.1-mini-2025-04-14", Some(0.4));
        check("openai/gpt-4.1", Some(2.0));
        check("openai/gpt-5-pro", None);
        check("openai/gpt-5-codex", None);
        check("anthropic/claude-opus-5", Some(5.0));
        check("anthropic/claude-opus-5-5", Some(4.0));
        check("anthropic/claude-opus-4-20250514", Some(15.0));
        check("anthropic/claude-sonnet-4-5-latest", Some(3.0));
        check("gpt-5", None);
        Ok(())
    }

    #[test]
    fn a_users_prices_come_first() -> Result<(), PriceError> {
        let text = "[[price]]\nmodels = [\"openai/gpt-5\", \"vllm/mine\"]\ninput = 0\noutput = 1\nas_of = \"2030-01-01\"\n";
        let prices = Prices::built_in()?.before(text, "mine.toml")?;
        assert_eq!(prices.of("openai/gpt-5").map(|p| (p.output, p.batch())), Some((1.0, 1.0)));
        assert_eq!(prices.of("vllm/mine").map(|p| p.input), Some(0.0));
        assert_eq!(prices.of("openai/gpt-5-mini").map(|p| p.input), Some(0.25));
        for (text, words) in [
            ("[[price]]\nmodels = [\"x\"]\ninput = -1\noutput = 1\nas_of = \"2030-01-01\"", "negative"),
            ("[[price]]\nmodels = []\ninput = 1\noutput = 1\nas_of = \"2030-01-01\"", "needs a model"),
            ("[[price]]\nmodels = [\"x\"]\ninput = 1\nas_of = \"2030-01-01\"", "output"),
            ("[[prices]]\n", "prices"),
            ("input = ", "line 1"),
        ] {
            let error = Prices::default().before(text, "mine.toml").err().map(|e| e.to_string()).unwrap_or_default();
            assert!(error.starts_with("mine.toml is not a table of prices") && error.contains(words), "{error}");
            assert!(!error.contains('\n'));
        }
        Ok(())
    }
}
