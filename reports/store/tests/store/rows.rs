use crate::support::*;
use futures::TryStreamExt;
use proctor_core::*;
use proctor_store::{Judged, ResponseFilter, Store, StoreError};

on_both!(
    the_first_answer_kept_under_a_key_is_the_one_that_counts,
    kept_answers_are_listed_and_removed_by_model_purpose_and_age,
    batches_are_remembered_until_they_are_collected,
    a_run_is_claimed_by_one_at_a_time,
    grading_again_switches_in_one_step,
    runs_are_found_by_plan_and_by_name,
    samples_come_back_whole_and_in_order,
    attempts_and_grades_come_back_whole_and_in_order,
    finished_work_is_never_overwritten,
    rows_that_belong_to_nothing_are_refused,
    ground_truth_is_shared_by_content_and_judge,
);

async fn runs_are_found_by_plan_and_by_name(store: Store) {
    let samples = samples(3);
    let (first, there) = store.find_or_create_run(&plan(&samples, 0), &samples, false).await.unwrap();
    assert!(!there);
    assert_eq!(first.id, format!("sums-hard-{}", &first.fingerprint.0[..6]));
    assert_eq!(store.find_or_create_run(&plan(&samples, 0), &samples, false).await.unwrap(), (first.clone(), true));
    let (second, there) = store.find_or_create_run(&plan(&samples, 0), &samples, true).await.unwrap();
    assert!(!there && second.id == format!("{}-2", first.id));
    let (third, _) = store.find_or_create_run(&plan(&samples, 0), &samples, true).await.unwrap();
    assert_eq!(third.id, format!("{}-3", first.id));
    // The latest counts.
    assert_eq!(store.find_or_create_run(&plan(&samples, 0), &samples, false).await.unwrap().0.id, third.id);
    assert_eq!(store.find_run_by_fingerprint(&first.fingerprint).await.unwrap().unwrap().id, third.id);
    assert_eq!(store.find_run_by_fingerprint(&Fingerprint("none".into())).await.unwrap(), None);
    let (other, _) = store.find_or_create_run(&plan(&samples, 1), &samples, false).await.unwrap();
    let ids: Vec<String> = store.runs().await.unwrap().into_iter().map(|r| r.id).collect();
    assert_eq!(ids, [&other.id, &third.id, &second.id, &first.id].map(String::clone));

    assert_eq!(store.run(&first.id).await.unwrap(), first, "a whole name wins over longer ones");
    assert_eq!(store.run(&other.id[..other.id.len() - 1]).await.unwrap(), other);
    assert!(matches!(store.run("sums").await, Err(StoreError::AmbiguousRun { candidates, .. }) if candidates.len() == 4));
    for unknown in ["nothing", "%", "_", "sums-hard-\u{0}", "' OR 1=1 --"] {
        let error = store.run(unknown).await.unwrap_err();
        assert!(matches!(error, StoreError::NoSuchRun { .. }), "{error}");
        assert_eq!(error.exit_code(), ExitCode::Usage);
    }
}

async fn samples_come_back_whole_and_in_order(store: Store) {
    let mut samples = samples(12);
    samples.reverse();
    samples[3].metadata.insert("note".into(), "Ω\u{0}\"'\n".into());
    let (run, _) = store.find_or_create_run(&plan(&samples, 0), &samples, false).await.unwrap();
    assert_eq!(store.samples(&run.id).await.unwrap(), samples);
    assert_eq!(store.sample(&run.id, "s8").await.unwrap().as_ref(), Some(&samples[3]));
    assert_eq!(store.sample(&run.id, "s99").await.unwrap(), None);
}

