use crate::support::*;
use proctor_core::ModelErrorKind::*;
use proctor_core::{Event, ExitCode, JudgeError, Model, Outcome, RunState};
use proctor_engine::{EngineError, Retries, RunSettings, run};
use std::sync::Arc;
use std::time::{Duration, Instant};

#[tokio::test]
async fn what_can_pass_is_tried_again() {
    for kind in [RateLimited, Unavailable, Timeout, Connection, Protocol] {
        let folder = tempfile::tempdir().unwrap();
        let (context, sink) = context(&folder.path().join("proctor.db")).await;
        let model = Arc::new(Adder::scripted(move |id, before| match (id, before) {
            ("s2", 0 | 1) => Err(error(kind)),
            _ => Ok(()),
        }));
        let outcome =
            run(&context, Arc::new(Sums::new(5)), model.clone(), Arc::new(Printer::default()), &settings()).await.unwrap();
        assert_eq!(outcome.exit_code(), ExitCode::Success, "{kind:?}");
        assert_eq!(model.times_asked(), 10 + 4);
        assert_eq!(sink.count(|e| matches!(e, Event::Retrying { .. })), 4);
        let events = sink.events.lock().unwrap();
        let order: Vec<u32> = events
            .iter()
            .filter_map(|e| match e {
                Event::Retrying { key, tries, .. } if key.sample_id == "s2" && key.epoch == 0 => Some(*tries),
                Event::AttemptFinished { key, .. } if key.sample_id == "s2" && key.epoch == 0 => Some(99),
                _ => None,
            })
            .collect();
        assert_eq!(order, [1, 2, 99], "retries are told before the answer");
    }
}

#[tokio::test]
async fn an_infrastructure_error_is_recorded_and_asked_again_by_the_same_command() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proctor.db");
    let whole = {
        let (context, _) = context(&folder.path().join("whole.db")).await;
        let judges = Arc::new(Printer::default());
        let outcome = run(&context, Arc::new(Sums::new(5)), Arc::new(Adder::default()), judges, &settings()).await.unwrap();
        table(&context.store, &outcome.run.id).await
    };
    let (context, sink) = context(&path).await;
    for (kind, tries) in [(Unavailable, 3), (Protocol, 3), (BadRequest, 1), (Local, 1), (ContextLength, 1)] {
        let model = Arc::new(Adder::scripted(move |id, _| if id == "s3" { Err(error(kind)) } else { Ok(()) }));
        let judges = Arc::new(Printer::default());
        let outcome = run(&context, Arc::new(Sums::new(5)), model.clone(), judges, &settings()).await.unwrap();
        assert_eq!(outcome.exit_code(), ExitCode::InfraErrors, "{kind:?}");
        assert_eq!(outcome.run.state, RunState::Running);
        assert_eq!((outcome.counts.answered, outcome.counts.graded, outcome.counts.infra_errors), (8, 8, 2));
        assert_eq!(model.asked.lock().unwrap().iter().filter(|(id, _)| id == "s3").count(), 2 * tries, "{kind:?}");
        let graded = context.store.graded(&outcome.run.id).await.unwrap();
        assert_eq!(graded.iter().filter(|g| g.outcome == Outcome::InfraError).count(), 2);
    }
    assert!(
        sink.count(|e| matches!(e, Event::GradeFinished { outcome: Outcome::InfraError, explanation, .. }
        if explanation == "scripted Unavailable (tried 3 times)"))
            == 2
    );
    let model = Arc::new(Adder::default());
    let outcome = run(&context, Arc::new(Sums::new(5)), model.clone(), Arc::new(Printer::default()), &settings()).await.unwrap();
    assert_eq!(model.times_asked(), 2, "only what failed is asked again");
    assert_eq!(outcome.exit_code(), ExitCode::Success);
    assert_eq!(table(&context.store, &outcome.run.id).await, whole);
}

