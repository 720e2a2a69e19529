use crate::{EngineError, RunSettings};
use proctor_core::{Benchmark, DataSource, Model, Protocol, RunPlan, Sample, samples_sha256};
use serde_json::Value;
use std::collections::HashSet;

/// Most attempts per sample; more is a slip of the keyboard.
const MOST_EPOCHS: u32 = 10_000;

/// A plan and the samples it is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// What will be done.
    pub plan: RunPlan,
    /// With what, in order.
    pub samples: Vec<Sample>,
}

/// Settles what a run will do; asks nothing and stores nothing.
pub fn plan(
    benchmark: &dyn Benchmark,
    model: &dyn Model,
    judge_provenance: Value,
    settings: &RunSettings,
) -> Result<Planned, EngineError> {
    if settings.epochs == 0 || settings.epochs > MOST_EPOCHS {
        let message = format!("{} attempts per sample make no sense; give a number from 1 to {MOST_EPOCHS}", settings.epochs);
        return Err(EngineError::Input(message));
    }
    for (name, value) in [("concurrency", settings.concurrency), ("grading concurrency", settings.grade_concurrency)] {
        if value == Some(0) {
            return Err(EngineError::Input(format!("a {name} of 0 would never end; give at least 1")));
        }
    }
    let protocol = protocol(model, settings.protocol)?;
    let samples = samples(benchmark, &settings.source, &settings.selection)?;
    let plan = RunPlan {
        benchmark: benchmark.card().name.clone(),
        model: model.name().to_string(),
        model_provenance: model.provenance(),
        data_sha256: samples_sha256(&samples),
        data_source: describe_source(&settings.source),
        prompt_sha256: benchmark.prompt_sha256(),
        options: settings.options.clone(),
        prompts: settings.prompts.clone(),
        protocol,
        sampling: settings.sampling.apply(benchmark.sampling(protocol)),
        epochs: settings.epochs,
        seed: settings.seed,
        judge_version: benchmark.card().judge_version.clone(),
        judge_provenance,
        sample_ids: samples.iter().map(|s| s.id.clone()).collect(),
    };
    Ok(Planned { plan, samples })
}

/// The selected samples; refuses none at all, and one id twice.
pub(crate) fn samples(
    benchmark: &dyn Benchmark,
    source: &DataSource,
    selection: &proctor_core::Selection,
) -> Result<Vec<Sample>, EngineError> {
    let samples = benchmark.samples(source, selection).map_err(EngineError::from_benchmark)?;
    let name = &benchmark.card().name;
    let origin = describe_source(source);
    if samples.is_empty() {
        return Err(EngineError::Input(format!("nothing of {name} ({origin}) is selected; widen the selection of samples")));
    }
    let mut seen = HashSet::new();
    match samples.iter().find(|s| !seen.insert(s.id.as_str())) {
        Some(twice) => {
            Err(EngineError::Input(format!("sample {} is there twice in {name} ({origin}); ids must differ", twice.id)))
        }
        None => Ok(samples),
    }
}

/// A source in words.
pub(crate) fn describe_source(source: &DataSource) -> String {
    match source {
        DataSource::BuiltIn => "built-in".into(),
        DataSource::Folder(folder) => folder.display().to_string(),
    }
}

fn protocol(model: &dyn Model, wanted: Option<Protocol>) -> Result<Protocol, EngineError> {
    let can = model.capabilities();
    let unable = |what: &str, other: &str| {
        EngineError::Input(format!("{} cannot be asked by {what}; use the {other} protocol or another model", model.name()))
    };
    match wanted {
        Some(Protocol::Chat) if !can.chat => Err(unable("chat", "completion")),
        Some(Protocol::Completion) if !can.completion => Err(unable("raw completion", "chat")),
        Some(protocol) => Ok(protocol),
        None if can.chat => Ok(Protocol::Chat),
        None => Ok(Protocol::Completion),
    }
}
