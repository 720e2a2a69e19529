//! `kill -9` at random moments, in asking, writing and migrating: the resumed table is the undisturbed one, and
//! nothing is paid for twice but what was in flight. `PROCTOR_KILLS=200` kills 200 times in each test that asks; a few kills
//! suffice for everyday.

#![allow(clippy::print_stderr)]

#[path = "support/killing.rs"]
mod killing;
#[path = "support/postgres.rs"]
mod postgres;
mod support;

use killing::{IN_FLIGHT, PLACES, Place, TAKES, connect, fraction, kill, kills, settled, table, wait};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Connection, Executor, Row, SqlSafeStr};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;
use support::faults::{Fault, Faulty};
use support::{Desk, Ran};

#[test]
fn killed_again_and_again_a_run_loses_nothing_and_pays_for_nothing_twice() {
    let [file, _] = PLACES;
    killed_again_and_again(file);
}

#[test]
fn killed_again_and_again_a_run_in_a_server_loses_nothing_and_pays_for_nothing_twice() {
    let [_, server] = PLACES;
    killed_again_and_again(server);
}

/// Kills runs whose rows go to the stores that `place` makes, each of them several times.
fn killed_again_and_again((name, place): (&str, Place)) {
    let undisturbed = Faulty::start(TAKES, |_| Fault::None);
    let desk = Desk::new();
    let Some(store) = place() else { return };
    let began = Instant::now();
    let wanted = table(&store.to_the_end(&desk, &undisturbed.url()));
    let takes = began.elapsed();
    let (attempts, most) = undisturbed.answers();
    assert!(attempts >= 100 && most == 20, "{attempts} answers, {most} to one question");

    let mut killed = 0;
    // By phase: how many kills, and how many answers were lost and so paid for twice.
    let mut phases: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    while killed < kills() {
        // One store, killed a few times, each time at another moment of its life, the making of the store included.
        let endpoint = Faulty::start(TAKES, |_| Fault::None);
        let desk = Desk::new();
        let Some(store) = place() else { return };
        let (mut here, mut lost) = (0, 0);
        while here < 5 && killed < kills() {
            let child = store.command(&desk, &endpoint.url()).spawn().expect("the program starts");
            let share = if here == 0 { 0.2 * fraction(killed) } else { fraction(killed) };
            let before = endpoint.answers().0;
            std::thread::sleep(takes.mul_f64(share));
            kill(child);
            settled(&endpoint);
            let (answers, kept) = (endpoint.answers().0, store.answers(&desk));
            let lost_now = answers - lost - kept;
            let phase = match answers {
                0 => "before anything was asked",
                _ if answers == before => "after everything was asked, or before it went on",
                _ => "in the middle of asking",
            };
            phases.entry(phase).or_default().push(lost_now);
            assert!(lost_now <= IN_FLIGHT, "{lost_now} answers lost by one kill");
            lost += lost_now;
            (here, killed) = (here + 1, killed + 1);
        }
        let resumed = store.to_the_end(&desk, &endpoint.url());
        assert_eq!(table(&resumed), wanted, "after {killed} kills");
        let (answers, _) = endpoint.answers();
        assert_eq!(answers, attempts + lost, "what was kept is not asked again, what was lost is");
        let again = store.to_the_end(&desk, &endpoint.url());
        assert_eq!((table(&again), endpoint.answers().0), (wanted.clone(), answers), "a finished run asks nothing");
    }
    for (phase, lost) in phases {
        let (most, sum) = (lost.iter().max().unwrap_or(&0), lost.iter().sum::<usize>());
        eprintln!(
            "in {name}: {} kills {phase}: {sum} answers paid for twice, {most} at most by one kill, {IN_FLIGHT} in flight",
            lost.len()
        );
    }
}