#[tokio::test]
async fn a_fatal_error_ends_the_asking_and_is_reported_once() {
    for kind in [Auth, NotFound] {
        let folder = tempfile::tempdir().unwrap();
        let (context, sink) = context(&folder.path().join("proctor.db")).await;
        let script = move |id: &str, _| if id == "s0" { Ok(()) } else { Err(error(kind)) };
        let model = Arc::new(Adder { takes: Duration::from_millis(5), concurrency: Some(4), ..Adder::scripted(script) });
        let failure =
            run(&context, Arc::new(Sums::new(500)), model.clone(), Arc::new(Printer::default()), &settings()).await.unwrap_err();
        assert_eq!(failure.exit_code(), ExitCode::Endpoint);
        assert_eq!(failure.to_string(), format!("scripted {kind:?}"));
        assert!(model.times_asked() <= 8, "asked {} times", model.times_asked());
        assert_eq!(sink.count(|e| matches!(e, Event::AttemptFinished { error: Some(_), .. })), 0);
        let runs = context.store.runs().await.unwrap();
        let counts = context.store.counts(&runs[0].id).await.unwrap();
        assert_eq!((counts.answered, counts.graded, counts.infra_errors), (1, 1, 0), "what was answered is kept and graded");
    }
}

#[tokio::test]
async fn an_endpoint_that_never_answers_is_given_up_soon() {
    for kind in [Protocol, Connection, BadRequest] {
        let folder = tempfile::tempdir().unwrap();
        let (context, _) = context(&folder.path().join("proctor.db")).await;
        let model = Arc::new(Adder { concurrency: Some(2), ..Adder::scripted(move |_, _| Err(error(kind))) });
        let failure =
            run(&context, Arc::new(Sums::new(100)), model.clone(), Arc::new(Printer::default()), &settings()).await.unwrap_err();
        assert_eq!(failure.exit_code(), ExitCode::Endpoint);
        assert!(failure.to_string().contains("3 attempts in a row failed"), "{failure}");
        assert!(model.times_asked() <= 4 * 3);
        // Repaired, the same command goes on to the end.
        let judges = Arc::new(Printer::default());
        let outcome = run(&context, Arc::new(Sums::new(100)), Arc::new(Adder::default()), judges, &settings()).await.unwrap();
        assert_eq!((outcome.resumed, outcome.counts.graded), (true, 200));
    }
}

#[tokio::test]
async fn an_endpoint_that_breaks_down_is_given_up_after_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let (context, _) = context(&folder.path().join("proctor.db")).await;
    let script = |id: &str, _| if id.len() < 3 { Ok(()) } else { Err(error(Connection)) };
    let model = Arc::new(Adder { concurrency: Some(1), ..Adder::scripted(script) });
    let failure = run(&context, Arc::new(Sums::new(100)), model, Arc::new(Printer::default()), &settings()).await.unwrap_err();
    assert!(
        matches!(&failure, EngineError::Endpoint { message, .. } if message.contains("10 attempts in a row failed")),
        "{failure}"
    );
    let runs = context.store.runs().await.unwrap();
    let counts = context.store.counts(&runs[0].id).await.unwrap();
    assert_eq!((counts.answered, counts.infra_errors), (10, 10));
}

/// "Too many requests" costs no try, so nothing else would end this.
#[tokio::test]
async fn an_endpoint_that_refuses_everything_for_long_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let (context, sink) = context(&folder.path().join("proctor.db")).await;
    let script = |id: &str, _| if id == "s0" { Ok(()) } else { Err(error(RateLimited)) };
    let model = Arc::new(Adder { concurrency: Some(4), ..Adder::scripted(script) });
    let few = settings();
    let retries = Retries { tries: 1000, total: Duration::from_millis(400), ..few.retries };
    let settings = RunSettings { retries, ..few };
    let failure = run(&context, Arc::new(Sums::new(500)), model, Arc::new(Printer::default()), &settings).await.unwrap_err();
    assert_eq!(failure.exit_code(), ExitCode::Endpoint);
    assert!(failure.to_string().contains("too many requests"), "{failure}");
    assert!(failure.to_string().contains("the same command continues"), "{failure}");
    assert!(sink.count(|e| matches!(e, Event::AttemptFinished { error: Some(_), .. })) < 20, "few were given up one by one");
    // When it is well again, the same command goes on to the end.
    let (context, _) = self::context(&folder.path().join("proctor.db")).await;
    let judges = Arc::new(Printer::default());
    let outcome = run(&context, Arc::new(Sums::new(500)), Arc::new(Adder::default()), judges, &settings).await.unwrap();
    assert_eq!((outcome.resumed, outcome.exit_code(), outcome.counts.graded), (true, ExitCode::Success, 1000));
}

