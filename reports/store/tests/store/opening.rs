use crate::support::*;
use proctor_core::{ExitCode, Outcome};
use proctor_store::{Store, StoreError, StoreOptions};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, SqliteConnection};
use std::path::Path;
use std::time::Duration;

/// The sentence of `error`: one line, the path in it, an exit status of its own.
fn says(error: &StoreError, path: &Path, words: &str) {
    let text = error.to_string();
    assert!(text.contains(words), "`{text}` should say `{words}`");
    assert!(text.contains(&path.display().to_string()), "`{text}` should name {}", path.display());
    assert!(!text.contains('\n'), "{text}");
}

async fn raw(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.unwrap()
}

#[tokio::test]
async fn opening_creates_folders_and_opens_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/proctor.db");
    for _ in 0..2 {
        let store = Store::open(&path).await.unwrap();
        assert!(store.runs().await.unwrap().is_empty());
        store.close().await;
    }
    let files: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(files, ["proctor.db"], "a closed store is one file");
    assert!(Store::open_existing(&path).await.unwrap().runs().await.unwrap().is_empty());
}

#[tokio::test]
async fn many_may_create_a_store_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proctor.db");
    let opened = futures::future::join_all((0..8).map(|_| Store::open(&path))).await;
    for store in opened {
        assert!(store.unwrap().runs().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_missing_store_is_said_to_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.db");
    let error = Store::open_existing(&path).await.unwrap_err();
    says(&error, &path, "there is no store at");
    assert_eq!(error.exit_code(), ExitCode::Usage);
    assert!(!path.exists());
}

#[tokio::test]
async fn what_is_not_a_store_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.db");
    std::fs::write(&text, "id,answer\n1,2\n".repeat(1000)).unwrap();
    // SQLite takes what is shorter than its header for an empty database.
    let short = folder.path().join("short.db");
    std::fs::write(&short, "x").unwrap();
    let other = folder.path().join("other.db");
    raw(&other).await.execute("CREATE TABLE cookies (name TEXT)").await.unwrap();
    let directory = folder.path().join("folder.db");
    std::fs::create_dir(&directory).unwrap();
    for (path, words) in [
        (&text, "it is not an SQLite database"),
        (&short, "it is not an SQLite database"),
        (&other, "database of another program"),
        (&directory, "folder"),
    ] {
        let before = path.is_file().then(|| std::fs::read(path).unwrap());
        let existing = Store::open_existing(path).await.unwrap_err();
        says(&existing, path, words);
        let opened = Store::open(path).await.unwrap_err();
        assert_eq!(opened.exit_code(), ExitCode::Store);
        says(&opened, path, words);
        assert!(path.is_file().then(|| std::fs::read(path).unwrap()) == before, "{} has changed", path.display());
    }
}

#[tokio::test]
async fn a_damaged_store_is_an_error_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proctor.db");
    let store = Store::open(&path).await.unwrap();
    let samples = samples(50);
    let (run, _) = store.find_or_create_run(&plan(&samples, 0), &samples, false).await.unwrap();
    store.close().await;
    let whole = std::fs::read(&path).unwrap();
    for kept in [1, 10, 99, 100, 4096, whole.len() / 2, whole.len() - 4096, whole.len() - 1] {
        std::fs::write(&path, &whole[..kept]).unwrap();
        let error = match Store::open(&path).await {
            Ok(store) => match store.samples(&run.id).await {
                Err(error) => error,
                Ok(_) => store.runs().await.unwrap_err(),
            },
            Err(error) => error,
        };
        says(&error, &path, "is damaged");
        assert_eq!(error.exit_code(), ExitCode::Store, "cut to {kept}: {error}");
        assert!(std::fs::read(&path).unwrap() == whole[..kept], "a file that was cut to {kept} has changed");
    }
    let mut scrambled = whole.clone();
    for byte in scrambled.iter_mut().skip(4096) {
        *byte ^= 0x5a;
    }
    std::fs::write(&path, scrambled).unwrap();
    let error = async { Store::open(&path).await?.runs().await }.await.unwrap_err();
    says(&error, &path, "damaged");
}

