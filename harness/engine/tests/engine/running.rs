use crate::support::*;
use proctor_core::{Capabilities, Completion, Event, ExitCode, Model, ModelError, Outcome, Request, RunState, derive_seed};
use proctor_engine::{RunSettings, run};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

#[tokio::test]
async fn a_run_asks_and_grades_everything_once() {
    let folder = tempfile::tempdir().unwrap();
    let (context, sink) = context(&folder.path().join("deep/er/proctor.db")).await;
    let model = Arc::new(Adder::default());
    let outcome = run(&context, Arc::new(Sums::new(10)), model.clone(), Arc::new(Printer::default()), &settings()).await.unwrap();
    assert_eq!(outcome.exit_code(), ExitCode::Success);
    assert_eq!(outcome.run.state, RunState::Finished);
    assert!(!outcome.resumed);
    assert_eq!((outcome.counts.answered, outcome.counts.graded, outcome.counts.infra_errors), (20, 20, 0));
    assert_eq!(model.times_asked(), 20);
    let truth = outcome.ground_truth.unwrap();
    assert_eq!((truth.samples, truth.checked, truth.failing.len()), (10, 10, 0));

    // Right and wrong exactly as the seeds have it: nothing is made up on the way.
    let graded = context.store.graded(&outcome.run.id).await.unwrap();
    assert_eq!(graded.len(), 20);
    for one in &graded {
        let right = !derive_seed(0, &one.sample_id, one.epoch, 0).is_multiple_of(3);
        assert_eq!(one.outcome == Outcome::Correct, right, "{one:?}");
    }

    // Asked epoch by epoch, in the order of the samples.
    let asked = model.asked.lock().unwrap().clone();
    let order: Vec<(String, u32)> = (0..2).flat_map(|epoch| (0..10).map(move |s| (format!("s{s}"), epoch))).collect();
    assert_eq!(asked, order);

    // One linear order: a run starts first and ends last; attempts begin, are answered, are graded.
    let events = sink.events.lock().unwrap();
    assert!(matches!(events.first(), Some(Event::RunStarted { attempts: 20, resumed: false, .. })));
    assert!(matches!(events.last(), Some(Event::RunFinished { graded: 20, .. })));
    for one in &graded {
        let place = |wanted: &dyn Fn(&Event) -> bool| events.iter().position(wanted).unwrap();
        let is = |key: &proctor_core::AttemptKey| key.sample_id == one.sample_id && key.epoch == one.epoch;
        let started = place(&|e| matches!(e, Event::AttemptStarted { key } if is(key)));
        let finished = place(&|e| matches!(e, Event::AttemptFinished { key, .. } if is(key)));
        let graded = place(&|e| matches!(e, Event::GradeFinished { key, .. } if is(key)));
        assert!(started < finished && finished < graded);
    }
}

#[tokio::test]
async fn the_same_plan_resumes_and_a_fresh_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let (context, sink) = context(&folder.path().join("proctor.db")).await;
    let model = Arc::new(Adder::default());
    let benchmark = Arc::new(Sums::new(4));
    let judges = Arc::new(Printer::default());
    let first = run(&context, benchmark.clone(), model.clone(), judges.clone(), &settings()).await.unwrap();
    let before = table(&context.store, &first.run.id).await;
    let second = run(&context, benchmark.clone(), model.clone(), judges.clone(), &settings()).await.unwrap();
    assert!(second.resumed && second.run.id == first.run.id);
    assert_eq!(model.times_asked(), 8, "nothing is asked twice");
    assert_eq!(table(&context.store, &first.run.id).await, before);
    assert_eq!(sink.count(|e| matches!(e, Event::GroundTruthGraded { .. })), 4, "references are graded once");

    let fresh = RunSettings { fresh: true, ..settings() };
    let third = run(&context, benchmark.clone(), model.clone(), judges.clone(), &fresh).await.unwrap();
    assert!(!third.resumed);
    assert_eq!(third.run.id, format!("{}-2", first.run.id));
    assert_eq!(third.run.fingerprint, first.run.fingerprint);
    assert_eq!(model.times_asked(), 16);
    let other = RunSettings { seed: 1, ..settings() };
    let fourth = run(&context, benchmark, model, judges, &other).await.unwrap();
    assert_ne!(fourth.run.fingerprint, first.run.fingerprint);
}

/// Holds requests back until as many are in flight as may be. Until then one is let go now and then, when all answers so far
/// are stored and nothing more comes: that is how a number of requests that grows with the answers grows.
struct Gathering {
    adder: Adder,
    bound: usize,
    sink: Arc<Recorder>,
    came: AtomicUsize,
    let_go: AtomicUsize,
    in_flight: AtomicUsize,
    most: AtomicUsize,
}

