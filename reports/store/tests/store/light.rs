use crate::support::*;
use futures::TryStreamExt;
use proctor_core::*;
use proctor_store::{LightOptions, LightRow, Store};

on_both!(
    light_rows_say_what_the_heavy_ones_say,
    only_what_changed_is_read_again,
    many_rows_written_at_once_are_all_there,
    a_refused_row_does_not_hold_up_the_others,
    runs_are_listed_without_their_plans,
);

async fn light(store: &Store, run: &RunRecord, options: LightOptions) -> Vec<LightRow> {
    store.light(&run.id, options).try_collect().await.unwrap()
}

async fn light_rows_say_what_the_heavy_ones_say(store: Store) {
    let samples = samples(4);
    let (run, _) = store.find_or_create_run(&plan(&samples, 0), &samples, false).await.unwrap();
    store.record_attempt(&answer(key(&run, "s2", 1), "1")).await.unwrap();
    store.record_grade(&grade(key(&run, "s2", 1), Outcome::Correct)).await.unwrap();
    store.record_attempt(&no_answer(key(&run, "s0", 0), "down\u{0}")).await.unwrap();
    let mut kept = answer(key(&run, "s1", 0), "1");
    let completion = &mut kept.attempt.as_mut().unwrap().exchanges[0].completion;
    (completion.cached, completion.cost_usd, completion.saved_usd) = (true, Some(0.0), Some(0.25));
    completion.finish = Finish::Other("tired".into());
    store.record_attempt(&kept).await.unwrap();
    let rows = light(&store, &run, LightOptions::default()).await;
    let places: Vec<_> = rows.iter().map(|r| (r.position, r.epoch, r.answered, r.outcome)).collect();
    assert_eq!(places, [(0, 0, false, None), (1, 0, true, None), (2, 1, true, Some(Outcome::Correct))]);
    assert_eq!((rows[1].cached_exchanges, rows[1].cost_usd, rows[1].saved_usd), (1, Some(0.0), Some(0.25)));
    assert_eq!(
        (rows[1].finish.as_deref(), rows[2].finish.as_deref(), rows[0].finish.as_deref()),
        (Some("tired"), Some("stop"), None)
    );
    assert_eq!((rows[2].usage.completion_tokens, rows[2].latency_s, rows[2].cost_usd), (Some(4), 1.5, Some(0.25)));
    assert_eq!(rows[2].scores.get("raw"), Some(&1.0));
    assert!(rows.iter().all(|r| r.extracted.is_none() && r.explanation.is_none() && r.answered_at.is_none()));
    let all = LightOptions { extracted: true, explanation: true, times: true, since: None };
    let rows = light(&store, &run, all).await;
    assert_eq!(rows[2].extracted.as_deref(), Some("print(1)"));
    assert_eq!(rows[2].explanation.as_deref(), Some("it is correct"));
    assert!(rows[2].graded_at >= rows[2].answered_at && rows[2].answered_at.is_some());
    let light = store.light_samples(&run.id).await.unwrap();
    assert_eq!(light.iter().map(|s| s.sample_id.as_str()).collect::<Vec<_>>(), ["s0", "s1", "s2", "s3"]);
    assert_eq!((light[2].group.as_str(), light[2].strata.as_slice()), ("g1", ["small".to_string()].as_slice()));
    assert_eq!(light[2].content_sha256, samples_sha256(&samples[2..3]));
    let spent = store.spent(&run.id).await.unwrap();
    assert_eq!((spent.cost_usd, spent.saved_usd, spent.attempts, spent.cached_exchanges), (Some(0.25), Some(0.25), 2, 1));
    assert_eq!(spent.tokens, 7, "kept answers use none");
    assert!(store.light_samples("no-such-run").await.unwrap().is_empty());
}

