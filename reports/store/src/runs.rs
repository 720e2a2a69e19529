use super::samples::insert_samples;
use super::{Store, StoreError};
use proctor_core::{Fingerprint, RunPlan, RunRecord, RunState, Sample};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

impl Store {
    /// The latest run of this plan, finished or not, or else a new one; with `fresh` always a new one. The flag tells
    /// whether it was there before. Two processes that ask at once get the same run.
    pub async fn find_or_create_run(
        &self,
        plan: &RunPlan,
        samples: &[Sample],
        fresh: bool,
    ) -> Result<(RunRecord, bool), StoreError> {
        let fingerprint = plan.fingerprint();
        let mut transaction = self.begin().await?;
        if !fresh && let Some(found) = self.latest_of(&fingerprint, &mut transaction).await? {
            return Ok((found, true));
        }
        let id = self.free_id(plan, &fingerprint, &mut transaction).await?;
        let record = RunRecord {
            id,
            plan: plan.clone(),
            fingerprint,
            state: RunState::Running,
            created_at: now(),
            proctor_version: env!("CARGO_PKG_VERSION").into(),
        };
        let seq: i64 = sqlx::query_scalar(
            "INSERT INTO runs (id, fingerprint, benchmark, model, plan, state, created_at, proctor_version) \
             VALUES (?, ?, ?, ?, ?, 'running', ?, ?) RETURNING seq",
        )
        .bind(&record.id)
        .bind(&record.fingerprint.0)
        .bind(&plan.benchmark)
        .bind(&plan.model)
        .bind(self.to_json(plan)?)
        .bind(&record.created_at)
        .bind(&record.proctor_version)
        .fetch_one(&mut *transaction)
        .await
        .map_err(|e| self.failed(e))?;
        insert_samples(self, seq, samples, &mut transaction).await?;
        transaction.commit().await.map_err(|e| self.failed(e))?;
        Ok((record, false))
    }

    /// The latest run with this fingerprint.
    pub async fn find_run_by_fingerprint(&self, fingerprint: &Fingerprint) -> Result<Option<RunRecord>, StoreError> {
        let mut connection = self.readers.acquire().await.map_err(|e| self.failed(e))?;
        self.latest_of(fingerprint, &mut connection).await
    }

    /// The latest run that asked the same questions in the same way but was graded by another judge; its answers need
    /// only be graded again.
    pub async fn find_run_of_other_judge(&self, plan: &RunPlan) -> Result<Option<RunRecord>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, plan, fingerprint, state, created_at, proctor_version FROM runs \
             WHERE benchmark = ? AND model = ? AND fingerprint <> ? ORDER BY seq DESC LIMIT 100",
        )
        .bind(&plan.benchmark)
        .bind(&plan.model)
        .bind(plan.fingerprint().0)
        .fetch_all(&self.readers)
        .await
        .map_err(|e| self.failed(e))?;
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
        let rows = sqlx::query("SELECT id, plan, fingerprint, state, created_at, proctor_version FROM runs ORDER BY seq DESC")
            .fetch_all(&self.readers)
            .await
            .map_err(|e| self.failed(e))?;
        rows.iter().map(|row| self.run_record(row)).collect()
    }

    /// The run called `name`, or the only one whose name starts so.
    pub async fn run(&self, name: &str) -> Result<RunRecord, StoreError> {
        let sql = "SELECT id, plan, fingerprint, state, created_at, proctor_version FROM runs \
                   WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id = ?1 DESC, seq DESC LIMIT 6";
        let rows = sqlx::query(sql).bind(name).fetch_all(&self.readers).await.map_err(|e| self.failed(e))?;
        let found: Vec<RunRecord> = rows.iter().map(|row| self.run_record(row)).collect::<Result<_, _>>()?;
        match found.as_slice() {
            [] => Err(StoreError::NoSuchRun { name: name.into(), path: self.path().to_path_buf() }),
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
        sqlx::query("UPDATE runs SET state = ?1, finished_at = ?2 WHERE id = ?3 AND state <> ?1")
            .bind(word)
            .bind(finished_at)
            .bind(run_id)
            .execute(&self.writer)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(())
    }

    async fn latest_of(
        &self,
        fingerprint: &Fingerprint,
        connection: &mut SqliteConnection,
    ) -> Result<Option<RunRecord>, StoreError> {
        let row = sqlx::query(
            "SELECT id, plan, fingerprint, state, created_at, proctor_version FROM runs \
             WHERE fingerprint = ? ORDER BY seq DESC LIMIT 1",
        )
        .bind(&fingerprint.0)
        .fetch_optional(connection)
        .await
        .map_err(|e| self.failed(e))?;
        row.map(|row| self.run_record(&row)).transpose()
    }

    /// A free id: benchmark and the start of the fingerprint, then a counter for further runs of one plan.
    async fn free_id(
        &self,
        plan: &RunPlan,
        fingerprint: &Fingerprint,
        connection: &mut SqliteConnection,
    ) -> Result<String, StoreError> {
        let name: String = plan.benchmark.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let base = format!("{name}-{}", fingerprint.0.get(..6).unwrap_or(&fingerprint.0));
        let taken: Vec<String> = sqlx::query_scalar("SELECT id FROM runs WHERE substr(id, 1, length(?1)) = ?1")
            .bind(&base)
            .fetch_all(connection)
            .await
            .map_err(|e| self.failed(e))?;
        let candidates = std::iter::once(base.clone()).chain((2..).map(|n: u32| format!("{base}-{n}")));
        Ok(candidates.take(taken.len() + 1).find(|id| !taken.contains(id)).unwrap_or(base))
    }

    fn run_record(&self, row: &SqliteRow) -> Result<RunRecord, StoreError> {
        let get = |column: &str| row.try_get::<String, _>(column).map_err(|e| self.failed(e));
        let id = get("id")?;
        Ok(RunRecord {
            plan: self.parse_json(&get("plan")?, &format!("the plan of run {id}"))?,
            fingerprint: Fingerprint(get("fingerprint")?),
            state: if get("state")? == "finished" { RunState::Finished } else { RunState::Running },
            created_at: get("created_at")?,
            proctor_version: get("proctor_version")?,
            id,
        })
    }

    /// `value` as the JSON text of a column.
    pub(super) fn to_json<T: serde::Serialize>(&self, value: &T) -> Result<String, StoreError> {
        serde_json::to_string(value)
            .map_err(|e| StoreError::Failed { path: self.path().to_path_buf(), reason: format!("cannot write JSON: {e}") })
    }

    /// The value of a JSON column; `what` names it in the error.
    pub(super) fn parse_json<T: serde::de::DeserializeOwned>(&self, text: &str, what: &str) -> Result<T, StoreError> {
        serde_json::from_str(text)
            .map_err(|e| StoreError::Damaged { path: self.path().to_path_buf(), reason: format!("{what} is unreadable: {e}") })
    }
}

/// The present moment, RFC 3339, UTC, whole seconds.
pub(super) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
