//! Questions in SQL are answered and never obeyed, on both databases.

use crate::support::{plan, samples};
use proctor_store::{SqlError, Store, ask};
use serde_json::{Value, json};
use std::ops::ControlFlow;

type Answer = Result<(Vec<String>, Vec<Vec<Value>>), SqlError>;

async fn answer(store: &Store, sql: &str) -> Answer {
    let location = store.location();
    let location = match location.path() {
        Some(path) => path.to_string_lossy().into_owned(),
        None => location.address().unwrap().to_string(),
    };
    let (mut columns, mut rows) = (Vec::new(), Vec::new());
    ask(&location, sql, &mut |names| columns = names, &mut |row| {
        rows.push(row);
        ControlFlow::Continue(())
    })
    .await?;
    Ok((columns, rows))
}

async fn run(store: &Store) {
    let samples = samples(3);
    store.find_or_create_run(&plan(&samples, 1), &samples, false).await.unwrap();
}

async fn rows_come_typed_and_in_order(store: Store) {
    run(&store).await;
    let (columns, rows) =
        answer(&store, "SELECT benchmark, samples, epochs * 1.5 AS half, NULL AS none, samples FROM v_runs;").await.unwrap();
    assert_eq!(columns, ["benchmark", "samples", "half", "none", "samples"]);
    assert_eq!(rows, [[json!("sums:hard"), json!(3), json!(3.0), Value::Null, json!(3)]]);
    let ids =
        "-- ; a comment\nWITH s AS (SELECT sample_id FROM v_samples) SELECT sample_id || ';' FROM s ORDER BY 1 DESC LIMIT 2";
    assert_eq!(answer(&store, ids).await.unwrap().1, [[json!("s2;")], [json!("s1;")]]);
    let (columns, rows) = answer(&store, "SELECT run_id, outcome FROM v_grades").await.unwrap();
    assert_eq!((columns, rows.len()), (vec!["run_id".to_string(), "outcome".to_string()], 0));
    assert!(!answer(&store, "EXPLAIN SELECT * FROM v_runs").await.unwrap().1.is_empty());
    assert_eq!(answer(&store, "VALUES (1), (2)").await.unwrap().1.len(), 2);
}

async fn reading_may_end_early(store: Store) {
    run(&store).await;
    let location = store.location();
    let location = location.path().map_or_else(|| location.address().unwrap().to_string(), |p| p.to_string_lossy().into_owned());
    let mut seen = 0;
    let counting = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i FROM n";
    ask(&location, counting, &mut |_| {}, &mut |_| {
        seen += 1;
        if seen == 10 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .await
    .unwrap();
    assert_eq!(seen, 10);
}

async fn nothing_is_written(store: Store) {
    run(&store).await;
    let refused = async |sql: &str| answer(&store, sql).await.unwrap_err();
    for sql in ["", "   -- nothing\n", "/* */", ";"] {
        assert!(matches!(refused(sql).await, SqlError::Empty), "{sql}");
    }
    for sql in [
        "DROP TABLE runs",
        "delete from runs",
        "INSERT INTO runs DEFAULT VALUES",
        "UPDATE runs SET model = 'x'",
        "VACUUM INTO '/nowhere/copy.db'",
        "ATTACH '/nowhere/other.db' AS other",
        "PRAGMA query_only = OFF",
        "COPY runs TO '/nowhere/copy'",
        "EXPLAIN ANALYZE DELETE FROM runs",
        "BEGIN",
        "SET TRANSACTION READ WRITE",
    ] {
        assert!(matches!(refused(sql).await, SqlError::NotReading(_)), "{sql}: {}", refused(sql).await);
    }
    for sql in
        ["SELECT 1; DROP TABLE runs", "SELECT 1;;DELETE FROM runs", "SELECT ';' ; SELECT 2", "/* /* */ SELECT 1; */ SELECT 2"]
    {
        assert!(matches!(refused(sql).await, SqlError::Several | SqlError::Failed(_)), "{sql}: {}", refused(sql).await);
    }
    for sql in [
        "WITH gone AS (DELETE FROM runs RETURNING id) SELECT * FROM gone",
        "WITH a AS (SELECT 1) DELETE FROM runs",
        "WITH a AS (SELECT 1) INSERT INTO batches SELECT 1, 'x', 'y', 'z'",
    ] {
        assert!(matches!(refused(sql).await, SqlError::Writes | SqlError::Failed(_)), "{sql}: {}", refused(sql).await);
    }
    for sql in ["SELECT nothing FROM v_runs", "SELECT * FROM nowhere", "SELECT (", "WITH", "SELECT 'unclosed"] {
        assert!(matches!(refused(sql).await, SqlError::Failed(_)), "{sql}: {}", refused(sql).await);
    }
    assert_eq!(store.run_lines().await.unwrap().len(), 1);
}

on_both!(rows_come_typed_and_in_order, reading_may_end_early, nothing_is_written);
