//! What is particular to PostgreSQL.

use crate::postgres::database;
use proctor_core::ExitCode;
use proctor_store::{Store, StoreError};
use sqlx::{Connection, Executor, PgConnection};

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
