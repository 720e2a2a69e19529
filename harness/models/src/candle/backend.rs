//! `candle/…`: a model in this process.

use super::architecture::Architecture;
use super::checkpoint::{Checkpoint, Folder, read_tokenizer};
use super::decoder::Decoder;
use super::failure;
use super::file::ModelFile;
use super::generation::Bounds;
use super::load::{Arithmetic, LONG_FACTORS, load};
use super::matrix::WeightMode;
use super::network::Network;
use super::origin::Origin;
use super::prefix::common;
use super::queue::Capacity;
use super::sampler::Sampler;
use super::sequence::{Job, Task};
use super::settings::{Settings, check_arguments, logprobs, refuse};
use super::template::ChatTemplate;
use super::tensors::{OpenDevice, TensorNetwork};
use super::tokenizer::ModelTokenizer;
use super::worker::Workers;
use crate::{Environment, ModelOptions, split_thinking};
use async_trait::async_trait;
use proctor_core::{
    Capabilities, Completion, Continuation, Likelihood, Model, ModelError, ModelErrorKind, Prompt, Request, Usage,
};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Most tokens of an answer where the request names no number.
const DEFAULT_NEW_TOKENS: usize = 1024;
/// A model opened: metadata read, tokenizer and template built, weights not yet read.
pub struct OpenFile {
    origin: Origin,
    architecture: Architecture,
    /// The model's tokenizer.
    pub tokenizer: Arc<ModelTokenizer>,
    /// The model's chat template, where the file has one.
    pub template: Option<ChatTemplate>,
}

impl OpenFile {
    /// Reads the metadata of a GGUF file, or of a checkpoint: its folder, or its file of weights.
    pub fn read(path: &Path) -> Result<Self, ModelError> {
        match Folder::of(path) {
            Some(folder) => Self::checkpoint(&folder),
            None => Self::gguf(path),
        }
    }

    fn gguf(path: &Path) -> Result<Self, ModelError> {
        let origin = Origin::gguf(path)?;
        let metadata = origin.metadata();
        let architecture = Architecture::read(&metadata)?;
        let tokenizer = ModelTokenizer::read(&metadata)?;
        let template = metadata.text("tokenizer.chat_template").map(str::to_owned);
        Self::new(origin, architecture, tokenizer, template)
    }

    fn checkpoint(folder: &Folder) -> Result<Self, ModelError> {
        let checkpoint = Checkpoint::read(folder)?;
        let (tokenizer, template) = read_tokenizer(folder, checkpoint.vocabulary())?;
        let origin = Origin::Checkpoint(Box::new(checkpoint));
        let architecture = Architecture::read(&origin.metadata())?;
        Self::new(origin, architecture, tokenizer, template)
    }

    fn new(
        origin: Origin,
        architecture: Architecture,
        tokenizer: ModelTokenizer,
        template: Option<String>,
    ) -> Result<Self, ModelError> {
        let template = template.map(|source| ChatTemplate::new(&source, &tokenizer)).transpose()?;
        Ok(Self { origin, architecture, tokenizer: Arc::new(tokenizer), template }.with_context(None))
    }

    /// The same with another context, where one is wanted: at most the file's.
    pub fn with_context(mut self, wanted: Option<usize>) -> Self {
        self.architecture.choose_context(wanted, self.origin.has(LONG_FACTORS));
        self
    }

    /// Reads the weights.
    pub fn network(&self, arithmetic: Arithmetic) -> Result<Network, ModelError> {
        load(&self.origin, self.architecture.clone(), self.tokenizer.len(), arithmetic)
    }

    /// Reads the weights and moves them to a device, which gives keys and values `cache_bytes` of its memory.
    pub fn tensors(&self, arithmetic: Arithmetic, device: &OpenDevice, cache_bytes: usize) -> Result<TensorNetwork, ModelError> {
        let network = self.network(Arithmetic { weights: WeightMode::Kept, ..arithmetic })?;
        TensorNetwork::new(network, device.clone(), arithmetic.weights == WeightMode::Full, cache_bytes)
    }
}