#[tokio::test]
async fn a_newer_store_is_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proctor.db");
    Store::open(&path).await.unwrap().close().await;
    let mut connection = raw(&path).await;
    let migration = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                     VALUES (99, 'future', TRUE, x'00', 0)";
    connection.execute(migration).await.unwrap();
    connection.close().await.unwrap();
    for error in [Store::open(&path).await.unwrap_err(), Store::open_existing(&path).await.unwrap_err()] {
        says(&error, &path, "was written by a newer proctor (schema 99, this one knows up to 4); upgrade");
        assert_eq!(error.exit_code(), ExitCode::Store);
    }
}

#[tokio::test]
async fn a_locked_store_is_waited_for_and_then_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proctor.db");
    let options = StoreOptions { busy_timeout: Duration::from_millis(200) };
    let store = Store::open_with(&path, options).await.unwrap();
    let samples = samples(1);
    let mut other = raw(&path).await;
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let error = store.find_or_create_run(&plan(&samples, 0), &samples, false).await.unwrap_err();
    says(&error, &path, "is locked by another program");
    assert!(store.runs().await.unwrap().is_empty(), "reading goes on");
    let plan = plan(&samples, 0);
    let patient = Store::open(&path).await.unwrap();
    let (created, _) = tokio::join!(patient.find_or_create_run(&plan, &samples, false), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        other.execute("ROLLBACK").await.unwrap();
    });
    created.unwrap();
}

#[tokio::test]
async fn a_read_only_store_can_be_read_and_says_why_it_is_not_written() {
    let Some(mount) = Mount::new("4m") else { return };
    let path = mount.path();
    let samples = samples(2);
    let store = Store::open(&path).await.unwrap();
    let (run, _) = store.find_or_create_run(&plan(&samples, 0), &samples, false).await.unwrap();
    store.close().await;
    mount.make_read_only();
    says(&Store::open(&path).await.unwrap_err(), &path, "is read-only");
    let elsewhere = path.with_file_name("new.db");
    says(&Store::open(&elsewhere).await.unwrap_err(), &elsewhere, "is read-only");
    let store = Store::open_existing(&path).await.unwrap();
    assert_eq!(store.samples(&run.id).await.unwrap(), samples);
    let error = store.record_attempt(&answer(key(&run, "s0", 0), "1")).await.unwrap_err();
    says(&error, &path, "is read-only");
}

#[tokio::test]
async fn a_full_disk_is_said_to_be_full_and_loses_nothing() {
    let Some(mount) = Mount::new("1m") else { return };
    let path = mount.path();
    let samples = samples(1000);
    let store = Store::open(&path).await.unwrap();
    let few = &samples[..20];
    let (run, _) = store.find_or_create_run(&plan(few, 0), few, false).await.unwrap();
    let mut kept = 0;
    let error = loop {
        let record = answer(key(&run, &format!("s{}", kept / 2), (kept % 2) as u32), &"x".repeat(40_000));
        match store.record_attempt(&record).await {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
        assert!(kept < 40, "1 MiB must fill up");
    };
    says(&error, &path, "is full");
    assert_eq!(error.exit_code(), ExitCode::Store);
    assert!(kept > 0);
    drop(store);
    let store = Store::open_existing(&path).await.unwrap();
    assert_eq!(store.counts(&run.id).await.unwrap().answered, kept);
    drop(mount);
}

#[tokio::test]
async fn two_openings_write_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proctor.db");
    let samples = samples(100);
    let write = async |seed| {
        let store = Store::open(&path).await.unwrap();
        let (run, _) = store.find_or_create_run(&plan(&samples, seed), &samples, false).await.unwrap();
        for sample in &samples {
            store.record_attempt(&answer(key(&run, &sample.id, 0), "1")).await.unwrap();
            store.record_grade(&grade(key(&run, &sample.id, 0), Outcome::Correct)).await.unwrap();
        }
        store.counts(&run.id).await.unwrap()
    };
    let (one, two) = tokio::join!(write(1), write(2));
    assert_eq!((one.graded, two.graded), (100, 100));
}
