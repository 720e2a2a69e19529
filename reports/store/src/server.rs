//! A store in a PostgreSQL database.

use super::database::{Database, Executor, Row, sql};
use super::migrations::{LATEST, postgres};
use super::open::{StoreOptions, from_migrate};
use super::{Location, StoreError};
use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection};
use std::time::Duration;

/// How long a server may take to answer at first.
const CONNECT_PATIENCE: Duration = Duration::from_secs(15);

/// Connections of one process; the server's limit is often 100 for all.
const MOST_CONNECTIONS: u32 = 6;

/// How long a claim that was just given up, by this process or one that died, may take to reach the server.
const CLAIM_TRIES: u32 = 10;
const CLAIM_PAUSE: Duration = Duration::from_millis(100);

/// Connects, and with `create` makes or migrates the schema; without, one that is missing is an error.
pub(super) async fn open(
    location: &Location,
    address: &str,
    options: StoreOptions,
    create: bool,
) -> Result<Database, StoreError> {
    let connect = connect_options(location, address)?;
    let mut connection = connection(location, &connect).await?;
    match inspect(location, &mut connection).await? {
        Some(LATEST) => {}
        None if !create => return Err(StoreError::Missing(location.clone())),
        _ => postgres().run_direct(None, &mut connection, false).await.map_err(|e| migration_failed(location, e))?,
    }
    connection.close().await.map_err(|e| StoreError::from_sqlx(location, e))?;
    let pool = PgPoolOptions::new().max_connections(MOST_CONNECTIONS).acquire_timeout(options.busy_timeout);
    Ok(Database::Postgres(pool.connect_lazy_with(connect)))
}

/// A connection that holds a lock.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) connection: PgConnection,
    pub(super) id: SessionId,
}

/// What tells a session of the server from every other: its process, and when it began in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SessionId {
    process: i64,
    since: i64,
}

/// When a session began.
const SINCE: &str = "CAST(extract(epoch FROM a.backend_start) * 1000000 AS bigint)";

impl SessionId {
    async fn of(connection: &mut PgConnection) -> Result<Self, sqlx::Error> {
        let own = format!("SELECT a.pid::bigint AS process, {SINCE} AS since FROM pg_stat_get_activity(pg_backend_pid()) a");
        let row = sql(own).one(Executor::Postgres(connection)).await?;
        Ok(Self { process: row.integer("process")?, since: row.integer("since")? })
    }
}

/// The number of a transaction, by which the server still knows afterwards whether it was committed, and whether the
/// sessions `ids` are all there.
pub(super) async fn number(on: Executor<'_>, ids: &[SessionId]) -> Result<(i64, bool), sqlx::Error> {
    let mut alive = String::from("0::bigint");
    for SessionId { process, since } in ids {
        let one = format!(" + (SELECT count(*) FROM pg_stat_get_activity({process}) a WHERE {SINCE} = {since})");
        alive.push_str(&one);
    }
    let row = sql(format!("SELECT txid_current() AS number, {alive} AS alive")).one(on).await?;
    Ok((row.integer("number")?, row.integer("alive")? == ids.len() as i64))
}

/// Takes the advisory lock of a run on a connection of its own; the inner error names the holder.
pub(super) async fn claim(location: &Location, address: &str, run_id: &str) -> Result<Result<Session, String>, StoreError> {
    let failed = |e| StoreError::from_sqlx(location, e);
    let mut connection = connection(location, &connect_options(location, address)?).await?;
    for attempt in 1..=CLAIM_TRIES {
        let lock = format!("SELECT CASE WHEN pg_try_advisory_lock({LOCK}) THEN 1::bigint ELSE 0 END AS taken");
        let row = sql(lock).bind(run_id).one(Executor::Postgres(&mut connection)).await.map_err(failed)?;
        if row.integer("taken").map_err(failed)? == 1 {
            let id = SessionId::of(&mut connection).await.map_err(failed)?;
            return Ok(Ok(Session { connection, id }));
        }
        if attempt < CLAIM_TRIES {
            tokio::time::sleep(CLAIM_PAUSE).await;
        }
    }
    let who = format!(
        "SELECT a.application_name AS name, host(a.client_addr) AS address FROM pg_locks l \
         JOIN pg_stat_activity a ON a.pid = l.pid \
         WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND (l.classid::bigint << 32 | l.objid::bigint) = {LOCK} LIMIT 1"
    );
    let row = sql(who).bind(run_id).optional(Executor::Postgres(&mut connection)).await.map_err(failed)?;
    let holder = row.map(|row| holder(&row)).transpose().map_err(failed)?;
    Ok(Err(holder.unwrap_or_else(|| "another process".into())))
}

