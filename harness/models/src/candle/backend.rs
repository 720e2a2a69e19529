//! `candle/…`: a GGUF model in this process.

use super::architecture::Architecture;
use super::file::ModelFile;
use super::generation::Bounds;
use super::load::{Arithmetic, load};
use super::matrix::WeightMode;
use super::metadata::Metadata;
use super::network::Network;
use super::operand::ActivationBits;
use super::sampler::Sampler;
use super::template::ChatTemplate;
use super::tokenizer::ModelTokenizer;
use super::worker::{Capacity, Job, Workers};
use super::{failure, reason};
use crate::{Environment, ModelOptions, split_thinking};
use async_trait::async_trait;
use candle_core::quantized::gguf_file::Content;
use proctor_core::{Capabilities, Completion, Model, ModelError, ModelErrorKind, Prompt, Request, Usage};
use serde_json::{Map, Value, json};
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Most tokens of an answer where the request names no number.
const DEFAULT_NEW_TOKENS: usize = 1024;
/// Sequences in a worker's batch where `-M batch=` names no number.
const DEFAULT_BATCH: usize = 8;
/// MiB of keys and values of all sequences together where `-M cache_mib=` names no number.
const DEFAULT_CACHE_MIB: usize = 2048;
/// The options of `-M` this backend has.
const ARGUMENTS: [&str; 4] = ["weights", "activation_bits", "batch", "cache_mib"];

/// A model file opened: metadata read, tokenizer and template built, weights not yet read.
pub struct OpenFile {
    content: Content,
    architecture: Architecture,
    /// The model's tokenizer.
    pub tokenizer: Arc<ModelTokenizer>,
    /// The model's chat template, where the file has one.
    pub template: Option<ChatTemplate>,
}

impl OpenFile {
    /// Reads a file's metadata.
    pub fn read(path: &Path) -> Result<Self, ModelError> {
        let unusable = |reason: &str| failure(format!("{} is no usable GGUF file: {reason}", path.display()));
        let file = std::fs::File::open(path).map_err(|e| unusable(&reason(&e)))?;
        // The reader divides by the file's alignment, which a damaged file may set to zero.
        let read = std::panic::catch_unwind(|| Content::read(&mut BufReader::with_capacity(1 << 20, file)));
        let content = read.map_err(|_| unusable("its header is damaged"))?.map_err(|e| unusable(&reason(&e)))?;
        let metadata = Metadata::new(&content);
        let architecture = Architecture::read(&metadata)?;
        let tokenizer = Arc::new(ModelTokenizer::read(&metadata)?);
        let template = match metadata.text("tokenizer.chat_template") {
            Some(source) => Some(ChatTemplate::new(source, &tokenizer)?),
            None => None,
        };
        Ok(Self { architecture, tokenizer, template, content })
    }

    /// Reads the weights.
    pub fn network(&self, path: &Path, arithmetic: Arithmetic) -> Result<Network, ModelError> {
        load(path, &self.content, self.architecture.clone(), self.tokenizer.len(), arithmetic)
    }
}

struct CandleModel {
    name: String,
    file: ModelFile,
    tokenizer: Arc<ModelTokenizer>,
    template: Option<ChatTemplate>,
    context: usize,
    architecture: String,
    arithmetic: Arithmetic,
    capacity: Capacity,
    workers: Workers,
}

/// Opens `candle/REST`: a model `proctor setup` fetched, or the path of a GGUF file of the llama or qwen2 family.
/// Metadata are read at once, weights with the first question. Errors are one sentence each: `Local` for a file that
/// is missing or unfit, `NotFound` for an unknown name, `BadRequest` for an unknown option.
pub fn open(name: &str, rest: &str, options: &ModelOptions, environment: &dyn Environment) -> Result<Arc<dyn Model>, ModelError> {
    let arithmetic = arithmetic(&options.args)?;
    check_arguments(&options.args)?;
    let batch = positive(&options.args, "batch")?.unwrap_or(DEFAULT_BATCH);
    let cache_mib = positive(&options.args, "cache_mib")?.unwrap_or(DEFAULT_CACHE_MIB);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = options.threads.unwrap_or(cores).clamp(1, 1024);
    let file = ModelFile::find(rest, options, environment)?;
    let opened = OpenFile::read(&file.path)?;
    let capacity = Capacity {
        workers,
        batch,
        cache_bytes: cache_mib.saturating_mul(1 << 20),
        bytes_per_token: opened.architecture.cache_bytes_per_token(),
    };
    let OpenFile { content, architecture, tokenizer, template } = opened;
    let (context, family, vocabulary) = (architecture.context, architecture.name.clone(), tokenizer.len());
    let path = file.path.clone();
    let read = move || load(&path, &content, architecture.clone(), vocabulary, arithmetic);
    Ok(Arc::new(CandleModel {
        name: name.to_owned(),
        file,
        tokenizer: Arc::clone(&tokenizer),
        template,
        context,
        architecture: family,
        arithmetic,
        capacity,
        workers: Workers::new(Box::new(read), tokenizer, capacity),
    }))
}

fn refuse(message: String) -> ModelError {
    ModelError::new(ModelErrorKind::BadRequest, message)
}