async fn attempts_and_grades_come_back_whole_and_in_order(store: Store) {
    let samples = samples(3);
    let (run, _) = store.find_or_create_run(&plan(&samples, 0), &samples, false).await.unwrap();
    let keys = [("s0", 0), ("s0", 1), ("s1", 0), ("s2", 1)].map(|(id, epoch)| key(&run, id, epoch));
    for key in keys.iter().rev() {
        store.record_attempt(&answer(key.clone(), "é\u{0}\u{1F600}")).await.unwrap();
        store.record_grade(&grade(key.clone(), Outcome::Correct)).await.unwrap();
    }
    let attempts: Vec<AttemptRecord> = store.attempts(&run.id).try_collect().await.unwrap();
    let grades: Vec<GradeRecord> = store.grades(&run.id).try_collect().await.unwrap();
    assert_eq!(attempts, keys.clone().map(|k| answer(k, "é\u{0}\u{1F600}")));
    assert_eq!(grades, keys.clone().map(|k| grade(k, Outcome::Correct)));
    assert_eq!(store.attempt(&keys[2]).await.unwrap().as_ref(), Some(&attempts[2]));
    assert_eq!(store.grade(&keys[2]).await.unwrap().as_ref(), Some(&grades[2]));
    assert_eq!(store.grade(&key(&run, "s1", 1)).await.unwrap(), None);
    let graded = store.graded(&run.id).await.unwrap();
    assert_eq!(
        graded.iter().map(|g| (g.sample_id.as_str(), g.epoch)).collect::<Vec<_>>(),
        [("s0", 0), ("s0", 1), ("s1", 0), ("s2", 1)]
    );
    let GradedAttempt { group, strata, usage, latency_s, .. } = &graded[3];
    assert_eq!((group.as_str(), strata.as_slice(), *latency_s), ("g1", ["small".to_string()].as_slice(), 1.5));
    assert_eq!((usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens), (Some(3), Some(4), None));
}

async fn finished_work_is_never_overwritten(store: Store) {
    let samples = samples(1);
    let (run, _) = store.find_or_create_run(&plan(&samples, 0), &samples, false).await.unwrap();
    let key = key(&run, "s0", 0);
    store.record_attempt(&no_answer(key.clone(), "down")).await.unwrap();
    store.record_grade(&grade(key.clone(), Outcome::InfraError)).await.unwrap();
    store.record_attempt(&no_answer(key.clone(), "still down")).await.unwrap();
    assert_eq!(store.grade(&key).await.unwrap(), None, "a replaced attempt takes its grade along");
    store.record_attempt(&answer(key.clone(), "1")).await.unwrap();
    for second in [answer(key.clone(), "2"), no_answer(key.clone(), "down")] {
        let error = store.record_attempt(&second).await.unwrap_err();
        assert!(matches!(&error, StoreError::AlreadyRecorded(_)), "{error}");
    }
    store.record_grade(&grade(key.clone(), Outcome::InfraError)).await.unwrap();
    store.record_grade(&grade(key.clone(), Outcome::Correct)).await.unwrap();
    for outcome in [Outcome::Incorrect, Outcome::InfraError] {
        let error = store.record_grade(&grade(key.clone(), outcome)).await.unwrap_err();
        assert!(matches!(&error, StoreError::AlreadyRecorded(_)), "{error}");
    }
    assert_eq!(store.attempt(&key).await.unwrap(), Some(answer(key.clone(), "1")));
    assert_eq!(store.grade(&key).await.unwrap(), Some(grade(key, Outcome::Correct)));
}

async fn rows_that_belong_to_nothing_are_refused(store: Store) {
    let samples = samples(1);
    let (run, _) = store.find_or_create_run(&plan(&samples, 0), &samples, false).await.unwrap();
    assert!(store.record_attempt(&answer(key(&run, "s9", 0), "1")).await.is_err(), "a sample that is not in the run");
    assert!(store.record_grade(&grade(key(&run, "s0", 0), Outcome::Correct)).await.is_err(), "a grade of no attempt");
    let stray = AttemptKey { run_id: "no-such-run".into(), sample_id: "s0".into(), epoch: 0 };
    assert!(store.record_attempt(&answer(stray, "1")).await.is_err());
    let neither = AttemptRecord { key: key(&run, "s0", 0), attempt: None, error: None };
    assert!(store.record_attempt(&neither).await.is_err());
    let batch = [answer(key(&run, "s0", 0), "1"), answer(key(&run, "s9", 0), "1")];
    assert!(store.record_attempts(&batch).await.is_err());
    assert_eq!(store.counts(&run.id).await.unwrap().answered, 0, "a batch is stored whole or not at all");
}

