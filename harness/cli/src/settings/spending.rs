use crate::context::Context;
use crate::environment;
use crate::error::CliError;
use clap::Args;
use proctor_core::Model;
use proctor_engine::{Caps, Prices};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What may be spent, what things cost, and what need not be paid for again.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Spending")]
pub struct SpendingArguments {
    /// Start nothing more once answers have cost so much, in US dollars; the same command with a higher bound goes on.
    #[arg(long, value_name = "USD", allow_negative_numbers = true, value_parser = dollars)]
    max_cost: Option<f64>,
    /// Start nothing more once prompts and answers together have so many tokens.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = tokens)]
    max_tokens_total: Option<u64>,
    /// Start nothing more after so long: 90, 90s, 15m, 2h.
    #[arg(long, value_name = "TIME", allow_negative_numbers = true, value_parser = duration)]
    max_time: Option<Duration>,
    #[command(flatten)]
    prices: PriceArguments,
    /// Ask for every answer, even where the store keeps one to the same question.
    #[arg(long)]
    no_cache: bool,
}

/// Where prices are from.
#[derive(Debug, Clone, Args)]
pub struct PriceArguments {
    /// A table of prices that come before the program's own.
    #[arg(long, value_name = "FILE", env = environment::PRICES, hide_env_values = true)]
    prices: Option<OsString>,
}

impl PriceArguments {
    /// The prices: those of `--prices`, then those of `prices.toml` beside the store, then the program's own.
    pub fn open(&self, context: &Context) -> Result<Arc<Prices>, CliError> {
        let mut prices = Prices::built_in().map_err(CliError::failure)?;
        let beside = context.beside_store("prices.toml");
        let named = self.prices.as_ref().filter(|file| !file.is_empty()).map(PathBuf::from);
        for file in beside.is_file().then_some(&beside).into_iter().chain(&named) {
            prices = prices.before(&read(file)?, &file.display().to_string()).map_err(|e| {
                CliError::usage(e.to_string()).hint("docs/runs.md shows the form: [[price]] with models, input, output, as_of")
            })?;
        }
        Ok(Arc::new(prices))
    }
}

impl SpendingArguments {
    /// The bounds.
    pub fn caps(&self) -> Caps {
        Caps { cost_usd: self.max_cost, tokens: self.max_tokens_total, time: self.max_time }
    }

    /// Whether kept answers are given again, and new ones kept.
    pub fn cache(&self) -> bool {
        !self.no_cache
    }

    /// The prices in force.
    pub fn prices(&self, context: &Context) -> Result<Arc<Prices>, CliError> {
        self.prices.open(context)
    }

    /// An error where a bound on cost cannot be kept because a model, tested or judging, has no price.
    pub fn check(&self, models: &[Arc<dyn Model>], prices: &Prices) -> Result<(), CliError> {
        // OpenRouter tells with each answer what it cost.
        let unpriced = |model: &&Arc<dyn Model>| {
            let name = model.name();
            !is_free(name) && !name.starts_with("openrouter/") && prices.of(name).is_none()
        };
        match models.iter().find(unpriced) {
            Some(model) if self.max_cost.is_some() => {
                let message = format!("--max-cost cannot be kept: what {} costs is not known", model.name());
                Err(CliError::usage(message).hint(format!("{}; or use --max-tokens-total", giving_a_price(model.name()))))
            }
            _ => Ok(()),
        }
    }

    /// One sentence for every model whose answers will have no price, so that nobody takes an empty column for nothing.
    pub fn unpriced(&self, models: &[Arc<dyn Model>], prices: &Prices) -> Vec<String> {
        let mut names: Vec<&str> = models.iter().filter(|model| !is_own(model.as_ref())).map(|model| model.name()).collect();
        names.retain(|name| !is_free(name) && !name.starts_with("openrouter/") && prices.of(name).is_none());
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(no_price).collect()
    }
}

/// Whether a model costs nothing by its kind.
pub fn is_free(name: &str) -> bool {
    ["candle/", "mock/", "replay/"].iter().any(|prefix| name.starts_with(prefix))
}

/// Whether a model is served by this machine.
fn is_own(model: &dyn Model) -> bool {
    let host = model.address().map(|address| address.host).unwrap_or_default();
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified())
}

/// That a model has no price, and how to give it one.
pub fn no_price(name: &str) -> String {
    format!("no price known for {name}, so its cost is not counted; {}", giving_a_price(name))
}

fn giving_a_price(name: &str) -> String {
    format!("give it one with `proctor prices set {name} --input USD --output USD`, or a table with --prices FILE")
}

fn read(file: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(file).map_err(|e| CliError::usage(format!("the prices in {} cannot be read: {e}", file.display())))
}

/// An amount of US dollars.
pub fn dollars(text: &str) -> Result<f64, String> {
    let number = text.trim_start_matches('$').parse::<f64>().ok();
    number.filter(|n| n.is_finite() && *n >= 0.0).ok_or_else(|| "write a number of US dollars, e.g. 2.50".into())
}

/// A count, perhaps with `k` or `M`.
fn tokens(text: &str) -> Result<u64, String> {
    let (number, unit) = match text.strip_suffix(['k', 'K']) {
        Some(number) => (number, 1e3),
        None => text.strip_suffix(['m', 'M']).map_or((text, 1.0), |number| (number, 1e6)),
    };
    let count = number.replace('_', "").parse::<f64>().ok().map(|n| n * unit);
    count
        .filter(|n| (0.0..1e15).contains(n))
        .map(|n| n as u64)
        .ok_or_else(|| "write a number of tokens, e.g. 500000, 500k or 2M".into())
}

/// Reads a span of time: `90`, `90s`, `15m`, `2h`, `1d`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.char_indices().last() {
        Some((at, 's')) => (&text[..at], 1.0),
        Some((at, 'm')) => (&text[..at], 60.0),
        Some((at, 'h')) => (&text[..at], 3600.0),
        Some((at, 'd')) => (&text[..at], 86_400.0),
        _ => (text, 1.0),
    };
    let seconds = number.parse::<f64>().ok().map(|n| n * unit).filter(|s| (0.0..=1e9).contains(s));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "write seconds, or a number with s, m, h or d, e.g. 15m".into())
}
