//! The options of `-M` for local models.

use super::cache::CacheMode;
use super::load::Arithmetic;
use super::matrix::WeightMode;
use super::operand::ActivationBits;
use super::queue::Capacity;
use super::tensors::Place;
use super::{memory, sampler};
use proctor_core::{ModelError, ModelErrorKind};
use serde_json::{Map, Value};

/// Sequences in a worker's batch where `-M batch=` names no number.
const DEFAULT_BATCH: usize = 16;
/// Options that are read when a model is opened.
const ARGUMENTS: [&str; 8] = ["weights", "activation_bits", "batch", "cache", "cache_mib", "context", "device", "prefix_cache"];
/// Options that are read with each request, beside the sampler's.
const OF_REQUESTS: [&str; 2] = ["logprobs", "top_logprobs"];
/// Most alternatives told at a place.
const MOST_LOGPROBS: u64 = 20;

/// How a model is to run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub arithmetic: Arithmetic,
    pub capacity: Capacity,
    pub place: Place,
    /// Tokens of context that are wanted, where the file's are not.
    pub context: Option<usize>,
}

impl Settings {
    /// Reads the options; `weight_bytes` is the size of the file, beside which keys and values must fit.
    pub fn read(arguments: &Map<String, Value>, threads: Option<usize>, weight_bytes: u64) -> Result<Self, ModelError> {
        check_arguments(arguments)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let cache_bytes = match positive(arguments, "cache_mib")? {
            Some(mib) => mib.saturating_mul(1 << 20),
            None => memory::default_cache_bytes(weight_bytes),
        };
        let place = place(arguments)?;
        let capacity = Capacity {
            // A device takes one step at a time.
            workers: if place == Place::Processor { threads.unwrap_or(cores).clamp(1, 1024) } else { 1 },
            batch: positive(arguments, "batch")?.unwrap_or(place.default_batch().unwrap_or(DEFAULT_BATCH)),
            cache_bytes,
            share_prefixes: boolean(arguments, "prefix_cache")?.unwrap_or(true),
        };
        Ok(Self { arithmetic: arithmetic(arguments)?, capacity, place, context: positive(arguments, "context")? })
    }
}

pub(super) fn refuse(message: String) -> ModelError {
    ModelError::new(ModelErrorKind::BadRequest, message)
}

/// Refuses options that local models do not have.
pub(super) fn check_arguments(arguments: &Map<String, Value>) -> Result<(), ModelError> {
    let known: Vec<&str> = [&ARGUMENTS[..], &sampler::ARGUMENTS, &OF_REQUESTS].concat();
    match arguments.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(refuse(format!("local models have no option `{key}`; their options are {}", known.join(", ")))),
        None => Ok(()),
    }
}

/// How many of the most probable tokens a request wants told at every place; `None` where it wants no probabilities.
pub(super) fn logprobs(arguments: &Map<String, Value>) -> Result<Option<usize>, ModelError> {
    let top = match arguments.get("top_logprobs") {
        None => 0,
        Some(value) => value
            .as_u64()
            .filter(|count| *count <= MOST_LOGPROBS)
            .ok_or_else(|| refuse(format!("the option `top_logprobs` must be a whole number between 0 and {MOST_LOGPROBS}")))?,
    };
    let wanted = boolean(arguments, "logprobs")?.unwrap_or(top > 0);
    Ok(wanted.then_some(top as usize))
}

fn place(arguments: &Map<String, Value>) -> Result<Place, ModelError> {
    let Some(value) = arguments.get("device") else { return Ok(Place::Processor) };
    let place = value
        .as_str()
        .and_then(Place::read)
        .ok_or_else(|| refuse("the option `device` must be cpu, cuda, cuda:N with the number of a GPU, or tensors".to_owned()))?;
    if place != Place::Processor && arguments.contains_key("activation_bits") {
        return Err(refuse("the option `activation_bits` is for device=cpu; other devices have their own".to_owned()));
    }
    Ok(place)
}

fn arithmetic(arguments: &Map<String, Value>) -> Result<Arithmetic, ModelError> {
    let mut arithmetic = Arithmetic::detect();
    if let Some(weights) = arguments.get("weights") {
        arithmetic.weights = match weights.as_str() {
            Some("native") => WeightMode::Native,
            Some("f32") => WeightMode::Full,
            Some("q8") => WeightMode::Eight,
            _ => return Err(refuse("the option `weights` must be native, f32 or q8".to_owned())),
        };
    }
    if let Some(bits) = arguments.get("activation_bits") {
        arithmetic.activations = match bits.as_u64() {
            Some(8) => ActivationBits::Eight,
            Some(16) => ActivationBits::Sixteen,
            _ => return Err(refuse("the option `activation_bits` must be 8 or 16".to_owned())),
        };
    }
    arithmetic.cache = match arguments.get("cache").map(Value::as_str) {
        Some(Some("f16")) => CacheMode::Half,
        Some(Some("f32")) => CacheMode::Full,
        Some(_) => return Err(refuse("the option `cache` must be f16 or f32".to_owned())),
        // The reference is a reference in every part.
        None if arithmetic.weights == WeightMode::Full => CacheMode::Full,
        None => CacheMode::Half,
    };
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

fn boolean(arguments: &Map<String, Value>, key: &str) -> Result<Option<bool>, ModelError> {
    match arguments.get(key) {
        None => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(*value)),
        Some(_) => Err(refuse(format!("the option `{key}` must be true or false"))),
    }
}