async fn ground_truth_is_shared_by_content_and_judge(store: Store) {
    let all = samples(3);
    let (first, _) = store.find_or_create_run(&plan(&all, 0), &all, false).await.unwrap();
    for (sample, outcome) in all.iter().zip([Outcome::Correct, Outcome::Incorrect, Outcome::Skipped]) {
        let grade = Grade::new(outcome, "so it is");
        store.record_reference(&first.plan, sample, &grade).await.unwrap();
    }
    let truth = store.ground_truth(&first.id).await.unwrap();
    assert_eq!((truth.samples, truth.checked, truth.without_reference, truth.failing.len()), (3, 3, 1, 1));
    assert!(truth.withheld().unwrap().starts_with("1 of 3 reference solutions are not graded correct on this machine (s1)"));

    // Another run over part of the samples, from another folder, has the same truth; another judge has none.
    let mut part = vec![all[0].clone()];
    part[0].metadata.insert("file".into(), "elsewhere".into());
    let (second, _) = store.find_or_create_run(&plan(&part, 0), &part, false).await.unwrap();
    assert!(store.unchecked_references(&second.id, &second.plan).await.unwrap().is_empty());
    assert_eq!(store.ground_truth(&second.id).await.unwrap().withheld(), None);
    let other = RunPlan { judge_version: "2".into(), ..plan(&all, 0) };
    let (third, _) = store.find_or_create_run(&other, &all, false).await.unwrap();
    assert_eq!(store.unchecked_references(&third.id, &third.plan).await.unwrap(), [0, 1, 2]);
    assert_eq!(store.ground_truth(&third.id).await.unwrap().checked, 0);
}

async fn the_first_answer_kept_under_a_key_is_the_one_that_counts(store: Store) {
    let samples = samples(1);
    let (run, _) = store.find_or_create_run(&plan(&samples, 0), &samples, false).await.unwrap();
    let exchange = |text: &str| answer(key(&run, &samples[0].id, 0), text).attempt.unwrap().exchanges.remove(0);
    let (first, second) = (exchange("first"), exchange("second"));
    for given in [&first, &second] {
        let kept = store.keep_response("k", "m", None, &given.request, &given.completion).await.unwrap();
        assert_eq!(kept.text, "first");
    }
    assert_eq!(store.response("k").await.unwrap().unwrap(), first.completion);
    assert_eq!(store.response("other").await.unwrap(), None);
    store.close().await;
}

async fn kept_answers_are_listed_and_removed_by_model_purpose_and_age(store: Store) {
    let samples = samples(1);
    let (run, _) = store.find_or_create_run(&plan(&samples, 0), &samples, false).await.unwrap();
    let exchange = answer(key(&run, "s0", 0), "yes").attempt.unwrap().exchanges.remove(0);
    for n in 0..3 {
        store.keep_answer(&format!("a{n}"), "openai/one", &run.id, &exchange.completion).unwrap();
    }
    store.keep_answer("a0", "openai/one", "another", &Completion { text: "second".into(), ..Completion::default() }).unwrap();
    store.keep_answer("b", "openai/two", &run.id, &exchange.completion).unwrap();
    // What is kept without waiting is there once something later is.
    store.keep_response("c", "judge/x", None, &exchange.request, &exchange.completion).await.unwrap();
    let (kept, asked_by) = store.answer("a0").await.unwrap().unwrap();
    assert_eq!((kept.text.as_str(), asked_by.as_deref()), ("yes", Some(run.id.as_str())));
    assert_eq!(store.answer("c").await.unwrap().unwrap().1, None);
    let groups = store.responses(&ResponseFilter::default()).await.unwrap();
    let counted: Vec<_> = groups.iter().map(|g| (g.model.as_str(), g.purpose.as_str(), g.answers)).collect();
    assert_eq!(counted, [("openai/one", "answer", 3), ("judge/x", "judge", 1), ("openai/two", "answer", 1)]);
    assert!(groups.iter().all(|g| g.bytes > 50 && g.oldest <= g.newest));
    let keys = ["a0", "b", "nothing"].map(String::from);
    assert_eq!(store.kept_among(&keys).await.unwrap().len(), 2);
    let old = ResponseFilter { older_than: Some(std::time::Duration::from_secs(3600)), ..ResponseFilter::default() };
    assert_eq!(store.remove_responses(&old).await.unwrap(), 0);
    let of = |model: &str| ResponseFilter { model: Some(model.into()), ..ResponseFilter::default() };
    let total: u64 = groups.iter().map(|g| g.bytes).sum();
    let beyond = |bytes: u64| ResponseFilter { beyond_bytes: Some(bytes), ..ResponseFilter::default() };
    assert_eq!(store.remove_responses(&beyond(total)).await.unwrap(), 0);
    // The newest stay.
    let judged = groups.iter().find(|g| g.purpose == "judge").unwrap().bytes;
    assert_eq!(store.remove_responses(&ResponseFilter { beyond_bytes: Some(0), ..of("nobody") }).await.unwrap(), 0);
    assert_eq!(store.judged(&run.id).await.unwrap(), Judged::default());
    store.keep_response("d", "judge/x", Some(&run.id), &exchange.request, &exchange.completion).await.unwrap();
    let paid = store.judged(&run.id).await.unwrap();
    assert_eq!((paid.answers, paid.cost_usd), (1, exchange.completion.cost_usd));
    assert!(
        judged > 0 && store.remove_responses(&ResponseFilter { beyond_bytes: Some(judged), ..of("judge/x") }).await.unwrap() == 1
    );
    // Both are of one second.
    assert!(store.response("d").await.unwrap().is_some() != store.response("c").await.unwrap().is_some());
    assert_eq!(store.remove_responses(&of("openai")).await.unwrap(), 0);
    assert_eq!(store.remove_responses(&of("openai/*")).await.unwrap(), 4);
    assert_eq!(store.remove_responses(&of("%")).await.unwrap(), 0);
    assert_eq!(store.remove_responses(&ResponseFilter::default()).await.unwrap(), 1);
}

