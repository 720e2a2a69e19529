use crate::asker::Endpoint;
use crate::dispatcher::{Bounds, Dispatcher, Queue, ToGrade};
use crate::outcome::RunOutcome;
use crate::work::Work;
use crate::{Context, EngineError, RunSettings, Stage, Stop, plan};
use proctor_core::{AttemptKey, Benchmark, Event, Judges, Model, Needs, Outcome, RunRecord, RunState, Sample};
use proctor_reports::store::{PendingGrades, Progress, RunClaim, RunCounts};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Requests in flight where neither user nor model says how many.
const DEFAULT_CONCURRENCY: usize = 16;

/// Retries that may wait to be reported.
const RETRIES_IN_LINE: usize = 256;

/// Carries out one benchmark with one model, or what is left of it: asks, grades, records. The same call with the same
/// plan continues where an earlier one stopped, however that ended.
pub async fn run(
    context: &Context,
    benchmark: Arc<dyn Benchmark>,
    model: Arc<dyn Model>,
    judges: Arc<dyn Judges>,
    settings: &RunSettings,
) -> Result<RunOutcome, EngineError> {
    let planned = plan(benchmark.as_ref(), model.as_ref(), judges.provenance(benchmark.needs()), settings)?;
    let (run, resumed) = context.store.find_or_create_run(&planned.plan, &planned.samples, settings.fresh).await?;
    let claim = context.store.claim(&run.id)?;
    if !resumed {
        warn(context, &run).await?;
    }
    let progress = context.store.progress(&run.id).await?;

    let mut queue = Queue::default();
    if settings.ground_truth {
        let unchecked = context.store.unchecked_references(&run.id, &run.plan).await?;
        queue.grade.extend(unchecked.into_iter().map(ToGrade::Reference));
    }
    enqueue(&run, &progress, &mut queue);

    let bounds = Bounds {
        asking: settings.concurrency.or(model.capabilities().concurrency).unwrap_or(DEFAULT_CONCURRENCY),
        grading: grading_bound(settings.grade_concurrency, benchmark.needs()),
        retries: settings.retries,
    };
    let (sender, retrying) = mpsc::channel(RETRIES_IN_LINE);
    let endpoint = Endpoint::new(model, settings.retries, run.plan.seed, sender);
    let work = Work {
        store: context.store.clone(),
        benchmark,
        judges,
        samples: by_id(planned.samples),
        endpoint: Some(Arc::new(endpoint)),
        pending: None,
        stop: Stop::new(),
        run,
    };
    Execution { context, work: Arc::new(work), claim, resumed, ground_truth: settings.ground_truth }
        .carry_out(retrying, queue, bounds, &progress)
        .await
}

/// Tells, before anything is asked, what the user may not have meant.
async fn warn(context: &Context, run: &RunRecord) -> Result<(), EngineError> {
    if run.plan.epochs > 1 && run.plan.sampling.temperature == Some(0.0) {
        let message = format!("at temperature 0 the {} attempts at a sample tend to be alike", run.plan.epochs);
        context.sink.emit(&Event::Warning { message });
    }
    if let Some(other) = context.store.find_run_of_other_judge(&run.plan).await?
        && context.store.counts(&other.id).await?.answered > 0
    {
        let other = other.id;
        let message = format!(
            "run {other} holds answers to the same questions, graded by another judge; `proctor grade {other}` grades those \
             again without asking"
        );
        context.sink.emit(&Event::Warning { message });
    }
    Ok(())
}

/// Grading at once where the user does not say how much: one per core, and more where judge models are waited for, who
/// have bounds of their own.
pub(crate) fn grading_bound(wanted: Option<usize>, needs: Needs) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, |n| n.get());
    wanted.unwrap_or_else(|| if needs.judge { cores().max(DEFAULT_CONCURRENCY) } else { cores() })
}

/// Samples by their ids.
pub(crate) fn by_id(samples: Vec<Sample>) -> HashMap<String, Arc<Sample>> {
    samples.into_iter().map(|s| (s.id.clone(), Arc::new(s))).collect()
}

