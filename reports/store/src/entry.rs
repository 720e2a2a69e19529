use super::attempts::describe;
use super::claim::Claims;
use super::database::{Database, Executor, Insertion, Patience, Transaction, Value, insert_both, insert_rows, placeholders, sql};
use super::keys::attempt_id;
use super::places::{Place, Places};
use super::{Location, StoreError, server};
use proctor_core::AttemptKey;

/// Rows that belong together, made ready by whoever hands them in.
pub(super) enum Entry {
    /// A finished attempt.
    Attempt {
        key: AttemptKey,
        /// The columns from `error` to `answered_at`.
        columns: Vec<Value>,
        transcript: Option<String>,
    },
    /// A grade that counts.
    Grade { key: AttemptKey, grade: GradeColumns },
    /// A grade that counts once every other of its run is there.
    Pending { key: AttemptKey, grade: GradeColumns },
    /// What a reference came to.
    Reference(Vec<Value>),
    /// An answer kept by the content of its question.
    Response(Vec<Value>),
}

/// A grade as it is written.
#[derive(Clone)]
pub(super) struct GradeColumns {
    pub(super) outcome: &'static str,
    pub(super) category: Option<String>,
    pub(super) scores: String,
    pub(super) graded_at: String,
    pub(super) explanation: String,
    pub(super) extracted: Option<String>,
    pub(super) artifacts: String,
}

impl Entry {
    /// About how many bytes it has.
    pub(super) fn size(&self) -> usize {
        match self {
            Entry::Attempt { transcript, .. } => 256 + transcript.as_ref().map_or(0, String::len),
            Entry::Grade { grade, .. } | Entry::Pending { grade, .. } => {
                256 + grade.artifacts.len() + grade.extracted.as_ref().map_or(0, String::len)
            }
            Entry::Reference(columns) | Entry::Response(columns) => columns.iter().map(length).sum(),
        }
    }

    fn key(&self) -> Option<&AttemptKey> {
        match self {
            Entry::Attempt { key, .. } | Entry::Grade { key, .. } | Entry::Pending { key, .. } => Some(key),
            Entry::Reference(_) | Entry::Response(_) => None,
        }
    }
}

fn length(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.as_ref().map_or(0, String::len),
        _ => 8,
    }
}

/// Why entries are not written.
pub(super) enum Refusal {
    /// One of them contradicts what is stored; the sentence says which, where that is known.
    Conflict(Option<StoreError>),
    /// The database refused one of them.
    Rule(sqlx::Error),
    /// The database cannot be used.
    Database(sqlx::Error),
    /// The server was away, and its locks with it: runs must be claimed anew first.
    Unclaimed,
}

impl Refusal {
    pub(super) fn into_error(self, location: &Location) -> StoreError {
        match self {
            Refusal::Conflict(Some(error)) => error,
            Refusal::Conflict(None) => StoreError::AlreadyRecorded("one of the rows".into()),
            Refusal::Rule(error) | Refusal::Database(error) => StoreError::from_sqlx(location, error),
            Refusal::Unclaimed => StoreError::from_sqlx(location, sqlx::Error::PoolTimedOut),
        }
    }

    /// Whether the database was out of reach, and may return.
    pub(super) fn is_of_the_way(&self, database: &Database) -> bool {
        match self {
            Refusal::Database(error) => database.may_return(error),
            Refusal::Unclaimed => true,
            Refusal::Conflict(_) | Refusal::Rule(_) => false,
        }
    }

    /// Whether writing the entries one by one can help.
    pub(super) fn is_of_one(&self) -> bool {
        matches!(self, Refusal::Conflict(_) | Refusal::Rule(_))
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        let rule = matches!(&error, sqlx::Error::Database(e)
            if e.is_foreign_key_violation() || e.is_unique_violation() || e.is_check_violation() || e.code().is_some_and(|c| c == "21000"));
        if rule { Refusal::Rule(error) } else { Refusal::Database(error) }
    }
}

/// Writes `entries` in one transaction. With `replacing`, an attempt without an answer and a grade that is an
/// infrastructure error make way, and a refusal names its entry.
///
/// `patience` is what is left of it with a server that went away. One that went away while it was committing is asked
/// afterwards what became of that, so that nothing is written twice. Nothing is written while a claim is lost.
pub(super) async fn write(
    database: &Database,
    entries: &[&Entry],
    replacing: bool,
    claims: &Claims,
    places: &mut Places,
    patience: &mut Patience,
) -> Result<(), Refusal> {
    let counts = |entry: &&Entry| matches!(entry, Entry::Attempt { .. } | Entry::Grade { .. });
    let (mut transaction, revision) = match entries.iter().any(counts) {
        true => database.begin_counting().await?,
        false => (database.begin().await?, 0),
    };
    if let Err(refusal) = write_in(&mut transaction, entries, replacing, places, revision).await {
        // What is remembered of a run may be no longer so.
        places.forget();
        transaction.undo().await;
        return Err(refusal);
    }
    let number = match transaction.on() {
        Executor::Sqlite(_) => None,
        on @ Executor::Postgres(_) => {
            let (number, claimed) = server::number(on, &claims.sessions().await).await?;
            if !claimed {
                transaction.undo().await;
                return Err(Refusal::Unclaimed);
            }
            Some(number)
        }
    };
    match (transaction.commit().await, number) {
        (Ok(()), _) => Ok(()),
        (Err(error), Some(number)) if database.may_return(&error) => match is_committed(database, number, patience).await? {
            true => Ok(()),
            false => Err(error.into()),
        },
        (Err(error), _) => Err(error.into()),
    }
}

