use crate::{EngineError, RunSettings};
use proctor_core::{Benchmark, DataSource, Model, Protocol, RunPlan, Sample, SampleIds, SamplesHash, Selection};
use serde_json::Value;

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
    let mut samples = Vec::new();
    let plan = plan_from(benchmark, model, judge_provenance, settings, &mut |sample| samples.push(sample))?;
    Ok(Planned { plan, samples })
}

/// The same, giving away each sample after it was looked at.
pub(crate) fn plan_from(
    benchmark: &dyn Benchmark,
    model: &dyn Model,
    judge_provenance: Value,
    settings: &RunSettings,
    take: &mut dyn FnMut(Sample),
) -> Result<RunPlan, EngineError> {
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
    let Looked { data_sha256, sample_ids } = look(benchmark, &settings.source, &settings.selection, take)?;
    Ok(RunPlan {
        benchmark: benchmark.card().name.clone(),
        model: model.name().to_string(),
        model_provenance: model.provenance(),
        data_sha256,
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
        sample_ids,
    })
}

/// The selected samples; refuses none at all, and one id twice.
pub(crate) fn samples(benchmark: &dyn Benchmark, source: &DataSource, selection: &Selection) -> Result<Vec<Sample>, EngineError> {
    let mut samples = Vec::new();
    look(benchmark, source, selection, &mut |sample| samples.push(sample))?;
    Ok(samples)
}

/// What a plan says of the samples.
struct Looked {
    data_sha256: String,
    sample_ids: SampleIds,
}

/// Goes through the selected samples and gives each away; refuses none at all, and one id twice.
fn look(
    benchmark: &dyn Benchmark,
    source: &DataSource,
    selection: &Selection,
    take: &mut dyn FnMut(Sample),
) -> Result<Looked, EngineError> {
    let name = &benchmark.card().name;
    let origin = describe_source(source);
    let mut hash = SamplesHash::default();
    let mut failure = None;
    let samples = benchmark.stream(source, selection).map_err(EngineError::from_benchmark)?;
    let good = samples.map_while(|sample| sample.map_err(|error| failure = Some(error)).ok());
    let sample_ids: SampleIds = good
        .map(|sample| {
            hash.add(&sample);
            let id = sample.id.clone();
            take(sample);
            id
        })
        .collect();
    if let Some(error) = failure {
        return Err(EngineError::from_benchmark(error));
    }
    if sample_ids.is_empty() {
        return Err(EngineError::Input(format!("nothing of {name} ({origin}) is selected; widen the selection of samples")));
    }
    let mut sorted: Vec<&str> = sample_ids.iter().collect();
    sorted.sort_unstable();
    let twice = sorted.windows(2).find_map(|pair| match pair {
        [one, other] if one == other => Some(*one),
        _ => None,
    });
    match twice {
        Some(twice) => Err(EngineError::Input(format!("sample {twice} is there twice in {name} ({origin}); ids must differ"))),
        None => Ok(Looked { data_sha256: hash.finish(), sample_ids }),
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
