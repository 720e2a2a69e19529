use crate::dispatcher::{Bounds, Queue, ToGrade};
use crate::outcome::RunOutcome;
use crate::plan::{describe_source, samples};
use crate::run::{Execution, grading_bound};
use crate::samples::Samples;
use crate::storing::Storing;
use crate::work::{Turn, Work};
use crate::{Context, EngineError, GradeSettings, Retries, Stop};
use proctor_core::{
    AnswerForm, AnswerRow, AttemptKey, AttemptRecord, Benchmark, Event, IMPORTED, Imported, Judges, Outcome, Protocol, RunPlan,
    Sample, Sampling, Selection, canonical_json, samples_sha256, sha256_hex,
};
use proctor_store::RunCounts;
use serde_json::json;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc};

/// Attempts stored in one transaction. They come from a file that is still there, so losing a batch loses nothing.
const BATCH: usize = 256;

/// Ids named in a warning.
const IDS_NAMED: usize = 10;

/// Answers that somebody else generated.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// The file's name, for the model's name `imported/NAME`.
    pub name: String,
    /// Its rows.
    pub rows: Vec<AnswerRow>,
}

/// Stores and grades answers from a file as a run of the model `imported/NAME`. The same answers again continue that run.
pub async fn grade_imported(
    context: &Context,
    benchmark: Arc<dyn Benchmark>,
    judges: Arc<dyn Judges>,
    import: Import,
    settings: &GradeSettings,
) -> Result<RunOutcome, EngineError> {
    // Rows are matched against all samples, because some files join by position; the selection comes after.
    let everything = samples(benchmark.as_ref(), &settings.source, &Selection::default())?;
    let selected = samples(benchmark.as_ref(), &settings.source, &settings.selection)?;
    let mut answers = benchmark.import(&everything, &import.rows).map_err(EngineError::from_benchmark)?;
    drop(everything);
    let wanted: HashSet<&str> = selected.iter().map(|s| s.id.as_str()).collect();
    answers.retain(|a| wanted.contains(a.sample_id.as_str()));
    refuse_nonsense(&import.name, &answers)?;

    let plan = plan(benchmark.as_ref(), judges.as_ref(), &import.name, &selected, &answers, settings);
    let (run, resumed) = context.store.find_or_create_run(&plan, &selected, settings.fresh).await?;
    let claim = context.store.claim(&run.id).await?;
    let before = context.store.progress(&run.id).await?;
    let known: HashSet<(String, u32)> = before.iter().map(|p| (p.sample_id.clone(), p.epoch)).collect();
    answers.retain(|a| !known.contains(&(a.sample_id.clone(), a.epoch)));
    while !answers.is_empty() {
        let batch = answers.drain(..answers.len().min(BATCH)).map(|a| AttemptRecord {
            key: AttemptKey { run_id: run.id.clone(), sample_id: a.sample_id, epoch: a.epoch },
            attempt: Some(a.attempt),
            error: None,
        });
        context.store.record_attempts(&batch.collect::<Vec<_>>()).await?;
    }
    let progress = context.store.progress(&run.id).await?;
    let mut answered: HashMap<&str, usize> = HashMap::new();
    for attempt in &progress {
        *answered.entry(attempt.sample_id.as_str()).or_default() += 1;
    }
    warn_of_missing(context, &import.name, &selected, &answered);
    warn_of_repeated(context, &import.name, &selected, &answered);

    let mut queue = Queue::default();
    if settings.ground_truth {
        let unchecked = context.store.unchecked_references(&run.id, &run.plan).await?;
        queue.grade.extend(unchecked.into_iter().map(ToGrade::Reference));
    }
    let standings = context.store.standings(&run.id).await?;
    let ungraded = standings.iter().filter(|s| matches!(s.outcome, None | Some(Outcome::InfraError)));
    queue.grade.extend(ungraded.map(|s| ToGrade::Attempt(Turn { position: s.position, epoch: s.epoch })));
    let before = RunCounts::of(&standings);
    let bounds =
        Bounds { asking: 1, grading: grading_bound(settings.grade_concurrency, benchmark.needs()), retries: Retries::default() };
    let (_, retrying) = mpsc::channel(1);
    let work = Work {
        store: context.store.clone(),
        benchmark,
        judges,
        samples: Samples::new(&context.store, &run.id),
        endpoint: None,
        pending: None,
        stop: Stop::new(),
        judging: Semaphore::new(bounds.grading),
        storing: Storing::default(),
        run,
    };
    Execution { context, work: Arc::new(work), claim, resumed, ground_truth: settings.ground_truth }
        .carry_out(retrying, queue, bounds, &before)
        .await
}