fn check_arguments(arguments: &Map<String, Value>) -> Result<(), ModelError> {
    match arguments.keys().find(|key| !ARGUMENTS.contains(&key.as_str())) {
        Some(key) => Err(refuse(format!("local models have no option `{key}`; their options are {}", ARGUMENTS.join(", ")))),
        None => Ok(()),
    }
}

fn arithmetic(arguments: &Map<String, Value>) -> Result<Arithmetic, ModelError> {
    let mut arithmetic = Arithmetic::detect();
    if let Some(weights) = arguments.get("weights") {
        arithmetic.weights = match weights.as_str() {
            Some("native") => WeightMode::Native,
            Some("f32") => WeightMode::Full,
            _ => return Err(refuse("the option `weights` must be native or f32".to_owned())),
        };
    }
    if let Some(bits) = arguments.get("activation_bits") {
        arithmetic.activations = match bits.as_u64() {
            Some(8) => ActivationBits::Eight,
            Some(16) => ActivationBits::Sixteen,
            _ => return Err(refuse("the option `activation_bits` must be 8 or 16".to_owned())),
        };
    }
    Ok(arithmetic)
}

fn positive(arguments: &Map<String, Value>, key: &str) -> Result<Option<usize>, ModelError> {
    match arguments.get(key) {
        None => Ok(None),
        Some(value) => match value.as_u64() {
            Some(number @ 1..=1_000_000) => Ok(Some(number as usize)),
            _ => Err(refuse(format!("the option `{key}` must be a whole number between 1 and 1000000"))),
        },
    }
}

impl CandleModel {
    /// The prompt as the network reads it, before tokens are made of it.
    fn text(&self, prompt: &Prompt) -> Result<String, ModelError> {
        match prompt {
            Prompt::Completion(text) => Ok(text.clone()),
            Prompt::Chat(messages) => match &self.template {
                Some(template) => template.render(messages),
                None => {
                    Err(refuse(format!("{} has no chat template; ask it with the completion protocol", self.file.path.display())))
                }
            },
        }
    }

    /// The prompt's tokens; refused where they leave no room for an answer. A text that is far too long is refused
    /// before tokens are made of it.
    fn tokens(&self, prompt: &Prompt) -> Result<Vec<u32>, ModelError> {
        let text = self.text(prompt)?;
        let too_long = |length: String| {
            let (context, name) = (self.context, &self.name);
            let message = format!(
                "the prompt is {length} tokens long, which leaves no room for an answer in the {context} tokens of {name}"
            );
            ModelError::new(ModelErrorKind::ContextLength, message)
        };
        let fewest = self.tokenizer.fewest(text.len());
        if fewest >= self.context {
            return Err(too_long(format!("at least {fewest}")));
        }
        let tokens = self.tokenizer.encode(&text)?;
        if tokens.is_empty() {
            return Err(refuse("the prompt is empty; a local model needs at least one token to continue".to_owned()));
        }
        if tokens.len() >= self.context {
            return Err(too_long(tokens.len().to_string()));
        }
        Ok(tokens)
    }
}

#[async_trait]
impl Model for CandleModel {
    fn name(&self) -> &str {
        &self.name
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            chat: self.template.is_some(),
            completion: true,
            seed: true,
            concurrency: Some(self.capacity.workers * self.capacity.batch),
            context_tokens: Some(self.context),
        }
    }

    fn provenance(&self) -> Value {
        json!({
            "backend": "candle",
            "architecture": self.architecture,
            "file_sha256": self.file.sha256,
            "file_bytes": self.file.bytes,
            "weights": self.arithmetic.weights.name(),
            "activation_bits": self.arithmetic.activations.count(),
            "instructions": self.arithmetic.cpu.name(),
        })
    }

    async fn complete(&self, request: &Request) -> Result<Completion, ModelError> {
        let started = Instant::now();
        check_arguments(&request.sampling.extra)?;
        let sampler = Sampler::new(&request.sampling)?;
        let prompt = self.tokens(&request.prompt)?;
        let bounds = Bounds {
            new_tokens: request.sampling.max_tokens.map_or(DEFAULT_NEW_TOKENS, |n| n as usize),
            context: self.context,
            stops: request.sampling.stop.clone(),
        };
        let (reply, answer) = tokio::sync::oneshot::channel();
        self.workers.submit(Job { prompt, sampler, bounds, reply })?;
        let answer = answer.await.map_err(|_| failure("the local model's workers ended before answering"))??;
        let (reasoning, text) = match request.prompt {
            Prompt::Chat(_) => split_thinking(&answer.text),
            Prompt::Completion(_) => (None, answer.text),
        };
        Ok(Completion {
            text,
            reasoning,
            finish: answer.finish,
            usage: Usage {
                prompt_tokens: Some(answer.prompt_tokens as u64),
                completion_tokens: Some(answer.new_tokens as u64),
                reasoning_tokens: None,
                cached_tokens: None,
            },
            model: self.name.clone(),
            latency_s: started.elapsed().as_secs_f64(),
            cost_usd: Some(0.0),
        })
    }

    fn count_tokens(&self, request: &Request) -> Option<u64> {
        let text = self.text(&request.prompt).ok()?;
        self.tokenizer.encode(&text).ok().map(|tokens| tokens.len() as u64)
    }
}
