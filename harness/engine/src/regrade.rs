use crate::dispatcher::{Bounds, Queue, ToGrade};
use crate::outcome::RunOutcome;
use crate::run::{Execution, grading_bound};
use crate::samples::Samples;
use crate::storing::Storing;
use crate::work::{Turn, Work};
use crate::{Context, EngineError, GradeSettings, Retries, Stop};
use proctor_core::{AttemptKey, Benchmark, Judges, RunPlan, RunRecord};
use proctor_store::{RunCounts, Standing};
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc};

/// Grades the stored answers of a run again with the judges at hand; nothing is asked. The run keeps its grades until
/// every new one is there, then it switches to them and to a plan that names the new judge. `run` is an id or a unique
/// start of one.
pub async fn regrade(
    context: &Context,
    benchmark: Arc<dyn Benchmark>,
    judges: Arc<dyn Judges>,
    run: &str,
    settings: &GradeSettings,
) -> Result<RunOutcome, EngineError> {
    let stored = context.store.run(run).await?;
    if stored.plan.benchmark != benchmark.card().name {
        let (asked, is) = (&stored.plan.benchmark, &benchmark.card().name);
        return Err(EngineError::Input(format!("run {} is of {asked}, which {is} cannot grade", stored.id)));
    }
    let claim = context.store.claim(&stored.id).await?;
    let plan = RunPlan {
        judge_version: benchmark.card().judge_version.clone(),
        judge_provenance: judges.provenance(benchmark.needs()),
        options: settings.options.clone(),
        ..stored.plan.clone()
    };
    context.budget.begin(&stored.id);
    let pending = context.store.begin_regrade(&stored.id, &plan).await?;
    let already = context.store.regraded(&pending).await?;
    let standings = context.store.standings(&stored.id).await?;
    let before = RunCounts::of(&standings);

    let mut queue = Queue::default();
    if settings.ground_truth {
        let unchecked = context.store.unchecked_references(&stored.id, &plan).await?;
        queue.grade.extend(unchecked.into_iter().map(ToGrade::Reference));
    }
    let done = |standing: &&Standing| {
        let sample_id = plan.sample_ids.get(standing.position as usize).unwrap_or_default().to_owned();
        already.contains(&AttemptKey { run_id: stored.id.clone(), sample_id, epoch: standing.epoch })
    };
    let left = standings.iter().filter(|standing| already.is_empty() || !done(standing));
    queue.grade.extend(left.map(|s| ToGrade::Attempt(Turn { position: s.position, epoch: s.epoch })));
    drop(standings);

    let bounds =
        Bounds { asking: 1, grading: grading_bound(settings.grade_concurrency, benchmark.needs()), retries: Retries::default() };
    let (_, retrying) = mpsc::channel(1);
    let work = Work {
        store: context.store.clone(),
        benchmark,
        judges,
        samples: Samples::new(&context.store, &stored.id),
        endpoint: None,
        pending: Some(pending),
        stop: Stop::new(),
        judging: Semaphore::new(bounds.grading),
        storing: Storing::default(),
        run: RunRecord { fingerprint: plan.fingerprint(), plan, ..stored },
    };
    Execution { context, work: Arc::new(work), claim, resumed: true, ground_truth: settings.ground_truth }
        .carry_out(retrying, queue, bounds, &before)
        .await
}