struct CandleModel {
    name: String,
    file: ModelFile,
    tokenizer: Arc<ModelTokenizer>,
    template: Option<ChatTemplate>,
    context: usize,
    architecture: String,
    /// Whether positions turn by the factors for long texts.
    long_factors: bool,
    arithmetic: Arithmetic,
    /// Where this program's own kernels do not do the work.
    device: Option<OpenDevice>,
    capacity: Capacity,
    workers: Workers,
}

/// Opens `candle/REST`: a model `proctor setup` fetched, the path of a GGUF file or of a checkpoint's folder, or the name
/// of a model in the Hub's cache; of a supported architecture.
/// Metadata are read at once, weights with the first question. Errors are one sentence each: `Local` for a file that
/// is missing or unfit, `NotFound` for an unknown name, `BadRequest` for an unknown option.
pub fn open(name: &str, rest: &str, options: &ModelOptions, environment: &dyn Environment) -> Result<Arc<dyn Model>, ModelError> {
    let file = ModelFile::find(rest, options, environment)?;
    let Settings { arithmetic, mut capacity, place, context: wanted } =
        Settings::read(&options.args, options.threads, file.bytes)?;
    let mut opened = OpenFile::read(&file.path)?.with_context(wanted);
    let device = place.open()?;
    if device.is_some() && arithmetic.weights == WeightMode::Eight {
        return Err(refuse("the option `weights` can be q8 on the processor only; leave `device` out".to_owned()));
    }
    if let Some(device) = &device
        && !options.args.contains_key("cache_mib")
    {
        let kept = if arithmetic.weights == WeightMode::Full { WeightMode::Full } else { WeightMode::Kept };
        capacity.cache_bytes = device.default_cache_bytes(opened.origin.memory(kept)).unwrap_or(capacity.cache_bytes);
    }
    let (template, tokenizer) = (opened.template.take(), Arc::clone(&opened.tokenizer));
    let (context, family) = (opened.architecture.context, opened.architecture.family.name.to_owned());
    let long_factors = opened.architecture.long_factors;
    let shape = opened.architecture.block_shape(arithmetic.cache);
    let on_device = device.clone();
    let read = move || -> Result<Box<dyn Decoder>, ModelError> {
        Ok(match &on_device {
            Some(device) => Box::new(opened.tensors(arithmetic, device, capacity.cache_bytes)?),
            None => Box::new(opened.network(arithmetic)?),
        })
    };
    Ok(Arc::new(CandleModel {
        name: name.to_owned(),
        file,
        tokenizer: Arc::clone(&tokenizer),
        template,
        context,
        architecture: family,
        long_factors,
        arithmetic,
        device,
        capacity,
        workers: Workers::new(Box::new(read), tokenizer, capacity, shape),
    }))
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

    fn too_long(&self, length: String) -> ModelError {
        let (context, name) = (self.context, &self.name);
        let message =
            format!("the prompt is {length} tokens long, which leaves no room for an answer in the {context} tokens of {name}");
        ModelError::new(ModelErrorKind::ContextLength, message)
    }

    /// The tokens of a text; refused where they leave no room for one more. A text that is far too long is refused
    /// before tokens are made of it.
    fn tokens(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        let fewest = self.tokenizer.fewest(text.len());
        if fewest >= self.context {
            return Err(self.too_long(format!("at least {fewest}")));
        }
        let tokens = self.tokenizer.encode(text)?;
        if tokens.is_empty() {
            return Err(refuse("the prompt is empty; a local model needs at least one token to continue".to_owned()));
        }
        if tokens.len() >= self.context {
            return Err(self.too_long(tokens.len().to_string()));
        }
        Ok(tokens)
    }

    /// The tokens of a prompt with its continuation, and the first one that is scored: the first that differs from
    /// the prompt's own, since the border between the two may lie within a token.
    fn scored(&self, continuation: &Continuation) -> Result<(Vec<u32>, usize), ModelError> {
        let prompt = self.text(&continuation.prompt)?;
        let whole = self.tokens(&format!("{prompt}{}", continuation.text))?;
        let before = if prompt.is_empty() { Vec::new() } else { self.tokenizer.encode(&prompt)? };
        let start = common(&whole, &before).max(usize::from(self.tokenizer.begins_with_start(&whole)));
        if start == 0 {
            return Err(refuse("there is nothing before the text to score; a local model needs at least one token".to_owned()));
        }
        Ok((whole, start))
    }
}