/// A store as an earlier version left it, large enough that bringing it up to date takes a while.
async fn earlier_store(path: &Path, attempts: usize) {
    const FIRST: &str = include_str!("../reports/store/src/migrations/sqlite/0001_runs.sql");
    const SECOND: &str = include_str!("../reports/store/src/migrations/sqlite/0002_responses.sql");
    let simple = |version, name: &'static str, sql: &'static str| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    let mut connection = connect(path).await;
    connection.execute("PRAGMA journal_mode = WAL").await.expect("set");
    let migrator = Migrator::with_migrations(vec![simple(1, "runs", FIRST), simple(2, "responses", SECOND)]);
    migrator.run_direct(Some(2), &mut connection, false).await.expect("made");
    let ids: Vec<String> = (0..attempts).map(|i| format!("\"s{i}\"")).collect();
    let plan = format!(
        r#"{{"benchmark":"sums:hard","model":"test/model","model_provenance":{{}},"data_sha256":"d","data_source":"built-in",
        "prompt_sha256":"p","protocol":"chat","sampling":{{}},"epochs":1,"seed":0,"judge_version":"1","judge_provenance":{{}},
        "sample_ids":[{}]}}"#,
        ids.join(",")
    );
    let fill = format!(
        "BEGIN;
         INSERT INTO runs VALUES (7, 'old-run', 'f', 'sums:hard', 'test/model', '{plan}', 'finished', 0, '2025-01-01T00:00:00Z', NULL, '0.0.1');
         CREATE TEMP TABLE n AS WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {attempts} - 1) SELECT i FROM n;
         INSERT INTO samples SELECT 'sha' || i, 'content' || i, 'g' || i, '[]', '{{\"id\":\"s' || i || '\"}}' FROM n;
         INSERT INTO run_samples SELECT 7, 's' || i, i, 'sha' || i FROM n;
         INSERT INTO attempts SELECT 7, 's' || i, 0,
             '{{\"exchanges\":[{{\"completion\":{{\"finish\":\"stop\",\"text\":\"' || printf('%.*c', 300, 'x') || '\"}}}}]}}',
             NULL, 1.5, 3, 4, NULL, NULL, 0.25, '2025-01-01T00:00:01Z' FROM n;
         INSERT INTO grades SELECT 7, 0, 's' || i, 0, CASE WHEN i % 3 = 0 THEN 'correct' ELSE 'incorrect' END,
             '{{\"raw\":1.0}}', 'x', 'right', NULL, '{{\"stdout\":\"1\"}}', '2025-01-01T00:00:03Z' FROM n;
         COMMIT;"
    );
    connection.execute(sqlx::AssertSqlSafe(fill)).await.expect("filled");
    connection.close().await.expect("it closes");
}

/// Every row of every table but the moments at which migrations were made.
async fn contents(path: &Path) -> BTreeMap<String, Vec<String>> {
    let mut connection = connect(path).await;
    let sound: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await.expect("a check");
    assert_eq!(sound, "ok");
    let tables: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY 1")
        .fetch_all(&mut connection)
        .await
        .expect("names");
    let mut all = BTreeMap::new();
    for table in tables {
        let columns: Vec<String> =
            sqlx::query_scalar("SELECT name FROM pragma_table_info(?1) WHERE name NOT IN ('installed_on', 'execution_time')")
                .bind(&table)
                .fetch_all(&mut connection)
                .await
                .expect("columns");
        let joined: Vec<String> = columns.iter().map(|column| format!("quote(\"{column}\")")).collect();
        let text = format!("SELECT {} AS line FROM \"{table}\"", joined.join(" || ',' || "));
        let rows = sqlx::query(sqlx::AssertSqlSafe(text)).fetch_all(&mut connection).await.expect("rows");
        let mut lines: Vec<String> = rows.iter().map(|row| row.get::<String, _>("line")).collect();
        lines.sort();
        all.insert(table, lines);
    }
    connection.close().await.expect("it closes");
    all
}

#[test]
fn killed_in_a_migration_a_store_is_brought_up_to_date_by_the_next_command() {
    let attempts = 6_000;
    let desk = Desk::new();
    let (old, whole) = (desk.path("old.db"), desk.path("whole.db"));
    wait(earlier_store(&old, attempts));
    let copy = |to: &Path| std::fs::copy(&old, to).expect("copied");
    copy(&whole);
    let open = |store: &Path| {
        let store = store.to_string_lossy().into_owned();
        let mut command = desk.command(&["list", "runs", "--format", "json", "--store", &store]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let began = Instant::now();
    let listed = Ran::from(open(&whole).output().expect("the program starts")).expect(0);
    let takes = began.elapsed();
    assert_eq!(listed.json("proctor.runs/1")["items"][0]["graded"], attempts);
    let wanted = wait(contents(&whole));
    assert!(wanted["attempts"].len() == attempts && wanted["transcripts"].len() == attempts);
    let version = |path: &Path| -> i64 {
        wait(async {
            let mut connection = connect(path).await;
            sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(&mut connection).await.expect("a version")
        })
    };
    let (mut killed, mut in_the_middle) = (0, 0);
    while killed < kills() {
        let store = desk.path(&format!("killed-{killed}.db"));
        copy(&store);
        for _ in 0..3 {
            let mut child = open(&store).spawn().expect("the program starts");
            std::thread::sleep(takes.mul_f64(fraction(killed)));
            let runs = child.try_wait().expect("it can be asked").is_none();
            kill(child);
            in_the_middle += usize::from(runs && version(&store) < 4);
            killed += 1;
        }
        let ran = Ran::from(open(&store).output().expect("the program starts")).expect(0);
        assert_eq!(ran.stdout, listed.stdout, "after {killed} kills");
        assert!(wait(contents(&store)) == wanted, "after {killed} kills: rows differ");
        std::fs::remove_file(&store).expect("removed");
    }
    eprintln!("{killed} kills, {in_the_middle} of them before the migration was done");
    assert!(in_the_middle > 0, "no kill met the migration");
}
