use crate::support::*;
use proctor_core::{Event, ExitCode, RunState};
use proctor_engine::{Context, RunSettings, Stop, StopReason, run};
use proctor_store::Store;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A context whose sink calls `act` after the `n`-th finished attempt.
async fn acting_after(path: &std::path::Path, n: usize, act: impl Fn(&Stop) + Send + Sync + 'static) -> (Context, Arc<Recorder>) {
    let stop = Stop::new();
    let (seen, token) = (AtomicUsize::new(0), stop.clone());
    let react = move |event: &Event| {
        if matches!(event, Event::AttemptFinished { .. }) && seen.fetch_add(1, Ordering::SeqCst) + 1 == n {
            act(&token);
        }
    };
    let sink = Arc::new(Recorder { react: Some(Box::new(react)), ..Recorder::default() });
    (Context::new(Store::open(path).await.unwrap(), sink.clone(), stop), sink)
}

#[tokio::test]
async fn draining_finishes_what_is_in_flight_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (context, sink) = acting_after(&folder.path().join("proctor.db"), 5, Stop::drain).await;
    let model = Arc::new(Adder { takes: Duration::from_millis(20), concurrency: Some(4), ..Adder::default() });
    let outcome =
        run(&context, Arc::new(Sums::new(100)), model.clone(), Arc::new(Printer::default()), &settings()).await.unwrap();
    assert_eq!(outcome.stopped, Some(StopReason::Interrupted));
    assert_eq!(outcome.exit_code(), ExitCode::Interrupted);
    assert_eq!(outcome.run.state, RunState::Running);
    let asked = model.times_asked();
    assert!((5..=12).contains(&asked), "asked {asked}");
    assert_eq!(outcome.counts.answered, asked, "every answer paid for is stored");
    assert_eq!(sink.count(|e| matches!(e, Event::Draining { .. })), 1);

    let (again, _) = crate::support::context(&folder.path().join("proctor.db")).await;
    let outcome = run(&again, Arc::new(Sums::new(100)), model.clone(), Arc::new(Printer::default()), &settings()).await.unwrap();
    assert!(outcome.resumed && outcome.stopped.is_none());
    assert_eq!((outcome.counts.graded, model.times_asked()), (200, 200));
}

#[tokio::test]
async fn draining_does_not_wait_for_retries() {
    let folder = tempfile::tempdir().unwrap();
    let (context, _) = acting_after(&folder.path().join("proctor.db"), 1, Stop::drain).await;
    let mut settings = RunSettings { epochs: 1, concurrency: Some(4), ..settings() };
    settings.retries.first_wait = Duration::from_secs(60);
    settings.retries.total = Duration::from_secs(600);
    let refuse = |id: &str, _| if id == "s9" { Ok(()) } else { Err(error(proctor_core::ModelErrorKind::Connection)) };
    let model = Arc::new(Adder { takes: Duration::from_millis(5), ..Adder::scripted(refuse) });
    let began = Instant::now();
    let settings =
        RunSettings { selection: proctor_core::Selection { ids: vec!["s8".into(), "s9".into()], limit: None }, ..settings };
    let outcome = run(&context, Arc::new(Sums::new(10)), model, Arc::new(Printer::default()), &settings).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(outcome.stopped, Some(StopReason::Interrupted));
    assert_eq!((outcome.counts.answered, outcome.counts.infra_errors), (1, 0), "a wait that was cut short is no error");
}

#[tokio::test]
async fn aborting_drops_what_is_in_flight() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proctor.db");
    let act = |stop: &Stop| {
        stop.drain();
        let stop = stop.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            stop.abort();
        });
    };
    let (context, _) = acting_after(&path, 1, act).await;
    // The first answer comes at once, the others never.
    let model = Arc::new(Hanging(Adder::default()));
    let began = Instant::now();
    let outcome = run(&context, Arc::new(Sums::new(30)), model, Arc::new(Printer::default()), &settings()).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(outcome.stopped, Some(StopReason::Interrupted));
    assert_eq!((outcome.counts.answered, outcome.counts.infra_errors), (1, 0));
    let (again, _) = crate::support::context(&path).await;
    let judges = Arc::new(Printer::default());
    let outcome = run(&again, Arc::new(Sums::new(30)), Arc::new(Adder::default()), judges, &settings()).await.unwrap();
    assert_eq!(outcome.counts.graded, 60);
}

/// Answers s0's first attempt and hangs on everything else.
struct Hanging(Adder);

#[async_trait::async_trait]
impl proctor_core::Model for Hanging {
    fn name(&self) -> &str {
        self.0.name()
    }
    fn capabilities(&self) -> proctor_core::Capabilities {
        self.0.capabilities()
    }
    fn provenance(&self) -> serde_json::Value {
        self.0.provenance()
    }
    async fn complete(&self, request: &proctor_core::Request) -> Result<proctor_core::Completion, proctor_core::ModelError> {
        let label = request.label.as_ref().unwrap();
        if label.sample_id != "s0" || label.epoch > 0 {
            std::future::pending::<()>().await;
        }
        self.0.complete(request).await
    }
}

#[tokio::test]
async fn a_token_raised_before_the_start_starts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (context, _) = context(&folder.path().join("proctor.db")).await;
    context.stop.drain();
    let model = Arc::new(Adder::default());
    let outcome = run(&context, Arc::new(Sums::new(3)), model.clone(), Arc::new(Printer::default()), &settings()).await.unwrap();
    assert_eq!(outcome.stopped, Some(StopReason::Interrupted));
    assert_eq!(model.times_asked(), 0);
}
