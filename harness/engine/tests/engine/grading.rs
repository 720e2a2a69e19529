use crate::support::*;
use proctor_core::{AnswerRow, Event, ExitCode, Outcome, RunState};
use proctor_engine::{GradeSettings, Import, RunSettings, SamplingOverrides, grade_imported, regrade, run};
use serde_json::json;
use std::sync::Arc;

#[tokio::test]
async fn a_failing_reference_withholds_the_score() {
    let folder = tempfile::tempdir().unwrap();
    let (context, _) = context(&folder.path().join("proctor.db")).await;
    let benchmark = Sums { bad_references: vec!["s1", "s3"], ..Sums::new(5) };
    let judges = Arc::new(Printer::default());
    let outcome = run(&context, Arc::new(benchmark), Arc::new(Adder::default()), judges, &settings()).await.unwrap();
    assert_eq!(outcome.exit_code(), ExitCode::GroundTruth);
    let reason = outcome.withheld().unwrap();
    assert!(reason.starts_with("2 of 5 reference solutions are not graded correct on this machine (s1, s3)"), "{reason}");
    assert_eq!(outcome.counts.graded, 10, "the answers are graded all the same");
    assert!(context.store.ground_truth(&outcome.run.id).await.unwrap().withheld().is_some());

    let without = RunSettings { ground_truth: false, fresh: true, ..settings() };
    let benchmark = Arc::new(Sums { bad_references: vec!["s1"], ..Sums::new(5) });
    let judges = Arc::new(Printer::default());
    let outcome = run(&context, benchmark, Arc::new(Adder::default()), judges, &without).await.unwrap();
    assert_eq!((outcome.exit_code(), outcome.ground_truth), (ExitCode::Success, None));
}

#[tokio::test]
async fn grading_again_asks_nothing_and_switches_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (context, _) = context(&folder.path().join("proctor.db")).await;
    let model = Arc::new(Adder::default());
    let judges = Arc::new(Printer::default());
    let first = run(&context, Arc::new(Sums::new(6)), model.clone(), judges.clone(), &settings()).await.unwrap();
    let before = table(&context.store, &first.run.id).await;

    // A judge that cannot do all of it leaves the run as it was.
    let benchmark = Arc::new(Sums::new(6).judged_by("2"));
    let failing = Printer { fail: Box::new(|source| (source == "9").then(|| proctor_core::JudgeError::Failed("broke".into()))) };
    let grade = GradeSettings { ground_truth: false, ..GradeSettings::default() };
    let outcome = regrade(&context, benchmark.clone(), Arc::new(failing), &first.run.id, &grade).await.unwrap();
    assert_eq!(outcome.exit_code(), ExitCode::InfraErrors);
    assert_eq!(table(&context.store, &first.run.id).await["grades"], before["grades"]);
    assert_eq!(outcome.run.plan.judge_version, "1");

    let outcome =
        regrade(&context, benchmark.clone(), judges.clone(), &first.run.id[..6], &GradeSettings::default()).await.unwrap();
    assert_eq!(outcome.exit_code(), ExitCode::Success);
    assert_eq!(outcome.run.plan.judge_version, "2");
    assert_ne!(outcome.run.fingerprint, first.run.fingerprint);
    assert_eq!(outcome.run.state, RunState::Finished);
    let after = table(&context.store, &first.run.id).await;
    assert_eq!(after["attempts"], before["attempts"]);
    let grades = after["grades"].as_array().unwrap();
    assert_eq!(grades.len(), 12);
    assert!(grades.iter().all(|g| g["grade"]["artifacts"]["judge"] == "2"));
    assert_eq!(model.times_asked(), 12, "nothing was asked again");

    // The run now belongs to the new judge: the same command finds it, finished.
    let outcome = run(&context, benchmark, model.clone(), judges, &settings()).await.unwrap();
    assert!(outcome.resumed && outcome.run.id == first.run.id);
    assert_eq!(model.times_asked(), 12);
}

#[tokio::test]
async fn a_change_of_judge_is_pointed_out_before_everything_is_asked_again() {
    let folder = tempfile::tempdir().unwrap();
    let (context, sink) = context(&folder.path().join("proctor.db")).await;
    let judges = Arc::new(Printer::default());
    let go = async |benchmark: Sums, settings: RunSettings| {
        run(&context, Arc::new(benchmark), Arc::new(Adder::default()), judges.clone(), &settings).await.unwrap().run.id
    };
    let warnings = || sink.count(|e| matches!(e, Event::Warning { .. }));
    let first = go(Sums::new(2), settings()).await;
    go(Sums::new(2), RunSettings { seed: 5, ..settings() }).await;
    go(Sums::new(3), settings()).await;
    assert_eq!(warnings(), 0, "other questions are another matter");
    go(Sums::new(2).judged_by("2"), settings()).await;
    go(Sums::new(2).judged_by("2"), settings()).await;
    assert_eq!(warnings(), 1, "said once, when the new run begins");
    assert_eq!(
        sink.count(|e| matches!(e, Event::Warning { message } if message.contains(&format!("`proctor grade {first}`")))),
        1
    );

    let greedy = SamplingOverrides { temperature: Some(0.0), ..SamplingOverrides::default() };
    go(Sums::new(2), RunSettings { sampling: greedy, ..settings() }).await;
    assert_eq!(sink.count(|e| matches!(e, Event::Warning { message } if message.contains("tend to be alike"))), 1);
}