/// PostgreSQL's state for a number that no transaction has had yet.
const UNHEARD_OF: &str = "22023";

/// What became of a transaction of a server whose answer was lost.
async fn is_committed(database: &Database, number: i64, patience: &mut Patience) -> Result<bool, sqlx::Error> {
    loop {
        let status = async {
            let asked = sql("SELECT txid_status(?1) AS status").bind(number);
            asked.one(database.reader().await?.on()).await?.maybe_text("status")
        };
        match status.await {
            Ok(Some(status)) if status == "committed" => return Ok(true),
            Ok(Some(status)) if status == "in progress" => {
                if !patience.lasts().await {
                    return Err(sqlx::Error::PoolTimedOut);
                }
            }
            Ok(_) => return Ok(false),
            // A server that crashed before anything of it was on the disk has never heard of it.
            Err(sqlx::Error::Database(error)) if error.code().is_some_and(|code| code == UNHEARD_OF) => return Ok(false),
            Err(error) if patience.allows(&error).await => {}
            Err(error) => return Err(error),
        }
    }
}

async fn write_in(
    transaction: &mut Transaction,
    entries: &[&Entry],
    replacing: bool,
    places: &mut Places,
    revision: i64,
) -> Result<(), Refusal> {
    if replacing {
        for entry in entries {
            let found = resolve(transaction, std::slice::from_ref(entry), places).await?;
            make_way(transaction, entry, found.first().copied().flatten()).await?;
            insert(transaction, std::slice::from_ref(entry), &found, revision).await?;
        }
    } else {
        let found = resolve(transaction, entries, places).await?;
        insert(transaction, entries, &found, revision).await?;
    }
    Ok(())
}

/// Where each entry belongs; `None` for those that belong to no attempt, an error for one whose run or sample is not there.
async fn resolve(transaction: &mut Transaction, entries: &[&Entry], known: &mut Places) -> Result<Vec<Place>, Refusal> {
    const MOST: usize = 64;
    let mut places: Vec<Place> = entries.iter().map(|entry| known.get(entry.key()?)).collect();
    let unknown = |n: usize| places.get(n).is_none_or(|place| place.is_none());
    let keyed: Vec<(usize, &AttemptKey)> =
        entries.iter().enumerate().filter_map(|(n, e)| Some((n, e.key().filter(|_| unknown(n))?))).collect();
    let mut rest = keyed.as_slice();
    while !rest.is_empty() {
        let take = if rest.len() >= MOST { MOST } else { 1 << rest.len().ilog2() };
        let (now, later) = rest.split_at(take);
        rest = later;
        let mut text = String::from("WITH v (n, run_id, sample_id) AS (VALUES ");
        placeholders(&mut text, now.len(), 3, transaction.on().numbered());
        text.push_str(
            ") SELECT v.n, rs.run, rs.position FROM v JOIN runs r ON r.id = v.run_id \
             JOIN run_samples rs ON rs.run = r.seq AND rs.sample_id = v.sample_id",
        );
        let values = now.iter().flat_map(|(n, key)| [(*n).into(), (&key.run_id).into(), (&key.sample_id).into()]);
        for row in sql(text).bind_all(values).all(transaction.on()).await? {
            let n: usize = row.count("n")?;
            if let Some(place) = places.get_mut(n) {
                *place = Some((row.integer("run")?, row.integer("position")?));
            }
        }
    }
    for (n, key) in keyed {
        match places.get(n).copied().flatten() {
            Some(place) => known.put(key, place),
            None => return Err(Refusal::Conflict(Some(StoreError::Unknown(describe(key))))),
        }
    }
    Ok(places)
}

/// Removes what `entry` may replace.
async fn make_way(transaction: &mut Transaction, entry: &Entry, place: Place) -> Result<(), Refusal> {
    let (Some(key), Some((run, position))) = (entry.key(), place) else { return Ok(()) };
    let Some(id) = attempt_id(run, position, key.epoch) else { return Ok(()) };
    // Grades, transcripts and evidence go with what they belong to.
    let text = match entry {
        Entry::Attempt { .. } => "DELETE FROM attempts WHERE id = ?1 AND error IS NOT NULL",
        Entry::Grade { .. } => "DELETE FROM grades WHERE attempt = ?1 AND outcome = 'infra_error'",
        Entry::Pending { .. } | Entry::Reference(_) | Entry::Response(_) => return Ok(()),
    };
    sql(text).bind(id).execute(transaction.on()).await?;
    Ok(())
}

