use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// Written into the header of every store ("prct"), so that another program's database is recognised as such.
pub(super) const APPLICATION_ID: i64 = 0x7072_6374;

/// The schema version this proctor reads and writes.
pub(super) const LATEST: i64 = 4;

/// Every migration of an SQLite store, embedded. A released file never changes: a change is a new file.
pub(super) fn sqlite() -> Migrator {
    Migrator::with_migrations(vec![
        simple(1, "runs", include_str!("migrations/sqlite/0001_runs.sql")),
        simple(2, "responses", include_str!("migrations/sqlite/0002_responses.sql")),
        simple(3, "light rows", include_str!("migrations/sqlite/0003_light_rows.sql")),
        simple(4, "asked by", include_str!("migrations/sqlite/0004_asked_by.sql")),
    ])
}

/// Every migration of a PostgreSQL store, embedded. The first is the schema that SQLite's had by then; from there on each
/// has its counterpart of the same number.
pub(super) fn postgres() -> Migrator {
    Migrator::with_migrations(vec![
        simple(3, "schema", include_str!("migrations/postgres/0003_schema.sql")),
        simple(4, "asked by", include_str!("migrations/postgres/0004_asked_by.sql")),
    ])
}

fn simple(version: i64, name: &'static str, sql: &'static str) -> Migration {
    Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
}