fn ended() -> ModelError {
    failure("the local model's workers ended before answering")
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
            // Twice what runs at once: a place that gets free is filled at once, and the longest can go first.
            concurrency: Some(self.capacity.workers * self.capacity.batch * 2),
            context_tokens: Some(self.context),
        }
    }

    fn provenance(&self) -> Value {
        let mut provenance = json!({
            "backend": "candle",
            "architecture": self.architecture,
            "file_sha256": self.file.sha256,
            "file_bytes": self.file.bytes,
            "weights": self.arithmetic.weights.name(),
            "cache": self.arithmetic.cache.name(),
            "instructions": self.arithmetic.cpu.name(),
        });
        if self.long_factors {
            provenance["rotary_factors"] = json!("long");
        }
        match &self.device {
            None => provenance["activation_bits"] = json!(self.arithmetic.activations.count()),
            Some(device) => provenance["device"] = device.provenance(),
        }
        provenance
    }

    async fn complete(&self, request: &Request) -> Result<Completion, ModelError> {
        let started = Instant::now();
        check_arguments(&request.sampling.extra)?;
        let sampler = Sampler::new(&request.sampling)?;
        let prompt = self.tokens(&self.text(&request.prompt)?)?;
        let bounds = Bounds {
            new_tokens: request.sampling.max_tokens.map_or(DEFAULT_NEW_TOKENS, |n| n as usize),
            context: self.context,
            stops: request.sampling.stop.clone(),
            logprobs: logprobs(&request.sampling.extra)?,
        };
        let (reply, answer) = tokio::sync::oneshot::channel();
        let task = Task::Answer { sampler: Box::new(sampler), bounds, reply };
        self.workers.submit([Job { tokens: prompt, task }])?;
        let answer = answer.await.map_err(|_| ended())??;
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
                cached_tokens: Some(answer.cached_tokens as u64),
                ..Usage::default()
            },
            model: self.name.clone(),
            latency_s: started.elapsed().as_secs_f64(),
            cost_usd: Some(0.0),
            logprobs: answer.logprobs,
            ..Completion::default()
        })
    }

    async fn loglikelihood(&self, continuations: &[Continuation]) -> Result<Vec<Likelihood>, ModelError> {
        let mut jobs = Vec::with_capacity(continuations.len());
        let mut waiting = Vec::with_capacity(continuations.len());
        for continuation in continuations {
            // Each makes tokens of a long text; others get their turn in between.
            tokio::task::yield_now().await;
            let (tokens, start) = self.scored(continuation)?;
            let (reply, likelihood) = tokio::sync::oneshot::channel();
            jobs.push(Job { tokens, task: Task::Score { start, reply } });
            waiting.push(likelihood);
        }
        self.workers.submit(jobs)?;
        let mut likelihoods = Vec::with_capacity(waiting.len());
        for likelihood in waiting {
            likelihoods.push(likelihood.await.map_err(|_| ended())??);
        }
        Ok(likelihoods)
    }

    fn count_tokens(&self, request: &Request) -> Option<u64> {
        let text = self.text(&request.prompt).ok()?;
        self.tokenizer.encode(&text).ok().map(|tokens| tokens.len() as u64)
    }
}
