use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
use proctor_core::Protocol;
use proctor_engine::SamplingOverrides;
use serde_json::Map;

/// How answers are drawn; what is not given is the benchmark's own protocol.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Sampling")]
pub struct SamplingArguments {
    /// How questions reach the model; the default is chat where the model has it.
    #[arg(long, value_enum)]
    pub protocol: Option<ProtocolArgument>,
    /// 0 is greedy.
    #[arg(long, value_name = "T", allow_negative_numbers = true, value_parser = temperature)]
    pub temperature: Option<f64>,
    /// Nucleus mass, above 0 and at most 1.
    #[arg(long, value_name = "P", allow_negative_numbers = true, value_parser = mass)]
    pub top_p: Option<f64>,
    /// Only the K most probable tokens.
    #[arg(long, value_name = "K", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub top_k: Option<u32>,
    /// Most new tokens in one answer.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_tokens: Option<u32>,
    /// Ends the answer; may be repeated; replaces the benchmark's own.
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub stop: Vec<String>,
    /// Independent attempts per sample, for pass@k; the default is the benchmark's own, usually 1.
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub epochs: Option<u32>,
    /// Everything random is derived from it.
    #[arg(long, value_name = "SEED", allow_negative_numbers = true, default_value_t = 0)]
    pub seed: u64,
}

/// How questions reach the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProtocolArgument {
    /// Messages, in the model's own chat template.
    Chat,
    /// Raw text that the model continues.
    Completion,
}

impl From<ProtocolArgument> for Protocol {
    fn from(argument: ProtocolArgument) -> Self {
        match argument {
            ProtocolArgument::Chat => Protocol::Chat,
            ProtocolArgument::Completion => Protocol::Completion,
        }
    }
}

impl SamplingArguments {
    /// The protocol asked for.
    pub fn protocol(&self) -> Option<Protocol> {
        self.protocol.map(Protocol::from)
    }

    /// What differs from the benchmark's protocol.
    pub fn overrides(&self) -> SamplingOverrides {
        SamplingOverrides {
            temperature: self.temperature,
            top_p: self.top_p,
            top_k: self.top_k,
            max_tokens: self.max_tokens,
            stop: (!self.stop.is_empty()).then(|| self.stop.clone()),
            extra: Map::new(),
        }
    }
}

fn temperature(text: &str) -> Result<f64, String> {
    in_range(text, |t| (0.0..=100.0).contains(&t), "a number from 0 to 100")
}

fn mass(text: &str) -> Result<f64, String> {
    in_range(text, |p| p > 0.0 && p <= 1.0, "a number above 0 and at most 1")
}

fn in_range(text: &str, fits: impl Fn(f64) -> bool, wanted: &str) -> Result<f64, String> {
    text.parse::<f64>().ok().filter(|value| fits(*value)).ok_or_else(|| format!("write {wanted}"))
}