async fn batches_are_remembered_until_they_are_collected(store: Store) {
    let samples = samples(1);
    let (run, _) = store.find_or_create_run(&plan(&samples, 0), &samples, false).await.unwrap();
    let content = serde_json::json!({"keys": ["s0"], "state": "sent"});
    store.record_batch(&run.id, "batch_1", &content).await.unwrap();
    let later = serde_json::json!({"keys": ["s0"], "state": "ended"});
    store.record_batch(&run.id, "batch_1", &later).await.unwrap();
    let kept = store.batches(&run.id).await.unwrap();
    assert_eq!(kept.iter().map(|b| (b.id.as_str(), &b.content)).collect::<Vec<_>>(), [("batch_1", &later)]);
    assert!(store.record_batch("no-such-run", "x", &content).await.is_err());
    store.forget_batch(&run.id, "batch_1").await.unwrap();
    assert!(store.batches(&run.id).await.unwrap().is_empty());
}

async fn a_run_is_claimed_by_one_at_a_time(store: Store) {
    let samples = samples(1);
    let (run, _) = store.find_or_create_run(&plan(&samples, 0), &samples, false).await.unwrap();
    let other = Store::open(store.location()).await.unwrap();
    let claim = store.claim(&run.id).await.unwrap();
    let refused = other.claim(&run.id).await.unwrap_err();
    let whose = format!("process {}", std::process::id());
    assert!(matches!(&refused, StoreError::Claimed { holder, .. } if holder.contains(&whose)), "{refused}");
    let elsewhere = other.claim("another-run").await.unwrap();
    drop((claim, elsewhere));
    other.claim(&run.id).await.unwrap();
}

async fn grading_again_switches_in_one_step(store: Store) {
    let samples = samples(3);
    let first = plan(&samples, 0);
    let (run, _) = store.find_or_create_run(&first, &samples, false).await.unwrap();
    let keys: Vec<AttemptKey> = samples.iter().map(|s| key(&run, &s.id, 0)).collect();
    for key in &keys {
        store.record_attempt(&answer(key.clone(), "1")).await.unwrap();
        store.record_grade(&grade(key.clone(), Outcome::Incorrect)).await.unwrap();
    }
    let second = RunPlan { judge_version: "2".into(), ..first };
    let pending = store.begin_regrade(&run.id, &second).await.unwrap();
    store.record_regrade(&pending, &grade(keys[0].clone(), Outcome::Correct)).await.unwrap();
    assert!(store.record_regrade(&pending, &grade(keys[0].clone(), Outcome::Correct)).await.is_err());
    // Continued by the same judge, begun anew by another.
    let again = store.begin_regrade(&run.id, &second).await.unwrap();
    assert_eq!(store.regraded(&again).await.unwrap(), [keys[0].clone()].into());
    let third = RunPlan { judge_version: "3".into(), ..second };
    let pending = store.begin_regrade(&run.id, &third).await.unwrap();
    assert!(store.regraded(&pending).await.unwrap().is_empty());
    for key in &keys {
        store.record_regrade(&pending, &grade(key.clone(), Outcome::Correct)).await.unwrap();
        assert_eq!(store.grade(key).await.unwrap(), Some(grade(key.clone(), Outcome::Incorrect)), "not yet");
    }
    let before = store.revision().await.unwrap();
    store.finish_regrade(&pending, &third).await.unwrap();
    assert!(store.revision().await.unwrap() > before);
    assert_eq!(store.run(&run.id).await.unwrap().plan, third);
    let grades: Vec<GradeRecord> = store.grades(&run.id).try_collect().await.unwrap();
    assert_eq!(grades, keys.iter().map(|k| grade(k.clone(), Outcome::Correct)).collect::<Vec<_>>());
    assert_eq!(store.counts(&run.id).await.unwrap().outcomes, [(Outcome::Correct, 3)].into());
}
