use crate::scorer::Rule;
use proctor_core::{BenchmarkError, Opening};

/// Name on the command line.
pub const NAME: &str = "failsafeqa";
/// The variant with another record's filing as irrelevant context.
pub const PAIRED: &str = "paired";

/// What happens to a filing that does not fit into the model's window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overflow {
    /// The case fails, as not compliant.
    Fail,
    /// The end of the filing is cut off; how much is counted.
    Cut,
}

/// How much a model is given to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// What happens to a filing that does not fit.
    pub overflow: Overflow,
    /// Tokens that prompt and answer may have together, where the user says so; otherwise it is the model's own window.
    pub tokens: Option<usize>,
}

/// What the user chose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// The seed of the pairing, in the variant `paired`.
    pub paired: Option<u64>,
    /// Threshold and β.
    pub rule: Rule,
    /// How much a model is given to read.
    pub window: Window,
    /// Most new tokens of a judge's reply.
    pub judge_tokens: u32,
}

impl Settings {
    /// The settings of an opening; unknown variants, options and values are errors that name the known ones.
    pub fn of(opening: &Opening) -> Result<Settings, BenchmarkError> {
        let paired = match opening.variant.as_deref() {
            None => false,
            Some(PAIRED) => true,
            Some(other) => {
                let other: String = other.chars().take(80).collect();
                return Err(BenchmarkError::Input(format!(
                    "FailSafeQA has no variant `{other}`: known are `{NAME}` and `{NAME}:{PAIRED}`"
                )));
            }
        };
        let mut known = vec!["beta", "threshold", "overflow", "window", "judge_tokens"];
        known.extend(paired.then_some("pairing_seed"));
        opening.refuse_unknown(NAME, &known)?;
        let beta = match opening.option("beta") {
            None => 0.5,
            Some(text) => text
                .parse::<f64>()
                .ok()
                .filter(|beta| (0.0..=100.0).contains(beta))
                .ok_or_else(|| wrong("beta", text, "a number from 0 to 100"))?,
        };
        let overflow = match opening.choice("overflow", &["fail", "cut"])? {
            "cut" => Overflow::Cut,
            _ => Overflow::Fail,
        };
        let tokens = match opening.option("window") {
            None => None,
            Some(_) => Some(whole(opening, "window", 0, 256..=100_000_000)? as usize),
        };
        let seed = whole(opening, "pairing_seed", 0, 0..=u64::MAX)?;
        Ok(Settings {
            paired: paired.then_some(seed),
            rule: Rule { threshold: whole(opening, "threshold", 4, 1..=6)? as u8, beta },
            window: Window { overflow, tokens },
            judge_tokens: whole(opening, "judge_tokens", 256, 1..=65_536)? as u32,
        })
    }

    /// Whether figures can be put beside the paper's.
    pub fn deviations(&self) -> Vec<String> {
        let mut deviations = Vec::new();
        if self.paired.is_some() {
            deviations.push("irrelevant context is another record's filing".to_owned());
        }
        if self.rule.threshold != 4 {
            deviations.push(format!("compliant is a rating of {} and above, not 4", self.rule.threshold));
        }
        if self.window.overflow == Overflow::Cut {
            deviations.push("filings are cut to the model's window".to_owned());
        }
        if let Some(tokens) = self.window.tokens {
            deviations.push(format!("the window is {tokens} tokens by option"));
        }
        if self.judge_tokens != 256 {
            deviations.push(format!("the judge may write {} tokens, not 256", self.judge_tokens));
        }
        deviations
    }
}

fn whole(opening: &Opening, key: &str, default: u64, range: std::ops::RangeInclusive<u64>) -> Result<u64, BenchmarkError> {
    let Some(text) = opening.option(key) else { return Ok(default) };
    let bounds = format!("a whole number from {} to {}", range.start(), range.end());
    text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| wrong(key, text, &bounds))
}

fn wrong(key: &str, text: &str, wanted: &str) -> BenchmarkError {
    let text: String = text.chars().take(80).collect();
    BenchmarkError::Input(format!("-B {key}={text} is not {wanted}"))
}