#[tokio::test]
async fn an_unfinished_run_is_graded_again_as_far_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (context, _) = context(&folder.path().join("proctor.db")).await;
    let script = |id: &str, _| if id == "s2" { Err(error(proctor_core::ModelErrorKind::BadRequest)) } else { Ok(()) };
    let model = Arc::new(Adder::scripted(script));
    let judges = Arc::new(Printer::default());
    let first = run(&context, Arc::new(Sums::new(4)), model, judges.clone(), &settings()).await.unwrap();
    let benchmark = Arc::new(Sums::new(4).judged_by("2"));
    let outcome = regrade(&context, benchmark.clone(), judges.clone(), &first.run.id, &GradeSettings::default()).await.unwrap();
    assert_eq!(outcome.run.plan.judge_version, "2");
    assert_eq!((outcome.counts.graded, outcome.counts.infra_errors), (6, 2));
    assert_eq!(outcome.exit_code(), ExitCode::InfraErrors);
    let outcome = run(&context, benchmark, Arc::new(Adder::default()), judges, &settings()).await.unwrap();
    assert_eq!((outcome.run.id, outcome.counts.graded), (first.run.id, 8));
}

fn rows(rows: &[(&str, &str, u32)]) -> Vec<AnswerRow> {
    let row = |(line, (id, answer, epoch)): (usize, &(&str, &str, u32))| AnswerRow {
        line: line + 1,
        value: json!({"id": id, "answer": answer, "epoch": epoch}),
    };
    rows.iter().enumerate().map(row).collect()
}

#[tokio::test]
async fn imported_answers_become_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let (context, sink) = context(&folder.path().join("proctor.db")).await;
    let judges = Arc::new(Printer::default());
    let import = || Import { name: "samples.jsonl".into(), rows: rows(&[("s0", "7", 0), ("s0", "8", 1), ("s2", "9", 0)]) };
    let grade = GradeSettings::default();
    let outcome = grade_imported(&context, Arc::new(Sums::new(3)), judges.clone(), import(), &grade).await.unwrap();
    assert_eq!(outcome.run.plan.model, "imported/samples.jsonl");
    let graded = context.store.graded(&outcome.run.id).await.unwrap();
    let outcomes: Vec<_> = graded.iter().map(|g| (g.sample_id.as_str(), g.epoch, g.outcome)).collect();
    assert_eq!(outcomes, [("s0", 0, Outcome::Correct), ("s0", 1, Outcome::Incorrect), ("s2", 0, Outcome::Correct)]);
    assert_eq!(outcome.exit_code(), ExitCode::Success);
    assert!(outcome.is_complete(), "nobody can be asked for the missing answers");
    let says = "samples.jsonl has no answer to 1 of 3 samples (s1); the score is over the others";
    assert_eq!(sink.count(|e| matches!(e, Event::Warning { message } if message == says)), 1);
    let says = "samples.jsonl has more than 1 answer to 1 sample (s0); each counts as an attempt of its own";
    assert_eq!(sink.count(|e| matches!(e, Event::Warning { message } if message == says)), 1);

    let again = grade_imported(&context, Arc::new(Sums::new(3)), judges, import(), &grade).await.unwrap();
    assert!(again.resumed && again.run.id == outcome.run.id);
    assert_eq!(context.store.runs().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_useless_answers_file_is_refused() {
    let check = async |answers: &[(&str, &str, u32)], says: &str| {
        let folder = tempfile::tempdir().unwrap();
        let (context, _) = context(&folder.path().join("proctor.db")).await;
        let import = Import { name: "a.jsonl".into(), rows: rows(answers) };
        let judges = Arc::new(Printer::default());
        let failure = grade_imported(&context, Arc::new(Sums::new(3)), judges, import, &GradeSettings::default()).await;
        let failure = failure.unwrap_err();
        assert_eq!(failure.exit_code(), ExitCode::Usage);
        assert!(failure.to_string().contains(says), "{failure}");
    };
    check(&[], "a.jsonl holds no answer to any of the selected samples").await;
    check(&[("s7", "1", 0)], "line 1: no sample s7").await;
    check(&[("s1", "1", 0), ("s1", "2", 0)], "answers sample s1 twice as attempt 0").await;
}

#[tokio::test]
async fn an_answer_of_ten_megabytes_is_kept_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (context, _) = context(&folder.path().join("proctor.db")).await;
    let long = "x".repeat(10 << 20);
    let import = Import { name: "long.jsonl".into(), rows: rows(&[("s0", &long, 0)]) };
    let judges = Arc::new(Printer::default());
    let outcome = grade_imported(&context, Arc::new(Sums::new(1)), judges, import, &GradeSettings::default()).await.unwrap();
    let key = proctor_core::AttemptKey { run_id: outcome.run.id, sample_id: "s0".into(), epoch: 0 };
    let attempt = context.store.attempt(&key).await.unwrap().unwrap().attempt.unwrap();
    assert!(attempt.answer.text == long);
}