const ATTEMPTS: &str = "id, run, position, epoch, revision, error, finish, exchanges, cached_exchanges, latency_s, \
                        prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens, cache_write_tokens, cost_usd, \
                        saved_usd, answered_at";
const GRADES: &str = "attempt, outcome, category, scores, graded_at, revision, explanation";
const PENDING: &str = "attempt, outcome, category, scores, graded_at, explanation, extracted, artifacts";
const REFERENCES: &str = "judge_sha256, content_sha256, outcome, explanation, grade, graded_at";
const RESPONSES: &str = "key, model, request, completion, created_at, purpose, size, asked_by";

async fn insert(transaction: &mut Transaction, entries: &[&Entry], places: &[Place], revision: i64) -> Result<(), Refusal> {
    let mut attempts = Vec::new();
    let mut transcripts = Vec::new();
    let mut grades = Vec::new();
    let mut evidence = Vec::new();
    let mut pending = Vec::new();
    let mut references = Vec::new();
    let mut responses = Vec::new();
    for (entry, place) in entries.iter().zip(places) {
        let (run, position) = place.unwrap_or_default();
        let epoch = entry.key().map_or(0, |key| key.epoch);
        let unnumbered = || Refusal::Conflict(entry.key().map(|key| StoreError::Unknown(describe(key))));
        let id = attempt_id(run, position, epoch).ok_or_else(unnumbered)?;
        match entry {
            Entry::Attempt { columns, transcript, .. } => {
                let mut row: Vec<Value> = vec![id.into(), run.into(), position.into(), epoch.into(), revision.into()];
                row.extend(columns.iter().cloned());
                attempts.push(row);
                if let Some(transcript) = transcript {
                    transcripts.push(vec![id.into(), transcript.into()]);
                }
            }
            Entry::Grade { grade, .. } => {
                grades.push(vec![
                    id.into(),
                    grade.outcome.into(),
                    grade.category.clone().into(),
                    (&grade.scores).into(),
                    (&grade.graded_at).into(),
                    revision.into(),
                    (&grade.explanation).into(),
                ]);
                if grade.extracted.is_some() || grade.artifacts != "{}" {
                    evidence.push(vec![id.into(), grade.extracted.clone().into(), (&grade.artifacts).into()]);
                }
            }
            Entry::Pending { grade, .. } => pending.push(vec![
                id.into(),
                grade.outcome.into(),
                grade.category.clone().into(),
                (&grade.scores).into(),
                (&grade.graded_at).into(),
                (&grade.explanation).into(),
                grade.extracted.clone().into(),
                (&grade.artifacts).into(),
            ]),
            Entry::Reference(columns) => references.push(columns.clone()),
            Entry::Response(columns) => responses.push(columns.clone()),
        }
    }
    let only_new = "ON CONFLICT DO NOTHING";
    let renewed = "ON CONFLICT (judge_sha256, content_sha256) DO UPDATE SET outcome = excluded.outcome, \
                   explanation = excluded.explanation, grade = excluded.grade, graded_at = excluded.graded_at";
    let on = |table, columns, conflict, rows| Insertion { table, columns, conflict, rows };
    // In this order, so that each finds what it refers to. An answer that is kept already stays as it is.
    insert_rows(transaction.on(), on("responses", RESPONSES, only_new, responses)).await?;
    let mut handed_in = references.len() + pending.len();
    let mut inserted = insert_rows(transaction.on(), on("ground_truth", REFERENCES, renewed, references)).await?;
    for (first, second) in [
        (on("attempts", ATTEMPTS, only_new, attempts), on("transcripts", "attempt, transcript", only_new, transcripts)),
        (on("grades", GRADES, only_new, grades), on("evidence", "attempt, extracted, artifacts", only_new, evidence)),
    ] {
        handed_in += first.rows.len() + second.rows.len();
        inserted += insert_both(transaction.on(), first, second).await?;
    }
    inserted += insert_rows(transaction.on(), on("pending_grades", PENDING, only_new, pending)).await?;
    if inserted != handed_in as u64 {
        return Err(Refusal::Conflict(already_there(entries)));
    }
    Ok(())
}

/// The sentence about a row that is there already; `None` where it could be any of several.
fn already_there(entries: &[&Entry]) -> Option<StoreError> {
    let [entry] = entries else { return None };
    let which = describe(entry.key()?);
    Some(StoreError::AlreadyRecorded(match entry {
        Entry::Grade { .. } => format!("the grade of {which}"),
        Entry::Pending { .. } => format!("the new grade of {which}"),
        _ => which,
    }))
}
