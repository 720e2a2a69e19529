//! What is particular to PostgreSQL.

use crate::postgres::{Server, database};
use crate::support::*;
use proctor_core::{ExitCode, Outcome};
use proctor_store::{Store, StoreError};
use sqlx::{Connection, Executor, PgConnection};
use std::time::Duration;

#[tokio::test]
async fn errors_name_the_store_and_never_the_password() {
    let Some(address) = database() else { return };
    let missing = address.replace("/test_", "/nowhere_");
    for (address, words) in [
        (missing.as_str(), "does not exist"),
        ("postgres://me:never-shown@127.0.0.1:1/runs", "cannot be opened"),
        ("postgres://me:never-shown@localhost:no-port/runs", "is not of the form"),
        ("postgres://me:never-shown@no-such-host.invalid/runs", "cannot be opened"),
    ] {
        for error in [Store::open(address).await.unwrap_err(), Store::open_existing(address).await.unwrap_err()] {
            let text = format!("{error} {error:?}");
            assert!(text.contains(words) && !text.contains("never-shown") && !text.contains('\n'), "{text}");
            assert_eq!(error.exit_code(), ExitCode::Store);
        }
    }
}

#[tokio::test]
async fn a_database_without_a_store_is_told_from_one_with_another_programs_tables() {
    let Some(address) = database() else { return };
    let error = Store::open_existing(address.as_str()).await.unwrap_err();
    assert!(matches!(error, StoreError::Missing(_)), "{error}");
    let mut connection = PgConnection::connect(&address).await.unwrap();
    connection.execute("CREATE TABLE runs (name TEXT)").await.unwrap();
    let error = Store::open(address.as_str()).await.unwrap_err();
    assert!(matches!(error, StoreError::NotAStore { .. }), "{error}");
    connection.execute("DROP TABLE runs").await.unwrap();
    Store::open(address.as_str()).await.unwrap().close().await;
    let future = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                  VALUES (99, 'future', TRUE, '', 0)";
    connection.execute(future).await.unwrap();
    for error in [Store::open(address.as_str()).await.unwrap_err(), Store::open_existing(address.as_str()).await.unwrap_err()] {
        assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
    }
}

#[tokio::test]
async fn many_may_create_a_store_at_once() {
    let Some(address) = database() else { return };
    let opened = futures::future::join_all((0..8).map(|_| Store::open(address.as_str()))).await;
    for store in opened {
        assert!(store.unwrap().runs().await.unwrap().is_empty());
    }
}

/// Restarts, slow and quick, hard and soft, while rows are written: each is there once, and the claim holds again.
#[tokio::test]
async fn a_server_that_restarts_is_waited_for() {
    let Some(server) = Server::own() else { return };
    let address = server.database("runs");
    let samples = samples(400);
    let store = Store::open(address.as_str()).await.unwrap();
    let (run, _) = store.find_or_create_run(&plan(&samples, 0), &samples, false).await.unwrap();
    let claim = store.claim(&run.id).await.unwrap();
    for (round, some) in samples.chunks(100).enumerate() {
        let (signal, pause) = [("QUIT", 0.0), ("INT", 0.3), ("QUIT", 1.5), ("TERM", 0.0)][round];
        let writing = some.iter().enumerate().map(|(n, sample)| {
            let (store, run, server) = (&store, &run, &server);
            async move {
                if n == 50 {
                    server.restart(if signal == "TERM" { "INT" } else { signal }, Duration::from_secs_f64(pause));
                }
                tokio::time::sleep(Duration::from_millis(n as u64 * 5)).await;
                let key = key(run, &sample.id, 0);
                store.record_attempt(&answer(key.clone(), "1")).await.unwrap();
                store.record_grade(&grade(key, Outcome::Correct)).await.unwrap();
                assert!(store.run(&run.id).await.is_ok());
            }
        });
        futures::future::join_all(writing).await;
    }
    let counts = store.counts(&run.id).await.unwrap();
    assert_eq!((counts.answered, counts.graded), (400, 400));
    let other = Store::open(address.as_str()).await.unwrap();
    let refused = other.claim(&run.id).await.unwrap_err();
    assert!(matches!(refused, StoreError::Claimed { .. }), "{refused}");
    drop(claim);
    let began = std::time::Instant::now();
    while other.claim(&run.id).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(30), "a claim that was given up is not free");
    }
}

/// While the server was away, somebody else took the run: nothing more is written to it.
#[tokio::test]
async fn a_run_that_another_took_over_meanwhile_is_left_to_it() {
    let Some(server) = Server::own() else { return };
    let address = server.database("runs");
    let samples = samples(4);
    let store = Store::open(address.as_str()).await.unwrap();
    let (run, _) = store.find_or_create_run(&plan(&samples, 0), &samples, false).await.unwrap();
    let _claim = store.claim(&run.id).await.unwrap();
    store.record_attempt(&answer(key(&run, "s0", 0), "1")).await.unwrap();
    server.restart("INT", Duration::from_millis(100));
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.wait();
    let mut other = PgConnection::connect(&address).await.unwrap();
    let lock = format!("SELECT pg_advisory_lock(hashtextextended(current_schema() || '/' || '{}', 0))", run.id);
    other.execute(sqlx::AssertSqlSafe(lock)).await.unwrap();
    let refused = store.record_attempt(&answer(key(&run, "s1", 0), "1")).await;
    assert!(matches!(refused, Err(StoreError::Claimed { .. })), "{refused:?}");
}
