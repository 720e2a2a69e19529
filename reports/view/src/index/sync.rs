use super::{Index, attempt_id, run_range};
use crate::ViewError;
use futures::TryStreamExt;
use proctor_core::{Outcome, RunState};
use proctor_store::{LightOptions, LightRow, RunLine, Store};
use sqlx::{Connection, QueryBuilder, Row, SqliteConnection, SqliteTransaction};
use std::collections::HashMap;

/// The outcome of an attempt that has no grade yet, after those of `Outcome::ALL`.
pub const UNGRADED: u8 = Outcome::ALL.len() as u8;

/// Characters of an explanation that a list shows.
const EXPLANATION_CHARS: usize = 160;
/// Rows written in one transaction, so that readers see a large run come in.
const BATCH: usize = 20_000;
/// Rows written by one statement; SQLite takes 32,766 values in one.
const ROWS: usize = 500;

/// What a look at the store brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Synced {
    /// Attempts that are new or have changed.
    pub attempts: usize,
    /// Runs there are.
    pub runs: usize,
    /// Whether a run was added, finished or removed.
    pub runs_changed: bool,
}

/// Brings the index up to what the store holds: only what has changed is read.
pub async fn synchronise(index: &Index, store: &Store) -> Result<Synced, ViewError> {
    let lines = store.run_lines().await?;
    let mut connection = index.writer().await?;
    let mut synced = Synced { runs: lines.len(), ..Synced::default() };
    forget_strangers(index, &mut connection, &lines, &mut synced).await?;
    // Oldest first, so that runs are numbered in the order in which they began.
    for line in lines.iter().rev() {
        let (run, known) = enter_run(index, &mut connection, line, &mut synced).await?;
        let is_new = known.is_none();
        if is_new {
            enter_samples(index, &mut connection, store, run, &line.id).await?;
        }
        synced.attempts += read_rows(index, &mut connection, store, run, line, known).await?;
    }
    connection.close().await.map_err(|e| index.failed(e))?;
    Ok(synced)
}

/// Drops runs that are not in the store any more, e.g. because another store lies at its place.
async fn forget_strangers(
    index: &Index,
    connection: &mut SqliteConnection,
    lines: &[RunLine],
    synced: &mut Synced,
) -> Result<(), ViewError> {
    let failed = |e| index.failed(e);
    let there: HashMap<&str, &RunLine> = lines.iter().map(|line| (line.id.as_str(), line)).collect();
    let known =
        sqlx::query("SELECT seq, id, created_at, fingerprint FROM runs").fetch_all(&mut *connection).await.map_err(failed)?;
    for row in known {
        let (id, created): (String, String) = (row.try_get(1).map_err(failed)?, row.try_get(2).map_err(failed)?);
        if there.get(id.as_str()).is_some_and(|line| line.created_at == created) {
            continue;
        }
        let run: i64 = row.try_get(0).map_err(failed)?;
        let (from, to) = run_range(run);
        let mut transaction = connection.begin().await.map_err(failed)?;
        for statement in [
            "DELETE FROM answers WHERE rowid IN (SELECT id FROM attempts WHERE id >= ?1 AND id < ?2)",
            "DELETE FROM attempts WHERE id >= ?1 AND id < ?2",
            "DELETE FROM unread WHERE id >= ?1 AND id < ?2",
        ] {
            sqlx::query(statement).bind(from).bind(to).execute(&mut *transaction).await.map_err(failed)?;
        }
        for statement in
            ["DELETE FROM places WHERE run = ?", "DELETE FROM tallies WHERE run = ?", "DELETE FROM runs WHERE seq = ?"]
        {
            sqlx::query(statement).bind(run).execute(&mut *transaction).await.map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)?;
        synced.runs_changed = true;
    }
    Ok(())
}

/// Enters a run or what changed of it, and says its number and up to where its rows were read; `None` for never.
async fn enter_run(
    index: &Index,
    connection: &mut SqliteConnection,
    line: &RunLine,
    synced: &mut Synced,
) -> Result<(i64, Option<i64>), ViewError> {
    let failed = |e| index.failed(e);
    let finished = line.state == RunState::Finished;
    let known = sqlx::query("SELECT seq, revision, finished, fingerprint FROM runs WHERE id = ?")
        .bind(&line.id)
        .fetch_optional(&mut *connection)
        .await
        .map_err(failed)?;
    let planned = line.samples.saturating_mul(line.epochs as usize);
    if let Some(row) = known {
        let run: i64 = row.try_get(0).map_err(failed)?;
        let (was_finished, fingerprint): (bool, String) = (row.try_get(2).map_err(failed)?, row.try_get(3).map_err(failed)?);
        if was_finished != finished || fingerprint != line.fingerprint.0 {
            sqlx::query("UPDATE runs SET finished = ?, finished_at = ?, fingerprint = ?, planned = ? WHERE seq = ?")
                .bind(finished)
                .bind(&line.finished_at)
                .bind(&line.fingerprint.0)
                .bind(planned as i64)
                .bind(run)
                .execute(&mut *connection)
                .await
                .map_err(failed)?;
            synced.runs_changed = true;
        }
        return Ok((run, row.try_get(1).map_err(failed)?));
    }
    synced.runs_changed = true;
    let run: i64 = sqlx::query_scalar(
        "INSERT INTO runs (id, benchmark, model, fingerprint, finished, created_at, finished_at, planned) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq",
    )
    .bind(&line.id)
    .bind(&line.benchmark)
    .bind(&line.model)
    .bind(&line.fingerprint.0)
    .bind(finished)
    .bind(&line.created_at)
    .bind(&line.finished_at)
    .bind(planned as i64)
    .fetch_one(&mut *connection)
    .await
    .map_err(failed)?;
    Ok((run, None))
}

