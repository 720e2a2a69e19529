use super::database::{Executor, Row, sql};
use super::{Store, StoreError};
use proctor_core::{Fingerprint, RunPlan, RunRecord, RunState};

/// A run without its plan, which names every sample and is long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunLine {
    /// Its id.
    pub id: String,
    /// `name` or `name:variant`.
    pub benchmark: String,
    /// The model's name.
    pub model: String,
    /// Hash of the plan.
    pub fingerprint: Fingerprint,
    /// Where it stands.
    pub state: RunState,
    /// When it began, RFC 3339, UTC.
    pub created_at: String,
    /// When its last attempt was graded.
    pub finished_at: Option<String>,
    /// Samples in its plan.
    pub samples: usize,
    /// Independent attempts per sample.
    pub epochs: u32,
}

/// The columns of a [`RunRecord`].
const RECORD: &str = "SELECT r.id, p.plan, r.fingerprint, r.state, r.created_at, r.proctor_version \
                      FROM runs r JOIN plans p ON p.run = r.seq";

impl Store {
    /// The latest run with this fingerprint.
    pub async fn find_run_by_fingerprint(&self, fingerprint: &Fingerprint) -> Result<Option<RunRecord>, StoreError> {
        let mut reader = self.database.reader().await.map_err(|e| self.failed(e))?;
        self.latest_of(fingerprint, reader.on()).await
    }

    /// The latest run that asked the same questions in the same way but was graded by another judge; its answers need
    /// only be graded again.
    pub async fn find_run_of_other_judge(&self, plan: &RunPlan) -> Result<Option<RunRecord>, StoreError> {
        let found = sql(format!(
            "{RECORD} WHERE r.benchmark = ?1 AND r.model = ?2 AND r.fingerprint <> ?3 ORDER BY r.seq DESC LIMIT 100"
        ));
        let rows = self.all(found.bind(&plan.benchmark).bind(&plan.model).bind(plan.fingerprint().0)).await?;
        for row in &rows {
            let run = self.run_record(row)?;
            let RunPlan { judge_version, judge_provenance, .. } = run.plan.clone();
            let regraded = RunPlan { judge_version, judge_provenance, ..plan.clone() };
            if regraded.fingerprint() == run.fingerprint {
                return Ok(Some(run));
            }
        }
        Ok(None)
    }

    /// Every run, the newest first.
    pub async fn runs(&self) -> Result<Vec<RunRecord>, StoreError> {
        let rows = self.all(sql(format!("{RECORD} ORDER BY r.seq DESC"))).await?;
        rows.iter().map(|row| self.run_record(row)).collect()
    }

    /// Every run without its plan, the newest first.
    pub async fn run_lines(&self) -> Result<Vec<RunLine>, StoreError> {
        let statement = "SELECT id, benchmark, model, fingerprint, state, created_at, finished_at, samples, epochs \
                         FROM runs ORDER BY seq DESC";
        let rows = self.all(sql(statement)).await?;
        rows.iter().map(run_line).collect::<Result<_, _>>().map_err(|e| self.failed(e))
    }

    /// The run called `name`, or the only one whose name starts so.
    pub async fn run(&self, name: &str) -> Result<RunRecord, StoreError> {
        let starts = "substr(r.id, 1, length(?1)) = ?1 ORDER BY CASE WHEN r.id = ?1 THEN 0 ELSE 1 END, r.seq DESC LIMIT 6";
        let rows = self.all(sql(format!("{RECORD} WHERE {starts}")).bind(name)).await?;
        let found: Vec<RunRecord> = rows.iter().map(|row| self.run_record(row)).collect::<Result<_, _>>()?;
        match found.as_slice() {
            [] => Err(StoreError::NoSuchRun { name: name.into(), store: self.location().clone() }),
            [first, rest @ ..] if rest.is_empty() || first.id == name => Ok(first.clone()),
            several => Err(StoreError::AmbiguousRun {
                name: name.into(),
                candidates: several.iter().map(|r| format!("`{}`", r.id)).collect(),
            }),
        }
    }

    /// Writes down where a run stands.
    pub async fn set_run_state(&self, run_id: &str, state: RunState) -> Result<(), StoreError> {
        let (word, finished_at) = match state {
            RunState::Running => ("running", None),
            RunState::Finished => ("finished", Some(now())),
        };
        let update = sql("UPDATE runs SET state = ?1, finished_at = ?2 WHERE id = ?3 AND state <> ?1");
        self.change(update.bind(word).bind(finished_at).bind(run_id)).await.map(drop)
    }

    pub(super) async fn latest_of(&self, fingerprint: &Fingerprint, on: Executor<'_>) -> Result<Option<RunRecord>, StoreError> {
        let found = sql(format!("{RECORD} WHERE r.fingerprint = ?1 ORDER BY r.seq DESC LIMIT 1")).bind(&fingerprint.0);
        let row = found.optional(on).await.map_err(|e| self.failed(e))?;
        row.map(|row| self.run_record(&row)).transpose()
    }

    /// A free id: benchmark and the start of the fingerprint, then a counter for further runs of one plan.
    pub(super) async fn free_id(
        &self,
        plan: &RunPlan,
        fingerprint: &Fingerprint,
        on: Executor<'_>,
    ) -> Result<String, StoreError> {
        let name: String = plan.benchmark.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let base = format!("{name}-{}", fingerprint.0.get(..6).unwrap_or(&fingerprint.0));
        let rows = sql("SELECT id FROM runs WHERE substr(id, 1, length(?1)) = ?1").bind(&base).all(on).await;
        let rows = rows.map_err(|e| self.failed(e))?;
        let taken: Vec<String> = rows.iter().map(|row| row.text(0)).collect::<Result<_, _>>().map_err(|e| self.failed(e))?;
        let candidates = std::iter::once(base.clone()).chain((2..).map(|n: u32| format!("{base}-{n}")));
        Ok(candidates.take(taken.len() + 1).find(|id| !taken.contains(id)).unwrap_or(base))
    }

    fn run_record(&self, row: &Row) -> Result<RunRecord, StoreError> {
        let get = |column: &str| row.text(column).map_err(|e| self.failed(e));
        let id = get("id")?;
        Ok(RunRecord {
            plan: self.parse_json(&get("plan")?, &format!("the plan of run {id}"))?,
            fingerprint: Fingerprint(get("fingerprint")?),
            state: state(&get("state")?),
            created_at: get("created_at")?,
            proctor_version: get("proctor_version")?,
            id,
        })
    }
}

fn run_line(row: &Row) -> Result<RunLine, sqlx::Error> {
    Ok(RunLine {
        id: row.text("id")?,
        benchmark: row.text("benchmark")?,
        model: row.text("model")?,
        fingerprint: Fingerprint(row.text("fingerprint")?),
        state: state(&row.str("state")?),
        created_at: row.text("created_at")?,
        finished_at: row.maybe_text("finished_at")?,
        samples: row.count("samples")?,
        epochs: row.count("epochs")?,
    })
}

fn state(word: &str) -> RunState {
    if word == "finished" { RunState::Finished } else { RunState::Running }
}

/// The present moment, RFC 3339, UTC, in whole seconds.
pub(super) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The moment that was `age` ago, RFC 3339, UTC, in whole seconds; the earliest there is where that is too long ago.
pub(super) fn moment_before(age: std::time::Duration) -> String {
    let then = jiff::Timestamp::now().checked_sub(age).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    then.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The present moment, RFC 3339, UTC, in milliseconds.
pub(super) fn moment() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