impl Gathering {
    async fn wait(&self) {
        let ticket = self.came.fetch_add(1, Ordering::SeqCst);
        let now = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let mut seen = 0;
        while self.most.load(Ordering::SeqCst) < self.bound {
            tokio::time::sleep(Duration::from_millis(10)).await;
            let came = self.came.load(Ordering::SeqCst);
            let stored = self.sink.count(|event| matches!(event, Event::AttemptFinished { .. }));
            let first = self.let_go.load(Ordering::SeqCst);
            if came == seen && stored == first && ticket == first {
                break;
            }
            seen = came;
        }
        // Time for one too many to come.
        tokio::time::sleep(Duration::from_millis(10)).await;
        self.let_go.fetch_add(1, Ordering::SeqCst);
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait::async_trait]
impl Model for Gathering {
    fn name(&self) -> &str {
        self.adder.name()
    }
    fn capabilities(&self) -> Capabilities {
        self.adder.capabilities()
    }
    fn provenance(&self) -> serde_json::Value {
        self.adder.provenance()
    }
    async fn complete(&self, request: &Request) -> Result<Completion, ModelError> {
        self.wait().await;
        self.adder.complete(request).await
    }
}

#[tokio::test]
async fn no_more_requests_are_in_flight_than_allowed() {
    for (wanted, own, bound) in [(Some(3), None, 3), (None, Some(2), 2), (Some(5), Some(2), 5), (Some(20), None, 20)] {
        let folder = tempfile::tempdir().unwrap();
        let (context, sink) = context(&folder.path().join("proctor.db")).await;
        let zero = AtomicUsize::default;
        let adder = Adder { concurrency: own, ..Adder::default() };
        let (came, let_go, in_flight, most) = (zero(), zero(), zero(), zero());
        let model = Arc::new(Gathering { adder, bound, sink, came, let_go, in_flight, most });
        let settings = RunSettings { concurrency: wanted, ..settings() };
        run(&context, Arc::new(Sums::new(100)), model.clone(), Arc::new(Printer::default()), &settings).await.unwrap();
        assert_eq!(model.most.load(Ordering::SeqCst), bound, "{wanted:?} {own:?}");
    }
}

#[tokio::test]
async fn neither_order_nor_concurrency_changes_the_table() {
    let mut tables = Vec::new();
    for (concurrency, grading) in [(1, 1), (7, 3), (16, 1)] {
        let folder = tempfile::tempdir().unwrap();
        let (context, _) = context(&folder.path().join("proctor.db")).await;
        let settings = RunSettings { concurrency: Some(concurrency), grade_concurrency: Some(grading), ..settings() };
        let model = Arc::new(Adder { takes: Duration::from_millis(1), ..Adder::default() });
        let outcome = run(&context, Arc::new(Sums::new(12)), model, Arc::new(Printer::default()), &settings).await.unwrap();
        tables.push(table(&context.store, &outcome.run.id).await);
    }
    assert_eq!(tables[0], tables[1]);
    assert_eq!(tables[0], tables[2]);
}

#[tokio::test]
async fn requests_are_stored_as_sent() {
    let folder = tempfile::tempdir().unwrap();
    let (context, _) = context(&folder.path().join("proctor.db")).await;
    let judges = Arc::new(Printer::default());
    let settings = RunSettings { seed: 9, ..settings() };
    let outcome = run(&context, Arc::new(Sums::new(2)), Arc::new(Adder::default()), judges, &settings).await.unwrap();
    let key = proctor_core::AttemptKey { run_id: outcome.run.id, sample_id: "s1".into(), epoch: 1 };
    let attempt = context.store.attempt(&key).await.unwrap().unwrap().attempt.unwrap();
    assert_eq!(attempt.exchanges[0].request.sampling.seed, Some(derive_seed(9, "s1", 1, 0)));
}

#[tokio::test]
async fn two_runs_share_one_store_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proctor.db");
    // Two openings, as two processes would have them.
    let (one, _) = context(&path).await;
    let (two, _) = context(&path).await;
    let other = RunSettings { seed: 1, ..settings() };
    let (mine, judges) = (settings(), Arc::new(Printer::default()));
    let sums = || Arc::new(Sums::new(60));
    let (first, second) = tokio::join!(
        run(&one, sums(), Arc::new(Adder::default()), judges.clone(), &mine),
        run(&two, sums(), Arc::new(Adder::default()), judges.clone(), &other),
    );
    for outcome in [first.unwrap(), second.unwrap()] {
        assert_eq!(outcome.counts.graded, 120);
        assert_eq!(outcome.exit_code(), ExitCode::Success);
    }
}

#[tokio::test]
async fn nobody_else_may_work_on_the_same_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proctor.db");
    let (one, _) = context(&path).await;
    let (two, _) = context(&path).await;
    let judges = Arc::new(Printer::default());
    let slow = || Arc::new(Adder { takes: Duration::from_millis(100), ..Adder::default() });
    let settings = settings();
    let (first, second) = tokio::join!(
        run(&one, Arc::new(Sums::new(20)), slow(), judges.clone(), &settings),
        run(&two, Arc::new(Sums::new(20)), slow(), judges.clone(), &settings),
    );
    let refused = match (first, second) {
        (Ok(done), Err(refused)) | (Err(refused), Ok(done)) => {
            assert_eq!(done.counts.graded, 40);
            refused
        }
        other => panic!("one of two must be refused: {other:?}"),
    };
    assert_eq!(refused.exit_code(), ExitCode::Store);
    assert!(refused.to_string().contains(&format!("is being worked on by process {}", std::process::id())), "{refused}");
    assert!(!path.with_extension("db.locks").exists(), "locks are tidied up");
}