/// The key of a run's lock; stores in different schemas of one database do not meet.
const LOCK: &str = "hashtextextended(current_schema() || '/' || ?1, 0)";

/// Whether the holder of a claim is this process itself.
pub(super) fn is_this_process(holder: &str) -> bool {
    let name = format!("process {}", std::process::id());
    holder == name || holder.strip_prefix(&name).is_some_and(|rest| rest.starts_with(" at "))
}

fn holder(row: &Row) -> Result<String, sqlx::Error> {
    let name = row.maybe_text("name")?.unwrap_or_default();
    let process = name.strip_prefix("proctor, ").unwrap_or("another process").to_owned();
    Ok(match row.maybe_text("address")? {
        Some(address) => format!("{process} at {address}"),
        None => process,
    })
}

fn connect_options(location: &Location, address: &str) -> Result<PgConnectOptions, StoreError> {
    let options: PgConnectOptions = address.parse().map_err(|_: sqlx::Error| StoreError::CannotOpen {
        store: location.clone(),
        reason: "the address is not of the form postgres://USER@HOST:PORT/DATABASE".into(),
    })?;
    Ok(options.application_name(&format!("proctor, process {}", std::process::id())).disable_statement_logging())
}

async fn connection(location: &Location, connect: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    match tokio::time::timeout(CONNECT_PATIENCE, connect.connect()).await {
        Ok(connected) => connected.map_err(|e| StoreError::from_sqlx(location, e)),
        Err(_) => {
            let reason = format!("no answer within {} s", CONNECT_PATIENCE.as_secs());
            Err(StoreError::CannotOpen { store: location.clone(), reason })
        }
    }
}

/// The schema version; `None` where there is none; an error for one from the future.
async fn inspect(location: &Location, connection: &mut PgConnection) -> Result<Option<i64>, StoreError> {
    let failed = |e| StoreError::from_sqlx(location, e);
    let there = "SELECT CASE WHEN to_regclass('_sqlx_migrations') IS NULL THEN 0::bigint ELSE 1 END AS there";
    let row = sql(there).one(Executor::Postgres(connection)).await.map_err(failed)?;
    if row.integer("there").map_err(failed)? == 0 {
        return Ok(None);
    }
    let row =
        sql("SELECT max(version) AS version FROM _sqlx_migrations").one(Executor::Postgres(connection)).await.map_err(failed)?;
    match row.maybe_integer("version").map_err(failed)? {
        Some(found) if found > LATEST => Err(StoreError::Newer { store: location.clone(), found, known: LATEST }),
        other => Ok(other),
    }
}

/// Tables that are there already belong to somebody else.
fn migration_failed(location: &Location, error: MigrateError) -> StoreError {
    let foreign = match &error {
        MigrateError::Execute(sqlx::Error::Database(e)) | MigrateError::ExecuteMigration(sqlx::Error::Database(e), _) => {
            e.code().is_some_and(|code| code == "42P07")
        }
        MigrateError::VersionMissing(_) | MigrateError::VersionMismatch(_) => true,
        _ => false,
    };
    match foreign {
        true => {
            let reason = "its tables are another program's".into();
            StoreError::NotAStore { store: location.clone(), reason }
        }
        false => from_migrate(location, error),
    }
}