async fn only_what_changed_is_read_again(store: Store) {
    let samples = samples(3);
    let (run, _) = store.find_or_create_run(&plan(&samples, 0), &samples, false).await.unwrap();
    let mut seen = store.revision().await.unwrap();
    let changed = async |since: i64| {
        let rows = light(&store, &run, LightOptions { since: Some(since), ..LightOptions::default() }).await;
        let last = rows.iter().map(|r| r.revision).max().unwrap_or(since);
        (rows.iter().map(|r| r.position).collect::<Vec<_>>(), last)
    };
    assert_eq!(changed(seen).await, (vec![], seen));
    store.record_attempt(&answer(key(&run, "s1", 0), "1")).await.unwrap();
    store.record_attempt(&answer(key(&run, "s2", 0), "1")).await.unwrap();
    let (rows, last) = changed(seen).await;
    assert_eq!(rows, [1, 2]);
    assert!(last > seen);
    seen = last;
    store.record_grade(&grade(key(&run, "s1", 0), Outcome::Correct)).await.unwrap();
    let (rows, last) = changed(seen).await;
    assert_eq!(rows, [1]);
    assert_eq!(last, store.revision().await.unwrap());
}

async fn many_rows_written_at_once_are_all_there(store: Store) {
    let samples = samples(300);
    let (run, _) = store.find_or_create_run(&plan(&samples, 0), &samples, false).await.unwrap();
    assert_eq!(store.samples(&run.id).await.unwrap(), samples);
    let writing = samples.iter().flat_map(|sample| (0..2).map(|epoch| key(&run, &sample.id, epoch))).map(|key| {
        let store = &store;
        async move {
            store.record_attempt(&answer(key.clone(), &key.sample_id)).await.unwrap();
            assert!(store.attempt(&key).await.unwrap().is_some(), "there once it is said to be");
            store.record_grade(&grade(key, Outcome::Correct)).await.unwrap();
        }
    });
    futures::future::join_all(writing).await;
    let counts = store.counts(&run.id).await.unwrap();
    assert_eq!((counts.answered, counts.graded), (600, 600));
    let attempts: Vec<AttemptRecord> = store.attempts(&run.id).try_collect().await.unwrap();
    assert!(attempts.iter().all(|a| a.attempt.as_ref().unwrap().answer.text == a.key.sample_id));
    let batch: Vec<_> = store.progress(&run.id).await.unwrap().iter().map(|p| (p.sample_id.clone(), p.epoch)).collect();
    assert_eq!(batch[..3], [("s0".to_string(), 0), ("s0".to_string(), 1), ("s1".to_string(), 0)]);
}

async fn a_refused_row_does_not_hold_up_the_others(store: Store) {
    let samples = samples(40);
    let (run, _) = store.find_or_create_run(&plan(&samples, 0), &samples, false).await.unwrap();
    store.record_attempt(&answer(key(&run, "s7", 0), "first")).await.unwrap();
    let mut records: Vec<AttemptRecord> = samples.iter().map(|s| answer(key(&run, &s.id, 0), "second")).collect();
    records.push(answer(key(&run, "no-such-sample", 0), "x"));
    records.push(answer(key(&run, "s0", 1 << 14), "an epoch that no plan has"));
    let results = futures::future::join_all(records.iter().map(|r| store.record_attempt(r))).await;
    let refused: Vec<usize> = results.iter().enumerate().filter(|(_, r)| r.is_err()).map(|(n, _)| n).collect();
    assert_eq!(refused, [7, 40, 41]);
    assert!(results[7].as_ref().unwrap_err().to_string().contains("attempt 0 at sample s7"), "{:?}", results[7]);
    assert_eq!(store.counts(&run.id).await.unwrap().answered, 40);
    assert_eq!(store.attempt(&key(&run, "s7", 0)).await.unwrap(), Some(answer(key(&run, "s7", 0), "first")));
}

async fn runs_are_listed_without_their_plans(store: Store) {
    let samples = samples(5);
    let (run, _) = store.find_or_create_run(&plan(&samples, 0), &samples, false).await.unwrap();
    store.set_run_state(&run.id, RunState::Finished).await.unwrap();
    let lines = store.run_lines().await.unwrap();
    assert_eq!(lines.len(), 1);
    let line = &lines[0];
    assert_eq!((line.id.as_str(), line.samples, line.epochs, line.state), (run.id.as_str(), 5, 2, RunState::Finished));
    assert!(line.finished_at.is_some() && line.fingerprint == run.fingerprint);
}
