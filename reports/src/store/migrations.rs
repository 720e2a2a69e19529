use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// Written into the header of every store ("prct"), so that another program's database is recognised as such.
pub(super) const APPLICATION_ID: i64 = 0x7072_6374;

/// The schema version this proctor reads and writes.
pub(super) const LATEST: i64 = 2;

/// Every migration, embedded. A released file never changes: a change is a new file.
pub(super) fn migrator() -> Migrator {
    let simple = |version, name: &'static str, sql: &'static str| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(vec![
        simple(1, "runs", include_str!("migrations/0001_runs.sql")),
        simple(2, "responses", include_str!("migrations/0002_responses.sql")),
    ])
}