/// Lines up what `progress` leaves to do, epoch by epoch and in the order of the plan, so that a run stopped early has seen
/// as many samples as it can: an attempt without an answer is asked (again), an
/// answer without a grade, or graded as an infrastructure error, is graded (again).
fn enqueue(run: &RunRecord, progress: &[Progress], queue: &mut Queue) {
    let known: HashMap<(&str, u32), &Progress> = progress.iter().map(|p| ((p.sample_id.as_str(), p.epoch), p)).collect();
    for epoch in 0..run.plan.epochs {
        for sample_id in &run.plan.sample_ids {
            let key = AttemptKey { run_id: run.id.clone(), sample_id: sample_id.clone(), epoch };
            match known.get(&(sample_id.as_str(), epoch)) {
                Some(Progress { answered: true, outcome: None | Some(Outcome::InfraError), .. }) => {
                    queue.grade.push_back(ToGrade::Attempt(key));
                }
                Some(Progress { answered: true, .. }) => {}
                _ => queue.ask.push_back(key),
            }
        }
    }
}

/// Makes a complete set of new grades the run's grades; an incomplete one waits for the next try.
async fn switch_grades(context: &Context, pending: &PendingGrades, run: &RunRecord) -> Result<(), EngineError> {
    let left = context.store.progress(&run.id).await?.len() - context.store.regraded(pending).await?.len();
    if left == 0 {
        return Ok(context.store.finish_regrade(pending, &run.plan).await?);
    }
    let message =
        format!("{left} attempts of run {} are not graded again yet, so it keeps its earlier grades; repeat the command", run.id);
    context.sink.emit(&Event::Warning { message });
    Ok(())
}

/// A run that is claimed and prepared.
pub(crate) struct Execution<'a> {
    pub(crate) context: &'a Context,
    pub(crate) work: Arc<Work>,
    pub(crate) claim: RunClaim,
    pub(crate) resumed: bool,
    pub(crate) ground_truth: bool,
}

impl Execution<'_> {
    /// Dispatches, and writes down and reports how it ended.
    pub(crate) async fn carry_out(
        self,
        retrying: mpsc::Receiver<crate::asker::Retrying>,
        queue: Queue,
        bounds: Bounds,
        progress: &[Progress],
    ) -> Result<RunOutcome, EngineError> {
        let Self { context, work, claim, resumed, ground_truth } = self;
        let store = &context.store;
        let run_id = work.run.id.clone();
        let before = RunCounts::of(progress);
        context.sink.emit(&Event::RunStarted {
            run_id: run_id.clone(),
            attempts: work.run.plan.attempts(),
            answered: before.answered,
            graded: before.graded,
            resumed,
        });
        let references = queue.grade.iter().filter(|g| matches!(g, ToGrade::Reference(_))).count();
        if references > 0 {
            context.sink.emit(&Event::GroundTruthStarted { run_id: run_id.clone(), samples: references });
        }
        let ended = Dispatcher::new(context, work.clone(), retrying, queue, bounds).dispatch().await;
        let failure = match ended.failure {
            Some(failure @ EngineError::Store(_)) => return Err(failure),
            other => other,
        };
        if let Some(pending) = &work.pending {
            switch_grades(context, pending, &work.run).await?;
        }
        let mut counts = store.counts(&run_id).await?;
        counts.infra_errors = counts.infra_errors.max(ended.ungraded_answers);
        let due = if work.run.plan.is_imported() { counts.answered } else { work.run.plan.attempts() };
        let complete = counts.infra_errors == 0 && counts.graded == due;
        store.set_run_state(&run_id, if complete { RunState::Finished } else { RunState::Running }).await?;
        let mut truth = if ground_truth { Some(store.ground_truth(&run_id).await?) } else { None };
        if let Some(truth) = &mut truth {
            truth.failing.extend(ended.ungraded_references);
        }
        context.sink.emit(&Event::RunFinished {
            run_id: run_id.clone(),
            answered: counts.answered,
            graded: counts.graded,
            infra_errors: counts.infra_errors,
        });
        let run = store.run(&run_id).await?;
        drop(claim);
        match failure {
            Some(failure) => Err(failure),
            None => {
                let unchecked = truth.as_ref().is_some_and(|t| t.checked + t.failing.len() < t.samples);
                let stopped = context.stop.stage() > Stage::Go && (!complete || unchecked);
                Ok(RunOutcome { run, resumed, counts, ground_truth: truth, stopped })
            }
        }
    }
}