#[tokio::test]
async fn the_wait_a_service_asks_for_is_kept_by_all_requests() {
    let folder = tempfile::tempdir().unwrap();
    let (context, _) = context(&folder.path().join("proctor.db")).await;
    let began = Instant::now();
    let times = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = times.clone();
    let model = Arc::new(Adder {
        concurrency: Some(2),
        ..Adder::scripted(move |id, before| {
            seen.lock().unwrap().push(began.elapsed());
            let mut refusal = error(RateLimited);
            refusal.retry_after = Some(Duration::from_millis(300));
            if id == "s0" && before == 0 { Err(refusal) } else { Ok(()) }
        })
    });
    let settings = RunSettings { epochs: 1, ..settings() };
    let outcome = run(&context, Arc::new(Sums::new(8)), model, Arc::new(Printer::default()), &settings).await.unwrap();
    assert_eq!(outcome.exit_code(), ExitCode::Success);
    let times = times.lock().unwrap();
    let refused = times[0];
    let early = times.iter().skip(1).filter(|t| **t < refused + Duration::from_millis(300)).count();
    assert!(early <= 1, "only what was in flight already may come before the wait is over: {times:?}");
}

#[tokio::test]
async fn a_wait_longer_than_anybody_waits_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (context, sink) = context(&folder.path().join("proctor.db")).await;
    let model = Arc::new(Adder::scripted(|id, _| {
        let mut refusal = error(RateLimited);
        refusal.retry_after = Some(Duration::from_secs(86_400));
        if id == "s0" { Err(refusal) } else { Ok(()) }
    }));
    let settings = RunSettings { epochs: 1, ..settings() };
    let outcome = run(&context, Arc::new(Sums::new(3)), model, Arc::new(Printer::default()), &settings).await.unwrap();
    assert_eq!(outcome.exit_code(), ExitCode::InfraErrors);
    let says = "it asks to be left alone for 24 h 00 min, and --max-wait is ";
    let told = |e: &Event| matches!(e, Event::AttemptFinished { error: Some(error), .. } if error.contains(says));
    assert_eq!(sink.count(told), 1);
}

