use crate::dispatcher::{Bounds, Queue, ToGrade};
use crate::outcome::RunOutcome;
use crate::run::{Execution, by_id, grading_bound};
use crate::storing::Storing;
use crate::work::Work;
use crate::{Context, EngineError, GradeSettings, Retries, Stop};
use proctor_core::{AttemptKey, Benchmark, Judges, RunPlan, RunRecord};
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
    let samples = context.store.samples(&stored.id).await?;
    let pending = context.store.begin_regrade(&stored.id, &plan).await?;
    let already = context.store.regraded(&pending).await?;
    let progress = context.store.progress(&stored.id).await?;

    let mut queue = Queue::default();
    if settings.ground_truth {
        let unchecked = context.store.unchecked_references(&stored.id, &plan).await?;
        queue.grade.extend(unchecked.into_iter().map(ToGrade::Reference));
    }
    let keys = progress.iter().map(|p| AttemptKey { run_id: stored.id.clone(), sample_id: p.sample_id.clone(), epoch: p.epoch });
    queue.grade.extend(keys.filter(|key| !already.contains(key)).map(ToGrade::Attempt));

    let bounds =
        Bounds { asking: 1, grading: grading_bound(settings.grade_concurrency, benchmark.needs()), retries: Retries::default() };
    let (_, retrying) = mpsc::channel(1);
    let work = Work {
        store: context.store.clone(),
        benchmark,
        judges,
        samples: by_id(samples),
        endpoint: None,
        pending: Some(pending),
        stop: Stop::new(),
        judging: Semaphore::new(bounds.grading),
        storing: Storing::default(),
        run: RunRecord { fingerprint: plan.fingerprint(), plan, ..stored },
    };
    Execution { context, work: Arc::new(work), claim, resumed: true, ground_truth: settings.ground_truth }
        .carry_out(retrying, queue, bounds, &progress)
        .await
}