fn refuse_nonsense(name: &str, answers: &[Imported]) -> Result<(), EngineError> {
    if answers.is_empty() {
        return Err(EngineError::Input(format!("{name} holds no answer to any of the selected samples")));
    }
    let mut seen = HashSet::new();
    match answers.iter().find(|a| !seen.insert((a.sample_id.as_str(), a.epoch))) {
        Some(twice) => {
            let Imported { sample_id, epoch, .. } = twice;
            Err(EngineError::Input(format!(
                "{name} answers sample {sample_id} twice as attempt {epoch}; number the attempts apart"
            )))
        }
        None => Ok(()),
    }
}

fn plan(
    benchmark: &dyn Benchmark,
    judges: &dyn Judges,
    name: &str,
    samples: &[Sample],
    answers: &[Imported],
    settings: &GradeSettings,
) -> RunPlan {
    let hashes: Vec<String> =
        answers.iter().map(|a| sha256_hex(canonical_json(&json!([a.sample_id, a.epoch, a.attempt])).as_bytes())).collect();
    let continues = answers.first().is_some_and(|a| a.attempt.answer.form == AnswerForm::Continuation);
    RunPlan {
        benchmark: benchmark.card().name.clone(),
        model: format!("{IMPORTED}{name}"),
        model_provenance: json!({"answers": answers.len(), "answers_sha256": sha256_hex(hashes.join("\n").as_bytes())}),
        data_sha256: samples_sha256(samples),
        data_source: describe_source(&settings.source),
        prompt_sha256: benchmark.prompt_sha256(),
        options: settings.options.clone(),
        prompts: None,
        protocol: if continues { Protocol::Completion } else { Protocol::Chat },
        sampling: Sampling::default(),
        epochs: answers.iter().map(|a| a.epoch).max().unwrap_or(0).saturating_add(1),
        seed: 0,
        judge_version: benchmark.card().judge_version.clone(),
        judge_provenance: judges.provenance(benchmark.needs()),
        sample_ids: samples.iter().map(|s| s.id.clone()).collect(),
    }
}

/// Says which samples have no answer: they are missing, not wrong, and a reader of the score must know.
fn warn_of_missing(context: &Context, name: &str, samples: &[Sample], answered: &HashMap<&str, usize>) {
    let missing: Vec<&str> = samples.iter().map(|s| s.id.as_str()).filter(|id| !answered.contains_key(id)).collect();
    if missing.is_empty() {
        return;
    }
    let (count, all, named) = (missing.len(), samples.len(), named(&missing));
    let message = format!("{name} has no answer to {count} of {all} samples ({named}); the score is over the others");
    context.sink.emit(&Event::Warning { message });
}

/// Says which samples have more answers than others: rows given twice by mistake would pass for further attempts.
fn warn_of_repeated(context: &Context, name: &str, samples: &[Sample], answered: &HashMap<&str, usize>) {
    let fewest = answered.values().copied().min().unwrap_or(0);
    let more = |id: &&str| answered.get(id).is_some_and(|n| *n > fewest);
    let repeated: Vec<&str> = samples.iter().map(|s| s.id.as_str()).filter(more).collect();
    if repeated.is_empty() {
        return;
    }
    let (count, named) = (repeated.len(), named(&repeated));
    let message = format!(
        "{name} has more than {fewest} {} to {count} {} ({named}); each counts as an attempt of its own",
        if fewest == 1 { "answer" } else { "answers" },
        if count == 1 { "sample" } else { "samples" },
    );
    context.sink.emit(&Event::Warning { message });
}

fn named(ids: &[&str]) -> String {
    let more = if ids.len() > IDS_NAMED { ", …" } else { "" };
    format!("{}{more}", ids[..ids.len().min(IDS_NAMED)].join(", "))
}
