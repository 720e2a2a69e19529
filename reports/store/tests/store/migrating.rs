//! Stores of earlier versions, and migrations that are cut off.

use crate::support::*;
use futures::TryStreamExt;
use proctor_core::*;
use proctor_store::Store;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, SqlSafeStr, SqliteConnection};
use std::path::Path;

/// The migrations as they were released.
const FIRST: &str = include_str!("../../src/migrations/sqlite/0001_runs.sql");
const SECOND: &str = include_str!("../../src/migrations/sqlite/0002_responses.sql");

/// A store as version `version` left it, with one run: two answers, one of them graded and half graded again, and an error.
async fn of_version(path: &Path, version: i64) -> RunPlan {
    let simple = |version, name: &'static str, sql: &'static str| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    let migrator = Migrator::with_migrations(vec![simple(1, "runs", FIRST), simple(2, "responses", SECOND)]);
    let mut connection = SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.unwrap();
    connection.execute("PRAGMA journal_mode = WAL").await.unwrap();
    migrator.run_direct(Some(version), &mut connection, false).await.unwrap();
    let samples = samples(3);
    let plan = plan(&samples, 0);
    let text = serde_json::to_string(&plan).unwrap();
    sqlx::query("INSERT INTO runs VALUES (7, 'old-run', ?, 'sums:hard', 'test/model', ?, 'running', 0, '2025-01-01T00:00:00Z', NULL, '0.0.1')")
        .bind(plan.fingerprint().0)
        .bind(text)
        .execute(&mut connection)
        .await
        .unwrap();
    for (position, sample) in samples.iter().enumerate() {
        let text = serde_json::to_string(sample).unwrap();
        let sha256 = sha256_hex(text.as_bytes());
        sqlx::query("INSERT INTO samples VALUES (?, ?, ?, ?, ?)")
            .bind(&sha256)
            .bind(samples_sha256(std::slice::from_ref(sample)))
            .bind(&sample.group)
            .bind(r#"["small"]"#)
            .bind(text)
            .execute(&mut connection)
            .await
            .unwrap();
        sqlx::query("INSERT INTO run_samples VALUES (7, ?, ?, ?)")
            .bind(&sample.id)
            .bind(position as i64)
            .bind(sha256)
            .execute(&mut connection)
            .await
            .unwrap();
    }
    for (sample, epoch) in [("s0", 0), ("s2", 1)] {
        sqlx::query("INSERT INTO attempts VALUES (7, ?, ?, ?, NULL, 1.5, 3, 4, NULL, NULL, 0.25, '2025-01-01T00:00:01Z')")
            .bind(sample)
            .bind(epoch)
            .bind(serde_json::to_string(&given(sample, epoch).attempt.unwrap()).unwrap())
            .execute(&mut connection)
            .await
            .unwrap();
    }
    connection
        .execute(
            "INSERT INTO attempts VALUES (7, 's1', 0, NULL, 'down', 0, NULL, NULL, NULL, NULL, NULL, '2025-01-01T00:00:02Z')",
        )
        .await
        .unwrap();
    for (set, outcome) in [(0, Outcome::Correct), (1, Outcome::Incorrect)] {
        let grade = grade(old("s0", 0), outcome).grade;
        sqlx::query("INSERT INTO grades VALUES (7, ?, 's0', 0, ?, ?, ?, ?, ?, ?, '2025-01-01T00:00:03Z')")
            .bind(set)
            .bind(grade.outcome.as_str())
            .bind(serde_json::to_string(&grade.scores).unwrap())
            .bind(&grade.extracted)
            .bind(&grade.explanation)
            .bind(&grade.category)
            .bind(serde_json::to_string(&grade.artifacts).unwrap())
            .execute(&mut connection)
            .await
            .unwrap();
    }
    connection.execute("INSERT INTO pending_grade_sets VALUES (7, 1, 'judge', '2025-01-01T00:00:04Z')").await.unwrap();
    connection.close().await.unwrap();
    plan
}

fn old(sample_id: &str, epoch: u32) -> AttemptKey {
    AttemptKey { run_id: "old-run".into(), sample_id: sample_id.into(), epoch }
}

fn given(sample: &str, epoch: u32) -> AttemptRecord {
    answer(old(sample, epoch), &format!("answer to {sample}\u{0}"))
}

async fn is_whole(store: &Store, plan: &RunPlan) {
    let run = store.run("old").await.unwrap();
    assert_eq!((&run.plan, run.proctor_version.as_str()), (plan, "0.0.1"));
    assert_eq!(store.samples(&run.id).await.unwrap(), samples(3));
    let attempts: Vec<AttemptRecord> = store.attempts(&run.id).try_collect().await.unwrap();
    assert_eq!(attempts, [given("s0", 0), no_answer(old("s1", 0), "down"), given("s2", 1)]);
    let grades: Vec<GradeRecord> = store.grades(&run.id).try_collect().await.unwrap();
    assert_eq!(grades, [grade(old("s0", 0), Outcome::Correct)]);
    let line = store.run_lines().await.unwrap().remove(0);
    assert_eq!((line.samples, line.epochs), (3, 2));
    let rows: Vec<proctor_store::LightRow> = store.light(&run.id, Default::default()).try_collect().await.unwrap();
    assert_eq!(rows[0].finish.as_deref(), Some("stop"));
    assert_eq!((rows[2].cost_usd, rows[2].usage.completion_tokens), (Some(0.25), Some(4)));
}

#[tokio::test]
async fn a_store_of_every_earlier_version_keeps_its_runs() {
    for version in [1, 2] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("proctor.db");
        let plan = of_version(&path, version).await;
        let store = Store::open_existing(&path).await.unwrap();
        is_whole(&store, &plan).await;
        // It goes on.
        store.record_attempt(&answer(old("s1", 0), "now")).await.unwrap();
        store.record_grade(&grade(old("s1", 0), Outcome::Correct)).await.unwrap();
        assert_eq!(store.counts("old-run").await.unwrap().graded, 2);
        store.close().await;
        let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
        let broken = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut connection).await.unwrap();
        assert!(broken.is_empty());
        let sound: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await.unwrap();
        assert_eq!(sound, "ok");
    }
}

/// The file as a kill left it at any moment of the migration: whatever of the write-ahead log was there.
#[tokio::test]
async fn a_migration_that_is_cut_off_begins_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proctor.db");
    let plan = of_version(&path, 2).await;
    // A reader keeps the log from being folded into the file, so that it can be cut anywhere.
    let mut reader: SqliteConnection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    sqlx::query("BEGIN").execute(&mut reader).await.unwrap();
    sqlx::query("SELECT count(*) FROM runs").fetch_one(&mut reader).await.unwrap();
    let store = Store::open(&path).await.unwrap();
    let log = std::fs::read(path.with_file_name("proctor.db-wal")).unwrap();
    let file = std::fs::read(&path).unwrap();
    drop((store, reader));
    assert!(log.len() > 50_000, "the migration is in the log: {} bytes", log.len());
    for cut in [0, 1, 31, 32, 5_000, 20_000, 40_000, log.len() / 2, log.len() - 4_000, log.len() - 1, log.len()] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("proctor.db");
        std::fs::write(&path, &file).unwrap();
        std::fs::write(folder.path().join("proctor.db-wal"), &log[..cut]).unwrap();
        let store = Store::open_existing(&path).await.unwrap();
        is_whole(&store, &plan).await;
        store.close().await;
    }
}
