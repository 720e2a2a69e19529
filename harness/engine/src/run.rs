use crate::asker::Endpoint;
use crate::batch::BatchModel;
use crate::cache::AnswerCache;
use crate::dispatcher::{Bounds, Dispatched, Dispatcher, Queue, ToGrade};
use crate::drought::Drought;
use crate::outcome::RunOutcome;
use crate::plan::plan_from;
use crate::samples::Samples;
use crate::storing::Storing;
use crate::work::{Turn, Work};
use crate::{Context, EngineError, Price, Retries, RunSettings, Stop, money, pacing, plan};
use proctor_core::{Benchmark, Event, Judges, Model, Needs, Outcome, RunPlan, RunRecord, RunState, Sample, SamplesHash, Usage};
use proctor_store::{Judged, OpenedRun, PendingGrades, RunClaim, RunCounts, Standing, Store};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

/// Graders that wait for judge models, where nobody says how many.
const JUDGED_AT_ONCE: usize = 16;

/// Most requests in flight where neither user nor model says how many, and how many at first.
pub const MOST_FOUND: usize = 128;
const FIRST_FOUND: usize = 8;

/// Samples that are handed to the store at once.
const SAMPLES_TOGETHER: usize = 64;

/// Longer than any provider works on a batch, tried again and all.
const LONGEST_BATCH: Duration = Duration::from_secs(7 * 86_400);

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
    let mut first = None;
    let judged = judges.provenance(benchmark.needs());
    let plan = plan_from(benchmark.as_ref(), model.as_ref(), judged, settings, &mut |sample| {
        first.get_or_insert(sample);
    })?;
    if settings.only_errors && context.store.find_run_by_fingerprint(&plan.fingerprint()).await?.is_none() {
        let message = "there is no run of this plan yet, so nothing of it failed; leave out --retry-errors".to_owned();
        return Err(EngineError::Input(message));
    }
    let (run, resumed) = find_or_create(&context.store, benchmark.as_ref(), &plan, settings).await?;
    let claim = context.store.claim(&run.id).await?;
    if !resumed {
        warn(context, &run).await?;
    }
    let standings = context.store.standings(&run.id).await?;
    let before = RunCounts::of(&standings);

    let mut queue = Queue::default();
    if settings.ground_truth {
        let unchecked = context.store.unchecked_references(&run.id, &run.plan).await?;
        queue.grade.extend(unchecked.into_iter().map(ToGrade::Reference));
    }
    enqueue(&run, &standings, settings.only_errors, &mut queue);
    drop(standings);

    let model: Arc<dyn Model> = match settings.batch {
        Some(batch) => Arc::new(BatchModel::start(model, &context.store, &run.id, context.sink.clone(), batch).await?),
        None => model,
    };
    let retries = retries(settings);
    let pace = pace_bounds(model.as_ref(), settings);
    let bounds = Bounds { asking: pace.most, grading: grading_bound(settings.grade_concurrency, benchmark.needs()), retries };
    let (sender, retrying) = mpsc::channel(RETRIES_IN_LINE);
    let pacer = context.paces.of(model.as_ref(), pace);
    let cache = if settings.cache { AnswerCache::of(model.as_ref(), &context.store, &run).await? } else { None };
    let by_models = benchmark.needs().judge && !judges.models().is_empty();
    let (judged, gradings) = match by_models {
        true => (context.store.judged(&run.id).await?, context.store.counts(&run.id).await?.graded),
        false => (Judged::default(), 0),
    };
    context.budget.begin(&run.id);
    context.budget.charge_stored(&context.store.spent(&run.id).await?, &judged, gradings);
    context.budget.judged(by_models);
    let price = context.prices.of(model.name()).cloned();
    let batched = settings.batch.is_some();
    let budget = context.budget.clone();
    // One answer shows what others cost; of batches it would take hours.
    if batched && let Some((cost, tokens)) = at_most(benchmark.as_ref(), &plan, first.as_ref(), price.as_ref(), batched) {
        budget.expect(cost, tokens);
    }
    let drought = Drought::default();
    let endpoint =
        Endpoint { model, retries, batched, run_seed: run.plan.seed, retrying: sender, pacer, cache, price, budget, drought };
    let work = Work {
        store: context.store.clone(),
        benchmark,
        judges,
        samples: Samples::new(&context.store, &run.id),
        endpoint: Some(Arc::new(endpoint)),
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

/// The run of this plan. The samples of a new one go from the benchmark into the store one after the other.
async fn find_or_create(
    store: &Store,
    benchmark: &dyn Benchmark,
    plan: &RunPlan,
    settings: &RunSettings,
) -> Result<(RunRecord, bool), EngineError> {
    let mut new = match store.open_run(plan, settings.fresh).await? {
        OpenedRun::There(record) => return Ok((record, true)),
        OpenedRun::New(new) => new,
    };
    let mut samples = benchmark.stream(&settings.source, &settings.selection).map_err(EngineError::from_benchmark)?;
    let mut hash = SamplesHash::default();
    loop {
        let mut some = Vec::new();
        for sample in samples.by_ref().take(SAMPLES_TOGETHER) {
            let sample = sample.map_err(EngineError::from_benchmark)?;
            hash.add(&sample);
            some.push(sample);
        }
        if some.is_empty() {
            break;
        }
        new.add(&some).await?;
    }
    if hash.finish() != plan.data_sha256 {
        let source = plan::describe_source(&settings.source);
        return Err(EngineError::Input(format!("the questions in {source} changed while they were read; repeat the command")));
    }
    Ok((new.finish().await?, false))
}

/// What the first attempt may cost at most, in US dollars, and how many tokens it may have; `None` where nothing bounds its
/// answer.
fn at_most(
    benchmark: &dyn Benchmark,
    plan: &RunPlan,
    first: Option<&Sample>,
    price: Option<&Price>,
    batched: bool,
) -> Option<(f64, f64)> {
    let request = benchmark.request(first?, plan.protocol, &plan.sampling).ok()?;
    let (prompt, answer) = (money::estimated_tokens(&request).ceil() as u64, u64::from(plan.sampling.max_tokens?));
    let usage = Usage { prompt_tokens: Some(prompt), completion_tokens: Some(answer), ..Usage::default() };
    let cost = price.and_then(|price| price.cost(&usage, crate::Asked { batched, tiers: &[] })).unwrap_or(0.0);
    Some((cost, (prompt + answer) as f64))
}

/// How failed requests are repeated; answers of batches may take days.
fn retries(settings: &RunSettings) -> Retries {
    match settings.batch {
        Some(_) => Retries { total: LONGEST_BATCH, request_timeout: LONGEST_BATCH, ..settings.retries },
        None => settings.retries,
    }
}

/// How fast a model may be asked: what the user says, else what the model says of itself, else what is found out.
fn pace_bounds(model: &dyn Model, settings: &RunSettings) -> pacing::Bounds {
    if let (Some(_), Some(most)) = (settings.batch, model.capabilities().concurrency) {
        // Whatever waits at the same time is one batch.
        return pacing::Bounds { first: most, most, requests_per_minute: None, tokens_per_minute: None };
    }
    let RunSettings { requests_per_minute, tokens_per_minute, .. } = *settings;
    let (first, most) = match (settings.concurrency, model.capabilities().concurrency) {
        // Who names a number has reason to; still, it is not all thrown at the service at once.
        (Some(wanted), None) => {
            let wanted = wanted.min(settings.connections);
            ((wanted / 4).clamp(16, 64), wanted)
        }
        (Some(wanted), Some(_)) => (wanted, wanted),
        (None, Some(own)) => (own, own),
        (None, None) => (FIRST_FOUND, MOST_FOUND.min(settings.connections)),
    };
    pacing::Bounds { first, most, requests_per_minute, tokens_per_minute }
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
    wanted.unwrap_or_else(|| if needs.judge { cores().max(JUDGED_AT_ONCE) } else { cores() })
}

/// Lines up what `standings` leave to do, epoch by epoch and in the order of the plan, so that a run stopped early has seen
/// as many samples as it can: an attempt without an answer is asked (again), an
/// answer without a grade, or graded as an infrastructure error, is graded (again). With `only_errors`, nothing but what
/// ended in an infrastructure error.
fn enqueue(run: &RunRecord, standings: &[Standing], only_errors: bool, queue: &mut Queue) {
    // They are sorted by position and epoch, so each is found without a map.
    let known = |turn: Turn| {
        let found = standings.binary_search_by_key(&(turn.position, turn.epoch), |s| (s.position, s.epoch)).ok();
        found.and_then(|place| standings.get(place))
    };
    let samples = u32::try_from(run.plan.sample_ids.len()).unwrap_or(u32::MAX);
    for epoch in 0..run.plan.epochs {
        for position in 0..samples {
            let turn = Turn { position, epoch };
            match known(turn) {
                Some(Standing { answered: true, outcome: Some(Outcome::InfraError), .. }) => {
                    queue.grade.push_back(ToGrade::Attempt(turn));
                }
                Some(Standing { answered: false, .. }) => queue.ask.push_back(turn),
                _ if only_errors => {}
                Some(Standing { answered: true, outcome: None, .. }) => queue.grade.push_back(ToGrade::Attempt(turn)),
                Some(Standing { answered: true, .. }) => {}
                None => queue.ask.push_back(turn),
            }
        }
    }
}

/// Makes a complete set of new grades the run's grades; an incomplete one waits for the next try.
async fn switch_grades(context: &Context, pending: &PendingGrades, run: &RunRecord) -> Result<(), EngineError> {
    let left = context.store.standings(&run.id).await?.len() - context.store.regraded(pending).await?.len();
    if left == 0 {
        return Ok(context.store.finish_regrade(pending, &run.plan).await?);
    }
    let message =
        format!("{left} attempts of run {} are not graded again yet, so it keeps its earlier grades; repeat the command", run.id);
    context.sink.emit(&Event::Warning { message });
    Ok(())
}

/// Dispatches beside those who work, so that handing over work wakes no other thread; dropped, it ends.
async fn dispatched(dispatcher: Dispatcher) -> Dispatched {
    let mut alone = JoinSet::new();
    alone.spawn(dispatcher.dispatch());
    match alone.join_next().await {
        Some(Ok(ended)) => ended,
        Some(Err(error)) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Dispatched::failed(EngineError::Internal(error.to_string())),
        },
        None => Dispatched::failed(EngineError::Internal("nobody dispatched".into())),
    }
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
        before: &RunCounts,
    ) -> Result<RunOutcome, EngineError> {
        let Self { context, work, claim, resumed, ground_truth } = self;
        let store = &context.store;
        let run_id = work.run.id.clone();
        context.sink.emit(&Event::RunStarted {
            run_id: run_id.clone(),
            attempts: work.run.plan.attempts(),
            answered: before.answered,
            graded: before.graded,
            correct: before.outcomes.get(&Outcome::Correct).copied().unwrap_or(0),
            resumed,
        });
        let references = queue.grade.iter().filter(|g| matches!(g, ToGrade::Reference(_))).count();
        if references > 0 {
            context.sink.emit(&Event::GroundTruthStarted { run_id: run_id.clone(), samples: references });
        }
        let ended = dispatched(Dispatcher::new(context, work.clone(), retrying, queue, bounds)).await;
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
        let state = if complete { RunState::Finished } else { RunState::Running };
        store.set_run_state(&run_id, state).await?;
        let run = match work.pending {
            // Whether it has switched to the new plan is told by the store alone.
            Some(_) => store.run(&run_id).await?,
            // A long plan is not read once more.
            None => RunRecord { state, ..work.run.clone() },
        };
        let mut truth = if ground_truth { Some(store.ground_truth_of(&run).await?) } else { None };
        if let Some(truth) = &mut truth {
            truth.failing.extend(ended.ungraded_references);
        }
        context.sink.emit(&Event::RunFinished {
            run_id: run_id.clone(),
            answered: counts.answered,
            graded: counts.graded,
            infra_errors: counts.infra_errors,
        });
        drop(claim);
        match failure {
            Some(failure) => Err(failure),
            None => {
                let unchecked = truth.as_ref().is_some_and(|t| t.checked + t.failing.len() < t.samples);
                let stopped = context.stop.reason().filter(|_| !complete || unchecked);
                Ok(RunOutcome { run, resumed, counts, ground_truth: truth, stopped })
            }
        }
    }
}
