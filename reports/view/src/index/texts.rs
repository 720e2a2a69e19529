use super::list::numbers;
use super::{Index, parts, run_range};
use crate::ViewError;
use futures::TryStreamExt;
use proctor_core::{Attempt, AttemptKey, Prompt, Role, Sample};
use proctor_store::Store;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, QueryBuilder, SqliteTransaction};
use std::collections::HashMap;

/// Most bytes of one attempt's answers that are searchable.
const ANSWER_BYTES: usize = 64 << 10;
/// Most bytes of a question that are searchable.
const QUESTION_BYTES: usize = 16 << 10;
/// Attempts made searchable in one step.
const BATCH: usize = 2000;
/// Attempts made searchable by one statement.
const ROWS: usize = 200;
/// From so many unread attempts of a run on, the run is read through rather than attempt by attempt.
const READ_THROUGH: i64 = 500;

/// How far the search has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TextProgress {
    /// Attempts that can be searched.
    pub read: i64,
    /// Attempts there are.
    pub all: i64,
}

/// Makes the texts of some unread attempts searchable; `false` when none is left. One run at a time, the newest first.
/// `keep_on` is asked between batches.
pub async fn read_texts(index: &Index, store: &Store, keep_on: &(dyn Fn() -> bool + Sync)) -> Result<bool, ViewError> {
    let failed = |e| index.failed(e);
    let newest: Option<i64> =
        sqlx::query_scalar("SELECT max(id) FROM unread").fetch_one(index.readers()).await.map_err(failed)?;
    let Some(newest) = newest else { return Ok(false) };
    let (run, ..) = parts(newest);
    let (from, to) = run_range(run);
    let id: Option<String> = sqlx::query_scalar("SELECT id FROM runs WHERE seq = ?")
        .bind(run)
        .fetch_optional(index.readers())
        .await
        .map_err(failed)?;
    let Some(run_id) = id else {
        let mut connection = index.writer().await?;
        sqlx::query("DELETE FROM unread WHERE id >= ? AND id < ?")
            .bind(from)
            .bind(to)
            .execute(&mut connection)
            .await
            .map_err(failed)?;
        return Ok(true);
    };
    let unread: Vec<i64> = sqlx::query_scalar("SELECT id FROM unread WHERE id >= ? AND id < ? ORDER BY id")
        .bind(from)
        .bind(to)
        .fetch_all(index.readers())
        .await
        .map_err(failed)?;
    read_questions(index, store, run, &run_id).await?;
    match unread.len() as i64 >= READ_THROUGH {
        true => read_through(index, store, run, &run_id, &unread, keep_on).await?,
        false => read_singly(index, store, run, &run_id, &unread).await?,
    }
    Ok(true)
}

/// How far the search has come.
pub(crate) async fn progress(index: &Index) -> Result<TextProgress, ViewError> {
    let failed = |e| index.failed(e);
    let all: Option<i64> =
        sqlx::query_scalar("SELECT sum(n) FROM tallies WHERE stratum = 0").fetch_one(index.readers()).await.map_err(failed)?;
    let unread: i64 = sqlx::query_scalar("SELECT count(*) FROM unread").fetch_one(index.readers()).await.map_err(failed)?;
    let all = all.unwrap_or(0);
    Ok(TextProgress { read: (all - unread).max(0), all })
}

/// Makes the questions of a run searchable, where its samples are new.
async fn read_questions(index: &Index, store: &Store, run: i64, run_id: &str) -> Result<(), ViewError> {
    let failed = |e| index.failed(e);
    let keys: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT p.position, p.sample FROM places p WHERE p.run = ? AND NOT EXISTS \
         (SELECT 1 FROM questions q WHERE q.rowid = p.sample) ORDER BY p.position",
    )
    .bind(run)
    .fetch_all(index.readers())
    .await
    .map_err(failed)?;
    if keys.is_empty() {
        return Ok(());
    }
    let new: HashMap<usize, i64> =
        keys.iter().filter_map(|(position, key)| Some((usize::try_from(*position).ok()?, *key))).collect();
    let samples = store.samples(run_id).await?;
    let mut connection = index.writer().await?;
    let mut transaction = connection.begin().await.map_err(failed)?;
    for (position, sample) in samples.iter().enumerate() {
        if let Some(key) = new.get(&position) {
            sqlx::query("INSERT INTO questions (rowid, sample_id, question) VALUES (?, ?, ?)")
                .bind(key)
                .bind(&sample.id)
                .bind(question(sample))
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
        }
    }
    transaction.commit().await.map_err(failed)?;
    connection.close().await.map_err(failed)
}