/// Enters the samples of a new run and where each stands in its plan.
async fn enter_samples(
    index: &Index,
    connection: &mut SqliteConnection,
    store: &Store,
    run: i64,
    run_id: &str,
) -> Result<(), ViewError> {
    let failed = |e| index.failed(e);
    let samples = store.light_samples(run_id).await?;
    let mut transaction = connection.begin().await.map_err(failed)?;
    let mut strata: HashMap<String, i64> = HashMap::new();
    let mut places: Vec<(i64, i64)> = Vec::with_capacity(samples.len());
    for (position, sample) in samples.iter().enumerate() {
        let known: Option<i64> = sqlx::query_scalar("SELECT key FROM samples WHERE sample_id = ? AND content = ?")
            .bind(&sample.sample_id)
            .bind(&sample.content_sha256)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(failed)?;
        let key = match known {
            Some(key) => key,
            None => {
                let key: i64 =
                    sqlx::query_scalar("INSERT INTO samples (sample_id, content, strata) VALUES (?, ?, ?) RETURNING key")
                        .bind(&sample.sample_id)
                        .bind(&sample.content_sha256)
                        .bind(sample.strata.join("; "))
                        .fetch_one(&mut *transaction)
                        .await
                        .map_err(failed)?;
                for name in &sample.strata {
                    let stratum = match strata.get(name) {
                        Some(stratum) => *stratum,
                        None => {
                            let stratum = named(index, &mut transaction, "strata", name).await?;
                            strata.insert(name.clone(), stratum);
                            stratum
                        }
                    };
                    sqlx::query("INSERT OR IGNORE INTO sample_strata (stratum, sample) VALUES (?, ?)")
                        .bind(stratum)
                        .bind(key)
                        .execute(&mut *transaction)
                        .await
                        .map_err(failed)?;
                }
                key
            }
        };
        places.push((position as i64, key));
    }
    for part in places.chunks(ROWS) {
        let mut statement = QueryBuilder::new("INSERT OR REPLACE INTO places (run, position, sample) ");
        statement.push_values(part, |mut row, (position, key)| {
            row.push_bind(run).push_bind(position).push_bind(key);
        });
        statement.build().execute(&mut *transaction).await.map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)
}

/// The key of a name in a table of names.
async fn named(index: &Index, transaction: &mut SqliteTransaction<'_>, table: &str, name: &str) -> Result<i64, ViewError> {
    let failed = |e| index.failed(e);
    let (insert, select) = match table {
        "strata" => ("INSERT OR IGNORE INTO strata (name) VALUES (?)", "SELECT key FROM strata WHERE name = ?"),
        _ => ("INSERT OR IGNORE INTO categories (name) VALUES (?)", "SELECT key FROM categories WHERE name = ?"),
    };
    sqlx::query(insert).bind(name).execute(&mut **transaction).await.map_err(failed)?;
    sqlx::query_scalar(select).bind(name).fetch_one(&mut **transaction).await.map_err(failed)
}

/// Reads the rows of a run that changed since, and says how many.
async fn read_rows(
    index: &Index,
    connection: &mut SqliteConnection,
    store: &Store,
    run: i64,
    line: &RunLine,
    since: Option<i64>,
) -> Result<usize, ViewError> {
    let failed = |e| index.failed(e);
    let mut places = Places { samples: HashMap::new() };
    let options = LightOptions { explanation: true, since, ..LightOptions::default() };
    let mut rows = store.light(&line.id, options);
    let mut categories: HashMap<String, i64> = HashMap::new();
    let (mut count, mut newest) = (0, since.unwrap_or(0));
    let mut batch: Vec<LightRow> = Vec::new();
    loop {
        let row = rows.try_next().await?;
        let ended = row.is_none();
        batch.extend(row);
        if (ended && !batch.is_empty()) || batch.len() >= BATCH {
            if places.samples.is_empty() {
                places = Places::of(index, connection, run).await?;
            }
            let mut transaction = connection.begin().await.map_err(failed)?;
            let mut attempts = Vec::with_capacity(batch.len());
            for row in batch.drain(..) {
                newest = newest.max(row.revision);
                count += 1;
                attempts.extend(attempt(index, &mut transaction, run, &row, &places, &mut categories).await?);
            }
            for part in attempts.chunks(ROWS) {
                enter_attempts(index, &mut transaction, run, part).await?;
            }
            tally(index, &mut transaction, run).await?;
            transaction.commit().await.map_err(failed)?;
        }
        if ended {
            break;
        }
    }
    if since != Some(newest) {
        sqlx::query("UPDATE runs SET revision = ? WHERE seq = ?")
            .bind(newest)
            .bind(run)
            .execute(&mut *connection)
            .await
            .map_err(failed)?;
    }
    Ok(count)
}

