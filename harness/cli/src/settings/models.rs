use crate::context::Context;
use crate::error::CliError;
use clap::Args;
use proctor_assets::{Layout, Part};
use proctor_core::Model;
use proctor_models::{ModelOptions, Timeouts, parse_argument};
use serde_json::Map;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The local model that `proctor setup` installs.
const DEFAULT_MODEL: &str = "candle/smollm2-135m";

/// Which models, and how to reach them.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Models")]
pub struct ModelArguments {
    /// A model; may be repeated. The default is the local model of `proctor setup`; `proctor list models` shows the
    /// forms.
    #[arg(short, long = "model", value_name = "MODEL")]
    pub models: Vec<String>,
    /// An option of the backend, or a field that goes into every request; may be repeated.
    #[arg(short = 'M', value_name = "KEY=VALUE")]
    pub arguments: Vec<String>,
    /// Base address of the endpoint, e.g. http://localhost:8000/v1.
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Weights of a local model, a GGUF file.
    #[arg(long, value_name = "PATH")]
    pub model_file: Option<PathBuf>,
    /// Threads of a local model; the default is one per core.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    /// Ask for whole answers instead of streams.
    #[arg(long)]
    pub no_stream: bool,
    /// Most seconds for one answer.
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: Option<u64>,
    /// Most seconds in which nothing comes of a streamed answer (300 without this); then it is asked for again.
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub idle_timeout: Option<u64>,
}

impl ModelArguments {
    /// The models' names, each once; without any, the local model of `proctor setup`.
    fn names(&self, layout: &Layout) -> Vec<String> {
        if self.models.is_empty() {
            return vec![layout.default_model()];
        }
        let mut seen = HashSet::new();
        self.models.iter().filter(|name| seen.insert(name.as_str())).cloned().collect()
    }

    /// What must be installed before they can be opened.
    pub fn needs(&self, context: &Context) -> Vec<Part> {
        let names = self.names(&Layout::new(&context.cache));
        let default = names.iter().any(|name| name == DEFAULT_MODEL) && self.model_file.is_none();
        if default { vec![Part::Model] } else { Vec::new() }
    }

    /// Opens every model; to plan only, without the keys of their endpoints.
    pub fn open(&self, context: &Context, planning: bool) -> Result<Vec<Arc<dyn Model>>, CliError> {
        let mut timeouts = Timeouts::default();
        timeouts.total = self.timeout.map_or(timeouts.total, Duration::from_secs);
        timeouts.idle = self.idle_timeout.map_or(timeouts.idle, Duration::from_secs).min(timeouts.total);
        let backend = Backend {
            base_url: self.base_url.clone(),
            stream: self.no_stream.then_some(false),
            timeouts,
            model_file: self.model_file.clone(),
            threads: self.threads.map(|n| n as usize),
            planning,
        };
        open_models(&self.names(&Layout::new(&context.cache)), &self.arguments, &backend, context)
    }
}

/// What is the same for several models.
#[derive(Debug, Clone, Default)]
pub struct Backend {
    pub base_url: Option<String>,
    pub stream: Option<bool>,
    pub timeouts: Timeouts,
    pub model_file: Option<PathBuf>,
    pub threads: Option<usize>,
    /// Whether nothing will be asked, so that no key is needed.
    pub planning: bool,
}

/// Opens the models called `names`, each with the options `arguments` (`KEY=VALUE`).
pub fn open_models(
    names: &[String],
    arguments: &[String],
    backend: &Backend,
    context: &Context,
) -> Result<Vec<Arc<dyn Model>>, CliError> {
    let mut args = Map::new();
    for argument in arguments {
        let (key, value) = parse_argument(argument).map_err(CliError::usage)?;
        args.insert(key, value);
    }
    let layout = Layout::new(&context.cache);
    let options = |model: &str| ModelOptions {
        base_url: backend.base_url.clone(),
        args: args.clone(),
        stream: backend.stream,
        timeouts: backend.timeouts,
        model_file: backend.model_file.clone().or_else(|| (model == DEFAULT_MODEL).then(|| layout.model())),
        threads: backend.threads,
    };
    let mut opened = Vec::new();
    for name in names {
        opened.push(match backend.planning {
            true => proctor_models::open_with(name, &options(name), &keyless)?,
            false => proctor_models::open(name, &options(name))?,
        });
    }
    Ok(opened)
}

/// The environment with a key for everything.
fn keyless(name: &str) -> Option<String> {
    let set = std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    set.or_else(|| name.ends_with("_API_KEY").then(|| "none is needed to plan".to_owned()))
}