async fn read_through(
    index: &Index,
    store: &Store,
    run: i64,
    run_id: &str,
    unread: &[i64],
    keep_on: &(dyn Fn() -> bool + Sync),
) -> Result<(), ViewError> {
    let failed = |e| index.failed(e);
    let places: HashMap<String, i64> = sqlx::query_as::<_, (String, i64)>(
        "SELECT s.sample_id, p.position FROM places p JOIN samples s ON s.key = p.sample WHERE p.run = ?",
    )
    .bind(run)
    .fetch_all(index.readers())
    .await
    .map_err(failed)?
    .into_iter()
    .collect();
    let mut connection = index.writer().await?;
    let mut attempts = store.attempts(run_id);
    let mut batch: Vec<(i64, String)> = Vec::new();
    let mut newest = None;
    loop {
        let record = attempts.try_next().await?;
        let ended = record.is_none();
        if let Some(record) = record
            && let Some(position) = places.get(&record.key.sample_id).and_then(|p| u32::try_from(*p).ok())
        {
            let id = super::attempt_id(run, position, record.key.epoch);
            if unread.binary_search(&id).is_ok() {
                batch.push((id, answer(record.attempt.as_ref(), record.error.as_deref())));
            }
            newest = Some(id);
        }
        if batch.len() >= BATCH || (ended && !batch.is_empty()) {
            let mut transaction = connection.begin().await.map_err(failed)?;
            for part in batch.chunks(ROWS) {
                enter(index, &mut transaction, part).await?;
            }
            batch.clear();
            transaction.commit().await.map_err(failed)?;
            if !keep_on() {
                break;
            }
        }
        if ended {
            // What the store does not have any more cannot be read.
            let (from, to) = run_range(run);
            let upto = newest.map_or(from, |id| id + 1).min(to);
            let mut transaction = connection.begin().await.map_err(failed)?;
            sqlx::query("DELETE FROM unread WHERE id >= ? AND id < ? AND id <= ?")
                .bind(from)
                .bind(upto)
                .bind(unread.last().copied().unwrap_or(from))
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
            transaction.commit().await.map_err(failed)?;
            break;
        }
    }
    connection.close().await.map_err(failed)
}

async fn read_singly(index: &Index, store: &Store, run: i64, run_id: &str, unread: &[i64]) -> Result<(), ViewError> {
    let failed = |e| index.failed(e);
    let mut texts = Vec::new();
    for id in unread {
        let (_, position, epoch) = parts(*id);
        let sample_id: Option<String> = sqlx::query_scalar(
            "SELECT s.sample_id FROM places p JOIN samples s ON s.key = p.sample WHERE p.run = ? AND p.position = ?",
        )
        .bind(run)
        .bind(i64::from(position))
        .fetch_optional(index.readers())
        .await
        .map_err(failed)?;
        let record = match sample_id {
            Some(sample_id) => store.attempt(&AttemptKey { run_id: run_id.into(), sample_id, epoch }).await?,
            None => None,
        };
        texts.push((*id, record.map(|r| answer(r.attempt.as_ref(), r.error.as_deref())).unwrap_or_default()));
    }
    let mut connection = index.writer().await?;
    let mut transaction = connection.begin().await.map_err(failed)?;
    for part in texts.chunks(ROWS) {
        enter(index, &mut transaction, part).await?;
    }
    transaction.commit().await.map_err(failed)?;
    connection.close().await.map_err(failed)
}

/// Makes attempts searchable by these texts and by why they were graded so.
async fn enter(index: &Index, transaction: &mut SqliteTransaction<'_>, texts: &[(i64, String)]) -> Result<(), ViewError> {
    let failed = |e| index.failed(e);
    let list = numbers(&texts.iter().map(|(id, _)| *id).collect::<Vec<_>>());
    let statement = format!("SELECT id, explanation FROM attempts WHERE id IN ({list})");
    let found: Vec<(i64, String)> =
        sqlx::query_as(AssertSqlSafe(statement)).fetch_all(&mut **transaction).await.map_err(failed)?;
    let why: HashMap<i64, String> = found.into_iter().collect();
    let mut statement = QueryBuilder::new("INSERT OR REPLACE INTO answers (rowid, answer, explanation) ");
    statement.push_values(texts, |mut row, (id, text)| {
        row.push_bind(id).push_bind(text).push_bind(why.get(id).map(String::as_str).unwrap_or_default());
    });
    statement.build().execute(&mut **transaction).await.map_err(failed)?;
    let statement = format!("DELETE FROM unread WHERE id IN ({list})");
    sqlx::query(AssertSqlSafe(statement)).execute(&mut **transaction).await.map_err(failed)?;
    Ok(())
}

/// What is searched of an attempt: every answer with its reasoning, and what was asked after the first question; or why
/// there is no answer.
fn answer(attempt: Option<&Attempt>, error: Option<&str>) -> String {
    let mut text = String::new();
    let mut add = |part: &str| {
        let room = ANSWER_BYTES.saturating_sub(text.len());
        text.push_str(&part[..part.floor_char_boundary(room)]);
        text.push('\n');
    };
    if let Some(attempt) = attempt {
        add(&attempt.answer.text);
        for (place, exchange) in attempt.exchanges.iter().enumerate() {
            if exchange.completion.text != attempt.answer.text {
                add(&exchange.completion.text);
            }
            if let Some(reasoning) = &exchange.completion.reasoning {
                add(reasoning);
            }
            if let (Prompt::Chat(messages), true) = (&exchange.request.prompt, place > 0) {
                messages.iter().rev().take_while(|m| m.role == Role::User).for_each(|m| add(&m.content));
            }
        }
    }
    add(error.unwrap_or_default());
    text
}

/// What is searched of a question: every text in its inputs.
fn question(sample: &Sample) -> String {
    let mut text = String::new();
    let mut left: Vec<&Value> = sample.inputs.values().collect();
    left.reverse();
    while let Some(value) = left.pop() {
        if text.len() >= QUESTION_BYTES {
            break;
        }
        match value {
            Value::String(part) => {
                let room = QUESTION_BYTES - text.len();
                text.push_str(&part[..part.floor_char_boundary(room)]);
                text.push('\n');
            }
            Value::Array(parts) => left.extend(parts.iter().rev()),
            Value::Object(parts) => left.extend(parts.values()),
            _ => {}
        }
    }
    text
}