/// The samples of a run by their place in its plan.
struct Places {
    samples: HashMap<i64, i64>,
}

impl Places {
    async fn of(index: &Index, connection: &mut SqliteConnection, run: i64) -> Result<Self, ViewError> {
        let rows: Vec<(i64, i64)> = sqlx::query_as("SELECT position, sample FROM places WHERE run = ?")
            .bind(run)
            .fetch_all(&mut *connection)
            .await
            .map_err(|e| index.failed(e))?;
        Ok(Self { samples: rows.into_iter().collect() })
    }
}

/// An attempt as the index keeps it.
struct Entered {
    id: i64,
    sample: i64,
    outcome: u8,
    category: i64,
    tokens: i64,
    millis: i64,
    explanation: String,
}

/// The entry of an attempt; `None` where its place is in no plan.
async fn attempt(
    index: &Index,
    transaction: &mut SqliteTransaction<'_>,
    run: i64,
    row: &LightRow,
    places: &Places,
    categories: &mut HashMap<String, i64>,
) -> Result<Option<Entered>, ViewError> {
    let Some(sample) = places.samples.get(&i64::from(row.position)) else { return Ok(None) };
    let category = match row.category.as_deref().filter(|name| !name.is_empty()) {
        None => 0,
        Some(name) => match categories.get(name) {
            Some(key) => *key,
            None => {
                let key = named(index, transaction, "categories", name).await?;
                categories.insert(name.to_string(), key);
                key
            }
        },
    };
    let place = |outcome: Outcome| {
        Outcome::ALL.iter().position(|known| *known == outcome).and_then(|o| u8::try_from(o).ok()).unwrap_or(UNGRADED)
    };
    let millis = (row.latency_s * 1000.0).round();
    Ok(Some(Entered {
        id: attempt_id(run, row.position, row.epoch),
        sample: *sample,
        outcome: match row.outcome {
            Some(outcome) => place(outcome),
            None if row.answered => UNGRADED,
            None => place(Outcome::InfraError),
        },
        category,
        tokens: row.usage.completion_tokens.and_then(|t| i64::try_from(t).ok()).unwrap_or(-1),
        millis: if millis.is_finite() && millis > 0.0 { millis as i64 } else { -1 },
        explanation: match &row.explanation {
            Some(text) => text.chars().take(EXPLANATION_CHARS).collect(),
            None if row.answered => "answered, not graded yet".into(),
            None => "no answer".into(),
        },
    }))
}

/// Enters attempts, and notes that their texts are to be read.
async fn enter_attempts(
    index: &Index,
    transaction: &mut SqliteTransaction<'_>,
    run: i64,
    attempts: &[Entered],
) -> Result<(), ViewError> {
    let mut statement =
        QueryBuilder::new("INSERT OR REPLACE INTO attempts (id, run, sample, outcome, category, tokens, millis, explanation) ");
    statement.push_values(attempts, |mut row, entered| {
        row.push_bind(entered.id)
            .push_bind(run)
            .push_bind(entered.sample)
            .push_bind(entered.outcome)
            .push_bind(entered.category)
            .push_bind(entered.tokens)
            .push_bind(entered.millis)
            .push_bind(&entered.explanation);
    });
    statement.build().execute(&mut **transaction).await.map_err(|e| index.failed(e))?;
    let mut statement = QueryBuilder::new("INSERT OR IGNORE INTO unread (id) ");
    statement.push_values(attempts, |mut row, entered| {
        row.push_bind(entered.id);
    });
    statement.build().execute(&mut **transaction).await.map_err(|e| index.failed(e))?;
    Ok(())
}

/// Counts the outcomes of a run anew.
async fn tally(index: &Index, transaction: &mut SqliteTransaction<'_>, run: i64) -> Result<(), ViewError> {
    for statement in [
        "DELETE FROM tallies WHERE run = ?1",
        "INSERT INTO tallies SELECT ?1, 0, outcome, count(*) FROM attempts WHERE run = ?1 GROUP BY outcome",
        "INSERT INTO tallies SELECT ?1, ss.stratum, a.outcome, count(*) FROM attempts a \
         JOIN sample_strata ss ON ss.sample = a.sample WHERE a.run = ?1 GROUP BY ss.stratum, a.outcome",
    ] {
        sqlx::query(statement).bind(run).execute(&mut **transaction).await.map_err(|e| index.failed(e))?;
    }
    Ok(())
}