#[tokio::test]
async fn a_model_that_hangs_or_panics_is_an_infrastructure_error() {
    struct Broken(Adder);
    #[async_trait::async_trait]
    impl Model for Broken {
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
            match request.label.as_ref().unwrap().sample_id.as_str() {
                "s1" => std::future::pending().await,
                "s2" => panic!("scripted panic"),
                _ => self.0.complete(request).await,
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let (context, _) = context(&folder.path().join("proctor.db")).await;
    let retries = Retries { tries: 1, request_timeout: Duration::from_millis(50), ..settings().retries };
    let settings = RunSettings { epochs: 1, retries, ..settings() };
    let model = Arc::new(Broken(Adder::default()));
    let outcome = run(&context, Arc::new(Sums::new(4)), model, Arc::new(Printer::default()), &settings).await.unwrap();
    assert_eq!((outcome.counts.graded, outcome.counts.infra_errors), (2, 2));
    let explanation = |id: &str| proctor_core::AttemptKey { run_id: outcome.run.id.clone(), sample_id: id.into(), epoch: 0 };
    let hung = context.store.grade(&explanation("s1")).await.unwrap().unwrap().grade.explanation;
    let panicked = context.store.grade(&explanation("s2")).await.unwrap().unwrap().grade.explanation;
    assert!(hung.contains("gave no answer within 0 s"), "{hung}");
    assert!(panicked.contains("scripted panic"), "{panicked}");
}

#[tokio::test]
async fn a_missing_guest_ends_the_run_and_loses_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let (context, _) = context(&folder.path().join("proctor.db")).await;
    let absent = Printer { fail: Box::new(|_| Some(JudgeError::Unavailable("no guest: type `proctor setup`".into()))) };
    let model = Arc::new(Adder { concurrency: Some(2), takes: Duration::from_millis(5), ..Adder::default() });
    let failure = run(&context, Arc::new(Sums::new(50)), model.clone(), Arc::new(absent), &settings()).await.unwrap_err();
    assert_eq!(failure.exit_code(), ExitCode::NotInstalled);
    assert_eq!(failure.to_string(), "no guest: type `proctor setup`");
    assert!(model.times_asked() < 20);
    let asked = model.times_asked();
    let outcome = run(&context, Arc::new(Sums::new(50)), model.clone(), Arc::new(Printer::default()), &settings()).await.unwrap();
    assert_eq!(outcome.counts.graded, 100);
    assert_eq!(model.times_asked(), 100, "the first {asked} answers are not asked again");
}

#[tokio::test]
async fn a_judge_that_fails_is_never_a_wrong_answer_and_grades_again_without_asking() {
    let folder = tempfile::tempdir().unwrap();
    let (context, _) = context(&folder.path().join("proctor.db")).await;
    let failing = || Printer {
        fail: Box::new(|source| (source == "8" || source == "no idea").then(|| JudgeError::Failed("the sandbox broke".into()))),
    };
    let model = Arc::new(Adder::default());
    let outcome = run(&context, Arc::new(Sums::new(6)), model.clone(), Arc::new(failing()), &settings()).await.unwrap();
    assert_eq!(outcome.counts.outcomes.get(&Outcome::Incorrect), None);
    assert!(outcome.counts.infra_errors > 0);
    // The reference of s1 is "8": what could not be graded vouches for nothing.
    assert_eq!(outcome.exit_code(), ExitCode::GroundTruth);
    let outcome = run(&context, Arc::new(Sums::new(6)), model.clone(), Arc::new(Printer::default()), &settings()).await.unwrap();
    assert_eq!(outcome.exit_code(), ExitCode::Success);
    assert_eq!(model.times_asked(), 12);
}

#[tokio::test]
async fn a_store_that_is_torn_away_is_a_store_error() {
    let folder = tempfile::tempdir().unwrap();
    let (context, _) = context(&folder.path().join("proctor.db")).await;
    let store = context.store.clone();
    let closing = Arc::new(Adder::scripted(move |id, _| {
        if id == "s5" {
            let store = store.clone();
            tokio::spawn(async move { store.close().await });
        }
        Ok(())
    }));
    let failure = run(&context, Arc::new(Sums::new(50)), closing, Arc::new(Printer::default()), &settings()).await.unwrap_err();
    assert_eq!(failure.exit_code(), ExitCode::Store);
}

#[tokio::test]
async fn nonsense_is_refused_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let (context, _) = context(&folder.path().join("proctor.db")).await;
    let check = async |count: usize, settings: RunSettings, says: &str| {
        let judges = Arc::new(Printer::default());
        let failure = run(&context, Arc::new(Sums::new(count)), Arc::new(Adder::default()), judges, &settings).await;
        let failure = failure.unwrap_err();
        assert_eq!(failure.exit_code(), ExitCode::Usage);
        assert!(failure.to_string().contains(says), "{failure}");
    };
    check(3, RunSettings { epochs: 0, ..settings() }, "0 attempts per sample").await;
    check(3, RunSettings { concurrency: Some(0), ..settings() }, "concurrency of 0").await;
    check(3, RunSettings { protocol: Some(proctor_core::Protocol::Completion), ..settings() }, "raw completion").await;
    check(0, settings(), "nothing of sums (built-in) is selected").await;
    assert!(context.store.runs().await.unwrap().is_empty());
}
