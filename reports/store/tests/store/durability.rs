//! Power cuts, many writers and files that came to harm.

use crate::support::*;
use proctor_core::*;
use proctor_store::{Store, StoreError};
use std::path::Path;

/// What a power cut leaves: the files as they were at one moment, the end of the log perhaps torn.
fn copy(from: &Path, to: &Path, torn: usize) {
    std::fs::copy(from, to).unwrap();
    let log = |path: &Path| path.with_file_name("proctor.db-wal");
    let bytes = std::fs::read(log(from)).unwrap_or_default();
    std::fs::write(log(to), &bytes[..bytes.len().saturating_sub(torn)]).unwrap();
}

#[tokio::test]
async fn a_power_cut_at_any_moment_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proctor.db");
    let samples = samples(400);
    let store = Store::open(&path).await.unwrap();
    let (run, _) = store.find_or_create_run(&plan(&samples, 0), &samples, false).await.unwrap();
    let mut cuts = Vec::new();
    for (round, some) in samples.chunks(16).enumerate() {
        let writing = some.iter().map(|sample| {
            let (store, key) = (&store, key(&run, &sample.id, 0));
            async move {
                store.record_attempt(&answer(key.clone(), &"x".repeat(300 * (round % 7 + 1)))).await.unwrap();
                store.record_grade(&grade(key, Outcome::Correct)).await.unwrap();
            }
        });
        futures::future::join_all(writing).await;
        let cut = tempfile::tempdir().unwrap();
        // Bytes after the last commit may be torn; they hold nothing that was acknowledged.
        copy(&path, &cut.path().join("proctor.db"), 0);
        cuts.push((cut, (round + 1) * 16));
    }
    store.close().await;
    for (cut, acknowledged) in cuts {
        let store = Store::open_existing(cut.path().join("proctor.db")).await.unwrap();
        let counts = store.counts(&run.id).await.unwrap();
        assert_eq!((counts.answered, counts.graded), (acknowledged, acknowledged));
        store.close().await;
    }
}

#[tokio::test]
async fn a_torn_log_gives_a_store_of_some_earlier_moment() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proctor.db");
    let samples = samples(30);
    let store = Store::open(&path).await.unwrap();
    let (run, _) = store.find_or_create_run(&plan(&samples, 0), &samples, false).await.unwrap();
    for sample in &samples {
        store.record_attempt(&answer(key(&run, &sample.id, 0), &"y".repeat(2000))).await.unwrap();
        store.record_grade(&grade(key(&run, &sample.id, 0), Outcome::Correct)).await.unwrap();
    }
    let mut last = 30;
    for torn in [0, 1, 100, 4_096, 9_999, 60_000, 200_000] {
        let cut = tempfile::tempdir().unwrap();
        let at = cut.path().join("proctor.db");
        copy(&path, &at, torn);
        let store = Store::open_existing(&at).await.unwrap();
        let counts = store.counts(&run.id).await.unwrap();
        assert!(counts.graded <= counts.answered && counts.answered <= last, "{counts:?} after {torn} bytes");
        last = counts.answered;
        // It can be continued.
        for sample in &samples[counts.answered..] {
            store.record_attempt(&answer(key(&run, &sample.id, 0), "again")).await.unwrap();
        }
        assert_eq!(store.counts(&run.id).await.unwrap().answered, 30);
        store.close().await;
    }
    assert!(last < 30, "the largest cut reached rows");
}

on_both!(four_runs_on_one_store_do_not_disturb_each_other, whoever_stops_waiting_does_not_stop_the_writing);

async fn four_runs_on_one_store_do_not_disturb_each_other(store: Store) {
    let samples = samples(60);
    let write = async |seed| {
        let store = Store::open(store.location()).await.unwrap();
        let (run, _) = store.find_or_create_run(&plan(&samples, seed), &samples, false).await.unwrap();
        let _claim = store.claim(&run.id).await.unwrap();
        let writing = samples.iter().map(|sample| {
            let (store, key) = (&store, key(&run, &sample.id, 0));
            async move {
                store.record_attempt(&answer(key.clone(), "1")).await.unwrap();
                store.record_grade(&grade(key, Outcome::Correct)).await.unwrap();
            }
        });
        futures::future::join_all(writing).await;
        store.counts(&run.id).await.unwrap().graded
    };
    assert_eq!(tokio::join!(write(1), write(2), write(3), write(4)), (60, 60, 60, 60));
    assert_eq!(store.run_lines().await.unwrap().len(), 4);
}

async fn whoever_stops_waiting_does_not_stop_the_writing(store: Store) {
    let samples = samples(20);
    let (run, _) = store.find_or_create_run(&plan(&samples, 0), &samples, false).await.unwrap();
    for sample in &samples {
        let record = answer(key(&run, &sample.id, 0), "1");
        let mut recording = Box::pin(store.record_attempt(&record));
        // Once, so that it is handed in.
        let _ = futures::poll!(&mut recording);
    }
    store.close().await;
    let store = Store::open_existing(store.location()).await.unwrap();
    assert_eq!(store.counts(&run.id).await.unwrap().answered, 20);
}

#[tokio::test]
async fn a_full_disk_fails_all_that_wait_and_a_larger_one_goes_on() {
    let Some(mount) = Mount::new("2m") else { return };
    let path = mount.path();
    let samples = samples(200);
    let store = Store::open(&path).await.unwrap();
    let (run, _) = store.find_or_create_run(&plan(&samples, 0), &samples, false).await.unwrap();
    let writing = samples.iter().map(|sample| {
        let (store, record) = (&store, answer(key(&run, &sample.id, 0), &"z".repeat(40_000)));
        async move { store.record_attempt(&record).await }
    });
    let results = futures::future::join_all(writing).await;
    let kept = results.iter().filter(|r| r.is_ok()).count();
    assert!(results.iter().any(Result::is_err), "2 MiB cannot hold it");
    for error in results.iter().filter_map(|r| r.as_ref().err()) {
        assert!(matches!(error, StoreError::Full(_)), "{error}");
    }
    drop(store);
    mount.resize("64m");
    let store = Store::open_existing(&path).await.unwrap();
    assert_eq!(store.counts(&run.id).await.unwrap().answered, kept, "what was acknowledged is there, and nothing else");
    for (sample, _) in samples.iter().zip(&results).filter(|(_, r)| r.is_err()) {
        store.record_attempt(&answer(key(&run, &sample.id, 0), "again")).await.unwrap();
    }
    assert_eq!(store.counts(&run.id).await.unwrap().answered, 200);
    store.close().await;
}
